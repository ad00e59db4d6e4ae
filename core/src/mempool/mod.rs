//! Transactions that wait for a block (docs/protocol.md, section 10).
//!
//! Invariants: every transaction here is signed, well-formed, in time and fits its account's nonces; all that an account has waiting can be
//! paid at once from the state it was last checked against; indices agree with the entries.
//!
//! Bounds: `MAX_MEMPOOL_PER_ACCOUNT` for each account, `MAX_MEMPOOL_BYTES` and `MAX_MEMPOOL_CLAIMS` in all. When bytes run out, the lowest fee
//! rate leaves, never an own transaction. Filling the mempool takes real coins, which are at stake as fees as soon as there is room in
//! blocks; Claims, which carry no fee, take work and have their own bound. Own transactions are exempt from eviction and bounded by the one
//! account that is mine.

mod candidates;
mod pending;
#[cfg(test)]
mod tests;
mod verified;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

pub use candidates::Candidates;
pub use verified::VerifiedTransaction;

use crate::{
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    ledger::{
        account::Account,
        error::TransactionError,
        genesis::Rules,
        state::LedgerState,
        transaction::{Action, Transaction, TransactionId},
    },
    mempool::pending::{
        Pending, account_of, available_micro, check_claim, check_expiry, check_grant, check_nonce,
    },
    params::{
        MAX_MEMPOOL_BYTES, MAX_MEMPOOL_CLAIMS, MAX_MEMPOOL_PER_ACCOUNT, NONCE_WINDOW, REPLACEMENT_PERCENT,
    },
    time::Slot,
};

/// A fee rate is counted in 2^-20 µTNG per byte.
const RATE_FRACTION_BITS: u32 = 20;

/// What became of an offered transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// It was not here before.
    pub new: bool,
    /// The one that it replaced.
    pub replaced: Option<TransactionId>,
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
        /// The least fee that replaces it.
        needed_micro: u64,
    },
    /// The account has as many waiting as it may.
    #[error("{MAX_MEMPOOL_PER_ACCOUNT} transactions of the account wait already")]
    TooManyOfAccount,
    /// The account has a Claim waiting.
    #[error("a claim of the account waits already")]
    SecondClaim,
    /// As many Claims wait as may.
    #[error("{MAX_MEMPOOL_CLAIMS} claims wait already")]
    TooManyClaims,
    /// Everything that waits pays more per byte.
    #[error("the mempool is full of transactions that pay more")]
    Full,
}

/// Why a waiting transaction was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which.
    pub transaction: VerifiedTransaction,
    /// What the ledger would say to it now.
    pub reason: TransactionError,
    /// It was an own one.
    pub own: bool,
}

/// A waiting transaction.
#[derive(Clone, Debug)]
struct Entry {
    transaction: VerifiedTransaction,
    bytes: usize,
    /// Fee by size, see [`RATE_FRACTION_BITS`].
    rate: u128,
    arrival: u64,
    own: bool,
}

impl Entry {
    fn is_claim(&self) -> bool {
        is_claim(&self.transaction)
    }

    /// Where it stands among those that may be evicted; none if it may not.
    fn eviction_key(&self) -> Option<EvictionKey> {
        let exempt = self.own || self.is_claim();
        (!exempt).then_some((self.rate, std::cmp::Reverse(self.arrival), self.transaction.id()))
    }
}

/// Lowest fee rate first, of equal ones the newest first.
type EvictionKey = (u128, std::cmp::Reverse<u64>, TransactionId);

/// Transactions that wait for a block.
#[derive(Clone, Debug)]
pub struct Mempool {
    network: NetworkId,
    rules: Rules,
    entries: BTreeMap<TransactionId, Entry>,
    /// By account and nonce.
    accounts: BTreeMap<Address, BTreeMap<u64, TransactionId>>,
    evictable: BTreeSet<EvictionKey>,
    bytes: usize,
    claims: usize,
    arrivals: u64,
}

impl Mempool {
    /// An empty mempool.
    pub fn new(network: NetworkId, rules: Rules) -> Self {
        Self {
            network,
            rules,
            entries: BTreeMap::new(),
            accounts: BTreeMap::new(),
            evictable: BTreeSet::new(),
            bytes: 0,
            claims: 0,
            arrivals: 0,
        }
    }

    /// Takes a transaction in. `state` is the head's, `slot` the current one; an own transaction is never evicted.
    ///
    /// # Errors
    /// [`MempoolError`] says why it was not taken; nothing changes then.
    pub fn insert(
        &mut self,
        transaction: VerifiedTransaction,
        state: &LedgerState,
        slot: Slot,
        own: bool,
    ) -> Result<Inserted, MempoolError> {
        if self.entries.contains_key(&transaction.id()) {
            if own {
                self.make_own(&transaction.id());
            }
            return Ok(Inserted {
                new: false,
                replaced: None,
            });
        }
        let account = account_of(state, &transaction.account);
        self.check_alone(&transaction, &account, state, slot)?;
        let replaced = self.check_replacement(&transaction)?;
        self.check_together(&transaction, replaced, &account, state)?;
        let entry = self.entry_of(transaction, own);
        let evicted = self.room_for(&entry, replaced)?;
        for id in replaced.iter().chain(&evicted) {
            self.remove(id);
        }
        self.add(entry);
        Ok(Inserted { new: true, replaced })
    }

    /// Takes out what a block now holds.
    pub fn remove_included(&mut self, ids: impl IntoIterator<Item = TransactionId>) {
        for id in ids {
            self.remove(&id);
        }
    }

    /// Takes back the transactions of undone blocks, as far as they still fit; gives those that do not, and why. Those of `own` are own.
    pub fn reinsert(
        &mut self,
        undone: impl IntoIterator<Item = VerifiedTransaction>,
        state: &LedgerState,
        slot: Slot,
        own: Option<&Address>,
    ) -> Vec<(TransactionId, MempoolError)> {
        let mut undone: Vec<VerifiedTransaction> = undone.into_iter().collect();
        undone.sort_by_key(|transaction| (!is_claim(transaction), transaction.nonce));
        let mut refused = Vec::new();
        for transaction in undone {
            let (id, is_own) = (transaction.id(), own == Some(&transaction.account));
            if let Err(error) = self.insert(transaction, state, slot, is_own) {
                refused.push((id, error));
            }
        }
        refused
    }

    /// Drops what the ledger would refuse in this state and slot: expired, used nonces, void claims, and of each account what can no longer
    /// be paid beside its lower nonces.
    pub fn prune(&mut self, state: &LedgerState, slot: Slot) -> Vec<Dropped> {
        let accounts: Vec<Address> = self.accounts.keys().copied().collect();
        let mut dropped = Vec::new();
        for address in accounts {
            self.prune_account(&address, state, slot, &mut dropped);
        }
        dropped
    }

    /// Waiting transactions in the order in which a proposer should try them.
    pub fn candidates(&self) -> Candidates<'_> {
        Candidates::of(self)
    }

    /// A waiting transaction.
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

    /// The lowest nonce above the used ones that nothing waits with; none while the whole window is taken.
    pub fn next_nonce(&self, account: &Address, state: &LedgerState) -> Option<u64> {
        let highest = account_of(state, account).nonces.highest();
        let waiting = self.accounts.get(account);
        let is_free = |nonce: &u64| waiting.is_none_or(|waiting| !waiting.contains_key(nonce));
        (highest.checked_add(1)?..=highest.saturating_add(NONCE_WINDOW)).find(is_free)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Their encoded size, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn check_alone(
        &self,
        transaction: &Transaction,
        account: &Account,
        state: &LedgerState,
        slot: Slot,
    ) -> Result<(), TransactionError> {
        transaction.check_form(&self.network, &self.rules)?;
        check_expiry(transaction, slot)?;
        check_nonce(transaction, account)?;
        check_claim(transaction, account, state, &self.rules, slot)
    }

    /// The waiting transaction with the same nonce, if this one pays enough to replace it.
    fn check_replacement(&self, transaction: &Transaction) -> Result<Option<TransactionId>, MempoolError> {
        let waiting = self
            .accounts
            .get(&transaction.account)
            .and_then(|nonces| nonces.get(&transaction.nonce));
        let Some(entry) = waiting.and_then(|id| self.entries.get(id)) else {
            return Ok(None);
        };
        let needed_micro = replacement_fee_micro(entry.transaction.fee_micro);
        if transaction.fee_micro < needed_micro {
            return Err(MempoolError::Underpriced { needed_micro });
        }
        Ok(Some(entry.transaction.id()))
    }

    /// Checks the transaction together with all else that its account has waiting.
    fn check_together(
        &self,
        transaction: &Transaction,
        replaced: Option<TransactionId>,
        account: &Account,
        state: &LedgerState,
    ) -> Result<(), MempoolError> {
        let waiting = self.accounts.get(&transaction.account).map_or(0, BTreeMap::len);
        if replaced.is_none() && waiting >= MAX_MEMPOOL_PER_ACCOUNT {
            return Err(MempoolError::TooManyOfAccount);
        }
        let mut pending = self.pending(&transaction.account, replaced);
        if is_claim(transaction) {
            if pending.claims {
                return Err(MempoolError::SecondClaim);
            }
            let replaces_claim = replaced
                .and_then(|id| self.get(&id))
                .is_some_and(|replaced| is_claim(replaced));
            if self.claims >= MAX_MEMPOOL_CLAIMS && !replaces_claim {
                return Err(MempoolError::TooManyClaims);
            }
        }
        pending.add(transaction);
        Ok(pending.check(account, state.clock(), &self.rules)?)
    }

    /// What has to leave so that this entry fits.
    fn room_for(
        &self,
        entry: &Entry,
        replaced: Option<TransactionId>,
    ) -> Result<Vec<TransactionId>, MempoolError> {
        let freed = replaced
            .and_then(|id| self.entries.get(&id))
            .map_or(0, |replaced| replaced.bytes);
        let mut bytes = self.bytes.saturating_sub(freed).saturating_add(entry.bytes);
        let mut evicted = Vec::new();
        for (rate, _, id) in self.evictable.iter().filter(|(_, _, id)| Some(*id) != replaced) {
            let outbid = entry.eviction_key().is_none() || *rate < entry.rate;
            if bytes <= MAX_MEMPOOL_BYTES || !outbid {
                break;
            }
            bytes = bytes.saturating_sub(self.entries.get(id).map_or(0, |victim| victim.bytes));
            evicted.push(*id);
        }
        if bytes > MAX_MEMPOOL_BYTES {
            Err(MempoolError::Full)
        } else {
            Ok(evicted)
        }
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

    fn prune_account(
        &mut self,
        address: &Address,
        state: &LedgerState,
        slot: Slot,
        dropped: &mut Vec<Dropped>,
    ) {
        let account = account_of(state, address);
        let mut refused: Vec<(TransactionId, TransactionError)> = Vec::new();
        let mut kept = Pending::default();
        // A Claim pays for those that come after it.
        let mut waiting: Vec<&VerifiedTransaction> = self.pending_of(address).collect();
        waiting.sort_by_key(|transaction| !is_claim(transaction));
        for transaction in waiting {
            let mut with_it = kept;
            with_it.add(transaction);
            let checked = self
                .recheck(transaction, &account, state, slot)
                .and_then(|()| with_it.check(&account, state.clock(), &self.rules));
            match checked {
                Ok(()) => kept = with_it,
                Err(reason) => refused.push((transaction.id(), reason)),
            }
        }
        for (id, reason) in refused {
            if let Some(entry) = self.remove(&id) {
                dropped.push(Dropped {
                    transaction: entry.transaction,
                    reason,
                    own: entry.own,
                });
            }
        }
    }

    fn recheck(
        &self,
        transaction: &Transaction,
        account: &Account,
        state: &LedgerState,
        slot: Slot,
    ) -> Result<(), TransactionError> {
        check_expiry(transaction, slot)?;
        check_nonce(transaction, account)?;
        if is_claim(transaction) {
            check_grant(account, state, &self.rules)?;
        }
        Ok(())
    }

    fn entry_of(&self, transaction: VerifiedTransaction, own: bool) -> Entry {
        let bytes = transaction.encoded_len();
        let rate = (u128::from(transaction.fee_micro) << RATE_FRACTION_BITS) / (bytes.max(1) as u128);
        Entry {
            transaction,
            bytes,
            rate,
            arrival: self.arrivals,
            own,
        }
    }

    fn add(&mut self, entry: Entry) {
        self.arrivals = self.arrivals.saturating_add(1);
        self.bytes = self.bytes.saturating_add(entry.bytes);
        self.claims = self.claims.saturating_add(usize::from(entry.is_claim()));
        self.evictable.extend(entry.eviction_key());
        let (id, account, nonce) = (
            entry.transaction.id(),
            entry.transaction.account,
            entry.transaction.nonce,
        );
        self.accounts.entry(account).or_default().insert(nonce, id);
        self.entries.insert(id, entry);
    }

    fn remove(&mut self, id: &TransactionId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes);
        self.claims = self.claims.saturating_sub(usize::from(entry.is_claim()));
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

/// The least fee that replaces one, in µTNG: at least `REPLACEMENT_PERCENT` more, and more.
fn replacement_fee_micro(fee_micro: u64) -> u64 {
    let more = u128::from(fee_micro) * u128::from(REPLACEMENT_PERCENT);
    let more = u64::try_from(more.div_ceil(100)).unwrap_or(u64::MAX);
    fee_micro.saturating_add(more.max(1))
}

fn is_claim(transaction: &Transaction) -> bool {
    matches!(transaction.action, Action::Claim { .. })
}
