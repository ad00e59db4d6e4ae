//! Drops transactions that wait in vain: the chosen chain or the time rules them out.

use super::{
    Mempool, Pruned, Tip, VerifiedTransaction,
    entry::is_claim,
    pending::{Pending, account_of, check_expiry, check_nonce, recheck_claim},
};
use crate::{
    crypto::keys::Address,
    ledger::{
        account::Account,
        error::TransactionError,
        transaction::{Transaction, TransactionId},
    },
    sorting,
};

impl Mempool {
    /// Drops what the ledger would refuse at this tip: expired, used nonces, void claims, and of each account what can no longer be paid
    /// beside its lower nonces.
    pub fn prune(&mut self, tip: Tip<'_>) -> Vec<Pruned> {
        let accounts: Vec<Address> = self.accounts.keys().copied().collect();
        let mut dropped = Vec::new();
        for address in accounts {
            dropped.extend(self.prune_account(&address, tip));
        }
        dropped
    }

    /// As [`Self::prune`], of one account.
    pub(super) fn prune_account(&mut self, address: &Address, tip: Tip<'_>) -> Vec<Pruned> {
        let account = account_of(tip.ledger, address);
        let mut refused: Vec<(TransactionId, TransactionError)> = Vec::new();
        let mut kept = Pending::default();
        // A Claim pays for those that come after it.
        let mut waiting: Vec<&VerifiedTransaction> = self.pending_of(address).collect();
        sorting::sort_by_key(&mut waiting, |transaction| !is_claim(transaction));
        for transaction in waiting {
            let mut with_it = kept;
            with_it.add(transaction);
            let checked = self
                .recheck(transaction, &account, tip)
                .and_then(|()| with_it.check(&account, tip.ledger.clock(), &self.rules));
            match checked {
                Ok(()) => kept = with_it,
                Err(reason) => refused.push((transaction.id(), reason)),
            }
        }
        let mut dropped = Vec::new();
        for (id, reason) in refused {
            if let Some(entry) = self.remove(&id) {
                dropped.push(Pruned {
                    transaction: entry.transaction,
                    reason,
                    own: entry.own,
                });
            }
        }
        dropped
    }

    fn recheck(
        &self,
        transaction: &Transaction,
        account: &Account,
        tip: Tip<'_>,
    ) -> Result<(), TransactionError> {
        check_expiry(transaction, tip.slot)?;
        check_nonce(transaction, account)?;
        recheck_claim(transaction, account, tip, &self.rules)
    }
}
