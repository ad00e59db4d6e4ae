//! What people are told: the chat, the own account's history, and own transactions that are in no block.
//!
//! Invariant: the three speak of the same chain and of the same waiting transactions, since nothing can be told to one of them alone; only what is
//! read, and which own transactions wait, concerns one. Everything here is bounded by its parts: what others send pushes out nothing of mine.

use super::own::{OwnTransactions, TooManyOwn};
use crate::{
    chain::block::Block,
    chat::room::{Arrival, ChatRoom},
    crypto::keys::Address,
    delivery::Dropped,
    ledger::{
        genesis::Genesis,
        nonces::NonceWindow,
        transaction::{Transaction, TransactionId},
    },
    mempool::Inserted,
    time::{Slot, SlotClock, Timestamp},
    wallet::history::WalletHistory,
};

/// What the own account is told of one network.
pub struct Told {
    me: Address,
    clock: SlotClock,
    chat: ChatRoom,
    wallet: WalletHistory,
    own: OwnTransactions,
}

impl Told {
    /// Nothing yet, of a network that is known from the block of this height on.
    pub fn new(genesis: &Genesis, after_height: u64, me: Address) -> Self {
        let clock = genesis.clock();
        Self {
            me,
            clock,
            chat: ChatRoom::new(me, clock),
            wallet: WalletHistory::new(me, clock, after_height, &genesis.rules),
            own: OwnTransactions::default(),
        }
    }

    /// The chat, as my account sees it.
    pub fn chat(&self) -> &ChatRoom {
        &self.chat
    }

    /// History of my account's coins.
    pub fn wallet(&self) -> &WalletHistory {
        &self.wallet
    }

    /// Own transactions in no block of the chosen chain.
    pub fn own(&self) -> &OwnTransactions {
        &self.own
    }

    /// The chosen chain grew by this block. Gives the texts of others that were not even seen waiting.
    pub fn apply_block(&mut self, block: &Block) -> Vec<Arrival> {
        self.wallet.apply_block(block);
        self.own.apply_block(block);
        self.chat.apply_block(block)
    }

    /// The chosen chain lost this block, which was its newest: what is in it waits again.
    pub fn undo_block(&mut self, block: &Block, now: Timestamp) {
        self.chat.undo_block(block);
        self.wallet.undo_block(block);
        self.own.undo_block(block, &self.me, now, self.clock.slot_at(now));
    }

    /// A transaction waits, also one of mine that the mempool does not hold. Gives it if it is a text of somebody else that was never seen before.
    pub fn add_waiting(&mut self, transaction: &Transaction, now: Timestamp) -> Option<Arrival> {
        self.wallet.add_waiting(transaction, now);
        self.chat.add_waiting(transaction, now)
    }

    /// A transaction waits no longer, and is in no block.
    pub fn let_go(&mut self, id: &TransactionId, reason: Dropped) {
        self.chat.let_go(id, reason);
        self.wallet.let_go(id, reason);
    }

    /// What had to leave the mempool for another transaction waits no longer.
    pub fn let_go_of_departed(&mut self, inserted: &Inserted) {
        if let Some(replaced) = &inserted.replaced {
            // Its person still waits for what this device signed, whatever another one of the account does.
            let reason = match self.own.get(replaced) {
                Some(_) => Dropped::Refused,
                None => Dropped::Replaced,
            };
            self.let_go(replaced, reason);
        }
        for evicted in &inserted.evicted {
            self.let_go(evicted, Dropped::Refused);
        }
    }

    /// The present slot: what may no longer get into a block is expired (mine) or gone (of others).
    pub fn expire(&mut self, slot: Slot) {
        self.chat.expire(slot);
        self.wallet.expire(slot);
    }

    /// All blocks of the chosen chain up to this height are final.
    pub fn finalize_up_to(&mut self, height: u64) {
        self.chat.finalize_up_to(height);
        self.wallet.finalize_up_to(height);
    }

    /// Keeps an own transaction that was just signed, until a block holds it.
    ///
    /// # Errors
    /// [`TooManyOwn`] if none that expired can make room.
    pub fn keep_own(&mut self, own: Transaction, now: Timestamp) -> Result<(), TooManyOwn> {
        self.own.insert(own, now, self.clock.slot_at(now))
    }

    /// Keeps one from storage, where there are never more than the bound.
    pub fn restore_own(&mut self, own: Transaction, now: Timestamp) {
        let _ = self.keep_own(own, now);
    }

    /// An own transaction was signed anew under another id, or is given up for another one: nothing of the old one is shown any more.
    pub fn forget_resent(&mut self, old: &TransactionId) {
        self.own.remove(old);
        self.chat.forget_resent(old);
        self.wallet.forget_resent(old);
    }

    /// The account used these nonces in final blocks, which nothing undoes.
    pub fn forget_settled(&mut self, nonces: &NonceWindow) {
        self.own.forget_settled(nonces);
    }

    /// Own transactions to be sent again, marked as sent now. See [`OwnTransactions::due_for_resending`].
    pub fn due_for_resending(&mut self, nonces: &NonceWindow, now: Timestamp) -> Vec<Transaction> {
        let slot = self.clock.slot_at(now);
        self.own.due_for_resending(nonces, now, slot)
    }

    /// Everything in the channel is read. Gives the height of the block of its newest line, to be stored.
    pub fn mark_read(&mut self, channel: &str) -> u64 {
        self.chat.mark_read(channel)
    }

    /// What blocks up to this height hold of a channel is read, as [`Self::mark_read`] said earlier.
    pub fn restore_read_mark(&mut self, channel: &str, height: u64) {
        self.chat.restore_read_mark(channel, height);
    }
}
