//! Blocks: a sealed header and the body it commits to (docs/protocol.md, sections 2 and 5).
//!
//! Decoding bounds every list before memory is taken; [`Block::check_body`] ties the body to the header, so a relay or peer that swaps
//! bodies is noticed without executing anything.

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

pub use crate::chain::block_hash::BlockHash;
use crate::{
    chain::{checkpoint::Vote, statement::Statement},
    codec::{BoundedVec, encode},
    crypto::{
        hash::{Domain, Hash, merkle_root},
        keys::{Address, NetworkId, PublicKey, SecretKey, Signature, SignatureError},
        vrf::VrfProof,
    },
    ledger::transaction::{Transaction, TransactionId},
    params::{MAX_BLOCK_BYTES, MAX_BLOCK_STATEMENTS, MAX_BLOCK_TRANSACTIONS, MAX_BLOCK_VOTES},
    time::Slot,
};

/// What a header says, whoever may make blocks.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HeaderContent {
    /// Network that the block belongs to: its genesis's hash.
    pub network: NetworkId,
    /// Slot in which the block was made; above its parent's.
    pub slot: Slot,
    /// Number of ancestors: 0 for genesis, the parent's plus one for every other block.
    pub height: u64,
    /// Hash of the block that this one builds on; a genesis has no header.
    pub parent: BlockHash,
    /// Account of whoever made the block and is paid for it.
    pub proposer: Address,
    /// RFC 6962 Merkle root over the transactions' ids.
    pub transactions_root: Hash,
    /// Hash of the testimony.
    pub testimony_hash: Hash,
    /// State root after this block.
    pub state_root: Hash,
}

/// By what right a header was made, and that its maker said so.
///
/// The block hash covers the right and never a signature, so nobody can give one block two hashes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Seal {
    /// Made by an operator of the block's term, by right of a winning lottery ticket.
    Stake {
        /// Proof of the lottery ticket.
        vrf_proof: VrfProof,
        /// By the proposer's operator signing key, over the block hash.
        signature: Signature,
    },
}

/// What of a seal the block hash covers: encodes as the seal without its signature.
#[derive(BorshSerialize)]
enum Right<'a> {
    Stake { vrf_proof: &'a VrfProof },
}

/// The part of a block that others check first, and that its hash identifies.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// Place, maker and commitments of the block.
    pub content: HeaderContent,
    /// Right to make the block, and the maker's signature.
    pub seal: Seal,
}

impl Header {
    /// Signs a header of an operator. The caller has made the slot durable.
    pub fn sign(content: HeaderContent, vrf_proof: VrfProof, key: &SecretKey) -> Self {
        let hash = hash_of(
            &content,
            &Right::Stake {
                vrf_proof: &vrf_proof,
            },
        );
        let signature = key.sign(Domain::Header, &content.network, hash.0.as_bytes());
        let seal = Seal::Stake { vrf_proof, signature };
        Self { content, seal }
    }

    /// Hash that identifies the block: of the content and the right, without the signature.
    pub fn hash(&self) -> BlockHash {
        match &self.seal {
            Seal::Stake { vrf_proof, .. } => hash_of(&self.content, &Right::Stake { vrf_proof }),
        }
    }

    /// Checks the signature by the proposer's operator signing key.
    ///
    /// # Errors
    /// [`SignatureError`] if it does not fit.
    pub fn verify_signature(&self, key: &PublicKey) -> Result<(), SignatureError> {
        let Seal::Stake { signature, .. } = &self.seal;
        let (network, hash) = (&self.content.network, self.hash());
        key.verify(Domain::Header, network, hash.0.as_bytes(), signature)
    }
}

fn hash_of(content: &HeaderContent, right: &Right<'_>) -> BlockHash {
    BlockHash(Hash::of(Domain::Header, &[&encode(content), &encode(right)]))
}

/// The transactions of one block, at most [`MAX_BLOCK_TRANSACTIONS`].
pub type Transactions = BoundedVec<Transaction, MAX_BLOCK_TRANSACTIONS>;
/// The votes that one block records, at most [`MAX_BLOCK_VOTES`].
pub type Votes = BoundedVec<Vote, MAX_BLOCK_VOTES>;
/// The statements that one block records, at most [`MAX_BLOCK_STATEMENTS`].
pub type Statements = BoundedVec<Statement, MAX_BLOCK_STATEMENTS>;

/// What voters have said, as a block records it before its transactions apply. The ledger knows nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Testimony {
    /// Who leaves and who is back, in canonical order: recorded first.
    pub statements: Statements,
    /// In canonical order.
    pub votes: Votes,
}

impl Testimony {
    /// The commitment to it: the hash of its encoding.
    pub fn hash(&self) -> Hash {
        Hash::of(Domain::Body, &[&encode(self)])
    }
}

impl From<Votes> for Testimony {
    fn from(votes: Votes) -> Self {
        Self {
            statements: Statements::new(),
            votes,
        }
    }
}

/// A header and the body that it commits to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// Commits to the two parts below by their hashes.
    pub header: Header,
    /// The ledger applies them in this order.
    pub transactions: Transactions,
    /// Recorded before the transactions apply.
    pub testimony: Testimony,
}

/// Why a body does not belong to its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// The transactions are not those that the header commits to.
    #[error("the transactions are not those of the header")]
    Transactions,
    /// The testimony is not what the header commits to.
    #[error("the testimony is not that of the header")]
    Testimony,
    /// The encoded block has more than [`MAX_BLOCK_BYTES`] bytes.
    #[error("the block is larger than {MAX_BLOCK_BYTES} bytes")]
    TooLarge,
}

impl Block {
    /// Hash that identifies the block: its header's.
    pub fn hash(&self) -> BlockHash {
        self.header.hash()
    }

    /// Size of the encoding in bytes.
    pub fn encoded_len(&self) -> usize {
        encode(self).len()
    }

    /// Checks that this is the body that the header commits to, and that it is small enough.
    ///
    /// # Errors
    /// [`BodyError`] says which part is not.
    pub fn check_body(&self) -> Result<(), BodyError> {
        if transactions_root(&self.transactions) != self.header.content.transactions_root {
            return Err(BodyError::Transactions);
        }
        if self.testimony.hash() != self.header.content.testimony_hash {
            return Err(BodyError::Testimony);
        }
        if self.encoded_len() > MAX_BLOCK_BYTES {
            return Err(BodyError::TooLarge);
        }
        Ok(())
    }
}

/// The commitment to transactions: RFC 6962 root over their ids.
pub fn transactions_root(transactions: &[Transaction]) -> Hash {
    let ids: Vec<Hash> = transactions
        .iter()
        .map(|transaction| transaction.id().0)
        .collect();
    merkle_root(&ids)
}

/// Ids of the transactions of a block, in order.
pub fn transaction_ids(transactions: &[Transaction]) -> impl Iterator<Item = TransactionId> {
    transactions.iter().map(Transaction::id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::samples::{block_after, genesis, secret},
        ledger::transaction::Action,
        params::MAX_POST_BYTES,
    };

    #[test]
    fn a_block_may_be_as_large_as_the_bound_and_no_byte_larger() {
        let post = |nonce: usize, bytes: usize| {
            let action = Action::post("hall", vec![b'a'; bytes]).unwrap();
            let network = genesis().network_id();
            Transaction::sign(&secret(1), network, nonce as u64, Slot(100), 500_000, action)
        };
        let block =
            |transactions| block_after(BlockHash(Hash::ZERO), 1, 7, transactions, vec![]).encoded_len();
        let largest = post(1, MAX_POST_BYTES).encoded_len();
        let room_bytes = MAX_BLOCK_BYTES - block(vec![]);
        // Two smaller posts share what the largest ones leave.
        let full = room_bytes / largest - 1;
        let left = room_bytes - full * largest - 2 * (largest - MAX_POST_BYTES);
        let with_last = |bytes: usize| {
            let mut posts: Vec<Transaction> = (1..=full).map(|nonce| post(nonce, MAX_POST_BYTES)).collect();
            posts.extend([post(full + 1, left / 2), post(full + 2, bytes)]);
            block_after(BlockHash(Hash::ZERO), 1, 7, posts, vec![])
        };
        let whole = with_last(left - left / 2);
        assert_eq!(whole.encoded_len(), MAX_BLOCK_BYTES);
        assert_eq!(whole.check_body(), Ok(()));
        let larger = with_last(left - left / 2 + 1);
        assert_eq!(larger.check_body(), Err(BodyError::TooLarge));
    }
}
