//! The user's own transactions that are in no block of the chosen chain: offered to the mempool and sent again while they wait, kept after expiry,
//! and after another device of the account took their nonce, so that they can be signed anew. What is in a block is kept by the block, and comes back
//! from there should the chain lose it; of it only the ids of what was signed here are kept, since other devices of the account sign as well.
//!
//! Own commands add entries as far as the mempool takes them, and lost blocks what was in them: at most `MAX_OWN_TRANSACTIONS` and
//! `MAX_OWN_BYTES` in all, where expired ones make room first, and as many ids. Nobody else can add any.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::{
    chain::block::Block,
    crypto::keys::Address,
    ledger::{
        nonces::NonceWindow,
        transaction::{Action, Transaction, TransactionId},
    },
    params::{
        MAX_MEMPOOL_PER_ACCOUNT, MAX_OWN_BYTES, MAX_OWN_TRANSACTIONS, MAX_TRANSACTION_BYTES, NONCE_WINDOW,
        RESEND_MS,
    },
    sorting,
    time::{Slot, Timestamp},
};

struct Entry {
    transaction: Transaction,
    bytes: usize,
    /// Signed by this device, not by another one of the account.
    signed_here: bool,
    /// True once the chosen chain has held it.
    left_block: bool,
    sent_at: Timestamp,
}

impl Entry {
    fn is_expired(&self, slot: Slot) -> bool {
        self.transaction.valid_until < slot
    }
}

/// Own transactions that are in no block.
#[derive(Default)]
pub struct OwnTransactions {
    entries: BTreeMap<TransactionId, Entry>,
    bytes: usize,
    /// What was signed here and is in blocks that may still be lost, by nonce.
    in_blocks: BTreeSet<(u64, TransactionId)>,
}

/// There is no room for one more own transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{MAX_OWN_TRANSACTIONS} own transactions or {MAX_OWN_BYTES} bytes of them wait")]
pub struct TooManyOwn;

impl OwnTransactions {
    /// Adds one that was just signed or restored.
    ///
    /// # Errors
    /// [`TooManyOwn`] if none that expired can make room.
    pub fn insert(&mut self, transaction: Transaction, now: Timestamp, slot: Slot) -> Result<(), TooManyOwn> {
        self.add(
            Entry {
                bytes: transaction.encoded_len(),
                transaction,
                signed_here: true,
                left_block: false,
                sent_at: now,
            },
            slot,
        )
    }

    fn add(&mut self, entry: Entry, slot: Slot) -> Result<(), TooManyOwn> {
        let id = entry.transaction.id();
        self.remove(&id);
        while !self.has_room_for(entry.bytes) {
            let expired = self.entries.values().filter(|entry| entry.is_expired(slot));
            let oldest = expired.min_by_key(|entry| entry.transaction.valid_until);
            let oldest = oldest.map(|entry| entry.transaction.id()).ok_or(TooManyOwn)?;
            self.remove(&oldest);
        }
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.entries.insert(id, entry);
        Ok(())
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        self.entries.len() < MAX_OWN_TRANSACTIONS && self.bytes.saturating_add(bytes) <= MAX_OWN_BYTES
    }

    /// True if one more of any size can be kept.
    pub fn has_room(&self, slot: Slot) -> bool {
        self.has_room_for(MAX_TRANSACTION_BYTES) || self.entries.values().any(|entry| entry.is_expired(slot))
    }

    /// The own transaction with this id, if it is in no block.
    pub fn get(&self, id: &TransactionId) -> Option<&Transaction> {
        self.entries.get(id).map(|entry| &entry.transaction)
    }

    /// All own transactions in no block, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Transaction> {
        self.entries.values().map(|entry| &entry.transaction)
    }

    /// All of them, expired ones included, in the order in which a mempool can take them.
    pub fn in_order(&self) -> Vec<Transaction> {
        in_order(self.iter().cloned().collect())
    }

    /// True if it expired without inclusion.
    pub fn is_expired(&self, id: &TransactionId, slot: Slot) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.is_expired(slot))
    }

    /// The nonces of those that can still get into a block or will be signed anew: nothing else may take them.
    pub fn held_nonces(&self, slot: Slot) -> BTreeSet<u64> {
        let held = |entry: &&Entry| entry.is_renewed_unasked() || !entry.is_expired(slot);
        let held = self.entries.values().filter(held);
        held.map(|entry| entry.transaction.nonce).collect()
    }

    /// The user gave it up, or it was signed anew.
    pub fn remove(&mut self, id: &TransactionId) -> Option<Transaction> {
        self.take(id).map(|entry| entry.transaction)
    }

    fn take(&mut self, id: &TransactionId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        Some(entry)
    }

    /// Takes out what a block holds that joined the chosen chain.
    pub fn apply_block(&mut self, block: &Block) {
        if self.entries.is_empty() {
            return;
        }
        for transaction in block.transactions.iter() {
            let id = transaction.id();
            if self.take(&id).is_some_and(|entry| entry.signed_here) {
                self.in_blocks.insert((transaction.nonce, id));
            }
        }
        while self.in_blocks.len() > MAX_OWN_TRANSACTIONS {
            // Should the chain lose it after all, it is for the person to send it again.
            self.in_blocks.pop_first();
        }
    }

    /// A block left the chosen chain: what is mine in it waits again.
    pub fn undo_block(&mut self, block: &Block, me: &Address, now: Timestamp, slot: Slot) {
        let mine = block.transactions.iter().filter(|one| one.account == *me);
        for transaction in mine {
            let entry = Entry {
                signed_here: self.in_blocks.remove(&(transaction.nonce, transaction.id())),
                left_block: true,
                bytes: transaction.encoded_len(),
                transaction: transaction.clone(),
                sent_at: now,
            };
            // Beyond the bounds it is still shown, as expired, with what else its author sent in vain.
            let _ = self.add(entry, slot);
        }
    }

    /// These nonces are used in final blocks, which nothing undoes.
    pub fn forget_settled(&mut self, nonces: &NonceWindow) {
        self.in_blocks.retain(|(nonce, _)| !nonces.rules_out(*nonce));
    }

    /// Those that were last sent a while ago, as many as a mempool takes, of those whose turn their nonces say it is; marks them as sent now.
    pub fn due_for_resending(
        &mut self,
        nonces: &NonceWindow,
        now: Timestamp,
        slot: Slot,
    ) -> Vec<Transaction> {
        let last = nonces.highest().saturating_add(NONCE_WINDOW);
        let due = self.entries.values_mut().filter(|entry| {
            entry.transaction.nonce <= last
                && !entry.is_expired(slot)
                && now.ms_since(entry.sent_at) >= RESEND_MS
        });
        let mut due: Vec<&mut Entry> = due.collect();
        sorting::sort_by_key(&mut due, |entry| (entry.sent_at, order(&entry.transaction)));
        let sent = due.into_iter().take(MAX_MEMPOOL_PER_ACCOUNT).map(|entry| {
            entry.sent_at = now;
            entry.transaction.clone()
        });
        in_order(sent.collect())
    }

    /// Messages of this device that no block can hold any more but under another signature, and whose turn it is first of all:
    ///
    /// - those that a block held until they expired, with the same nonce, so that no chain ever holds both;
    /// - those whose nonce something else has used in a final block, with another nonce. Until that is final, a chain might come that holds them.
    ///
    /// `head`, `settled`: the nonces that the account has used on the chosen chain, and up to its last final block.
    pub fn to_renew(&self, head: &NonceWindow, settled: &NonceWindow, slot: Slot) -> Vec<Transaction> {
        let to_renew = self.entries.values().filter(|entry| {
            let nonce = entry.transaction.nonce;
            let has_expired = entry.is_renewed_unasked() && entry.is_expired(slot) && head.accepts(nonce);
            let lost_its_nonce = entry.is_said_unasked(slot) && settled.rules_out(nonce);
            has_expired || lost_its_nonce
        });
        in_order(to_renew.map(|entry| entry.transaction.clone()).collect())
    }
}

impl Entry {
    /// A message that others may have read in a block is said again by the device that signed it; whether to pay again is for the person to say.
    fn is_renewed_unasked(&self) -> bool {
        self.left_block && self.is_message_of_here()
    }

    /// A message that the person still waits for. What expired in no block may be out of date.
    fn is_said_unasked(&self, slot: Slot) -> bool {
        self.is_message_of_here() && (self.left_block || !self.is_expired(slot))
    }

    fn is_message_of_here(&self) -> bool {
        self.signed_here && matches!(self.transaction.action, Action::Post { .. })
    }
}

/// The Claim first, which pays for the others, then by nonce.
fn in_order(mut transactions: Vec<Transaction>) -> Vec<Transaction> {
    sorting::sort_by_key(&mut transactions, order);
    transactions
}

fn order(transaction: &Transaction) -> (bool, u64) {
    let is_claim = matches!(transaction.action, Action::Claim { .. });
    (!is_claim, transaction.nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::{
            block::BlockHash,
            samples::{block_after, genesis, secret},
        },
        chat::body::ChatBody,
    };

    const NOW: Timestamp = Timestamp(1_000);

    fn post(nonce: u64, text: &str) -> Transaction {
        let body = ChatBody::text(text, None, Vec::new()).unwrap().encode();
        let action = Action::post("hall", body).unwrap();
        Transaction::sign(&secret(1), genesis().network_id(), nonce, Slot(9), 0, action)
    }

    fn used(nonces: impl IntoIterator<Item = u64>) -> NonceWindow {
        let mut window = NonceWindow::default();
        nonces.into_iter().for_each(|nonce| window.take(nonce).unwrap());
        window
    }

    fn waiting(transactions: &[&Transaction]) -> OwnTransactions {
        let mut own = OwnTransactions::default();
        for transaction in transactions {
            own.insert((*transaction).clone(), NOW, Slot(1)).unwrap();
        }
        own
    }

    #[test]
    fn a_message_is_signed_anew_when_its_nonce_is_used_for_good_and_not_while_a_block_may_still_hold_it() {
        let (first, second) = (post(1, "first"), post(2, "second"));
        let own = waiting(&[&first, &second]);
        assert_eq!(own.to_renew(&used([1, 2]), &used([]), Slot(5)), []);
        assert_eq!(own.to_renew(&used([1, 2]), &used([1]), Slot(5)), [first]);
    }

    #[test]
    fn a_payment_whose_nonce_is_used_and_a_message_that_expired_in_no_block_are_for_the_person() {
        let action = Action::Bond { amount_micro: 1 };
        let bond = Transaction::sign(&secret(1), genesis().network_id(), 1, Slot(9), 0, action);
        let message = post(2, "of yesterday");
        let own = waiting(&[&bond, &message]);
        let all = used([1, 2]);
        assert_eq!(own.to_renew(&all, &all, Slot(9)), std::slice::from_ref(&message));
        assert_eq!(own.to_renew(&all, &all, Slot(10)), []);
    }

    #[test]
    fn of_what_a_lost_block_held_a_device_says_again_what_it_signed_itself() {
        let (mine, theirs) = (post(1, "mine"), post(2, "of my other device"));
        let (both, all) = (vec![mine.clone(), theirs.clone()], used([1, 2]));
        let block = block_after(BlockHash::default(), 1, 3, both, vec![]);
        let lose = |own: &mut OwnTransactions| {
            own.apply_block(&block);
            assert_eq!(own.iter().count(), 0);
            own.undo_block(&block, &secret(1).address(), NOW, Slot(5));
            assert_eq!(own.iter().count(), 2);
        };
        let mut own = waiting(&[&mine]);
        lose(&mut own);
        assert_eq!(own.to_renew(&all, &all, Slot(5)), std::slice::from_ref(&mine));
        assert_eq!(
            own.to_renew(&used([]), &used([]), Slot(10)),
            std::slice::from_ref(&mine)
        );
        lose(&mut own);
        assert_eq!(own.to_renew(&all, &all, Slot(5)), [mine]);
    }

    #[test]
    fn ids_of_what_is_in_blocks_are_forgotten_when_these_are_final_and_are_bounded() {
        let mine = post(1, "mine");
        let block = block_after(BlockHash::default(), 1, 3, vec![mine.clone()], vec![]);
        let mut own = waiting(&[&mine]);
        own.apply_block(&block);
        own.forget_settled(&used([]));
        assert_eq!(own.in_blocks.len(), 1);
        own.forget_settled(&used([1]));
        assert_eq!(own.in_blocks.len(), 0);
        let ids = (2..).map(|nonce| (nonce, mine.id())).take(MAX_OWN_TRANSACTIONS);
        own.in_blocks.extend(ids);
        own.insert(mine, NOW, Slot(1)).unwrap();
        own.apply_block(&block);
        assert_eq!(own.in_blocks.len(), MAX_OWN_TRANSACTIONS);
    }
}
