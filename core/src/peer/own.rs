//! The user's own transactions that are in no block of the chosen chain: offered to the mempool and sent again while they wait, kept after expiry
//! so that they can be signed anew. What is in a block is kept by the block, and comes back from there should the chain lose it.
//!
//! Own commands add entries as far as the mempool takes them, and lost blocks what was in them: at most `MAX_OWN_TRANSACTIONS` and
//! `MAX_OWN_BYTES` in all, where expired ones make room first. Nobody else can add any.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The chosen chain held it once.
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
}

/// Too many own transactions wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_OWN_TRANSACTIONS} own transactions or {MAX_OWN_BYTES} bytes of them wait")]
pub struct TooManyOwn;

impl OwnTransactions {
    /// Adds one that was just signed or restored.
    ///
    /// # Errors
    /// [`TooManyOwn`] if none that expired can make room.
    pub fn insert(&mut self, transaction: Transaction, now: Timestamp, slot: Slot) -> Result<(), TooManyOwn> {
        self.add(transaction, false, now, slot)
    }

    fn add(
        &mut self,
        transaction: Transaction,
        left_block: bool,
        now: Timestamp,
        slot: Slot,
    ) -> Result<(), TooManyOwn> {
        let (id, bytes) = (transaction.id(), transaction.encoded_len());
        self.remove(&id);
        while !self.has_room_for(bytes) {
            let expired = self.entries.values().filter(|entry| entry.is_expired(slot));
            let oldest = expired.min_by_key(|entry| entry.transaction.valid_until);
            let oldest = oldest.map(|entry| entry.transaction.id()).ok_or(TooManyOwn)?;
            self.remove(&oldest);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.entries.insert(
            id,
            Entry {
                transaction,
                bytes,
                left_block,
                sent_at: now,
            },
        );
        Ok(())
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        self.entries.len() < MAX_OWN_TRANSACTIONS && self.bytes.saturating_add(bytes) <= MAX_OWN_BYTES
    }

    /// True if one more of any size can be kept.
    pub fn has_room(&self, slot: Slot) -> bool {
        self.has_room_for(MAX_TRANSACTION_BYTES) || self.entries.values().any(|entry| entry.is_expired(slot))
    }

    /// One of them.
    pub fn get(&self, id: &TransactionId) -> Option<&Transaction> {
        self.entries.get(id).map(|entry| &entry.transaction)
    }

    /// All of them.
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
        let entry = self.entries.remove(id)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        Some(entry.transaction)
    }

    /// A block joined the chosen chain.
    pub fn apply_block(&mut self, block: &Block) {
        if self.entries.is_empty() {
            return;
        }
        for transaction in block.transactions.iter() {
            self.remove(&transaction.id());
        }
    }

    /// A block left the chosen chain: what is mine in it waits again.
    pub fn undo_block(&mut self, block: &Block, me: &Address, now: Timestamp, slot: Slot) {
        let mine = block.transactions.iter().filter(|one| one.account == *me);
        for transaction in mine {
            // Beyond the bounds it is still shown, as expired, with what else its author sent in vain.
            let _ = self.add(transaction.clone(), true, now, slot);
        }
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

    /// Messages that a block held, and that no block can hold any more but under another signature: with the same nonce, so that no chain ever holds
    /// both. Those come first whose turn it is.
    pub fn to_renew(&self, nonces: &NonceWindow, slot: Slot) -> Vec<Transaction> {
        let to_renew = self.entries.values().filter(|entry| {
            entry.is_renewed_unasked() && entry.is_expired(slot) && nonces.accepts(entry.transaction.nonce)
        });
        in_order(to_renew.map(|entry| entry.transaction.clone()).collect())
    }
}

impl Entry {
    /// A message that others may have read in a block is said again by its author's peer; whether to pay again is for the person to say.
    fn is_renewed_unasked(&self) -> bool {
        self.left_block && matches!(self.transaction.action, Action::Post { .. })
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
