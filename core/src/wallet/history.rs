//! The history of one account: what it sent, received and earned, each with how far it has come.
//!
//! [`WalletHistory`] is a function of the chosen chain and of what waits: undoing a block takes back exactly what applying it did, so a
//! history that saw reorganisations equals one that saw only the resulting chain.
//!
//! Bounds: the newest `MAX_HISTORY` entries in blocks (an entry once forgotten does not come back), and `MAX_WAITING_ENTRIES` that wait,
//! where what others send me never pushes out what I sent.

use std::collections::VecDeque;

use crate::{
    chain::block::Block,
    crypto::keys::Address,
    delivery::{Delivery, Dropped, Settled, Tracked, Waiting},
    ledger::{
        genesis::Rules,
        transaction::{Action, Transaction, TransactionId},
    },
    params::{MAX_HISTORY, MAX_WAITING_ENTRIES},
    time::{Slot, SlotClock, Timestamp},
    wallet::view::{HistoryKind, HistoryView},
};

/// What a transaction does to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Movement {
    kind: HistoryKind,
    amount_micro: u64,
    fee_micro: u64,
    /// Leaves the account's balance, in µTNG, fee included.
    out_micro: u64,
    /// Enters the account's balance, in µTNG.
    in_micro: u64,
}

/// Coins that move once the waiting transactions are in blocks, in µTNG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PendingSums {
    /// Into the balance: payments to me, and the part of the grant that is not bonded.
    pub in_micro: u64,
    /// Out of the balance: payments, bonds and fees.
    pub out_micro: u64,
}

/// What the account earned by making blocks of the chosen chain, as far back as it is known. The reward is counted in full, also where the last of the fund was less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earnings {
    /// Height of the block after which they are counted: 0 for all of the network's time.
    pub after_height: u64,
    /// Number of blocks that the account made.
    pub blocks: u64,
    /// Its share of their fees, and their rewards, in µTNG.
    pub micro: u64,
}

/// What happened to the coins of one account, in blocks and waiting.
#[derive(Clone, Debug)]
pub struct WalletHistory {
    account: Address,
    clock: SlotClock,
    grant_micro: u64,
    grant_bond_micro: u64,
    block_reward_micro: u64,
    settled: VecDeque<Settled<Movement>>,
    waiting: Waiting<Movement>,
    earnings: Earnings,
    final_height: u64,
}

impl WalletHistory {
    /// The empty history of an account in a network of which the blocks after this height will be told.
    pub fn new(account: Address, clock: SlotClock, after_height: u64, rules: &Rules) -> Self {
        Self {
            account,
            clock,
            grant_micro: rules.grant_micro,
            grant_bond_micro: rules.grant_bond_micro,
            block_reward_micro: rules.block_reward_micro,
            settled: VecDeque::new(),
            waiting: Waiting::new(account, MAX_WAITING_ENTRIES),
            earnings: Earnings {
                after_height,
                ..Earnings::default()
            },
            final_height: 0,
        }
    }

    /// The chosen chain grew by this block.
    pub fn apply_block(&mut self, block: &Block) {
        let header = &block.header.content;
        let time = self.clock.start_of(header.slot);
        for transaction in &block.transactions {
            let Some(movement) = self.movement(transaction) else {
                continue;
            };
            let known = self.waiting.remove(&transaction.id());
            let tracked = known.unwrap_or_else(|| Tracked::new(transaction, time, movement));
            self.settled.push_back(Settled {
                height: header.height,
                time,
                tracked,
            });
        }
        let surplus = self.settled.len().saturating_sub(MAX_HISTORY);
        self.settled.drain(..surplus);
        if let Some(micro) = self.earned_by(block) {
            self.earnings.blocks = self.earnings.blocks.saturating_add(1);
            self.earnings.micro = self.earnings.micro.saturating_add(micro);
        }
    }

    /// The chosen chain lost this block, which was its newest. Its entries wait again.
    pub fn undo_block(&mut self, block: &Block) {
        while self
            .settled
            .back()
            .is_some_and(|entry| entry.height >= block.header.content.height)
        {
            if let Some(entry) = self.settled.pop_back() {
                self.waiting.insert(entry.tracked);
            }
        }
        if let Some(micro) = self.earned_by(block) {
            self.earnings.blocks = self.earnings.blocks.saturating_sub(1);
            self.earnings.micro = self.earnings.micro.saturating_sub(micro);
        }
    }

    /// A valid transaction waits for a block.
    pub fn add_waiting(&mut self, transaction: &Transaction, now: Timestamp) {
        let id = transaction.id();
        let Some(movement) = self.movement(transaction) else {
            return;
        };
        if !self.settled.iter().any(|entry| entry.tracked.id == id) {
            self.waiting.insert(Tracked::new(transaction, now, movement));
        }
    }

    /// The mempool let a transaction go that is in no block.
    pub fn let_go(&mut self, id: &TransactionId, reason: Dropped) {
        self.waiting.let_go(id, reason);
    }

    /// A transaction of mine that expired was sent again under another id: its entry goes.
    pub fn forget_resent(&mut self, old: &TransactionId) {
        self.waiting.remove(old);
    }

    /// The present slot: what may no longer get into a block is expired (mine) or gone (of others).
    pub fn expire(&mut self, slot: Slot) {
        self.waiting.expire(slot);
    }

    /// All blocks of the chosen chain up to this height are final.
    pub fn finalize_up_to(&mut self, height: u64) {
        self.final_height = self.final_height.max(height);
    }

    /// Newest entries first: those that wait, then those in blocks; at most `MAX_HISTORY`.
    pub fn entries(&self) -> Vec<HistoryView> {
        let waiting = self.waiting.in_order().into_iter().rev();
        let waiting = waiting.map(|waiter| view(&waiter.tracked, waiter.tracked.first_seen, waiter.delivery));
        let settled = self.settled.iter().rev();
        let settled = settled.map(|entry| {
            view(
                &entry.tracked,
                entry.time,
                Delivery::at(entry.height, self.final_height),
            )
        });
        waiting.chain(settled).take(MAX_HISTORY).collect()
    }

    /// What the waiting transactions will move.
    pub fn pending_sums(&self) -> PendingSums {
        self.waiting
            .sent()
            .fold(PendingSums::default(), |sums, tracked| PendingSums {
                in_micro: sums.in_micro.saturating_add(tracked.item.in_micro),
                out_micro: sums.out_micro.saturating_add(tracked.item.out_micro),
            })
    }

    /// How far the claim of the grant has come, if one is kept here; the newest, if several wait.
    pub fn grant(&self) -> Option<Delivery> {
        let is_grant = |entry: &Tracked<Movement>| entry.item.kind == HistoryKind::Grant;
        let settled = self.settled.iter().find(|entry| is_grant(&entry.tracked));
        let settled = settled.map(|entry| Delivery::at(entry.height, self.final_height));
        let waiting = || {
            self.waiting
                .in_order()
                .into_iter()
                .rfind(|waiter| is_grant(&waiter.tracked))
        };
        settled.or_else(|| waiting().map(|waiter| waiter.delivery))
    }

    /// What the account earned by making blocks.
    pub fn earnings(&self) -> Earnings {
        self.earnings
    }

    fn movement(&self, transaction: &Transaction) -> Option<Movement> {
        if transaction.account == self.account {
            return Some(self.own_movement(transaction));
        }
        match &transaction.action {
            Action::Transfer {
                to,
                amount_micro,
                memo,
            } if *to == self.account => Some(Movement {
                kind: HistoryKind::Received {
                    from: transaction.account,
                    memo: memo.to_string(),
                },
                amount_micro: *amount_micro,
                fee_micro: 0,
                out_micro: 0,
                in_micro: *amount_micro,
            }),
            _ => None,
        }
    }

    fn own_movement(&self, transaction: &Transaction) -> Movement {
        let kind = match &transaction.action {
            Action::Transfer { to, memo, .. } => HistoryKind::Sent {
                to: *to,
                memo: memo.to_string(),
            },
            Action::Post { channel, .. } => HistoryKind::Post {
                channel: channel.to_string(),
            },
            Action::Bond { .. } => HistoryKind::Bonded,
            Action::Unbond { .. } => HistoryKind::Unbonded,
            Action::Operator { .. } => HistoryKind::Operator,
            Action::Profile { name } => HistoryKind::Profile {
                name: name.to_string(),
            },
            Action::Claim { .. } => HistoryKind::Grant,
            Action::Invite { uses, .. } => HistoryKind::Invited { uses: *uses },
        };
        let (amount_micro, in_micro) = if transaction.action.demand().draws_grant {
            let free_micro = self.grant_micro.saturating_sub(self.grant_bond_micro);
            (self.grant_micro, free_micro)
        } else {
            (transaction.action.amount_micro(), 0)
        };
        let out_micro = transaction.spending_micro();
        Movement {
            kind,
            amount_micro,
            fee_micro: transaction.fee_micro,
            out_micro,
            in_micro,
        }
    }

    /// The proposer's share in µTNG: what the fund's half, rounded down, leaves of the block's fees, and the reward. None in blocks of others.
    fn earned_by(&self, block: &Block) -> Option<u64> {
        if block.header.content.proposer != self.account {
            return None;
        }
        let fees = block.transactions.iter().map(|transaction| transaction.fee_micro);
        let fees_micro = fees.fold(0_u64, u64::saturating_add);
        let share_micro = fees_micro - fees_micro / 2;
        Some(share_micro.saturating_add(self.block_reward_micro))
    }
}

fn view(tracked: &Tracked<Movement>, time: Timestamp, delivery: Delivery) -> HistoryView {
    HistoryView {
        id: tracked.id.0,
        kind: tracked.item.kind.clone(),
        amount_micro: tracked.item.amount_micro,
        fee_micro: tracked.item.fee_micro,
        time_ms: time.0,
        delivery,
    }
}
