//! When to try again: exponentially rarer, and spread by chance so that a relay that returns is not met by everybody at once.
//!
//! A link that breaks in a large room breaks for all of it in the same moment. So the more members there were, the wider
//! the first attempts are spread: a relay that returns sees about [`RETURNS_PER_S`] of them a second, whatever the size.

/// Shortest pause before another attempt.
const MIN_PAUSE_MS: u32 = 500;
/// Longest pause before another attempt.
const MAX_PAUSE_MS: u32 = 20_000;
/// Members of one room that come back in a second.
const RETURNS_PER_S: u32 = 250;
/// A link that was up this long has earned a fresh start.
const STEADY_MS: u64 = 30_000;

/// Counts attempts that led to nothing lasting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause after a link that was up for so long (0: never) with so many others broke; `random_below(n)` draws from `0..n`.
    pub(super) fn next_pause_ms(
        &mut self,
        was_up_ms: u64,
        others: u32,
        random_below: impl FnOnce(u32) -> u32,
    ) -> u32 {
        self.failures = if was_up_ms >= STEADY_MS {
            1
        } else {
            self.failures.saturating_add(1)
        };
        let spread = MIN_PAUSE_MS.saturating_add(others.saturating_mul(1_000) / RETURNS_PER_S);
        let ceiling = (MIN_PAUSE_MS << self.failures.min(6))
            .max(spread)
            .min(MAX_PAUSE_MS);
        MIN_PAUSE_MS + random_below(ceiling - MIN_PAUSE_MS + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_twenty_seconds_and_start_afresh_after_a_steady_link() {
        let mut backoff = Backoff::default();
        let longest: Vec<u32> = (0..8)
            .map(|_| backoff.next_pause_ms(0, 0, |bound| bound - 1))
            .collect();
        assert_eq!(
            longest,
            [1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]
        );
        assert_eq!(backoff.next_pause_ms(29_999, 0, |bound| bound - 1), 20_000);
        assert_eq!(backoff.next_pause_ms(30_000, 0, |bound| bound - 1), 1_000);
    }

    #[test]
    fn no_pause_is_shorter_than_half_a_second() {
        let mut backoff = Backoff::default();
        assert!((0..100).all(|_| backoff.next_pause_ms(0, 0, |_| 0) == MIN_PAUSE_MS));
    }

    #[test]
    fn a_thousand_members_come_back_over_four_seconds_and_a_few_at_once() {
        let longest = |others| Backoff::default().next_pause_ms(60_000, others, |bound| bound - 1);
        assert_eq!(longest(999), 4_496);
        assert_eq!(longest(3), 1_000);
        assert_eq!(longest(u32::MAX), MAX_PAUSE_MS);
    }
}
