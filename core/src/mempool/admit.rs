//! What an offered transaction must show, alone and beside what waits already.

use std::collections::BTreeMap;

use super::{
    Inserted, Mempool, MempoolError, VerifiedTransaction,
    entry::{Entry, is_claim},
    pending::{account_of, check_claim, check_expiry, check_nonce},
};
use crate::{
    ledger::{
        account::Account,
        error::TransactionError,
        state::LedgerState,
        transaction::{Transaction, TransactionId},
    },
    params::{MAX_MEMPOOL_BYTES, MAX_MEMPOOL_CLAIMS, MAX_MEMPOOL_PER_ACCOUNT, REPLACEMENT_PERCENT},
    time::Slot,
};

impl Mempool {
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
            return Ok(Inserted::default());
        }
        let account = account_of(state, &transaction.account);
        self.check_alone(&transaction, &account, state, slot)?;
        let replaced = self.check_replacement(&transaction)?;
        self.check_together(&transaction, replaced, &account, state)?;
        let entry = Entry::new(transaction, self.arrivals, own);
        let evicted = self.room_for(&entry, replaced)?;
        for id in replaced.iter().chain(&evicted) {
            self.remove(id);
        }
        self.add(entry);
        Ok(Inserted {
            new: true,
            replaced,
            evicted,
        })
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
}

/// The least fee that replaces one, in µTNG: at least `REPLACEMENT_PERCENT` more, and more.
fn replacement_fee_micro(fee_micro: u64) -> u64 {
    let more = u128::from(fee_micro) * u128::from(REPLACEMENT_PERCENT);
    let more = u64::try_from(more.div_ceil(100)).unwrap_or(u64::MAX);
    fee_micro.saturating_add(more.max(1))
}
