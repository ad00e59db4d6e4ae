//! A branch's state: the ledger together with what decides who makes blocks and what is final.

use std::sync::Arc;

use crate::{
    chain::checkpoint::Checkpoint,
    consensus::{
        engine::EngineState,
        stake::{state::StakeState, term::Term},
    },
    ledger::{
        anchor::Anchor,
        genesis::{Genesis, Rules},
        state::{LeavesError, LedgerState},
        trie::Path,
    },
};

/// State after a block. Cloning shares everything.
#[derive(Clone)]
pub struct BranchState {
    /// Accounts, operators, totals and every leaf of the trie.
    pub ledger: LedgerState,
    /// What consensus keeps beside the ledger: for proof of stake terms, recorded finality and the mixer.
    pub engine: EngineState,
}

impl BranchState {
    /// State after the genesis of a network, before any block.
    pub fn genesis(genesis: &Genesis) -> Self {
        let mut ledger = LedgerState::genesis(genesis);
        let engine = EngineState::genesis(genesis, &mut ledger);
        Self { ledger, engine }
    }

    /// The state that consists of these leaves, which [`LedgerState::leaves`] gave elsewhere, of a network with these rules.
    ///
    /// # Errors
    /// [`LeavesError`] when they are no whole state.
    pub fn from_leaves(leaves: Vec<(Path, Arc<[u8]>)>, rules: &Rules) -> Result<Self, LeavesError> {
        let ledger = LedgerState::from_leaves(leaves, rules)?;
        let engine = EngineState::load(rules, &ledger).ok_or(LeavesError::Incomplete)?;
        Ok(Self { ledger, engine })
    }

    /// Term that the block belongs to: its operators, voters and nonce.
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

    /// The part of the state that proof of stake keeps.
    pub fn stake(&self) -> &StakeState {
        let EngineState::Stake(stake) = &self.engine;
        stake
    }

    /// Whether those who take part are about to change, so that blocks have to go on.
    pub fn membership_changes(&self) -> bool {
        self.engine.membership_changes(&self.ledger)
    }
}
