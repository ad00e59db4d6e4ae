//! How long being behind may keep a peer from signing.
//!
//! A peer that knows of a better chain had better not add to a worse one; but whoever can make it believe so could keep it silent. So all waiting
//! together, for whatever source and chain, is drawn from one budget: [`MAX_LAG_MS`] at once, and one of [`LAG_REGAIN`] milliseconds from
//! then on. Safety needs none of this: the watermark alone keeps a peer from signing against itself.

use crate::{
    params::{LAG_REGAIN, MAX_LAG_MS},
    time::Timestamp,
};

/// What is left of the time for which being behind counts.
#[derive(Clone, Debug)]
pub(super) struct LagBudget {
    /// In parts of a millisecond, `LAG_REGAIN` to one.
    left: u64,
    /// It was used up, and counts again once a tenth is regained: an overdraft would be free otherwise.
    is_spent: bool,
    at: Option<Timestamp>,
}

impl Default for LagBudget {
    fn default() -> Self {
        Self {
            left: Self::FULL,
            is_spent: false,
            at: None,
        }
    }
}

impl LagBudget {
    const FULL: u64 = MAX_LAG_MS * LAG_REGAIN;

    /// Time went on, during which the peer was behind or not.
    pub(super) fn pass(&mut self, is_behind: bool, now: Timestamp) {
        let passed_ms = self.at.map_or(0, |at| now.ms_since(at));
        self.at = Some(now);
        self.left = if is_behind {
            self.left.saturating_sub(passed_ms.saturating_mul(LAG_REGAIN))
        } else {
            self.left.saturating_add(passed_ms).min(Self::FULL)
        };
        self.is_spent = self.left == 0 || self.is_spent && self.left < Self::FULL / 10;
    }

    /// True if being behind still counts.
    pub(super) fn allows(&self) -> bool {
        !self.is_spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_made_to_lag_for_ever_signs_most_of_the_time() {
        let mut budget = LagBudget::default();
        let mut silent_ms = 0;
        for now in (0..1_000_000).step_by(100) {
            // Whatever makes the peer believe that it is behind does so whenever that counts.
            let is_behind = budget.allows();
            silent_ms += if is_behind { 100 } else { 0 };
            budget.pass(is_behind, Timestamp(now));
        }
        assert!((100_000..130_000).contains(&silent_ms), "{silent_ms}");
    }

    #[test]
    fn a_clock_that_jumps_back_costs_nothing() {
        let mut budget = LagBudget::default();
        budget.pass(true, Timestamp(1_000_000));
        budget.pass(true, Timestamp(5));
        assert!(budget.allows());
        budget.pass(true, Timestamp(5 + MAX_LAG_MS));
        assert!(!budget.allows());
    }
}
