//! The state as a persistent Merkle trie: a map from 32-byte paths to bytes with one root hash.
//!
//! A binary trie over the bits of the path, most significant first. A subtree with no entry is empty (hash zero), one
//! with a single entry is that leaf, wherever it stands, and only one with more is a branch. So the shape, and with it
//! the root, depends on the entries alone and not on how they came in.
//!
//! Copies are free: a clone shares all nodes, and a change makes new ones only along its path. Hashes are computed when
//! asked for and kept.
//!
//! A malicious peer chooses paths at most by grinding hashes, and gains a level per bit of work: depth is bounded by 256
//! in any case, so recursion (also in dropping) needs a small stack, and a proof at most 256 hashes.

mod node;
mod path;
mod proof;

use std::sync::{Arc, OnceLock};

use node::{Entries, Leaf, Node};
pub use path::{PATH_BITS, Path};
pub use proof::{ProofEnd, TrieProof, TrieProofError};

use crate::{crypto::hash::Hash, error::BoundExceeded};

/// Bytes of the longest value.
pub const MAX_VALUE_BYTES: usize = 512 * 1024;

/// A map from paths to bytes with a root hash. Cloning is free.
#[derive(Clone, Debug, Default)]
pub struct Trie {
    top: Node,
    root: OnceLock<Hash>,
    len: usize,
}

impl Trie {
    /// No entries; the root is [`Hash::ZERO`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of paths with a value.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Hash that commits to all entries; [`Hash::ZERO`] without any.
    pub fn root(&self) -> Hash {
        *self.root.get_or_init(|| self.top.hash())
    }

    /// The value at `path`, if there is one.
    pub fn get(&self, path: &Path) -> Option<&Arc<[u8]>> {
        self.top.find(path).map(|leaf| &leaf.value)
    }

    /// Puts `value` at `path`; the value that was there before.
    ///
    /// # Errors
    /// [`BoundExceeded`] when the value has over [`MAX_VALUE_BYTES`]; nothing changes then.
    pub fn insert(&mut self, path: Path, value: Arc<[u8]>) -> Result<Option<Arc<[u8]>>, BoundExceeded> {
        check_len(&value)?;
        Ok(self.put(path, value))
    }

    /// Puts many values at their paths, at about two thirds of the price of one by one; the number of new entries.
    ///
    /// # Errors
    /// [`BoundExceeded`] when a value has over [`MAX_VALUE_BYTES`]; nothing changes then.
    pub fn insert_all(&mut self, entries: Vec<(Path, Arc<[u8]>)>) -> Result<usize, BoundExceeded> {
        entries.iter().try_for_each(|(_, value)| check_len(value))?;
        self.top.fetch_ways(entries.iter().map(|(path, _)| path));
        let len_before = self.len;
        for (path, value) in entries {
            self.put(path, value);
        }
        Ok(self.len - len_before)
    }

    fn put(&mut self, path: Path, value: Arc<[u8]>) -> Option<Arc<[u8]>> {
        let old = self.top.insert(0, Leaf { path, value });
        self.len += usize::from(old.is_none());
        self.root = OnceLock::new();
        old
    }

    /// Takes away what is at `path`, if anything.
    pub fn remove(&mut self, path: &Path) -> Option<Arc<[u8]>> {
        let old = self.get(path)?.clone();
        self.top = self.top.without(0, path);
        self.len -= 1;
        self.root = OnceLock::new();
        Some(old)
    }

    /// All entries, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Arc<[u8]>)> {
        self.iter_prefix(&[])
    }

    /// The entries whose path begins with `prefix`, in the order of their paths.
    pub fn iter_prefix(&self, prefix: &[u8]) -> impl Iterator<Item = (&Path, &Arc<[u8]>)> {
        let start = self.top.descend(prefix);
        let prefix = prefix.to_vec();
        let inside = move |leaf: &&Leaf| leaf.path.0.starts_with(&prefix);
        Entries::new(start)
            .filter(inside)
            .map(|leaf| (&leaf.path, &leaf.value))
    }

    /// Proof of what is at `path`, or that nothing is.
    pub fn proof(&self, path: &Path) -> TrieProof {
        let mut siblings = Vec::new();
        let end = match self.top.walk(path, |sibling| siblings.push(*sibling)) {
            Node::Leaf(leaf) if leaf.path == *path => ProofEnd::Present,
            Node::Leaf(leaf) => ProofEnd::Other {
                path: leaf.path,
                value_hash: leaf.value_hash(),
            },
            _ => ProofEnd::Empty,
        };
        TrieProof::new(siblings, end)
    }
}

fn check_len(value: &[u8]) -> Result<(), BoundExceeded> {
    let (len, max) = (value.len(), MAX_VALUE_BYTES);
    if len > max {
        Err(BoundExceeded { len, max })
    } else {
        Ok(())
    }
}

/// Two tries are equal if they hold the same entries; their roots tell.
impl PartialEq for Trie {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl Eq for Trie {}

#[cfg(test)]
mod tests;
