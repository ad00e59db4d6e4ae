//! Where a tree begins: at genesis, or at a later block with the headers and the state that its children need.
//!
//! Nothing below a root is looked at again, so a root is final by definition, and whoever gives one is believed about that: this module only checks
//! that headers and state belong together, and every later block is checked against them in full. A false root leads to blocks that nobody else makes.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    chain::{
        block::{BlockHash, Header, Seal},
        checkpoint::Checkpoint,
    },
    consensus::{branch::BranchState, merit::Weight, stake::term::mix},
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    ledger::genesis::Genesis,
    time::Slot,
};

/// The first block of a tree, and what its children may ask about those before it.
pub struct Root {
    pub(super) parent: BlockHash,
    pub(super) proposer: Address,
    pub(super) slot: Slot,
    pub(super) height: u64,
    /// The checkpoint of it that is final.
    pub(super) checkpoint: Checkpoint,
    pub(super) weight: Weight,
    pub(super) state: BranchState,
    /// The blocks before it and after the one that its state records as final.
    pub(super) ancestors: BTreeMap<BlockHash, Ancestor>,
}

/// How much of what is final a tree keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Every block since the tree's root.
    Whole,
    /// So many blocks below the last final one, and those that the execution of later blocks may ask for.
    Newest {
        /// Number of blocks kept below the last final one.
        blocks: u64,
    },
}

/// A block that is not in the tree any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ancestor {
    pub(super) slot: Slot,
    pub(super) mixer: Hash,
}

/// Why a tree cannot begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RootError {
    /// There is no header, or they do not follow each other from the block that the state records as final.
    #[error("the headers do not lead from the recorded final block to the root")]
    Unlinked,
    /// The checkpoint is of another block, or lies before it.
    #[error("the checkpoint is not one of the root")]
    WrongCheckpoint,
    /// The state is not the one after the last header's block.
    #[error("the state is not that of the last header")]
    WrongState,
}

impl Root {
    /// The beginning of a network, which leads to this state.
    pub fn genesis(genesis: &Genesis, state: BranchState) -> Self {
        let checkpoint = Checkpoint::genesis(&genesis.network_id());
        Self {
            parent: checkpoint.block,
            proposer: genesis.founder.account,
            slot: checkpoint.slot,
            height: 0,
            checkpoint,
            weight: Weight::default(),
            state,
            ancestors: BTreeMap::new(),
        }
    }

    /// The block of this final checkpoint, whose header is the last of these, whose chain weighs so much and leads to this state. The headers begin with
    /// the child of the block that the state records as final.
    ///
    /// # Errors
    /// [`RootError`] if they do not belong together.
    pub fn later(
        headers: &[Header],
        checkpoint: Checkpoint,
        weight: Weight,
        mut state: BranchState,
        network: &NetworkId,
    ) -> Result<Self, RootError> {
        let root = headers.last().ok_or(RootError::Unlinked)?;
        let finality = &state.stake().finality;
        let mut parent = finality.final_checkpoint().block;
        let mut at = Ancestor {
            slot: finality.final_block().slot,
            mixer: finality.final_block().mixer,
        };
        let mut ancestors = BTreeMap::new();
        for header in headers {
            let content = &header.content;
            if content.network != *network || content.parent != parent || content.slot <= at.slot {
                return Err(RootError::Unlinked);
            }
            let Seal::Stake { vrf_proof, .. } = &header.seal;
            let output = vrf_proof.claimed_output().map_err(|_| RootError::Unlinked)?;
            at = Ancestor {
                slot: content.slot,
                mixer: mix(&at.mixer, &output),
            };
            parent = header.hash();
            ancestors.insert(parent, at);
        }
        if state.ledger.root() != root.content.state_root || state.stake().mixer != at.mixer {
            return Err(RootError::WrongState);
        }
        if checkpoint.block != parent || checkpoint.slot < root.content.slot {
            return Err(RootError::WrongCheckpoint);
        }
        Ok(Self {
            parent: root.content.parent,
            proposer: root.content.proposer,
            slot: root.content.slot,
            height: root.content.height,
            checkpoint,
            weight,
            state,
            ancestors,
        })
    }

    /// Checkpoint of the root that is taken as final without votes.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// Number of the root's ancestors, back to genesis.
    pub fn height(&self) -> u64 {
        self.height
    }
}
