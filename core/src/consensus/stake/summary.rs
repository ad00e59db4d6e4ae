//! What of a block's state is asked for long after the block.

use std::sync::Arc;

use crate::{
    chain::checkpoint::Checkpoint,
    consensus::stake::{
        quorum::QuorumRule,
        term::{OperatorSet, Term},
    },
    crypto::hash::Hash,
};

/// For votes on a block, for the next term, and for headers that follow it. Small, and mostly shared.
#[derive(Clone)]
pub struct Summary {
    /// The term that the block belongs to.
    pub term: Arc<Term>,
    /// Operators of the next term.
    pub(super) pending: Arc<OperatorSet>,
    /// The last checkpoint recorded as final.
    pub final_checkpoint: Checkpoint,
    pub(super) final_term: u64,
    pub(super) mixer: Hash,
}

impl Summary {
    /// The rule for checkpoints on this block.
    pub fn quorum_rule(&self) -> QuorumRule {
        QuorumRule::new(self.term.clone(), self.final_term)
    }

    /// True if the next block begins a new term.
    pub fn ends_term(&self, term_slots: u64) -> bool {
        let last_slot = self.term.first_slot.plus(term_slots);
        self.final_term == self.term.number && self.final_checkpoint.slot >= last_slot
    }
}
