//! The small part of a block's state that is kept as long as the block, after the state itself was let go.

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

/// What votes on a block, its next term and the headers after it need of its state. Mostly shared between blocks.
#[derive(Clone)]
pub struct Summary {
    /// Term that the block belongs to.
    pub term: Arc<Term>,
    /// Operators of the next term, as a snapshot at the start of this one saw them.
    pub(super) pending: Arc<OperatorSet>,
    /// Last checkpoint that the branch, this block included, has recorded as final.
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

    /// All VRF outputs of the branch up to the block, mixed: what later terms' nonces come from.
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
        let (pending, rests) = (self.pending.clone(), self.quorum_rule.rests());
        Arc::new(self.term.successor(slot, pending, mixer, rests))
    }
}
