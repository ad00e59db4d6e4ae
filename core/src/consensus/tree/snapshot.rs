//! A later root as bytes: what a peer stores of a final block, so that its next start begins there.
//!
//! It holds what [`Root::later`] takes, the state as nothing but its leaves, and is read back from own storage only, which is believed: no certificate
//! says that the block is final. That headers and state belong together is compared all the same, so that bytes that are whole and wrong are no root.
//!
//! Making one and reading one take time in proportion to the state: some hundred bytes for each account that ever was.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use super::root::{Root, RootError};
use crate::{
    chain::{block::Header, checkpoint::Checkpoint},
    codec::{self, DecodeError},
    consensus::{branch::BranchState, merit::Weight},
    crypto::keys::NetworkId,
    ledger::{
        genesis::{Genesis, Rules},
        state::LeavesError,
        trie::Path,
    },
};

/// What it takes to begin a tree at a later block.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct Snapshot {
    checkpoint: Checkpoint,
    chain_weight: u128,
    headers: Vec<Header>,
    leaves: Vec<(Path, Vec<u8>)>,
}

/// Why bytes are no root of a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// They are no snapshot of this version.
    #[error("a stored state cannot be read: {0}")]
    Bytes(#[from] DecodeError),
    /// What they say is no whole state.
    #[error("a stored state is not whole: {0}")]
    Leaves(#[from] LeavesError),
    /// State and headers are not of one chain of the network.
    #[error("a stored state is of no block: {0}")]
    Root(#[from] RootError),
}

impl Snapshot {
    /// That of a final block: the headers after the block that its state records as final, its own the last, and the weight of its chain.
    pub fn new(headers: Vec<Header>, checkpoint: Checkpoint, weight: Weight, state: &BranchState) -> Self {
        let leaves = state.ledger.leaves().into_iter();
        Self {
            checkpoint,
            chain_weight: weight.0,
            headers,
            leaves: leaves.map(|(path, leaf)| (path, leaf.to_vec())).collect(),
        }
    }

    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The root that stored bytes say, in the network of this genesis.
    ///
    /// # Errors
    /// [`SnapshotError`] if they are no snapshot, or one of which the parts do not belong together.
    pub fn read_root(bytes: &[u8], genesis: &Genesis) -> Result<Root, SnapshotError> {
        let snapshot: Self = codec::decode(bytes, bytes.len())?;
        snapshot.into_root(&genesis.network_id(), &genesis.rules)
    }

    fn into_root(self, network: &NetworkId, rules: &Rules) -> Result<Root, SnapshotError> {
        let leaves = self.leaves.into_iter();
        let leaves = leaves.map(|(path, leaf)| (path, Arc::from(leaf))).collect();
        let state = BranchState::from_leaves(leaves, rules)?;
        let weight = Weight(self.chain_weight);
        Ok(Root::later(
            &self.headers,
            self.checkpoint,
            weight,
            state,
            network,
        )?)
    }
}
