//! Checkpoints and the votes that connect them (docs/protocol.md, section 6).
//!
//! A vote binds its voter, term and network by its signature; whether it counts is decided by
//! [`consensus`](crate::consensus). Nothing here grows with input.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::block_hash::BlockHash,
    codec::encode,
    crypto::{
        batch::BatchVerifier,
        hash::{Domain, Hash},
        keys::{Address, NetworkId, PublicKey, SecretKey, Signature, SignatureError},
    },
    time::Slot,
};

/// A slot and the last block of a branch whose slot is at most that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Checkpoint {
    /// The slot; several checkpoints of different slots may name the same block.
    pub slot: Slot,
    /// Hash of that block.
    pub block: BlockHash,
}

impl Checkpoint {
    /// The first block of a network, which is final.
    pub fn genesis(network: &NetworkId) -> Self {
        Self {
            slot: Slot::GENESIS,
            block: BlockHash(network.0),
        }
    }
}

/// A vote that leads from a justified source to a target further along the same branch, or acknowledges one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// Checkpoint that the vote asks to justify.
    pub target: Checkpoint,
    /// Checkpoint that it starts from, an ancestor; equal to the target for an acknowledgement.
    pub source: Checkpoint,
    /// The term in whose set the voter has its seat: that of the target block's state, or the one before it.
    pub term: u64,
    /// Account whose stake is behind the vote.
    pub voter: Address,
    /// By the voter's operator signing key, over all of the above and the network.
    pub signature: Signature,
}

/// A voter's place in the set of one term. A set holds one signing key for each account, so a seat is bound to a key: an account whose key
/// changed between two terms has a seat with each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Seat {
    /// Number of the term in whose set it is.
    pub term: u64,
    /// Account that holds the seat.
    pub account: Address,
}

/// What a quorum has to agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Pair {
    /// Checkpoint that the votes ask to justify.
    pub target: Checkpoint,
    /// Checkpoint that they start from; equal to the target for an acknowledgement.
    pub source: Checkpoint,
}

impl Pair {
    /// True if this acknowledges one checkpoint rather than linking two.
    pub fn is_acknowledgement(&self) -> bool {
        self.source == self.target
    }

    /// True if the source does not lie after the target, and equal slots mean equal blocks.
    pub fn is_well_formed(&self) -> bool {
        self.source.slot < self.target.slot || self.source == self.target
    }
}

impl Vote {
    /// Signs a vote. The caller has made the watermark durable that this vote raises.
    pub fn sign(pair: Pair, term: u64, voter: Address, network: &NetworkId, key: &SecretKey) -> Self {
        let message = signed_message(&pair, term, &voter);
        Self {
            target: pair.target,
            source: pair.source,
            term,
            voter,
            signature: key.sign(Domain::Vote, network, &message),
        }
    }

    /// Target and source, on which a quorum has to agree.
    pub fn pair(&self) -> Pair {
        Pair {
            target: self.target,
            source: self.source,
        }
    }

    /// The seat that the vote claims: its voter's in its term.
    pub fn seat(&self) -> Seat {
        Seat {
            term: self.term,
            account: self.voter,
        }
    }

    /// Identifies the vote's content, for deduplication (signature included).
    pub fn id(&self) -> Hash {
        Hash::of(Domain::Vote, &[&encode(self)])
    }

    /// The bytes that the signature covers, besides domain and network.
    pub fn signed_message(&self) -> Vec<u8> {
        signed_message(&self.pair(), self.term, &self.voter)
    }

    /// Checks the signature by the voter's operator signing key.
    ///
    /// # Errors
    /// [`SignatureError`] if it does not fit.
    pub fn verify(&self, network: &NetworkId, key: &PublicKey) -> Result<(), SignatureError> {
        key.verify(Domain::Vote, network, &self.signed_message(), &self.signature)
    }

    /// Leaves the check of the signature to a batch.
    pub fn queue_signature(&self, network: &NetworkId, key: &PublicKey, batch: &mut BatchVerifier) {
        batch.push(
            Domain::Vote,
            network,
            key,
            &self.signed_message(),
            &self.signature,
        );
    }
}

fn signed_message(pair: &Pair, term: u64, voter: &Address) -> Vec<u8> {
    encode(&(pair, term, voter))
}
