//! What others say that there is to be had.

use crate::chain::block::BlockHash;

/// What speaks for a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A block came whose parent is not known: it is on the way to that head, or it is the head.
    Child,
    /// A source says that its chain is heavier.
    Weight,
    /// A source says that a higher checkpoint is justified there.
    Justified,
    /// A voter voted for it.
    Vote,
}

/// A head that somebody claims to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The block.
    pub head: BlockHash,
    /// Its claimed height.
    pub height: u64,
    /// Why it may be worth having.
    pub cause: Cause,
}
