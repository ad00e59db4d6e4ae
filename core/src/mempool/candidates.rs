//! The order in which a proposer tries waiting transactions.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{Mempool, entry::Entry, verified::VerifiedTransaction};
use crate::{crypto::keys::Address, sorting};

/// The next transaction of an account: claims before all else, those that show most work first; then by fee rate, then by arrival.
type Turn = (Option<u32>, u128, Reverse<u64>, Address);

/// Waiting transactions: those of one account in order (its Claim, then ascending nonces), of all accounts the best fee rate first.
pub struct Candidates<'a> {
    /// Of each account, the last one first.
    queues: BTreeMap<Address, Vec<&'a Entry>>,
    turns: BTreeSet<Turn>,
}

impl Mempool {
    /// Waiting transactions in the order in which a proposer should try them.
    pub fn candidates(&self) -> Candidates<'_> {
        Candidates::of(self)
    }
}

impl<'a> Candidates<'a> {
    fn of(mempool: &'a Mempool) -> Self {
        let mut candidates = Self {
            queues: BTreeMap::new(),
            turns: BTreeSet::new(),
        };
        for (account, nonces) in &mempool.accounts {
            let mut queue: Vec<&Entry> = nonces.values().filter_map(|id| mempool.entries.get(id)).collect();
            sorting::sort_by_key(&mut queue, |entry| {
                (entry.is_claim(), Reverse(entry.transaction.nonce))
            });
            candidates.turns.extend(queue.last().map(|entry| turn(entry)));
            candidates.queues.insert(*account, queue);
        }
        candidates
    }
}

impl<'a> Iterator for Candidates<'a> {
    type Item = &'a VerifiedTransaction;

    fn next(&mut self) -> Option<&'a VerifiedTransaction> {
        let (_, _, _, account) = self.turns.pop_last()?;
        let queue = self.queues.get_mut(&account)?;
        let entry = queue.pop()?;
        self.turns.extend(queue.last().map(|entry| turn(entry)));
        Some(&entry.transaction)
    }
}

fn turn(entry: &Entry) -> Turn {
    (
        entry.claim_bits,
        entry.rate,
        Reverse(entry.arrival),
        entry.transaction.account,
    )
}
