//! The user's own transactions until they are final: offered to the mempool and sent again while they wait, kept after expiry so that the user
//! can sign them anew.
//!
//! Only own commands add entries, at most `MAX_OWN_TRANSACTIONS`; expired ones make room first.

use std::collections::BTreeMap;

use crate::{
    chain::block::{Block, BlockHash},
    consensus::tree::BlockTree,
    ledger::transaction::{Action, Transaction, TransactionId},
    params::{MAX_OWN_TRANSACTIONS, RESEND_MS},
    time::{Slot, Timestamp},
};

struct Entry {
    transaction: Transaction,
    included_in: Option<BlockHash>,
    sent_at: Timestamp,
}

/// Own transactions that are not final.
#[derive(Default)]
pub struct OwnTransactions {
    entries: BTreeMap<TransactionId, Entry>,
}

/// Too many own transactions wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_OWN_TRANSACTIONS} own transactions wait")]
pub struct TooManyOwn;

impl OwnTransactions {
    /// Adds one that was just signed or restored.
    ///
    /// # Errors
    /// [`TooManyOwn`] if none that expired can make room.
    pub fn insert(&mut self, transaction: Transaction, now: Timestamp, slot: Slot) -> Result<(), TooManyOwn> {
        if self.entries.len() >= MAX_OWN_TRANSACTIONS {
            let expired =
                |entry: &&Entry| entry.included_in.is_none() && entry.transaction.valid_until < slot;
            let oldest = self
                .entries
                .values()
                .filter(expired)
                .min_by_key(|entry| entry.transaction.valid_until);
            let oldest = oldest.map(|entry| entry.transaction.id()).ok_or(TooManyOwn)?;
            self.entries.remove(&oldest);
        }
        self.entries.insert(
            transaction.id(),
            Entry {
                transaction,
                included_in: None,
                sent_at: now,
            },
        );
        Ok(())
    }

    /// True if one more can be kept.
    pub fn has_room(&self, slot: Slot) -> bool {
        let expired = |entry: &Entry| entry.included_in.is_none() && entry.transaction.valid_until < slot;
        self.entries.len() < MAX_OWN_TRANSACTIONS || self.entries.values().any(expired)
    }

    /// One of them, if it is in no block.
    pub fn waits_for_block(&self, id: &TransactionId) -> Option<&Transaction> {
        let entry = self.entries.get(id).filter(|entry| entry.included_in.is_none())?;
        Some(&entry.transaction)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Transaction> {
        self.entries.values().map(|entry| &entry.transaction)
    }

    /// Those in no block, expired ones included, in the order in which a mempool can take them.
    pub fn waiting(&self) -> Vec<Transaction> {
        let waits = |entry: &&Entry| entry.included_in.is_none();
        let waiting = self.entries.values().filter(waits);
        in_order(waiting.map(|entry| entry.transaction.clone()).collect())
    }

    /// True if it expired without inclusion.
    pub fn is_expired(&self, id: &TransactionId, slot: Slot) -> bool {
        self.entries
            .get(id)
            .is_some_and(|entry| entry.included_in.is_none() && entry.transaction.valid_until < slot)
    }

    /// The user gave it up, or signed it anew.
    pub fn remove(&mut self, id: &TransactionId) -> Option<Transaction> {
        self.entries.remove(id).map(|entry| entry.transaction)
    }

    /// A block joined the chosen chain.
    pub fn apply_block(&mut self, block: &Block) {
        self.mark(block, Some(block.hash()));
    }

    /// A block left the chosen chain.
    pub fn undo_block(&mut self, block: &Block) {
        self.mark(block, None);
    }

    fn mark(&mut self, block: &Block, included_in: Option<BlockHash>) {
        if self.entries.is_empty() {
            return;
        }
        for transaction in block.transactions.iter() {
            if let Some(entry) = self.entries.get_mut(&transaction.id()) {
                entry.included_in = included_in;
            }
        }
    }

    /// Drops those in final blocks; says how many.
    pub fn forget_final(&mut self, tree: &BlockTree) -> usize {
        let before = self.entries.len();
        let is_final = |block: &BlockHash| {
            tree.get(block)
                .is_none_or(|node| node.height <= tree.final_height())
        };
        self.entries
            .retain(|_, entry| !entry.included_in.as_ref().is_some_and(is_final));
        before - self.entries.len()
    }

    /// Those in no block that were last sent a while ago; marks them as sent now.
    pub fn due_for_resending(&mut self, now: Timestamp, slot: Slot) -> Vec<Transaction> {
        let due = |entry: &&mut Entry| {
            entry.included_in.is_none()
                && entry.transaction.valid_until >= slot
                && now.ms_since(entry.sent_at) >= RESEND_MS
        };
        let mut sent = Vec::new();
        for entry in self.entries.values_mut().filter(due) {
            entry.sent_at = now;
            sent.push(entry.transaction.clone());
        }
        in_order(sent)
    }
}

/// The Claim first, which pays for the others, then by nonce.
fn in_order(mut transactions: Vec<Transaction>) -> Vec<Transaction> {
    let is_claim = |transaction: &Transaction| matches!(transaction.action, Action::Claim { .. });
    transactions.sort_by_key(|transaction| (!is_claim(transaction), transaction.nonce));
    transactions
}
