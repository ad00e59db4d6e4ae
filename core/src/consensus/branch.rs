//! A branch's state: the ledger together with what decides who makes blocks and what is final.

use std::sync::Arc;

use crate::{
    chain::checkpoint::Checkpoint,
    consensus::{
        engine::EngineState,
        stake::{state::StakeState, term::Term},
    },
    ledger::{anchor::Anchor, genesis::Genesis, state::LedgerState},
};

/// State after a block. Cloning shares everything.
#[derive(Clone)]
pub struct BranchState {
    /// Accounts, operators, totals and every leaf of the trie.
    pub ledger: LedgerState,
    /// What is kept beside them.
    pub engine: EngineState,
}

impl BranchState {
    /// The state of a network's genesis.
    pub fn genesis(genesis: &Genesis) -> Self {
        let mut ledger = LedgerState::genesis(genesis);
        let engine = EngineState::genesis(genesis, &mut ledger);
        Self { ledger, engine }
    }

    /// Who takes part in the block's term.
    pub fn term(&self) -> &Arc<Term> {
        self.engine.term()
    }

    /// The last checkpoint that the branch has recorded as final.
    pub fn final_checkpoint(&self) -> Checkpoint {
        self.engine.final_checkpoint()
    }

    /// Blocks that a claim's work may be bound to, oldest first.
    pub fn anchors(&self) -> &[Anchor] {
        self.engine.claims().anchors
    }

    /// What proof of stake keeps.
    pub fn stake(&self) -> &StakeState {
        let EngineState::Stake(stake) = &self.engine;
        stake
    }

    /// Whether those who take part are about to change, so that blocks have to go on.
    pub fn membership_changes(&self) -> bool {
        self.engine.membership_changes(&self.ledger)
    }
}
