//! A token bucket: what may be spent at once, and what is regained each second.

use crate::time::Timestamp;

/// A bucket counts in thousandths of a unit, so that it can regain parts of one.
const MILLI: i64 = 1_000;

/// What a bucket holds and regains, in units of its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Units that a full bucket holds; it is full at first.
    pub burst: u32,
    /// Units that it regains each second, until it is full.
    pub per_second: u32,
}

impl Rate {
    fn full_milli(self) -> i64 {
        i64::from(self.burst).saturating_mul(MILLI)
    }
}

/// What is left of a rate. A bucket may go into debt: then nothing is left until the debt is regained.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    rate: Rate,
    milli: i64,
    at: Timestamp,
}

impl Bucket {
    /// A full bucket of this rate.
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Self {
            rate,
            milli: rate.full_milli(),
            at: now,
        }
    }

    /// Takes a cost that it holds; false if it does not, and nothing is taken.
    pub fn take(&mut self, cost: u32, now: Timestamp) -> bool {
        self.refill(now);
        let cost_milli = i64::from(cost).saturating_mul(MILLI);
        let holds = cost_milli <= self.milli;
        if holds {
            self.milli -= cost_milli;
        }
        holds
    }

    /// Takes a cost that was spent already, into debt if need be.
    pub fn charge(&mut self, cost: u32, now: Timestamp) {
        self.refill(now);
        self.milli = self.milli.saturating_sub(i64::from(cost).saturating_mul(MILLI));
    }

    /// What it holds, in thousandths of a unit; negative while in debt.
    pub fn level_milli(&self, now: Timestamp) -> i64 {
        // A unit per second is a thousandth of a unit per millisecond.
        let gained = now
            .ms_since(self.at)
            .saturating_mul(u64::from(self.rate.per_second));
        let gained = i64::try_from(gained).unwrap_or(i64::MAX);
        self.milli.saturating_add(gained).min(self.rate.full_milli())
    }

    /// Whether it holds all that it can: then it need not be remembered.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.level_milli(now) == self.rate.full_milli()
    }

    /// When it will hold something again; `now` if it does.
    pub fn holds_some_at(&self, now: Timestamp) -> Timestamp {
        let debt_milli = 1_i64.saturating_sub(self.level_milli(now)).max(0).unsigned_abs();
        now.plus_ms(debt_milli.div_ceil(u64::from(self.rate.per_second).max(1)))
    }

    /// Time of the last attempt to take from it.
    pub fn used_at(&self) -> Timestamp {
        self.at
    }

    fn refill(&mut self, now: Timestamp) {
        self.milli = self.level_milli(now);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 100,
        per_second: 10,
    };

    #[test]
    fn a_debt_is_regained_before_anything_is_left() {
        let mut bucket = Bucket::full(RATE, Timestamp(0));
        bucket.charge(150, Timestamp(0));
        assert_eq!(bucket.level_milli(Timestamp(0)), -50_000);
        assert_eq!(bucket.holds_some_at(Timestamp(0)), Timestamp(5_001));
        assert_eq!(bucket.holds_some_at(Timestamp(6_000)), Timestamp(6_000));
        assert!(!bucket.take(1, Timestamp(5_000)));
        assert!(bucket.take(1, Timestamp(5_100)));
    }

    #[test]
    fn a_bucket_is_full_again_after_a_while_and_holds_no_more() {
        let mut bucket = Bucket::full(RATE, Timestamp(0));
        assert!(bucket.is_full(Timestamp(0)) && bucket.take(100, Timestamp(0)));
        assert!(!bucket.is_full(Timestamp(9_999)));
        assert!(bucket.is_full(Timestamp(u64::MAX)));
        assert!(!bucket.take(101, Timestamp(u64::MAX)));
    }
}
