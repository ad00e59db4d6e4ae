//! What a run measures: how long blocks take to become final, how often they come, and how deep reorganisations go.

use std::collections::BTreeMap;

use ting_core::peer::{event::Event, network::Network};

use super::sight::{Sight, Witness};
use crate::{clock::EPOCH_MS, hub::PeerId, view::View};

/// What is measured in a run.
#[derive(Clone, Debug, Default)]
pub struct Measure {
    /// For each peer and block that became final there: time since the block's slot began, in milliseconds of true time.
    pub to_final_ms: Vec<u32>,
    /// Slots between blocks of the chain.
    pub intervals: Vec<u32>,
    /// Reorganisations seen by peers.
    pub reorgs: u64,
    /// Most blocks that one reorganisation undid.
    pub deepest_reorg: u32,
    /// Up to which height each peer's final blocks were counted.
    counted: BTreeMap<PeerId, u64>,
}

impl Measure {
    /// Blocks that this step made final, of those that were made while the host was there.
    fn note_final(&mut self, view: &View, peer: PeerId) {
        let (Some(host), Some(network)) = (view.host(peer), view.network(peer)) else {
            return;
        };
        let mut height = network.chain().final_height();
        let counted = self.counted.insert(peer, height).unwrap_or_default();
        while let Some(node) = network.chain().at_height(height) {
            let began_ms = network.clock().start_of(node.slot).0.saturating_sub(EPOCH_MS);
            let is_counted = node.block.is_some() && counted < height;
            if !is_counted || began_ms < host.started_at.0 {
                return;
            }
            self.to_final_ms
                .push(u32::try_from(view.now().0.saturating_sub(began_ms)).unwrap_or(u32::MAX));
            height -= 1;
        }
    }

    /// Distances of the blocks of a chain.
    pub fn note_chain(&mut self, network: &Network) {
        let slots: Vec<_> = network
            .chain()
            .blocks()
            .map(|block| block.header.content.slot)
            .collect();
        let gaps = slots
            .iter()
            .zip(slots.iter().skip(1))
            .map(|(a, b)| u32::try_from(b.since(*a)).unwrap_or(u32::MAX));
        self.intervals.extend(gaps);
    }

    /// Adds another run's figures.
    pub fn add(&mut self, other: &Self) {
        self.to_final_ms.extend(&other.to_final_ms);
        self.intervals.extend(&other.intervals);
        self.reorgs += other.reorgs;
        self.deepest_reorg = self.deepest_reorg.max(other.deepest_reorg);
    }
}

impl Witness for Measure {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        match sight {
            Sight::Tells { who, event } => match event {
                Event::Final { .. } => self.note_final(view, who),
                Event::Reorganised(reorg) => {
                    self.reorgs += 1;
                    self.deepest_reorg = self.deepest_reorg.max(reorg.undone);
                }
                _ => {}
            },
            Sight::Acts(_)
            | Sight::Signs { .. }
            | Sight::Sends { .. }
            | Sight::Stores { .. }
            | Sight::Rests(_)
            | Sight::Meets { .. }
            | Sight::Ends(_) => {}
        }
    }
}

/// The value below which so many of a thousand lie; 0 of none.
pub fn per_mille(values: &[u32], share: usize) -> u32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let index = sorted.len().saturating_sub(1) * share / 1_000;
    sorted.get(index).copied().unwrap_or_default()
}
