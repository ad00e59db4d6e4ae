//! Who is there when, and says something when.

use std::ops::RangeInclusive;

use ting_core::peer::command::Command;

use crate::{action::Action, hub::PeerId, random::Random};

/// A stay takes this long, in milliseconds: two minutes on average.
const STAY_MS: RangeInclusive<u64> = 60_000..=180_000;
/// An absence takes this long, in milliseconds: twice as long as a stay on average.
const ABSENCE_MS: RangeInclusive<u64> = 120_000..=360_000;
/// Somebody who is there says something after so many milliseconds.
const POST_MS: RangeInclusive<u64> = 3_000..=9_000;
/// People say something for so long, in milliseconds.
pub(super) const TALK_MS: u64 = 600_000;
/// They come and go for so long after that, in milliseconds: time to become final for what was said last.
pub(super) const REST_MS: u64 = 60_000;
/// How people leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// They close, and what their peers had them hold is left at the hubs.
    Politely,
    /// They vanish, and nobody is told.
    Crashing,
}

/// What everybody does in a room whose people are all there at first, with the milliseconds since then.
pub struct Schedule {
    leaving: Leaving,
    actions: Vec<(u64, Action)>,
}

impl Schedule {
    /// Draws when so many people come and go, and leave in this way.
    pub fn draw(random: &mut Random, people: usize, leaving: Leaving) -> Self {
        let mut schedule = Self {
            leaving,
            actions: Vec::new(),
        };
        for peer in (0..people).map(PeerId) {
            schedule.draw_person(random, peer);
        }
        schedule
    }

    /// What happens, and after how many milliseconds.
    pub fn actions(&self) -> &[(u64, Action)] {
        &self.actions
    }

    /// A person is somewhere in a stay or in the absence after it when the ten minutes begin.
    fn draw_person(&mut self, random: &mut Random, peer: PeerId) {
        let (stay_ms, absence_ms) = (random.within(STAY_MS), random.within(ABSENCE_MS));
        let spent_ms = random.below(stay_ms + absence_ms);
        let mut leaves_at = stay_ms.saturating_sub(spent_ms);
        let mut returns_at = (stay_ms + absence_ms).saturating_sub(spent_ms);
        self.draw_posts(random, peer, 0, leaves_at);
        self.leave(peer, leaves_at);
        while returns_at < TALK_MS + REST_MS {
            self.actions.push((returns_at, Action::Restart(peer)));
            leaves_at = returns_at + random.within(STAY_MS);
            self.draw_posts(random, peer, returns_at, leaves_at);
            self.leave(peer, leaves_at);
            returns_at = leaves_at + random.within(ABSENCE_MS);
        }
    }

    fn leave(&mut self, peer: PeerId, at: u64) {
        let action = match self.leaving {
            Leaving::Politely => Action::Close(peer),
            Leaving::Crashing => Action::Crash(peer),
        };
        self.actions.push((at, action));
    }

    fn draw_posts(&mut self, random: &mut Random, peer: PeerId, from: u64, to: u64) {
        let mut at = from + random.within(POST_MS);
        while at < to.min(TALK_MS) {
            let command = Command::Post {
                channel: "hall".to_owned(),
                text: format!("peer {} at {at} ms", peer.0),
                reply_to: None,
                mentions: Vec::new(),
            };
            self.actions.push((at, Action::Wish(peer, command)));
            at += random.within(POST_MS);
        }
    }
}
