//! Merit: the weight and the tie-break by which two branches are compared (docs/protocol.md, section 7).
//!
//! Tips are compared by nothing else, so a peer cannot win with anything that its blocks do not prove: both numbers come out of a header check.

use std::cmp::Reverse;

/// Weight of a block or a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(pub u128);

impl Weight {
    /// The weight of a chain with one more block; 2^64 blocks would be needed to reach the end of u128.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// What speaks for a block, or for a chain up to its tip. The greater is preferred: that of more weight, and of equal weights the lower tie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merit {
    /// Of the block alone, or of the whole chain.
    pub weight: Weight,
    /// Decides between equal weights; for a chain, that of its tip.
    pub tie: u64,
}

impl Merit {
    /// That of a chain of this weight with one more block, whose own merit this is.
    #[must_use]
    pub fn on(self, chain: Weight) -> Self {
        Self {
            weight: chain.plus(self.weight),
            tie: self.tie,
        }
    }
}

impl Ord for Merit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.weight, Reverse(self.tie)).cmp(&(other.weight, Reverse(other.tie)))
    }
}

impl PartialOrd for Merit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
