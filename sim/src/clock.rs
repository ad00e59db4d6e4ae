//! True time, and the clocks of hosts, which are off by a constant and drift.

use ting_core::time::Timestamp;

/// True time: milliseconds since the simulation began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment `ms` milliseconds later.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since an earlier moment, 0 if it is not earlier.
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Names something that is still to happen: when, and which of all that was ever planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueKey {
    /// True time at which it happens.
    pub at: Moment,
    /// Number in the order in which things were planned; decides what happens first at one moment.
    pub number: u64,
}

/// What an exact clock shows when a simulation begins: some day in 2027.
pub const EPOCH_MS: u64 = 1_800_000_000_000;

/// How a host's clock differs from true time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerClock {
    /// Ahead of true time by this at the beginning, in milliseconds.
    pub offset_ms: i64,
    /// Gains this much, in millionths.
    pub drift_ppm: i64,
}

impl PeerClock {
    /// True if it is so far off that a peer with this clock must only observe, whatever the others' clocks (which are less than two seconds
    /// off) and measuring make of it.
    pub fn must_observe(&self) -> bool {
        self.offset_ms.unsigned_abs() >= 5_000
    }

    /// Time that it shows at a moment of true time.
    pub fn show(&self, at: Moment) -> Timestamp {
        let elapsed = i64::try_from(at.0).unwrap_or(i64::MAX);
        let gained = elapsed.saturating_mul(self.drift_ppm) / 1_000_000;
        let shift = self.offset_ms.saturating_add(gained);
        Timestamp(EPOCH_MS.saturating_add(at.0).saturating_add_signed(shift))
    }

    /// The first moment from `now` on at which it shows at least `time`.
    pub fn when(&self, time: Timestamp, now: Moment) -> Moment {
        let mut at = now;
        loop {
            let missing = time.ms_since(self.show(at));
            if missing == 0 {
                return at;
            }
            // Drift is far below a half, so half of what is missing never overshoots.
            at = at.plus_ms((missing / 2).max(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drifting_clock_is_read_and_inverted_exactly() {
        for drift_ppm in [-200, 0, 200] {
            let clock = PeerClock {
                offset_ms: -1_500,
                drift_ppm,
            };
            for target in [1_u64, 999, 500_000] {
                let time = clock.show(Moment(target));
                let at = clock.when(time, Moment(0));
                assert!(clock.show(at) >= time);
                assert!(at.0 == 0 || clock.show(Moment(at.0 - 1)) < time);
            }
        }
    }
}
