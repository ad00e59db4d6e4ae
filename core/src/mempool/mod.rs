//! Transactions that wait for a block (docs/protocol.md, section 10).
//!
//! Invariants: every transaction here is signed, well-formed, in time and fits its account's nonces; all that an account has waiting can be
//! paid at once from the state it was last checked against; indices agree with the entries.
//!
//! Bounds: `MAX_MEMPOOL_PER_ACCOUNT` for each account, `MAX_MEMPOOL_BYTES` and `MAX_MEMPOOL_CLAIMS` in all. When bytes run out, the lowest fee
//! rate leaves, never an own transaction. Filling the mempool takes real coins, which are at stake as fees as soon as there is room in
//! blocks. Claims, which carry no fee, have their own bound and compete by the work that they show: it is bound to a final block of the
//! chosen chain, so it is done anew every ten minutes, and one that shows more takes the place of one that shows less. Where grants are for invited
//! people, of one invite no more wait than it still admits, so that one pass keeps out no other. Own transactions are
//! exempt from eviction and bounded by the one account that is mine.

mod admit;
mod candidates;
mod entry;
mod pending;
mod prune;
#[cfg(test)]
mod tests;
mod tip;
mod verified;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use thiserror::Error;
pub use tip::Tip;
pub use verified::VerifiedTransaction;

use crate::{
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    ledger::{
        error::TransactionError, genesis::Rules, invite::OpenInvite, state::LedgerState,
        transaction::TransactionId,
    },
    mempool::{
        entry::{Entry, EvictionKey, is_claim},
        pending::{Pending, account_of, available_micro},
    },
    params::{MAX_MEMPOOL_CLAIMS, MAX_MEMPOOL_PER_ACCOUNT, MIN_CLAIMS_PER_TERM, NONCE_WINDOW},
    sorting,
};

/// What became of an offered transaction, and of those that had to leave for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inserted {
    /// True if it did not wait here before.
    pub new: bool,
    /// Waiting transaction of the same account and nonce, whose place it took.
    pub replaced: Option<TransactionId>,
    /// Those that paid less and had to make room.
    pub evicted: Vec<TransactionId>,
}

/// Why a transaction was not taken. The mempool is as before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MempoolError {
    /// The ledger would refuse it, alone or together with what its account has waiting.
    #[error(transparent)]
    Refused(#[from] TransactionError),
    /// Another one of this account and nonce waits and pays almost as much.
    #[error("to replace the waiting transaction a fee of {needed_micro} µTNG is needed")]
    Underpriced {
        /// Least fee with which it would replace the waiting one.
        needed_micro: u64,
    },
    /// The account has a Claim with this nonce waiting that shows as much work.
    #[error("to replace the waiting claim, work of {needed_bits} zero bits is needed")]
    LessWork {
        /// Leading zero bits with which it would replace the waiting one.
        needed_bits: u32,
    },
    /// The account has as many waiting as it may.
    #[error("{MAX_MEMPOOL_PER_ACCOUNT} transactions of the account wait already")]
    TooManyOfAccount,
    /// The account has a Claim waiting under another nonce.
    #[error("a claim of the account waits already")]
    SecondClaim,
    /// As many Claims wait as may, and none of them shows less work.
    #[error("{MAX_MEMPOOL_CLAIMS} claims wait already that show as much work")]
    TooManyClaims,
    /// As many Claims wait as the invite still admits, and none of them shows less work.
    #[error("as many claims wait already as the invite admits")]
    TooManyOfInvite,
    /// Everything that waits pays more per byte.
    #[error("the mempool is full of transactions that pay more")]
    Full,
}

/// Why a waiting transaction was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The transaction that was dropped.
    pub transaction: VerifiedTransaction,
    /// Rule of the ledger that it would break now.
    pub reason: TransactionError,
    /// True if this peer's own account signed it.
    pub own: bool,
}

/// Transactions that wait for a block.
#[derive(Clone, Debug)]
pub struct Mempool {
    network: NetworkId,
    rules: Rules,
    entries: BTreeMap<TransactionId, Entry>,
    /// Ids by account, then by nonce.
    accounts: BTreeMap<Address, BTreeMap<u64, TransactionId>>,
    evictable: BTreeSet<EvictionKey>,
    bytes: usize,
    claims: BTreeSet<TransactionId>,
    arrivals: u64,
}

impl Mempool {
    /// An empty mempool of this network.
    pub fn new(network: NetworkId, rules: Rules) -> Self {
        Self {
            network,
            rules,
            entries: BTreeMap::new(),
            accounts: BTreeMap::new(),
            evictable: BTreeSet::new(),
            bytes: 0,
            claims: BTreeSet::new(),
            arrivals: 0,
        }
    }

    /// Takes out the transactions that a block now holds.
    pub fn remove_included(&mut self, ids: impl IntoIterator<Item = TransactionId>) {
        for id in ids {
            self.remove(&id);
        }
    }

    /// Takes back the transactions of undone blocks, as far as they still fit; says of each what became of it. Those of `own` are own.
    pub fn reinsert(
        &mut self,
        undone: impl IntoIterator<Item = VerifiedTransaction>,
        tip: Tip<'_>,
        own: Option<&Address>,
    ) -> Vec<(TransactionId, Result<Inserted, MempoolError>)> {
        let mut undone: Vec<VerifiedTransaction> = undone.into_iter().collect();
        sorting::sort_by_key(&mut undone, |transaction| {
            (!is_claim(transaction), transaction.nonce)
        });
        let mut outcomes = Vec::new();
        for transaction in undone {
            let (id, is_own) = (transaction.id(), own == Some(&transaction.account));
            outcomes.push((id, self.insert(transaction, tip, is_own)));
        }
        outcomes
    }

    /// The waiting transaction with this id.
    pub fn get(&self, id: &TransactionId) -> Option<&VerifiedTransaction> {
        self.entries.get(id).map(|entry| &entry.transaction)
    }

    /// The waiting transaction whose id begins with these bytes; the lowest id if there are several.
    pub fn by_prefix(&self, prefix: &[u8; 8]) -> Option<&VerifiedTransaction> {
        let mut lowest = Hash::ZERO;
        for (byte, wanted) in lowest.0.iter_mut().zip(prefix) {
            *byte = *wanted;
        }
        let (id, entry) = self.entries.range(TransactionId(lowest)..).next()?;
        id.0.0.starts_with(prefix).then_some(&entry.transaction)
    }

    /// All that wait, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = &VerifiedTransaction> {
        self.entries.values().map(|entry| &entry.transaction)
    }

    /// What an account has waiting, by nonce.
    pub fn pending_of(&self, account: &Address) -> impl Iterator<Item = &VerifiedTransaction> {
        let ids = self.accounts.get(account).into_iter().flat_map(BTreeMap::values);
        ids.filter_map(|id| self.get(id))
    }

    /// Zero bits that the Claim of an account shows, while it waits.
    pub fn claim_bits(&self, account: &Address) -> Option<u32> {
        let ids = self.accounts.get(account)?.values();
        ids.filter_map(|id| self.entries.get(id)?.claim_bits).next()
    }

    /// Zero bits with which a Claim of this account finds a place, by this invite of that account if it takes one.
    pub fn bits_to_enter(&self, account: &Address, invite: Option<(&Address, &OpenInvite)>) -> u32 {
        let in_all = bits_to_be_among(MAX_MEMPOOL_CLAIMS, &self.rival_bits(account, |_| true));
        let of_invite = invite.map_or(0, |(inviter, invite)| {
            let rivals = self.rival_bits(account, |entry| entry.uses_invite(inviter, &invite.key));
            bits_to_be_among(usize::from(invite.uses_left), &rivals)
        });
        in_all.max(of_invite)
    }

    /// Zero bits with which a Claim of this account would be among the next that a term admits.
    pub fn bits_to_be_next(&self, account: &Address) -> u32 {
        bits_to_be_among(MIN_CLAIMS_PER_TERM as usize, &self.rival_bits(account, |_| true))
    }

    /// Zero bits of such Claims of others, most first.
    fn rival_bits(&self, account: &Address, is_meant: impl Fn(&Entry) -> bool) -> Vec<u32> {
        let claims = self.claims.iter().filter_map(|id| self.entries.get(id));
        let others = claims.filter(|entry| entry.transaction.account != *account && is_meant(entry));
        let mut bits: Vec<u32> = others.filter_map(|entry| entry.claim_bits).collect();
        sorting::sort_by_key(&mut bits, |bits| Reverse(*bits));
        bits
    }

    /// Amounts and fees that an account has waiting, in µTNG.
    pub fn pending_spending_micro(&self, account: &Address) -> u64 {
        self.pending(account, None).spending_micro()
    }

    /// What an account can still spend beside what it has waiting, in µTNG; the grant counts while its Claim waits.
    pub fn spendable_micro(&self, address: &Address, state: &LedgerState) -> u64 {
        let pending = self.pending(address, None);
        let account = account_of(state, address);
        available_micro(&account, state.clock(), pending.claims, &self.rules)
            .saturating_sub(pending.spending_micro())
    }

    /// The lowest nonce above the used ones that nothing waits with, here or elsewhere; none while the whole window is taken.
    pub fn next_nonce(&self, account: &Address, state: &LedgerState, held: &BTreeSet<u64>) -> Option<u64> {
        let highest = account_of(state, account).nonces.highest();
        let waiting = self.accounts.get(account);
        let is_free =
            |nonce: &u64| !held.contains(nonce) && waiting.is_none_or(|waiting| !waiting.contains_key(nonce));
        (highest.checked_add(1)?..=highest.saturating_add(NONCE_WINDOW)).find(is_free)
    }

    /// Whether the account has used this nonce neither in a block nor in anything that waits.
    pub fn is_free_nonce(&self, account: &Address, nonce: u64, state: &LedgerState) -> bool {
        let mut nonces = account_of(state, account).nonces;
        let waiting = self.accounts.get(account);
        nonces.take(nonce).is_ok() && waiting.is_none_or(|waiting| !waiting.contains_key(&nonce))
    }

    /// Number of waiting transactions.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no transaction waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Encoded size of all waiting transactions, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn pending(&self, account: &Address, without: Option<TransactionId>) -> Pending {
        let mut pending = Pending::default();
        for transaction in self
            .pending_of(account)
            .filter(|transaction| Some(transaction.id()) != without)
        {
            pending.add(transaction);
        }
        pending
    }

    fn add(&mut self, entry: Entry) {
        self.arrivals = self.arrivals.saturating_add(1);
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.evictable.extend(entry.eviction_key());
        let (id, account, nonce) = (
            entry.transaction.id(),
            entry.transaction.account,
            entry.transaction.nonce,
        );
        self.accounts.entry(account).or_default().insert(nonce, id);
        if entry.is_claim() {
            self.claims.insert(id);
        }
        self.entries.insert(id, entry);
    }

    fn remove(&mut self, id: &TransactionId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        self.claims.remove(id);
        entry.eviction_key().map(|key| self.evictable.remove(&key));
        let account = entry.transaction.account;
        if let Some(nonces) = self.accounts.get_mut(&account) {
            nonces.remove(&entry.transaction.nonce);
            if nonces.is_empty() {
                self.accounts.remove(&account);
            }
        }
        Some(entry)
    }

    fn make_own(&mut self, id: &TransactionId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.eviction_key().map(|key| self.evictable.remove(&key));
            entry.own = true;
        }
    }
}

/// Zero bits that make one of the first `places` among rivals that show these, most first.
fn bits_to_be_among(places: usize, rivals: &[u32]) -> u32 {
    let last = places.checked_sub(1).and_then(|index| rivals.get(index));
    last.map_or(0, |bits| bits.saturating_add(1))
}
