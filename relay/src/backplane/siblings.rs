//! Which siblings there are, when each was last heard, and how far each has heard us.
//!
//! At most [`MAX_SIBLINGS`] are known; one that has been silent for long is forgotten. Time is handed in.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::message::{MAX_HEARD, RelayId};

/// Most siblings that a relay knows at once.
pub(crate) const MAX_SIBLINGS: usize = MAX_HEARD;
/// Heartbeats without which a sibling counts as silent.
const SILENT_HEARTBEATS: u32 = 5;
/// Heartbeats without which a sibling is forgotten.
const FORGOTTEN_HEARTBEATS: u32 = 60;

#[derive(Debug)]
pub(crate) struct Siblings {
    heartbeat: Duration,
    known: BTreeMap<RelayId, Sibling>,
    /// Siblings to hear again before more is said.
    awaited: BTreeSet<RelayId>,
}

#[derive(Debug)]
struct Sibling {
    last_heard: Instant,
    is_silent: bool,
    /// Sequence of its last heartbeat, to be told back to it.
    sequence: u64,
    /// Sequence up to which it has heard this relay.
    has_heard: Option<u64>,
}

/// What a heartbeat says about the sibling that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It was heard a moment ago.
    Usual,
    /// It was unknown, or silent until now.
    Back,
    /// There is no space for another sibling.
    Refused,
}

/// Siblings that have gone since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) silent: Vec<RelayId>,
    pub(crate) forgotten: Vec<RelayId>,
}

impl Siblings {
    pub(crate) fn new(heartbeat: Duration) -> Self {
        Self {
            heartbeat,
            known: BTreeMap::new(),
            awaited: BTreeSet::new(),
        }
    }

    /// Time after which a sibling that says nothing counts as silent.
    pub(crate) fn silence(&self) -> Duration {
        self.heartbeat * SILENT_HEARTBEATS
    }

    /// Siblings that are not silent.
    pub(crate) fn live(&self) -> BTreeSet<RelayId> {
        let live = self.known.iter().filter(|(_, sibling)| !sibling.is_silent);
        live.map(|(relay, _)| *relay).collect()
    }

    /// Whether nobody is known who could hear.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Takes a heartbeat. `has_heard` is what it says of us.
    pub(crate) fn hear(
        &mut self,
        relay: RelayId,
        sequence: u64,
        has_heard: Option<u64>,
        now: Instant,
    ) -> Sign {
        if let Some(sibling) = self.known.get_mut(&relay) {
            let was_silent = std::mem::take(&mut sibling.is_silent);
            sibling.last_heard = now;
            sibling.sequence = sequence;
            sibling.has_heard = has_heard.or(sibling.has_heard);
            self.awaited.remove(&relay);
            return if was_silent { Sign::Back } else { Sign::Usual };
        }
        if self.known.len() >= MAX_SIBLINGS {
            return Sign::Refused;
        }
        let sibling = Sibling {
            last_heard: now,
            is_silent: false,
            sequence,
            has_heard,
        };
        self.known.insert(relay, sibling);
        Sign::Back
    }

    /// A sibling says that it stops; false when it is not known.
    pub(crate) fn goodbye(&mut self, relay: RelayId) -> bool {
        self.awaited.remove(&relay);
        self.known.remove(&relay).is_some()
    }

    /// Finds who has been silent for too long. While cut off we forget nobody: it is us who hear nothing.
    pub(crate) fn check(&mut self, is_cut_off: bool, now: Instant) -> Gone {
        let mut gone = Gone::default();
        let (silence, forgotten) = (self.silence(), self.heartbeat * FORGOTTEN_HEARTBEATS);
        for (relay, sibling) in &mut self.known {
            let unheard = now.saturating_duration_since(sibling.last_heard);
            if unheard >= forgotten && !is_cut_off {
                gone.forgotten.push(*relay);
            }
            if unheard >= silence && !std::mem::replace(&mut sibling.is_silent, true) {
                gone.silent.push(*relay);
            } else if unheard < silence {
                sibling.is_silent = false;
            }
        }
        for relay in &gone.forgotten {
            self.known.remove(relay);
            self.awaited.remove(relay);
        }
        gone
    }

    /// The connection is lost: those who are there now are to be heard before we go on.
    pub(crate) fn await_all(&mut self) {
        let live = self.live();
        self.awaited.extend(live);
    }

    /// Those who did not come back in time are no longer waited for.
    pub(crate) fn await_nobody(&mut self) {
        self.awaited.clear();
    }

    /// Whether all who were there before have been heard again.
    pub(crate) fn are_all_back(&self) -> bool {
        self.awaited.is_empty()
    }

    /// What to say in a heartbeat: how far each sibling was heard.
    pub(crate) fn heard(&self) -> Vec<(RelayId, u64)> {
        self.known
            .iter()
            .map(|(relay, sibling)| (*relay, sibling.sequence))
            .collect()
    }

    /// Up to where all siblings have heard us; `None` if one of them has not said so yet.
    pub(crate) fn all_have_heard(&self) -> Option<u64> {
        let heard = self.known.values().map(|sibling| sibling.has_heard);
        heard.min().unwrap_or(Some(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Duration = Duration::from_secs(1);
    const A: RelayId = RelayId(1);
    const B: RelayId = RelayId(2);

    #[test]
    fn a_silent_sibling_is_told_once_and_forgotten_later() {
        let start = Instant::now();
        let mut siblings = Siblings::new(HEARTBEAT);
        assert_eq!(siblings.hear(A, 1, None, start), Sign::Back);
        assert_eq!(siblings.hear(A, 2, None, start), Sign::Usual);
        assert_eq!(siblings.check(false, start + HEARTBEAT * 4), Gone::default());
        assert_eq!(siblings.check(false, start + HEARTBEAT * 5).silent, [A]);
        assert_eq!(siblings.check(false, start + HEARTBEAT * 6), Gone::default());
        assert_eq!(siblings.check(true, start + HEARTBEAT * 60), Gone::default());
        assert_eq!(siblings.check(false, start + HEARTBEAT * 60).forgotten, [A]);
        assert!(siblings.is_empty());
    }

    #[test]
    fn a_silent_sibling_that_speaks_is_back() {
        let start = Instant::now();
        let mut siblings = Siblings::new(HEARTBEAT);
        siblings.hear(A, 1, None, start);
        siblings.check(false, start + HEARTBEAT * 5);
        assert!(siblings.live().is_empty());
        assert_eq!(siblings.hear(A, 1, None, start + HEARTBEAT * 6), Sign::Back);
        assert_eq!(siblings.live(), [A].into());
    }

    #[test]
    fn those_who_were_there_are_awaited() {
        let now = Instant::now();
        let mut siblings = Siblings::new(HEARTBEAT);
        siblings.hear(A, 1, None, now);
        siblings.hear(B, 1, None, now);
        siblings.await_all();
        siblings.hear(A, 1, None, now);
        assert!(!siblings.are_all_back());
        siblings.goodbye(B);
        assert!(siblings.are_all_back());
    }

    #[test]
    fn what_all_have_heard_is_the_least() {
        let now = Instant::now();
        let mut siblings = Siblings::new(HEARTBEAT);
        assert_eq!(siblings.all_have_heard(), Some(u64::MAX));
        siblings.hear(A, 1, Some(7), now);
        siblings.hear(B, 1, None, now);
        assert_eq!(siblings.all_have_heard(), None);
        siblings.hear(B, 1, Some(5), now);
        assert_eq!(siblings.all_have_heard(), Some(5));
        assert_eq!(siblings.heard(), [(A, 1), (B, 1)]);
    }

    #[test]
    fn siblings_are_bounded() {
        let mut siblings = Siblings::new(HEARTBEAT);
        for relay in 0..MAX_SIBLINGS as u64 {
            siblings.hear(RelayId(relay), 1, None, Instant::now());
        }
        assert_eq!(
            siblings.hear(RelayId(u64::MAX), 1, None, Instant::now()),
            Sign::Refused
        );
    }
}
