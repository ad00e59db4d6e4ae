//! What the tree compares of blocks, whoever may make them (docs/protocol.md, section 7).
//!
//! Tips are compared by nothing else, so a peer cannot win with anything that its blocks do not prove: both numbers come out of a header check.

/// Weight of a block or a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(pub u128);

impl Weight {
    /// The weight of a chain with one more block; 2^64 blocks would be needed to reach the end of u128.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
