//! Signing what this peer wants of the ledger: checked as everybody else will check it, stored, gossiped; or refused with a reason, and nothing
//! has changed.

use crate::{
    consensus::branch::BranchState,
    crypto::keys::Address,
    ledger::{
        error::TransactionError,
        nonces::NonceWindow,
        transaction::{Action, Transaction, TransactionId},
    },
    mempool::{MempoolError, VerifiedTransaction},
    params::OWN_VALIDITY_SLOTS,
    peer::{Peer, command::CommandError, network::Network, record::Record},
    time::Timestamp,
};

impl Peer {
    /// Signs an action, offers it to the own mempool, stores it and gossips it.
    ///
    /// # Errors
    /// [`CommandError`] says why it was refused; nothing changed.
    pub(in crate::peer) fn submit_action(
        &mut self,
        action: Action,
        fee_micro: Option<u64>,
    ) -> Result<TransactionId, CommandError> {
        self.submit_with_nonce(action, fee_micro, None)
    }

    /// As [`Self::submit_action`], with this nonce if it is free.
    pub(in crate::peer) fn submit_with_nonce(
        &mut self,
        action: Action,
        fee_micro: Option<u64>,
        preferred: Option<u64>,
    ) -> Result<TransactionId, CommandError> {
        let transaction = self.sign_and_offer(action, fee_micro, preferred)?;
        self.persist(Record::Own(Box::new(transaction.clone())));
        let id = transaction.id();
        self.broadcast_transactions(&[transaction]);
        Ok(id)
    }

    /// Signs an action and offers it to the own mempool. It may leave once it is stored.
    fn sign_and_offer(
        &mut self,
        action: Action,
        fee_micro: Option<u64>,
        preferred: Option<u64>,
    ) -> Result<Transaction, CommandError> {
        let (now, me) = (self.now, self.identity.address());
        let network = self.network.as_mut().ok_or(CommandError::NoNetwork)?;
        let slot = network.slot(now);
        if !network.told().own().has_room(slot) {
            return Err(CommandError::TooManyPending);
        }
        let nonce = network
            .next_nonce(&me, preferred, now)
            .ok_or(CommandError::TooManyPending)?;
        let fee_micro = fee_micro.unwrap_or_else(|| network.genesis().rules.fees.minimum_micro(&action));
        let transaction = Transaction::sign(
            self.identity.account_key(),
            network.id(),
            nonce,
            slot.plus(OWN_VALIDITY_SLOTS),
            fee_micro,
            action,
        );
        let verified = VerifiedTransaction::verify(transaction.clone()).map_err(refused)?;
        if let Err(error) = network.offer(verified, true, now) {
            return Err(command_error(
                error,
                network.mempool().pending_spending_micro(&me),
            ));
        }
        network
            .told_mut()
            .keep_own(transaction.clone(), now)
            .map_err(|_| CommandError::TooManyPending)?;
        Ok(transaction)
    }

    pub(in crate::peer) fn sign_anew(&mut self, old: &Transaction) -> Result<TransactionId, CommandError> {
        let transaction = self.sign_and_offer(old.action.clone(), None, Some(old.nonce))?;
        let (old, id) = (old.id(), transaction.id());
        if let Some(network) = &mut self.network {
            network.told_mut().forget_resent(&old);
        }
        self.persist(Record::SignedAnew {
            old,
            transaction: Box::new(transaction.clone()),
        });
        self.broadcast_transactions(&[transaction]);
        Ok(id)
    }

    /// Registers this device's keys once a clock of another operator has shown that it may sign: who becomes a voter and then only observes
    /// holds up finality.
    ///
    /// # Errors
    /// [`CommandError`] says why they were not registered; nothing changed.
    pub(in crate::peer) fn register_keys(&mut self) -> Result<TransactionId, CommandError> {
        let clock_fits = self.clock_estimate().is_some_and(|estimate| estimate.fits());
        if !clock_fits {
            return Err(CommandError::ClockUnproven);
        }
        let action = Action::Operator {
            signing_key: self.identity.signing_public(),
            vrf_key: self.identity.vrf_public(),
        };
        self.submit_action(action, None)
    }

    /// True if the own account has this name on the chain, or will once what waits is in a block: saved twice, a name costs one fee.
    pub(in crate::peer) fn goes_by(&self, wanted: &Action) -> bool {
        let me = self.identity.address();
        let Some(network) = &self.network else {
            return false;
        };
        let slot = network.slot(self.now);
        let is_to_come =
            |own: &&Transaction| own.valid_until >= slot && matches!(own.action, Action::Profile { .. });
        let to_come = network
            .told()
            .own()
            .iter()
            .filter(is_to_come)
            .max_by_key(|own| own.nonce);
        let on_chain = || {
            let name = network.head_state()?.ledger.account(&me)?.name?;
            Some(Action::Profile { name })
        };
        match to_come {
            Some(last) => last.action == *wanted,
            None => on_chain().as_ref() == Some(wanted),
        }
    }
}

impl Network {
    /// This nonce if it is free, or the next that is.
    pub(in crate::peer) fn next_nonce(
        &self,
        account: &Address,
        preferred: Option<u64>,
        now: Timestamp,
    ) -> Option<u64> {
        let ledger = &self.head_state()?.ledger;
        let held = || self.told().own().held_nonces(self.slot(now));
        preferred
            .filter(|nonce| self.mempool().is_free_nonce(account, *nonce, ledger))
            .or_else(|| self.mempool().next_nonce(account, ledger, &held()))
    }

    /// The nonces that the own account has used on the chosen chain.
    pub(in crate::peer) fn own_nonces(&self) -> NonceWindow {
        self.nonces_in(self.head_state())
    }

    /// Those that it has used in final blocks, which nothing undoes.
    pub(in crate::peer) fn settled_nonces(&self) -> NonceWindow {
        self.nonces_in(self.chain().settled_state())
    }

    fn nonces_in(&self, state: Option<&BranchState>) -> NonceWindow {
        let account = state.and_then(|state| state.ledger.account(&self.me()));
        account.unwrap_or_default().nonces
    }
}

pub(in crate::peer) fn refused(error: TransactionError) -> CommandError {
    CommandError::Refused(error.to_string())
}

/// The mempool counts all that an account has waiting; a person is told of this one alone, beside what is still free.
pub(in crate::peer) fn command_error(error: MempoolError, pending_micro: u64) -> CommandError {
    match error {
        MempoolError::Refused(TransactionError::InsufficientFunds {
            needed_micro,
            available_micro,
        }) => CommandError::InsufficientFunds {
            needed_micro: needed_micro.saturating_sub(pending_micro),
            available_micro: available_micro.saturating_sub(pending_micro),
        },
        MempoolError::TooManyOfAccount => CommandError::TooManyPending,
        other => CommandError::Refused(other.to_string()),
    }
}
