//! Heads that others claim to have, and why they may be worth fetching.

use crate::chain::block::BlockHash;

/// Why a head may be worth fetching; later causes weigh more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A block came whose parent is not known: it is on the way to that head, or it is the head.
    Child,
    /// A source says that its chain is heavier.
    Weight,
    /// A source says that a higher checkpoint is justified there.
    Justified,
    /// A voter voted for it, so somebody with stake has it.
    Vote,
}

/// A head that somebody claims to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Hash of the claimed head.
    pub head: BlockHash,
    /// Height that is claimed for it.
    pub height: u64,
    /// Why it may be worth fetching.
    pub cause: Cause,
}
