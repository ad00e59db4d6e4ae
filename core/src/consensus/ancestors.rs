//! What the execution of a block may ask about the blocks before it.

use crate::{
    chain::block::BlockHash, consensus::stake::summary::Summary, ledger::state::LedgerState, time::Slot,
};

/// A branch up to and including some block, as the execution of its child sees it.
pub trait Ancestors {
    /// The slot of a block of the branch; none if the block is not on it.
    fn slot_of(&self, block: &BlockHash) -> Option<Slot>;
    /// The summary of a block of the branch: always there from the recorded final block on.
    fn summary(&self, block: &BlockHash) -> Option<&Summary>;
    /// The books after a block of the branch, if they are at hand: those of the recorded final block, where a child of the branch begins a term.
    fn ledger(&self, block: &BlockHash) -> Option<&LedgerState>;
}
