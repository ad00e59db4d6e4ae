//! A memory of contents that were seen before, so that each is checked and forwarded once.
//!
//! Holds a fixed number of ids and forgets the oldest. Put in only what was verified: then pushing out an id costs as many valid objects as
//! the set holds, and all that is gained is that one object is checked again.

use std::collections::{BTreeSet, VecDeque};

use crate::{crypto::hash::Hash, params::MAX_SEEN};

/// The newest content ids, at most [`MAX_SEEN`].
#[derive(Clone, Debug, Default)]
pub struct SeenSet {
    members: BTreeSet<Hash>,
    oldest_first: VecDeque<Hash>,
}

impl SeenSet {
    /// Remembers an id. True if it is new.
    pub fn insert(&mut self, content: Hash) -> bool {
        if !self.members.insert(content) {
            return false;
        }
        self.oldest_first.push_back(content);
        if self.oldest_first.len() > MAX_SEEN
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.members.remove(&oldest);
        }
        true
    }

    /// Whether this content is remembered.
    pub fn contains(&self, content: &Hash) -> bool {
        self.members.contains(content)
    }

    /// Number of contents that are remembered.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether no content is remembered.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hash::Domain;

    fn content(number: usize) -> Hash {
        Hash::of(Domain::Content, &[&number.to_le_bytes()])
    }

    #[test]
    fn an_id_is_new_once() {
        let mut seen = SeenSet::default();
        assert!(seen.insert(content(1)));
        assert!(!seen.insert(content(1)));
        assert!(seen.contains(&content(1)) && !seen.contains(&content(2)));
    }

    #[test]
    fn the_oldest_id_is_forgotten_when_the_set_is_full() {
        let mut seen = SeenSet::default();
        for number in 0..=MAX_SEEN {
            assert!(seen.insert(content(number)));
        }
        assert_eq!(seen.len(), MAX_SEEN);
        assert!(!seen.contains(&content(0)));
        assert!(seen.contains(&content(1)) && seen.contains(&content(MAX_SEEN)));
    }
}
