//! The voting watermark: what a key may still sign (docs/protocol.md, section 6).
//!
//! Invariant: a key that signs only what [`Watermark::allows`] and raises the watermark durably before the signature leaves can never be
//! slashed: sources never fall, targets rise strictly except for an acknowledgement of the same block.

use std::cmp::Ordering;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{block_hash::BlockHash, checkpoint::Pair},
    crypto::hash::Hash,
    time::Slot,
};

/// The highest source and target signed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Watermark {
    max_source: Slot,
    max_target: Slot,
    target_block: BlockHash,
}

impl Watermark {
    /// True if a vote for this pair is safe to sign after everything signed before.
    pub fn allows(&self, pair: &Pair) -> bool {
        if !pair.is_well_formed() || pair.source.slot < self.max_source {
            return false;
        }
        pair.target.slot > self.max_target
            || (pair.is_acknowledgement()
                && pair.target.slot == self.max_target
                && pair.target.block == self.target_block)
    }

    /// True if a vote for this pair was signed at or below it: it binds to nothing new.
    pub fn covers(&self, pair: &Pair) -> bool {
        self.covering(pair) == *self
    }

    /// The watermark that also covers a vote which was signed without asking it: nothing that is allowed afterwards is slashable with that vote.
    #[must_use]
    pub fn covering(&self, pair: &Pair) -> Self {
        let Pair { source, target } = *pair;
        let target_block = match target.slot.cmp(&self.max_target) {
            Ordering::Greater => target.block,
            Ordering::Equal if target.block != self.target_block => NO_BLOCK,
            Ordering::Equal | Ordering::Less => self.target_block,
        };
        Self {
            max_source: self.max_source.max(source.slot),
            max_target: self.max_target.max(target.slot),
            target_block,
        }
    }

    /// The watermark after signing this pair, or none if it is not allowed.
    #[must_use]
    pub fn raised_by(&self, pair: &Pair) -> Option<Self> {
        self.allows(pair).then_some(Self {
            max_source: pair.source.slot,
            max_target: pair.target.slot,
            target_block: pair.target.block,
        })
    }
}

/// Stands where two blocks were signed at the highest target: neither may be acknowledged. No block has this hash.
const NO_BLOCK: BlockHash = BlockHash(Hash::ZERO);

/// True if two votes of one key break the rules: one target slot with different blocks, or one surrounding the other.
pub fn is_slashable(a: &Pair, b: &Pair) -> bool {
    let double = a.target.slot == b.target.slot && a.target.block != b.target.block;
    let surrounds = |outer: &Pair, inner: &Pair| {
        outer.source.slot < inner.source.slot && inner.target.slot < outer.target.slot
    };
    double || surrounds(a, b) || surrounds(b, a)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chain::checkpoint::Checkpoint;

    fn checkpoint(slot: u64, block: u8) -> Checkpoint {
        Checkpoint {
            slot: Slot(slot),
            block: BlockHash(Hash([block; 32])),
        }
    }

    fn link(source: u64, target: u64, block: u8) -> Pair {
        Pair {
            source: checkpoint(source, 1),
            target: checkpoint(target, block),
        }
    }

    #[test]
    fn a_target_is_acknowledged_only_for_the_block_voted_for() {
        let mark = Watermark::default().raised_by(&link(0, 5, 7)).unwrap();
        let acknowledge = |block| Pair {
            source: checkpoint(5, block),
            target: checkpoint(5, block),
        };
        assert!(mark.allows(&acknowledge(7)));
        assert!(!mark.allows(&acknowledge(8)));
        assert!(!mark.allows(&link(0, 5, 7)));
    }

    #[test]
    fn a_source_never_falls() {
        let mark = Watermark::default().raised_by(&link(4, 5, 7)).unwrap();
        assert!(!mark.allows(&link(3, 9, 7)));
        assert!(mark.allows(&link(4, 9, 7)));
    }

    fn pairs() -> impl Strategy<Value = Pair> {
        (0_u64..12, 1_u8..4, 0_u64..12, 1_u8..4).prop_map(|(source, source_block, target, target_block)| {
            Pair {
                source: checkpoint(source, source_block),
                target: checkpoint(target, target_block),
            }
        })
    }

    proptest! {
        #[test]
        fn no_sequence_that_the_watermark_allows_is_slashable(wishes in proptest::collection::vec(pairs(), 0..60)) {
            let mut mark = Watermark::default();
            let mut signed: Vec<Pair> = Vec::new();
            for wish in wishes {
                if let Some(raised) = mark.raised_by(&wish) {
                    mark = raised;
                    signed.push(wish);
                }
            }
            for (index, a) in signed.iter().enumerate() {
                for b in &signed[index + 1..] {
                    prop_assert!(!is_slashable(a, b), "{:?} {:?}", a, b);
                }
            }
        }

        #[test]
        fn what_a_copy_signed_binds_whatever_is_signed_later(
            wishes in proptest::collection::vec((pairs(), proptest::bool::ANY), 0..60)
        ) {
            let mut mark = Watermark::default();
            let mut signed: Vec<Pair> = Vec::new();
            for (wish, is_copys) in wishes {
                let is_well_formed = wish.is_well_formed();
                if is_copys && is_well_formed {
                    mark = mark.covering(&wish);
                    signed.push(wish);
                } else if let Some(raised) = mark.raised_by(&wish) {
                    for earlier in &signed {
                        prop_assert!(!is_slashable(earlier, &wish), "{:?} {:?}", earlier, wish);
                    }
                    mark = raised;
                    signed.push(wish);
                }
            }
        }
    }
}
