//! Signatures that this peer verified before it saw the block that holds them: they are not verified again.
//!
//! A block mostly holds what its receivers have heard. What is known is decided by the exact bytes and, for a vote, by the key: nobody can have
//! another signature passed by what was said before.

use crate::{chain::checkpoint::Vote, crypto::keys::PublicKey, ledger::transaction::TransactionId};

/// What a peer verified earlier and still remembers.
pub trait Known {
    /// Whether it verified the transaction with this id, which covers the signature.
    fn has_transaction(&self, id: &TransactionId) -> bool;

    /// Whether it verified exactly this vote by this key.
    fn has_vote(&self, vote: &Vote, key: &PublicKey) -> bool;
}

/// Nothing was verified earlier.
pub struct Nothing;

impl Known for Nothing {
    fn has_transaction(&self, _: &TransactionId) -> bool {
        false
    }

    fn has_vote(&self, _: &Vote, _: &PublicKey) -> bool {
        false
    }
}

/// How the signatures in a block are verified: in batches, those that are known excepted.
pub(super) struct Unknown<'k, K> {
    /// Seed of the batches, which the block's author could not know.
    pub(super) entropy: [u8; 32],
    /// What needs no further check.
    pub(super) but: &'k K,
}
