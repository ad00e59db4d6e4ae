//! Where the blocks of the tree are drawn: time from left to right, the chosen chain on top, forks below it.

use std::collections::BTreeMap;

use ting_core::{
    crypto::hash::Hash,
    peer::view::{BlockStatus, BlockView},
    sorting,
};

/// Between two neighbouring slots that have blocks.
pub const COLUMN: i64 = 52;
/// More for a gap of empty slots, at most.
const MAX_GAP: i64 = 40;
/// Distance of two branches, in units of the drawing.
pub const LANE: i64 = 44;
/// Branches drawn apart; further ones share the last lane.
const MAX_LANES: usize = 6;

/// A block and its place in the drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The block that stands there.
    pub block: BlockView,
    /// From left, in units of the drawing.
    pub x: i64,
    /// From above, in units of the drawing.
    pub y: i64,
    /// Place of the parent, if it is drawn.
    pub parent: Option<(i64, i64)>,
}

/// Places the blocks, given by slot.
pub fn place(blocks: &[BlockView]) -> Vec<Placed> {
    let mut by_slot: Vec<&BlockView> = blocks.iter().collect();
    sorting::sort_by_key(&mut by_slot, |block| {
        (block.slot, block.status == BlockStatus::Side)
    });
    let columns = columns(&by_slot);
    let mut places: BTreeMap<Hash, (i64, i64)> = BTreeMap::new();
    let mut lane_ends: Vec<i64> = Vec::new();
    let mut placed = Vec::with_capacity(by_slot.len());
    for block in by_slot {
        let x = columns.get(&block.slot).copied().unwrap_or_default();
        let parent = places.get(&block.parent).copied();
        let lane = if block.status == BlockStatus::Side {
            side_lane(&mut lane_ends, parent, x)
        } else {
            0
        };
        let place = (x, LANE * lane);
        places.insert(block.hash, place);
        placed.push(Placed {
            block: block.clone(),
            x: place.0,
            y: place.1,
            parent,
        });
    }
    placed
}

/// Every slot with blocks gets a column; empty slots widen the gap a little.
fn columns(by_slot: &[&BlockView]) -> BTreeMap<u64, i64> {
    let mut columns = BTreeMap::new();
    let (mut x, mut before) = (0, None);
    for block in by_slot {
        if let Some(before) = before.filter(|before| *before != block.slot) {
            let empty_slots = i64::try_from(block.slot - before - 1).unwrap_or(i64::MAX);
            x += COLUMN + empty_slots.saturating_mul(6).min(MAX_GAP);
        }
        columns.insert(block.slot, x);
        before = Some(block.slot);
    }
    columns
}

/// A side block goes on in the lane of its parent, or takes the first lane that is free where its fork begins.
fn side_lane(lane_ends: &mut Vec<i64>, parent: Option<(i64, i64)>, x: i64) -> i64 {
    let from = parent.map_or(x - COLUMN, |(parent_x, _)| parent_x);
    let parents = parent.and_then(|(_, y)| usize::try_from(y / LANE).ok()?.checked_sub(1));
    let goes_on = parents.filter(|lane| lane_ends.get(*lane) == Some(&from));
    let free = || lane_ends.iter().position(|end| *end <= from);
    let lane = goes_on
        .or_else(free)
        .unwrap_or(lane_ends.len())
        .min(MAX_LANES - 1);
    match lane_ends.get_mut(lane) {
        Some(end) => *end = x.max(*end),
        None => lane_ends.push(x),
    }
    i64::try_from(lane + 1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    fn block(id: u8, parent: u8, slot: u64, status: BlockStatus) -> BlockView {
        BlockView {
            hash: Hash([id; 32]),
            parent: Hash([parent; 32]),
            height: slot,
            slot,
            time_ms: 0,
            proposer: SecretKey::from_seed([1; 32]).address(),
            level: 0,
            transactions: 0,
            votes: 0,
            bytes: 0,
            status,
        }
    }

    #[test]
    fn the_chosen_chain_is_straight_and_forks_hang_below() {
        use BlockStatus::{Chain, Final, Side};
        let blocks = [
            block(1, 0, 1, Final),
            block(2, 1, 2, Chain),
            block(3, 1, 2, Side),
            block(4, 3, 3, Side),
            block(5, 2, 3, Chain),
            block(6, 1, 3, Side),
        ];
        let placed = place(&blocks);
        let of = |id: u8| {
            placed
                .iter()
                .find(|placed| placed.block.hash == Hash([id; 32]))
                .unwrap()
        };
        assert!([1, 2, 5].iter().all(|id| of(*id).y == 0));
        assert_eq!(of(3).y, LANE);
        assert_eq!(of(4).y, LANE, "a fork goes on in its lane");
        assert_eq!(of(6).y, 2 * LANE, "two forks do not overlap");
        assert_eq!(of(4).parent, Some((of(3).x, of(3).y)));
        assert!(of(1).x < of(2).x && of(2).x < of(5).x);
        assert_eq!(of(2).x, of(3).x);
    }

    #[test]
    fn empty_slots_widen_the_gap_within_bounds() {
        let blocks = [
            block(1, 0, 1, BlockStatus::Chain),
            block(2, 1, 1_000_000, BlockStatus::Chain),
        ];
        assert_eq!(place(&blocks).last().unwrap().x, COLUMN + MAX_GAP);
    }
}
