//! One waiting transaction, and where it stands among those that may be evicted.

use std::cmp::Reverse;

use super::verified::VerifiedTransaction;
use crate::{
    crypto::keys::{Address, PublicKey},
    ledger::{
        claim::ClaimWork,
        invite::Pass,
        transaction::{Action, Transaction, TransactionId},
    },
};

/// A fee rate is counted in 2^-20 µTNG per byte.
const RATE_FRACTION_BITS: u32 = 20;

/// A transaction in the mempool, with what decides its order there.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) transaction: VerifiedTransaction,
    pub(super) bytes: usize,
    /// Fee by size, see [`RATE_FRACTION_BITS`].
    pub(super) rate: u128,
    /// Zero bits that it shows, if it is a Claim.
    pub(super) claim_bits: Option<u32>,
    pub(super) arrival: u64,
    pub(super) own: bool,
}

impl Entry {
    pub(super) fn new(transaction: VerifiedTransaction, arrival: u64, own: bool) -> Self {
        let bytes = transaction.encoded_len();
        let rate = (u128::from(transaction.fee_micro) << RATE_FRACTION_BITS) / (bytes.max(1) as u128);
        Self {
            claim_bits: claim_bits(&transaction),
            transaction,
            bytes,
            rate,
            arrival,
            own,
        }
    }

    pub(super) fn is_claim(&self) -> bool {
        self.claim_bits.is_some()
    }

    /// True if it is a Claim by this invite.
    pub(super) fn uses_invite(&self, inviter: &Address, key: &PublicKey) -> bool {
        pass_of(&self.transaction).is_some_and(|pass| (&pass.inviter, &pass.key) == (inviter, key))
    }

    /// Where it stands among those that may be evicted; none if it may not.
    pub(super) fn eviction_key(&self) -> Option<EvictionKey> {
        let exempt = self.own || self.is_claim();
        (!exempt).then_some((self.rate, Reverse(self.arrival), self.transaction.id()))
    }
}

/// Lowest fee rate first, of equal ones the newest first.
pub(super) type EvictionKey = (u128, Reverse<u64>, TransactionId);

pub(super) fn is_claim(transaction: &Transaction) -> bool {
    transaction.action.demand().draws_grant
}

/// The pass that a Claim shows, if it does.
pub(super) fn pass_of(transaction: &Transaction) -> Option<&Pass> {
    match &transaction.action {
        Action::Claim { pass, .. } => pass.as_ref(),
        _ => None,
    }
}

/// Zero bits that a Claim shows.
pub(super) fn claim_bits(transaction: &Transaction) -> Option<u32> {
    match &transaction.action {
        Action::Claim {
            anchor, work_nonce, ..
        } => {
            let work = ClaimWork {
                anchor,
                nonce: *work_nonce,
            };
            Some(work.bits(&transaction.network, &transaction.account))
        }
        _ => None,
    }
}
