//! The slot lottery alone, over many slots: how long a room waits for the next block when only some of the stake is online.
//!
//! Draws are uniform numbers, as a VRF's are; what decides is the protocol's own [`Draw::level`] and [`Level::is_allowed_after`].

use ting_core::consensus::stake::lottery::{Draw, Level};

use crate::random::Random;

/// Distances between blocks that follow each other, in slots.
#[derive(Clone, Debug)]
pub struct Intervals {
    /// In ascending order.
    slots: Vec<u64>,
}

impl Intervals {
    /// Average distance, in slots.
    pub fn mean(&self) -> f64 {
        let sum: u64 = self.slots.iter().sum();
        sum as f64 / self.slots.len().max(1) as f64
    }

    /// The value below which so many of a thousand lie.
    pub fn per_mille(&self, share: usize) -> u64 {
        let index = self.slots.len().saturating_sub(1) * share / 1_000;
        self.slots.get(index).copied().unwrap_or_default()
    }

    /// Longest distance, in slots.
    pub fn longest(&self) -> u64 {
        self.slots.last().copied().unwrap_or_default()
    }

    /// Number of distances, and so of blocks after the first.
    pub fn blocks(&self) -> usize {
        self.slots.len()
    }
}

/// Lets `online` of `stakers` equal stakers draw for so many slots.
pub fn simulate(random: &mut Random, stakers: u64, online: u64, slots: u64) -> Intervals {
    let (mut gap, mut gaps) = (0_u64, Vec::new());
    for _ in 0..slots {
        gap += 1;
        if best_level(random, stakers, online).is_some_and(|level| level.is_allowed_after(gap)) {
            gaps.push(gap);
            gap = 0;
        }
    }
    gaps.sort_unstable();
    Intervals { slots: gaps }
}

fn best_level(random: &mut Random, stakers: u64, online: u64) -> Option<Level> {
    let draws = (0..online).map(|_| Draw {
        y: random.bits(),
        tie: 0,
    });
    draws.filter_map(|draw| draw.level(1, stakers)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_is_all_there_makes_a_block_every_two_and_a_half_slots() {
        let all = simulate(&mut Random::new(1, 0), 30, 30, 20_000);
        assert!((2.2..2.7).contains(&all.mean()), "{}", all.mean());
        assert!(all.per_mille(990) <= 7);
    }

    #[test]
    fn one_staker_of_a_thousand_waits_at_most_twenty_slots_in_99_of_100_cases() {
        let one = simulate(&mut Random::new(1, 0), 1_000, 1, 200_000);
        assert!((12.0..15.0).contains(&one.mean()), "{}", one.mean());
        assert!(one.per_mille(990) <= 20, "{}", one.per_mille(990));
    }
}
