//! Which slots are voted on (docs/protocol.md, section 6, "Voting").
//!
//! The grid is advice, not validity: it gives slow links the time they need by voting more rarely the longer finality is away, and later after
//! the slot that is voted on, when the branches that were open then have been settled.

use crate::{
    params::{MAX_CHECKPOINT_GRID, MAX_CHECKPOINT_PATIENCE_SLOTS},
    time::Slot,
};

/// Distance of checkpoint slots when all blocks up to `final_slot` are final and so many voters share the room.
pub fn grid_spacing(slot: Slot, final_slot: Slot, voters: usize) -> u64 {
    let by_voters = match voters {
        0..=16 => 1,
        17..=32 => 2,
        33..=64 => 4,
        _ => 8,
    };
    by_voters.max(spacing_by_distance(slot, final_slot))
}

/// How many slots after a checkpoint slot voters sign the link to it: none in good times.
pub fn patience_slots(slot: Slot, final_slot: Slot) -> u64 {
    (spacing_by_distance(slot, final_slot) / 4).min(MAX_CHECKPOINT_PATIENCE_SLOTS)
}

fn spacing_by_distance(slot: Slot, final_slot: Slot) -> u64 {
    let half = slot.since(final_slot) / 2;
    let spacing = half.checked_ilog2().map_or(1, |exponent| 1_u64 << exponent);
    spacing.min(MAX_CHECKPOINT_GRID)
}

/// True if voters should vote for this slot.
pub fn is_checkpoint_slot(slot: Slot, final_slot: Slot, voters: usize) -> bool {
    slot > final_slot && slot.0.is_multiple_of(grid_spacing(slot, final_slot, voters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_healthy_small_room_votes_every_slot() {
        assert!((101..104).all(|slot| is_checkpoint_slot(Slot(slot), Slot(100), 4)));
        assert!(!is_checkpoint_slot(Slot(100), Slot(100), 4), "that one is final");
    }

    #[test]
    fn the_grid_widens_with_the_distance_and_stops_at_its_bound() {
        let spacing = |distance: u64| grid_spacing(Slot(1_000 + distance), Slot(1_000), 4);
        assert_eq!(
            [1, 3, 4, 8, 16, 63, 64, 10_000].map(spacing),
            [1, 1, 2, 4, 8, 16, 32, 32]
        );
    }

    #[test]
    fn the_longer_finality_is_away_the_later_a_slot_is_voted_on() {
        let patience = |distance: u64| patience_slots(Slot(1_000 + distance), Slot(1_000));
        assert_eq!(
            [1, 4, 7, 8, 16, 32, 64, 10_000].map(patience),
            [0, 0, 0, 1, 2, 4, 4, 4]
        );
    }

    #[test]
    fn more_voters_vote_more_rarely() {
        assert_eq!(
            [16, 17, 33, 65, 128].map(|voters| grid_spacing(Slot(1), Slot(0), voters)),
            [1, 2, 4, 8, 8]
        );
    }
}
