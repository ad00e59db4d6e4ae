//! What applying transactions has to know of the block around them, and nothing else of consensus.

use crate::{
    crypto::keys::{Address, NetworkId},
    ledger::{anchor::Anchor, genesis::Rules},
    time::Slot,
};

/// What transactions need to know about the block that they are in.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// The network.
    pub network: NetworkId,
    /// Its rules.
    pub rules: &'a Rules,
    /// Slot of the block.
    pub slot: Slot,
    /// Receives fees and reward.
    pub proposer: Address,
    /// Number of the block's term.
    pub term: u64,
    /// Operators of that term.
    pub term_operators: usize,
    /// Blocks recorded as final, to which claims may bind their work.
    pub anchors: &'a [Anchor],
}
