//! What waits in vain: the chosen chain or the time rules it out.

use super::{
    Dropped, Mempool, VerifiedTransaction,
    entry::is_claim,
    pending::{Pending, account_of, check_expiry, check_grant, check_nonce},
};
use crate::{
    crypto::keys::Address,
    ledger::{
        account::Account,
        error::TransactionError,
        state::LedgerState,
        transaction::{Transaction, TransactionId},
    },
    time::Slot,
};

impl Mempool {
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
}
