//! The slot lottery: tickets, levels, patience and weight (docs/protocol.md, section 4).
//!
//! A ticket is a VRF output over (network, term nonce, slot, account), never over the parent: a proposer cannot draw again by trying other
//! blocks. All arithmetic is in u128 and cannot overflow: y, stake and total are below 2^64.

use borsh::BorshSerialize;

use crate::{
    consensus::merit::Weight,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, NetworkId},
        vrf::VrfOutput,
    },
    params::{MAX_LEVEL, PATIENCE_SLOTS},
    time::Slot,
};

/// The VRF input of an operator's ticket in a slot.
pub fn ticket_alpha(network: &NetworkId, nonce: &Hash, slot: Slot, account: &Address) -> Hash {
    Hash::of(
        Domain::Ticket,
        &[
            network.0.as_bytes(),
            nonce.as_bytes(),
            &slot.0.to_le_bytes(),
            account.as_bytes(),
        ],
    )
}

/// What a ticket drew: uniform in both parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// First number of the output, uniform over 64 bits: the lower, the better the level.
    pub y: u64,
    /// Second number of the output: among equal weights the lower wins.
    pub tie: u64,
}

impl Draw {
    /// Reads the draw from a VRF output.
    pub fn from_output(output: &VrfOutput) -> Self {
        let digest = Hash::of(Domain::Lottery, &[output.as_bytes()]);
        let mut words = digest.as_bytes().chunks_exact(8).map(|chunk| {
            chunk
                .iter()
                .fold(0_u64, |value, &byte| (value << 8) | u64::from(byte))
        });
        Self {
            y: words.next().unwrap_or(u64::MAX),
            tie: words.next().unwrap_or(u64::MAX),
        }
    }

    /// The least level at which this draw wins with `stake` of `total`, or none.
    pub fn level(&self, stake: u64, total: u64) -> Option<Level> {
        let left = u128::from(self.y) * u128::from(total);
        (0..=MAX_LEVEL)
            .find(|&level| left < (1_u128 << 63) * (u128::from(stake) << level).min(u128::from(total)))
            .map(Level)
    }
}

/// How easy a winning ticket is: 0 is a full ticket, each further level doubles the chance and quarters the weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize)]
pub struct Level(pub u32);

impl Level {
    /// True if a block of this level may follow a parent `gap` slots before it.
    pub fn is_allowed_after(self, gap: u64) -> bool {
        u64::from(self.0) <= gap.saturating_sub(PATIENCE_SLOTS)
    }

    /// What the block adds to its chain: `2^(64 - 2·level)`.
    pub fn weight(self) -> Weight {
        Weight(1_u128 << 64_u32.saturating_sub(self.0.saturating_mul(2)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::keys::SecretKey;

    #[test]
    fn network_term_slot_and_account_each_give_another_ticket() {
        let account = |number: u8| SecretKey::from_seed([number; 32]).address();
        let alpha = |network: u8, nonce: u8, slot: u64, holder: u8| {
            let network = NetworkId(Hash([network; 32]));
            ticket_alpha(&network, &Hash([nonce; 32]), Slot(slot), &account(holder))
        };
        let others = [
            alpha(2, 1, 1, 1),
            alpha(1, 2, 1, 1),
            alpha(1, 1, 2, 1),
            alpha(1, 1, 1, 2),
        ];
        assert!(others.iter().all(|other| *other != alpha(1, 1, 1, 1)));
    }

    #[test]
    fn the_whole_stake_wins_half_of_the_slots_at_any_level() {
        let just_in = Draw {
            y: (1 << 63) - 1,
            tie: 0,
        };
        let just_out = Draw { y: 1 << 63, tie: 0 };
        assert_eq!(just_in.level(7, 7), Some(Level(0)));
        assert_eq!(just_out.level(7, 7), None);
    }

    #[test]
    fn a_level_needs_its_patience() {
        assert!(Level(0).is_allowed_after(1));
        assert!(!Level(1).is_allowed_after(4));
        assert!(Level(1).is_allowed_after(5));
        assert!(!Level(32).is_allowed_after(35));
        assert!(Level(32).is_allowed_after(36));
    }

    #[test]
    fn each_level_quarters_the_weight() {
        assert_eq!(Level(0).weight(), Weight(1 << 64));
        assert_eq!(Level(1).weight(), Weight(1 << 62));
        assert_eq!(Level(32).weight(), Weight(1));
    }

    proptest! {
        #[test]
        fn more_stake_never_draws_a_higher_level(y: u64, total in 1_u64.., a: u64, b: u64) {
            let (low, high) = (a.min(b).min(total), a.max(b).min(total));
            let draw = Draw { y, tie: 0 };
            let rank = |level: Option<Level>| level.map_or(u32::MAX, |level| level.0);
            prop_assert!(rank(draw.level(high, total)) <= rank(draw.level(low, total)));
        }

        #[test]
        fn nobody_without_stake_wins(y: u64, total in 1_u64..) {
            let level = Draw { y, tie: 0 }.level(0, total);
            prop_assert_eq!(level, None);
        }
    }
}
