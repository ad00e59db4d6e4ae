//! What an offered transaction must show, alone and beside what waits already.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    Inserted, Mempool, MempoolError, Tip, VerifiedTransaction,
    entry::{Entry, is_claim, pass_of},
    pending::{account_of, check_claim, check_expiry, check_nonce, uses_left},
};
use crate::{
    ledger::{
        account::Account,
        apply::receiver,
        error::TransactionError,
        state::LedgerState,
        transaction::{Action, Transaction, TransactionId},
    },
    params::{MAX_MEMPOOL_BYTES, MAX_MEMPOOL_CLAIMS, MAX_MEMPOOL_PER_ACCOUNT, REPLACEMENT_PERCENT},
};

impl Mempool {
    /// Takes a transaction in; an own one is never evicted.
    ///
    /// # Errors
    /// [`MempoolError`] says why it was not taken; nothing changes then.
    pub fn insert(
        &mut self,
        transaction: VerifiedTransaction,
        tip: Tip<'_>,
        own: bool,
    ) -> Result<Inserted, MempoolError> {
        if self.entries.contains_key(&transaction.id()) {
            if own {
                self.make_own(&transaction.id());
            }
            return Ok(Inserted::default());
        }
        let account = account_of(tip.ledger, &transaction.account);
        self.check_alone(&transaction, &account, tip)?;
        let entry = Entry::new(transaction, self.arrivals, own);
        let replaced = self.check_replacement(&entry)?;
        self.check_together(&entry.transaction, replaced, &account, tip.ledger)?;
        let outdone = self.claim_place_for(&entry, replaced, tip)?;
        let mut evicted = self.room_for(&entry, replaced)?;
        for id in replaced.iter().chain(&evicted) {
            self.remove(id);
        }
        if let Some(id) = outdone {
            evicted.extend(self.evict_claim(&id, tip));
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
        tip: Tip<'_>,
    ) -> Result<(), TransactionError> {
        transaction.check_form(&self.network, &self.rules)?;
        check_expiry(transaction, tip.slot)?;
        check_nonce(transaction, account)?;
        if let Action::Transfer { to, .. } = &transaction.action {
            receiver(tip.ledger, to)?;
        }
        check_claim(transaction, account, tip, &self.rules)
    }

    /// The waiting transaction with the same nonce, if this one pays enough to replace it, or as a Claim shows more work.
    fn check_replacement(&self, entry: &Entry) -> Result<Option<TransactionId>, MempoolError> {
        let transaction = &entry.transaction;
        let waiting = self
            .accounts
            .get(&transaction.account)
            .and_then(|nonces| nonces.get(&transaction.nonce));
        let Some(waiting) = waiting.and_then(|id| self.entries.get(id)) else {
            return Ok(None);
        };
        match (waiting.claim_bits, entry.claim_bits) {
            (Some(shown), Some(bits)) if bits <= shown => Err(MempoolError::LessWork {
                needed_bits: shown.saturating_add(1),
            }),
            (Some(_), Some(_)) => Ok(Some(waiting.transaction.id())),
            (None, _) | (_, None) => {
                let needed_micro = replacement_fee_micro(waiting.transaction.fee_micro);
                if transaction.fee_micro < needed_micro {
                    return Err(MempoolError::Underpriced { needed_micro });
                }
                Ok(Some(waiting.transaction.id()))
            }
        }
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
        if is_claim(transaction) && pending.claims {
            return Err(MempoolError::SecondClaim);
        }
        pending.add(transaction);
        Ok(pending.check(account, state.clock(), &self.rules)?)
    }

    /// If this is a Claim and as many wait as may, in all or of one invite: the one that shows least work and has to leave for it, the newest of equal
    /// ones.
    fn claim_place_for(
        &self,
        entry: &Entry,
        replaced: Option<TransactionId>,
        tip: Tip<'_>,
    ) -> Result<Option<TransactionId>, MempoolError> {
        if !entry.is_claim() {
            return Ok(None);
        }
        let others = |id: &&TransactionId| Some(**id) != replaced;
        let waiting = || {
            let ids = self.claims.iter().filter(others);
            ids.filter_map(|id| self.entries.get(id))
        };
        // One more than an invite still admits would wait in vain, and keep out who would not.
        if let Some(pass) = pass_of(&entry.transaction) {
            let same = || waiting().filter(|other| other.uses_invite(&pass.inviter, &pass.key));
            if same().count() >= uses_left(pass, tip) {
                let outdone = weaker_than(entry, same());
                return outdone.map(Some).ok_or(MempoolError::TooManyOfInvite);
            }
        }
        if waiting().count() < MAX_MEMPOOL_CLAIMS {
            return Ok(None);
        }
        let outdone = weaker_than(entry, waiting());
        outdone.map(Some).ok_or(MempoolError::TooManyClaims)
    }

    /// Takes a Claim out, and what its account could only have paid from its grant.
    fn evict_claim(&mut self, id: &TransactionId, tip: Tip<'_>) -> Vec<TransactionId> {
        let Some(entry) = self.remove(id) else {
            return Vec::new();
        };
        let unpaid = self.prune_account(&entry.transaction.account, tip);
        let unpaid = unpaid.iter().map(|dropped| dropped.transaction.id());
        [*id].into_iter().chain(unpaid).collect()
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

/// The weakest of these Claims, if it has to leave for this one.
fn weaker_than<'a>(entry: &Entry, waiting: impl Iterator<Item = &'a Entry>) -> Option<TransactionId> {
    waiting
        .filter(|other| !other.own)
        .min_by_key(|other| (other.claim_bits, Reverse(other.arrival)))
        .filter(|weakest| weakest.claim_bits < entry.claim_bits || entry.own)
        .map(|weakest| weakest.transaction.id())
}

/// The least fee that replaces one, in µTNG: at least `REPLACEMENT_PERCENT` more, and more.
fn replacement_fee_micro(fee_micro: u64) -> u64 {
    let more = u128::from(fee_micro) * u128::from(REPLACEMENT_PERCENT);
    let more = u64::try_from(more.div_ceil(100)).unwrap_or(u64::MAX);
    fee_micro.saturating_add(more.max(1))
}
