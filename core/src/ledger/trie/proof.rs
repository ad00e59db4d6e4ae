//! Proofs of what the trie holds at a path, for whoever knows the root only.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::path::{PATH_BITS, Path};
use crate::{
    codec::BoundedVec,
    crypto::{
        hash::{Domain, Hash},
        leaf_of, node_of,
    },
};

/// That a trie with a known root holds a value at a path, or nothing.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TrieProof {
    /// Hashes of the subtrees beside the way, from the top down.
    pub siblings: BoundedVec<Hash, PATH_BITS>,
    /// What stands where the way ends.
    pub end: ProofEnd,
}

/// What stands where the way along a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum ProofEnd {
    /// The leaf of the path itself.
    Present,
    /// An empty subtree: nothing is at the path.
    Empty,
    /// The only leaf of the subtree, which has another path.
    Other {
        /// Path that the leaf stands for.
        path: Path,
        /// Hash of the leaf's value.
        value_hash: Hash,
    },
}

/// Why a proof does not show what it was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TrieProofError {
    /// It is a proof of presence given for absence, or the reverse.
    #[error("the proof shows the opposite")]
    Opposite,
    /// The leaf said to stand in the way does not belong there.
    #[error("the leaf in the way does not belong there")]
    MisplacedLeaf,
    /// It leads to another root: another trie, path or value, or an altered proof.
    #[error("the proof leads to another root")]
    WrongRoot,
}

impl TrieProof {
    /// A way in a trie has at most [`PATH_BITS`] siblings.
    pub(super) fn new(siblings: Vec<Hash>, end: ProofEnd) -> Self {
        Self {
            siblings: siblings.try_into().unwrap_or_default(),
            end,
        }
    }

    /// Checks that under `root` there is exactly `value` at `path`, or nothing if it is none.
    ///
    /// # Errors
    /// [`TrieProofError`] when the proof does not show that.
    pub fn verify(&self, root: &Hash, path: &Path, value: Option<&[u8]>) -> Result<(), TrieProofError> {
        let end = self.end_hash(path, value)?;
        let levels = self.siblings.iter().enumerate().rev();
        let top = levels.fold(end, |below, (depth, sibling)| {
            if path.bit(depth) {
                node_of(sibling, &below)
            } else {
                node_of(&below, sibling)
            }
        });
        if top == *root {
            Ok(())
        } else {
            Err(TrieProofError::WrongRoot)
        }
    }

    fn end_hash(&self, path: &Path, value: Option<&[u8]>) -> Result<Hash, TrieProofError> {
        match (value, &self.end) {
            (Some(value), ProofEnd::Present) => Ok(leaf_of(&path.0, &Hash::of(Domain::StateValue, &[value]))),
            (None, ProofEnd::Empty) => Ok(Hash::ZERO),
            (
                None,
                ProofEnd::Other {
                    path: other,
                    value_hash,
                },
            ) => {
                let belongs = other != path && other.common_bits(path) >= self.siblings.len();
                belongs
                    .then(|| leaf_of(&other.0, value_hash))
                    .ok_or(TrieProofError::MisplacedLeaf)
            }
            _ => Err(TrieProofError::Opposite),
        }
    }
}
