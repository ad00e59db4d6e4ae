//! What this peer knows to be final, from all that it was told: one of the two enums between consensus and everything else.
//!
//! Blocks and their makers are the other one ([`engine`](super::engine)); as there, one variant stands for each engine, and the compiler names what a
//! further one has to answer. Finality never goes back. How much of what others say is kept, each engine bounds for itself.

pub use crate::consensus::stake::{
    pool::{Advance, Offered, PoolError, SignatureState},
    statement_pool::Stated,
    statements::StatementError,
};
use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Vote},
        statement::Statement,
    },
    consensus::{
        branch::BranchState,
        engine::Engine,
        stake::{pool::VotePool, statement_pool::StatementPool},
        tree::BlockTree,
    },
    crypto::keys::{Address, NetworkId, PublicKey},
    time::Slot,
};

/// How far finality was heard, and what leads on from there.
pub enum Heard {
    /// Votes and what follows from quorums of them, and who says that it leaves or is back.
    Stake {
        /// What was heard of votes.
        votes: VotePool,
        /// What voters said of themselves.
        statements: StatementPool,
    },
}

impl Heard {
    /// In a network of which no more than this checkpoint is known to be final.
    pub fn new(engine: Engine, network: NetworkId, final_checkpoint: Checkpoint) -> Self {
        match engine {
            Engine::Stake { .. } => Self::Stake {
                votes: VotePool::new(network, final_checkpoint),
                statements: StatementPool::default(),
            },
        }
    }

    /// The last final checkpoint.
    pub fn final_checkpoint(&self) -> Checkpoint {
        match self {
            Self::Stake { votes: pool, .. } => pool.final_checkpoint(),
        }
    }

    /// The highest justified checkpoint: what the chain is chosen under.
    pub fn justified_checkpoint(&self) -> Checkpoint {
        match self {
            Self::Stake { votes: pool, .. } => pool.justified_checkpoint(),
        }
    }

    /// True if this block is that of a justified checkpoint.
    pub fn is_justified_block(&self, block: &BlockHash) -> bool {
        match self {
            Self::Stake { votes: pool, .. } => pool.is_justified_block(block),
        }
    }

    /// True if a vote of this voter for a target at or after `slot` was heard lately.
    pub fn has_voted_since(&self, voter: &Address, slot: Slot) -> bool {
        match self {
            Self::Stake { votes: pool, .. } => pool.has_voted_since(voter, slot),
        }
    }

    /// True if exactly this vote was counted lately, and so verified, by this key.
    pub fn has_verified(&self, vote: &Vote, key: &PublicKey, tree: &BlockTree) -> bool {
        match self {
            Self::Stake { votes: pool, .. } => pool.has_verified(vote, key, tree),
        }
    }

    /// All votes that count towards a quorum, in no meaningful order.
    pub fn votes(&self) -> impl Iterator<Item = &Vote> {
        match self {
            Self::Stake { votes: pool, .. } => pool.votes(),
        }
    }

    /// What blocks may still have to record, and what proves finality to others.
    pub fn recent_votes(&self) -> impl Iterator<Item = &Vote> {
        match self {
            Self::Stake { votes: pool, .. } => pool.recent_votes(),
        }
    }

    /// Checks a vote and keeps it: counted if its target is known, else waiting.
    ///
    /// # Errors
    /// [`PoolError`] says why it is not kept.
    pub fn offer(
        &mut self,
        vote: &Vote,
        signature: SignatureState,
        tree: &BlockTree,
        now: Slot,
    ) -> Result<Offered, PoolError> {
        match self {
            Self::Stake { votes: pool, .. } => pool.offer(vote, signature, tree, now),
        }
    }

    /// Takes what proves a checkpoint as a whole, and nothing of it otherwise; true if it was news.
    pub fn offer_certificate(&mut self, votes: &[Vote], tree: &BlockTree, now: Slot) -> bool {
        match self {
            Self::Stake { votes: pool, .. } => pool.offer_quorums(votes, tree, now),
        }
    }

    /// Votes that waited for this block, to be offered again.
    pub fn take_waiting_for(&mut self, block: &BlockHash) -> Vec<Vote> {
        match self {
            Self::Stake { votes: pool, .. } => pool.take_waiting_for(block),
        }
    }

    /// Draws the consequences of all that was heard and of all blocks in the tree, until nothing changes.
    pub fn advance(&mut self, tree: &BlockTree) -> Vec<Advance> {
        match self {
            Self::Stake { votes: pool, .. } => pool.advance(tree),
        }
    }

    /// Checks a statement by the state of the chosen chain, and keeps it.
    ///
    /// # Errors
    /// [`StatementError`] says why it is of no use.
    pub fn offer_statement(
        &mut self,
        network: &NetworkId,
        statement: &Statement,
        head: &BranchState,
    ) -> Result<Stated, StatementError> {
        match self {
            Self::Stake { statements, .. } => statements.offer(network, statement, head),
        }
    }

    /// What voters said of themselves, as far as blocks may still have to record it.
    pub fn statements(&self) -> &StatementPool {
        match self {
            Self::Stake { statements, .. } => statements,
        }
    }

    /// The chosen chain has come to this state: what was heard below what that has recorded is of no more use.
    pub fn follow(&mut self, head: &BranchState) {
        match self {
            Self::Stake { votes, statements } => {
                votes.record_final(&head.final_checkpoint());
                statements.prune(head);
            }
        }
    }

    /// Goes on from a checkpoint that this peer knew to be final before it restarted.
    pub fn restore_final(&mut self, checkpoint: Checkpoint) {
        match self {
            Self::Stake { votes: pool, .. } => pool.restore_final(checkpoint),
        }
    }
}
