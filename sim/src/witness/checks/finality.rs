//! Finality lies on one chain, for all peers and all time.

use std::collections::BTreeMap;

use ting_core::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    crypto::keys::NetworkId,
    peer::network::Network,
};

use super::rule::Rule;
use crate::hub::PeerId;

/// What one peer is known to know.
#[derive(Clone, Copy)]
struct Known {
    network: NetworkId,
    checkpoint: Checkpoint,
    height: u64,
}

/// All final blocks that any peer ever knew.
#[derive(Default)]
pub(super) struct FinalityCheck {
    chains: BTreeMap<NetworkId, BTreeMap<u64, BlockHash>>,
    known: BTreeMap<PeerId, Known>,
    stored: BTreeMap<PeerId, Checkpoint>,
}

impl FinalityCheck {
    /// A peer went to another network.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.known.remove(&peer);
        self.stored.remove(&peer);
    }

    /// A peer made it durable that it knows this as final: a crash cannot undo it.
    pub(super) fn note_stored(&mut self, peer: PeerId, checkpoint: Checkpoint) {
        self.stored.insert(peer, checkpoint);
    }

    /// Compares what a peer knows now with what it and all others knew before.
    pub(super) fn inspect(&mut self, peer: PeerId, network: &Network) -> Vec<(Rule, String)> {
        let checkpoint = network.chain().final_checkpoint();
        let height = network.chain().final_height();
        let mut found = Vec::new();
        if self
            .stored
            .get(&peer)
            .is_some_and(|stored| checkpoint.slot < stored.slot)
        {
            found.push((
                Rule::FinalReverted,
                format!("peer {} forgot a stored final checkpoint", peer.0),
            ));
        }
        let before = self
            .known
            .get(&peer)
            .filter(|known| known.network == network.id())
            .copied();
        if before.is_some_and(|known| known.checkpoint == checkpoint && known.height == height) {
            return found;
        }
        let from = before.map_or(0, |known| known.height);
        if before.is_some_and(|known| height < known.height || checkpoint.slot < known.checkpoint.slot) {
            found.push((
                Rule::FinalReverted,
                format!("peer {}: final height fell from {from} to {height}", peer.0),
            ));
        }
        found.extend(self.compare(peer, network, from.min(height)..=height));
        self.known.insert(
            peer,
            Known {
                network: network.id(),
                checkpoint,
                height,
            },
        );
        found
    }

    fn compare(
        &mut self,
        peer: PeerId,
        network: &Network,
        heights: std::ops::RangeInclusive<u64>,
    ) -> Option<(Rule, String)> {
        let chain = self.chains.entry(network.id()).or_default();
        for height in heights {
            let Some(block) = network.chain().hash_at(height) else {
                continue;
            };
            if *chain.entry(height).or_insert(block) != block {
                return Some((
                    Rule::Agreement,
                    format!("peer {} has another final block at height {height}", peer.0),
                ));
            }
        }
        None
    }
}
