//! Where a tree begins: at genesis, or at a later block with the headers and the state that its children need.
//!
//! Nothing below a root is looked at again, so a root is final by definition, and whoever gives one is believed about that: this module only checks
//! that headers and state belong together, and every later block is checked against them in full. A false root leads to blocks that nobody else makes.

use std::collections::BTreeMap;

use crate::{
    chain::block::{BlockHash, Header, Seal},
    consensus::{branch::BranchState, merit::Weight, stake::term::mix},
    crypto::{hash::Hash, keys::NetworkId},
    ledger::genesis::Genesis,
    time::Slot,
};

/// The first block of a tree, and what its children may ask about those before it.
pub struct Root {
    pub(super) hash: BlockHash,
    pub(super) parent: BlockHash,
    pub(super) slot: Slot,
    pub(super) height: u64,
    pub(super) weight: Weight,
    pub(super) state: BranchState,
    /// The blocks before it and after the one that its state records as final.
    pub(super) ancestors: BTreeMap<BlockHash, Ancestor>,
}

/// A block that is not in the tree any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ancestor {
    pub(super) slot: Slot,
    pub(super) mixer: Hash,
}

/// Why a tree cannot begin there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// There is no header, or they do not follow each other from the block that the state records as final.
    #[error("the headers do not lead from the recorded final block to the root")]
    Unlinked,
    /// The state is not the one after the last header's block.
    #[error("the state is not that of the last header")]
    WrongState,
}

impl Root {
    /// The beginning of a network, which leads to this state.
    pub fn genesis(genesis: &Genesis, state: BranchState) -> Self {
        let hash = BlockHash(genesis.network_id().0);
        Self {
            hash,
            parent: hash,
            slot: Slot::GENESIS,
            height: 0,
            weight: Weight::default(),
            state,
            ancestors: BTreeMap::new(),
        }
    }

    /// The block of the last of these headers, whose chain weighs so much and leads to this state. The headers begin with the child of the block that
    /// the state records as final.
    ///
    /// # Errors
    /// [`RootError`] if they do not belong together.
    pub fn later(
        headers: &[Header],
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
        Ok(Self {
            hash: parent,
            parent: root.content.parent,
            slot: root.content.slot,
            height: root.content.height,
            weight,
            state,
            ancestors,
        })
    }
}
