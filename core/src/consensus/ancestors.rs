//! What the execution of a block may ask about the blocks before it, besides its parent's state.

use crate::{chain::block::BlockHash, crypto::hash::Hash, time::Slot};

/// A branch up to and including some block, as the execution of its child sees it: all blocks after the recorded final one, and no more than a header
/// tells of them.
pub trait Ancestors {
    /// The slot of a block of the branch; none if the block is not on it.
    fn slot_of(&self, block: &BlockHash) -> Option<Slot>;
    /// All VRF outputs of the branch up to one of its blocks, mixed; none if the block is not on it.
    fn mixer_at(&self, block: &BlockHash) -> Option<Hash>;
}
