//! Paths: the 256-bit keys under which the trie holds its entries.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::crypto::hash::{Domain, Hash};

/// Bits of a path, and levels of the deepest trie.
pub const PATH_BITS: usize = 256;

/// Where an entry stands: 256 bits, of which the first byte may tell its kind.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Path(pub [u8; 32]);

impl Path {
    /// The path of an entry: its kind, then 31 bytes of the hash of kind and key.
    pub fn of(kind: u8, key: &[u8]) -> Self {
        let hash = Hash::of(Domain::StatePath, &[&[kind], key]);
        let mut bytes = [kind; 32];
        bytes
            .iter_mut()
            .skip(1)
            .zip(hash.0)
            .for_each(|(byte, hashed)| *byte = hashed);
        Self(bytes)
    }

    /// The bit at `depth`, from the most significant one of the first byte.
    pub(super) fn bit(&self, depth: usize) -> bool {
        self.0
            .get(depth / 8)
            .is_some_and(|byte| byte >> (7 - depth % 8) & 1 == 1)
    }

    /// Number of bits before the first in which two paths differ.
    pub(super) fn common_bits(&self, other: &Self) -> usize {
        let mut depth = 0;
        for (left, right) in self.0.iter().zip(&other.0) {
            let difference = left ^ right;
            depth += difference.leading_zeros() as usize;
            if difference != 0 {
                break;
            }
        }
        depth
    }
}
