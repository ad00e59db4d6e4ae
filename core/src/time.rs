//! Time as the host passes it in: wall-clock milliseconds, and slots counted from a network's genesis.
//!
//! Core never reads a clock. A jump of the clock in either direction is ordinary input.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time plus `ms` milliseconds; saturates at the end of time.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`, or 0 if that lies in the future.
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A slot: the number of slot lengths since genesis. Genesis itself has slot 0.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Slot(pub u64);

impl Slot {
    /// Slot of the genesis block: the first one.
    pub const GENESIS: Self = Self(0);

    /// This slot plus `slots`; saturates.
    pub fn plus(self, slots: u64) -> Self {
        Self(self.0.saturating_add(slots))
    }

    /// This slot minus `slots`; stops at genesis.
    pub fn minus(self, slots: u64) -> Self {
        Self(self.0.saturating_sub(slots))
    }

    /// Slots since `earlier`, or 0 if that is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Turns wall-clock time into slots of one network, and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotClock {
    /// Time at which slot 0 begins.
    pub founded_at: Timestamp,
    /// Length of a slot in milliseconds, at least 1.
    pub slot_ms: u64,
}

impl SlotClock {
    /// The slot that `now` lies in; genesis for all times before it.
    pub fn slot_at(&self, now: Timestamp) -> Slot {
        Slot(now.ms_since(self.founded_at) / self.slot_ms.max(1))
    }

    /// Time at which `slot` begins.
    pub fn start_of(&self, slot: Slot) -> Timestamp {
        self.founded_at.plus_ms(slot.0.saturating_mul(self.slot_ms))
    }

    /// Half a slot after `slot` begins: when it is voted on.
    pub fn middle_of(&self, slot: Slot) -> Timestamp {
        self.start_of(slot).plus_ms(self.slot_ms / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_contains_its_start_and_not_its_end() {
        let clock = SlotClock {
            founded_at: Timestamp(5_000),
            slot_ms: 1_000,
        };
        assert_eq!(clock.slot_at(Timestamp(0)), Slot(0));
        assert_eq!(clock.slot_at(clock.start_of(Slot(7))), Slot(7));
        assert_eq!(clock.slot_at(Timestamp(clock.start_of(Slot(8)).0 - 1)), Slot(7));
        assert_eq!(clock.middle_of(Slot(2)), Timestamp(7_500));
    }
}
