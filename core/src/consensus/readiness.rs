//! "May I sign?" (docs/protocol.md, section 8): a peer that does not know what the others know must not add to it.
//!
//! Fails safe: every doubt (no link, no answer yet, a jump of the clock) means no signature. An answer is a head and the votes behind it. Whoever
//! stays silent, a relay or those who answer first, can delay this by `HEADS_SILENCE_MS` at most per link-up, and gains nothing by it.

use crate::{
    params::{CLOCK_JUMP_MS, HEADS_SILENCE_MS},
    time::Timestamp,
};

/// Whether others were asked for their heads, and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inquiry {
    /// No relay link is up.
    NoLink,
    /// Others were asked at this time, and none has answered yet.
    Asked(Timestamp),
    /// Answered, or nobody is there, or silence lasted long enough.
    Settled,
}

/// What keeps a peer from signing, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The peer may sign.
    Ready,
    /// No relay link is up.
    NoLink,
    /// It waits for the others' heads, until this time at most.
    AskingUntil(Timestamp),
}

/// Decides whether this peer may sign, from its links, the answers it had and its clock.
#[derive(Clone, Debug)]
pub struct ReadinessGate {
    inquiry: Inquiry,
    last_now: Option<Timestamp>,
}

impl Default for ReadinessGate {
    fn default() -> Self {
        Self {
            inquiry: Inquiry::NoLink,
            last_now: None,
        }
    }
}

impl ReadinessGate {
    /// Call with every input's time. True if the clock jumped, so that heads have to be asked for again.
    #[must_use]
    pub fn observe_clock(&mut self, now: Timestamp) -> bool {
        let jumped = self.last_now.is_some_and(|last| {
            now.0.abs_diff(last.0) > CLOCK_JUMP_MS + MAX_SLEEP_MS || now.0 + CLOCK_JUMP_MS < last.0
        });
        self.last_now = Some(now);
        if let Inquiry::Asked(at) = self.inquiry
            && now.ms_since(at) >= HEADS_SILENCE_MS
        {
            self.inquiry = Inquiry::Settled;
        }
        jumped && self.inquiry != Inquiry::NoLink
    }

    /// Notes that this peer has just asked `others` peers for their heads; with none there is nothing to wait for.
    pub fn note_question(&mut self, now: Timestamp, others: u32) {
        self.inquiry = if others == 0 {
            Inquiry::Settled
        } else {
            Inquiry::Asked(now)
        };
    }

    /// Notes that somebody answered, and gave the votes that this peer may lack.
    pub fn note_answer(&mut self) {
        if self.inquiry != Inquiry::NoLink {
            self.inquiry = Inquiry::Settled;
        }
    }

    /// Notes that no link is up any more: nothing is signed until others can be asked again.
    pub fn note_no_link(&mut self) {
        self.inquiry = Inquiry::NoLink;
    }

    /// True while others were asked and have not answered.
    pub fn is_asking(&self) -> bool {
        matches!(self.inquiry, Inquiry::Asked(_))
    }

    /// Whether this peer may sign now, and if not, what it waits for.
    pub fn readiness(&self) -> Readiness {
        match self.inquiry {
            Inquiry::NoLink => Readiness::NoLink,
            Inquiry::Asked(at) => Readiness::AskingUntil(at.plus_ms(HEADS_SILENCE_MS)),
            Inquiry::Settled => Readiness::Ready,
        }
    }
}

/// The peer never asks to sleep longer than this while a link is up, so a longer pause is a jump.
pub const MAX_SLEEP_MS: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_signs_without_a_link() {
        let mut gate = ReadinessGate::default();
        assert!(!gate.observe_clock(Timestamp(0)));
        assert_eq!(gate.readiness(), Readiness::NoLink);
        gate.note_answer();
        assert_eq!(gate.readiness(), Readiness::NoLink);
    }

    #[test]
    fn an_answer_or_four_seconds_of_silence_settle_the_inquiry() {
        let mut gate = ReadinessGate::default();
        gate.note_question(Timestamp(1_000), 2);
        assert_eq!(gate.readiness(), Readiness::AskingUntil(Timestamp(5_000)));
        let mut answered = gate.clone();
        answered.note_answer();
        assert_eq!(answered.readiness(), Readiness::Ready);
        assert!(!gate.observe_clock(Timestamp(4_999)));
        assert_ne!(gate.readiness(), Readiness::Ready);
        assert!(!gate.observe_clock(Timestamp(5_000)));
        assert_eq!(gate.readiness(), Readiness::Ready);
    }

    #[test]
    fn an_empty_room_settles_at_once() {
        let mut gate = ReadinessGate::default();
        gate.note_question(Timestamp(1_000), 0);
        assert_eq!(gate.readiness(), Readiness::Ready);
    }

    #[test]
    fn whoever_loses_the_last_link_signs_no_more() {
        let mut gate = ReadinessGate::default();
        gate.note_question(Timestamp(1_000), 0);
        gate.note_no_link();
        assert_eq!(gate.readiness(), Readiness::NoLink);
    }

    #[test]
    fn who_was_answered_asks_no_more() {
        let mut gate = ReadinessGate::default();
        assert!(!gate.is_asking());
        gate.note_question(Timestamp(1_000), 2);
        assert!(gate.is_asking());
        gate.note_answer();
        assert!(!gate.is_asking());
    }

    #[test]
    fn the_clock_jumped_if_it_is_three_seconds_off_what_the_longest_sleep_explains() {
        let jumps = |from_ms: u64, to_ms: u64| {
            let mut gate = ReadinessGate::default();
            gate.note_question(Timestamp(from_ms), 0);
            assert!(!gate.observe_clock(Timestamp(from_ms)));
            gate.observe_clock(Timestamp(to_ms))
        };
        let start_ms = 100_000;
        let latest_ms = start_ms + MAX_SLEEP_MS + CLOCK_JUMP_MS;
        assert!(!jumps(start_ms, latest_ms) && jumps(start_ms, latest_ms + 1));
        let earliest_ms = start_ms - CLOCK_JUMP_MS;
        assert!(!jumps(start_ms, earliest_ms) && jumps(start_ms, earliest_ms - 1));
    }

    #[test]
    fn a_jump_of_the_clock_either_way_is_noticed() {
        let mut gate = ReadinessGate::default();
        gate.note_question(Timestamp(100_000), 0);
        assert!(!gate.observe_clock(Timestamp(100_000)));
        assert!(!gate.observe_clock(Timestamp(102_000)));
        assert!(gate.observe_clock(Timestamp(107_000)));
        assert!(gate.observe_clock(Timestamp(100_000)));
    }
}
