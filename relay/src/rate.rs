//! A token bucket in the form of the generic cell rate algorithm (ITU-T I.371): one instant instead of a counter.
//!
//! The bucket holds the instant at which all spending so far is paid for. A cost moves it forward; whoever is further
//! ahead of now than the burst allows has spent too much. The state is one word, whatever a client sends.

use std::time::{Duration, Instant};

/// How much one sender may spend per second and at once.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_s: u32,
    burst: Duration,
    paid_until: Instant,
}

impl Bucket {
    /// A full bucket: `burst` units at once, then `per_s` units per second.
    pub(crate) fn new(per_s: u32, burst: u32, now: Instant) -> Self {
        let per_s = per_s.max(1);
        Self {
            per_s,
            burst: cost(burst, per_s),
            paid_until: now,
        }
    }

    /// Spends `units`; false, and nothing spent, when that is more than the bucket holds.
    #[must_use]
    pub(crate) fn spend(&mut self, units: u32, now: Instant) -> bool {
        let paid_until = self.paid_until.max(now) + cost(units, self.per_s);
        let allowed = paid_until.duration_since(now) <= self.burst;
        if allowed {
            self.paid_until = paid_until;
        }
        allowed
    }
}

/// How many frames and bytes may be sent per second, and at once after a silence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) frames_per_s: u32,
    pub(crate) burst_frames: u32,
    pub(crate) bytes_per_s: u32,
    pub(crate) burst_bytes: u32,
}

/// What is left of [`Rates`] to one sender.
#[derive(Debug)]
pub(crate) struct Budget {
    frames: Bucket,
    bytes: Bucket,
}

impl Budget {
    pub(crate) fn new(rates: Rates, now: Instant) -> Self {
        Self {
            frames: Bucket::new(rates.frames_per_s, rates.burst_frames, now),
            bytes: Bucket::new(rates.bytes_per_s, rates.burst_bytes, now),
        }
    }

    /// Spends one frame of so many bytes; false when that is more than is left.
    #[must_use]
    pub(crate) fn spend(&mut self, bytes: u32, now: Instant) -> bool {
        self.frames.spend(1, now) && self.bytes.spend(bytes, now)
    }

    /// Whether all that was spent has come back.
    pub(crate) fn is_whole(&self, now: Instant) -> bool {
        self.frames.paid_until <= now && self.bytes.paid_until <= now
    }
}

fn cost(units: u32, per_s: u32) -> Duration {
    Duration::from_nanos(u64::from(units) * 1_000_000_000 / u64::from(per_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_no_more() {
        let now = Instant::now();
        let mut bucket = Bucket::new(10, 20, now);
        assert!((0..20).all(|_| bucket.spend(1, now)));
        assert!(!bucket.spend(1, now));
    }

    #[test]
    fn the_sustained_rate_passes_for_ever_after_a_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, 20, start);
        assert!(bucket.spend(20, start));
        for tick in 1..100 {
            let now = start + Duration::from_millis(100 * tick);
            assert!(bucket.spend(1, now));
            assert!(!bucket.spend(1, now));
        }
    }

    #[test]
    fn silence_never_saves_more_than_the_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, 20, start);
        let later = start + Duration::from_secs(3_600);
        assert!(bucket.spend(20, later));
        assert!(!bucket.spend(1, later));
    }

    #[test]
    fn a_cost_above_the_burst_never_passes() {
        let now = Instant::now();
        assert!(!Bucket::new(10, 20, now).spend(21, now));
    }
}
