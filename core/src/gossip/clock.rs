//! Clocks of others: probes that this peer sends, samples that their answers give, and what the samples of many say of its own clock.
//!
//! A sample counts only as the answer to a probe that is open: its number was drawn for that probe, so nobody can answer what was not asked,
//! nor for another session, and when the probe was sent is remembered here rather than told by the answer. At most [`MAX_OPEN_PROBES`] are open, each for
//! [`MAX_SAMPLE_ROUND_TRIP_MS`]. An operator can still lie about its clock. So the samples of operators, one each, are weighed by stake: who
//! holds less than half of what was sampled does not move the median, and nobody stops signing unless samples of more than a third of the operators'
//! whole stake say that its clock is off, in one direction.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    crypto::keys::Address,
    gossip::greeting::{ProbeNumber, SessionId},
    params::{CLOCK_OBSERVE_MS, MAX_OPEN_PROBES, MAX_SAMPLE_AGE_MS, MAX_SAMPLE_ROUND_TRIP_MS},
    sorting,
    time::Timestamp,
};

struct OpenProbe {
    number: ProbeNumber,
    /// The session that is asked; none: everybody.
    asked: Option<SessionId>,
    sent_at: Timestamp,
}

/// Probes that were sent lately, and whose answers still count.
#[derive(Default)]
pub struct Probes {
    open: VecDeque<OpenProbe>,
}

impl Probes {
    /// Remembers a probe of one session, or of everybody; the oldest makes room.
    pub fn note_probe(&mut self, number: ProbeNumber, asked: Option<SessionId>, now: Timestamp) {
        if self.open.len() >= MAX_OPEN_PROBES {
            self.open.pop_front();
        }
        self.open.push_back(OpenProbe {
            number,
            asked,
            sent_at: now,
        });
    }

    /// The sample that an answer gives, sent at `answered_at` by the clock of its sender. None if it answers no open probe of that session.
    pub fn take_answer(
        &mut self,
        number: ProbeNumber,
        session: &SessionId,
        answered_at: Timestamp,
        now: Timestamp,
    ) -> Option<ClockSample> {
        let is_open = |probe: &OpenProbe| now.0.abs_diff(probe.sent_at.0) < MAX_SAMPLE_ROUND_TRIP_MS;
        self.open.retain(is_open);
        let asks_it = |asked: Option<SessionId>| asked.is_none_or(|asked| asked == *session);
        let index = self
            .open
            .iter()
            .position(|probe| probe.number == number && asks_it(probe.asked))?;
        let probe = self.open.get(index)?;
        let sample = ClockSample::of(probe.sent_at, answered_at, now);
        if probe.asked.is_some() {
            self.open.remove(index);
        }
        sample
    }
}

/// What an answered probe told about its answerer's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSample {
    /// How far its clock is ahead of mine, in milliseconds.
    pub offset_ms: i64,
    /// Time on the way, both ways, in milliseconds.
    pub round_trip_ms: u64,
    /// Time of my clock at which the answer came.
    pub at: Timestamp,
}

impl ClockSample {
    /// The sample of an answer to a probe sent at `sent_at` by my clock: answered at `answered_at` by its clock, received at `now` by mine.
    fn of(sent_at: Timestamp, answered_at: Timestamp, now: Timestamp) -> Option<Self> {
        let round_trip_ms = now.0.checked_sub(sent_at.0)?;
        let their_now = answered_at.plus_ms(round_trip_ms / 2);
        let ahead_ms = i128::from(their_now.0) - i128::from(now.0);
        Some(Self {
            offset_ms: i64::try_from(ahead_ms).ok()?,
            round_trip_ms,
            at: now,
        })
    }

    fn counts(&self, now: Timestamp) -> bool {
        now.0.abs_diff(self.at.0) <= MAX_SAMPLE_AGE_MS
    }

    fn direction(&self) -> i64 {
        if self.offset_ms.unsigned_abs() > CLOCK_OBSERVE_MS.unsigned_abs() {
            self.offset_ms.signum()
        } else {
            0
        }
    }
}

/// What the operators' clocks say of mine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockEstimate {
    /// How far their clocks are ahead of mine, in milliseconds: the median over the sampled stake.
    pub offset_ms: i64,
    /// Whether more than a third of all stake says that my clock is off by more than `CLOCK_OBSERVE_MS`, in the direction of the median.
    pub forbids_signing: bool,
}

impl ClockEstimate {
    /// What the newest sample of each operator says; none without a sample that counts. `stake_micro` is that of an operator, `total_micro` that of
    /// all of them, sampled or not.
    pub fn of(
        samples: impl Iterator<Item = (Address, ClockSample)>,
        stake_micro: impl Fn(&Address) -> Option<u64>,
        total_micro: u64,
        now: Timestamp,
    ) -> Option<Self> {
        let mut newest: BTreeMap<Address, (u64, ClockSample)> = BTreeMap::new();
        for (account, sample) in samples.filter(|(_, sample)| sample.counts(now)) {
            let Some(stake_micro) = stake_micro(&account) else {
                continue;
            };
            let kept = newest.entry(account).or_insert((stake_micro, sample));
            if kept.1.at < sample.at {
                kept.1 = sample;
            }
        }
        let mut weighed: Vec<(u64, ClockSample)> = newest.into_values().collect();
        let median = weighted_median(&mut weighed)?;
        let agreeing_micro: u128 = weighed
            .iter()
            .filter(|(_, sample)| sample.direction() == median.direction())
            .map(|(stake_micro, _)| u128::from(*stake_micro))
            .sum();
        Some(Self {
            offset_ms: median.offset_ms,
            forbids_signing: median.direction() != 0 && 3 * agreeing_micro > u128::from(total_micro),
        })
    }

    /// Whether my clock is near enough to theirs to sign.
    pub fn fits(&self) -> bool {
        self.offset_ms.unsigned_abs() <= CLOCK_OBSERVE_MS.unsigned_abs()
    }
}

/// The sample in the middle of the stake; of two middle ones the one that is nearer to zero.
fn weighted_median(samples: &mut Vec<(u64, ClockSample)>) -> Option<ClockSample> {
    sorting::sort_by_key(samples, |(_, sample)| sample.offset_ms);
    let whole: u128 = samples.iter().map(|(stake, _)| u128::from(*stake)).sum();
    let mut below = 0;
    let mut middle = samples.iter().filter_map(|(stake, sample)| {
        let until = below + u128::from(*stake);
        let is_middle = 2 * until >= whole && 2 * below <= whole;
        below = until;
        is_middle.then_some(*sample)
    });
    let first = middle.next()?;
    let nearer = |best: ClockSample, next: ClockSample| {
        if next.offset_ms.unsigned_abs() < best.offset_ms.unsigned_abs() {
            next
        } else {
            best
        }
    };
    Some(middle.fold(first, nearer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gossip::tests::secret;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn number(number: u8) -> ProbeNumber {
        ProbeNumber([number; 8])
    }

    fn session(number: u8) -> SessionId {
        SessionId([number; 16])
    }

    fn sample(offset_ms: i64, age_ms: u64) -> ClockSample {
        ClockSample {
            offset_ms,
            round_trip_ms: 40,
            at: Timestamp(NOW.0 - age_ms),
        }
    }

    /// What samples of accounts 1, 2, … say, whose stakes are these, of a whole of 100.
    fn estimate(samples: &[(u64, i64)]) -> Option<ClockEstimate> {
        let taken = (1..).zip(samples);
        let taken = taken.map(|(account, (_, offset_ms))| (secret(account).address(), sample(*offset_ms, 0)));
        let stake_micro = |account: &Address| {
            let index = (1..)
                .zip(samples)
                .find(|(number, _)| secret(*number).address() == *account)?;
            Some(index.1.0)
        };
        ClockEstimate::of(taken, stake_micro, 100, NOW)
    }

    #[test]
    fn a_sample_takes_half_of_the_round_trip_off() {
        for ahead_ms in [-700, 0, 1_500] {
            let mut probes = Probes::default();
            probes.note_probe(number(1), Some(session(2)), Timestamp(NOW.0 - 80));
            let answered_at = Timestamp((NOW.0 - 40).checked_add_signed(ahead_ms).unwrap());
            let sample = probes
                .take_answer(number(1), &session(2), answered_at, NOW)
                .unwrap();
            assert_eq!((sample.offset_ms, sample.round_trip_ms), (ahead_ms, 80));
        }
    }

    #[test]
    fn only_the_session_that_was_asked_answers_and_only_once_and_in_time() {
        let mut probes = Probes::default();
        probes.note_probe(number(1), Some(session(2)), NOW);
        let mut answer = |asked: u8, by: u8, after_ms| {
            let now = NOW.plus_ms(after_ms);
            probes
                .take_answer(number(asked), &session(by), now, now)
                .is_some()
        };
        assert!(!answer(9, 2, 10), "a number that nobody drew");
        assert!(!answer(1, 3, 10), "somebody else's probe");
        assert!(answer(1, 2, 10));
        assert!(!answer(1, 2, 20), "it was answered");
        probes.note_probe(number(5), None, NOW);
        let mut answer = |by: u8, after_ms| {
            let now = NOW.plus_ms(after_ms);
            probes.take_answer(number(5), &session(by), now, now).is_some()
        };
        assert!(answer(2, 10) && answer(3, 999), "everybody was asked");
        assert!(!answer(4, 1_000), "too late");
    }

    #[test]
    fn open_probes_are_bounded_and_a_jump_back_of_the_clock_ends_them() {
        let mut probes = Probes::default();
        for count in 0..100 {
            probes.note_probe(number(count), None, NOW);
        }
        assert_eq!(probes.open.len(), MAX_OPEN_PROBES);
        let before = Timestamp(NOW.0 - 5_000);
        assert_eq!(probes.take_answer(number(99), &session(2), before, before), None);
        assert!(probes.open.is_empty());
    }

    #[test]
    fn nobody_stops_signing_unless_more_than_a_third_of_all_stake_agrees() {
        let forbids = |samples: &[(u64, i64)]| estimate(samples).unwrap().forbids_signing;
        assert!(
            !forbids(&[(14, 20_000)]),
            "one operator of seven, the only one sampled"
        );
        assert!(!forbids(&[(33, 20_000)]));
        assert!(forbids(&[(34, 20_000)]));
        assert!(forbids(&[(17, 20_000), (17, 4_000), (10, 0)]));
        assert!(!forbids(&[(30, 20_000), (30, -20_000)]), "they do not agree");
        assert!(!forbids(&[(34, 20_000), (40, 100)]), "the median fits");
        assert!(!forbids(&[(100, 3_000)]) && forbids(&[(100, -3_001)]));
    }

    #[test]
    fn the_median_is_over_stake() {
        let offset = |samples: &[(u64, i64)]| estimate(samples).map(|estimate| estimate.offset_ms);
        assert_eq!(offset(&[]), None);
        assert_eq!(offset(&[(10, 100), (10, 300), (10, 9_000)]), Some(300));
        assert_eq!(offset(&[(10, 100), (10, 300), (30, 9_000)]), Some(9_000));
        assert_eq!(offset(&[(10, -9_000), (10, 300)]), Some(300), "the nearer of two");
    }

    #[test]
    fn each_operator_has_one_say_by_its_newest_sample_and_others_have_none() {
        let (operator, other) = (secret(1).address(), secret(2).address());
        let stake = |account: &Address| (*account == operator).then_some(50);
        let of = |samples: &[(Address, ClockSample)]| {
            ClockEstimate::of(samples.iter().copied(), stake, 100, NOW).map(|estimate| estimate.offset_ms)
        };
        assert_eq!(of(&[(other, sample(9_000, 0))]), None);
        assert_eq!(
            of(&[(operator, sample(7, 10)), (operator, sample(9_000, 20))]),
            Some(7)
        );
        assert_eq!(of(&[(operator, sample(7, MAX_SAMPLE_AGE_MS + 1))]), None);
    }
}
