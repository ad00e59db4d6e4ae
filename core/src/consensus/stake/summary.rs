//! What of a block's state is asked for long after the block.

use std::sync::Arc;

use crate::{
    chain::checkpoint::Checkpoint,
    consensus::stake::{
        finality::FinalBlock,
        quorum::QuorumRule,
        term::{OperatorSet, Term},
    },
    crypto::hash::Hash,
    time::Slot,
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
    pub(super) final_block: FinalBlock,
    pub(super) quorum_rule: QuorumRule,
    pub(super) mixer: Hash,
}

impl Summary {
    /// The rule for checkpoints on this block.
    pub fn quorum_rule(&self) -> &QuorumRule {
        &self.quorum_rule
    }

    /// All luck of the branch up to the block, mixed.
    pub fn mixer(&self) -> Hash {
        self.mixer
    }

    /// True if the next block begins a new term.
    pub fn ends_term(&self, term_slots: u64) -> bool {
        let last_slot = self.term.first_slot.plus(term_slots);
        self.final_block.term == self.term.number && self.final_checkpoint.slot >= last_slot
    }

    /// The term that a child in `slot` belongs to: the block's own, or the next if the recorded final checkpoint ends it.
    pub fn term_of_child(&self, slot: Slot, term_slots: u64) -> Arc<Term> {
        if !self.ends_term(term_slots) {
            return self.term.clone();
        }
        let mixer = &self.final_block.mixer;
        Arc::new(self.term.successor(slot, self.pending.clone(), mixer))
    }
}
