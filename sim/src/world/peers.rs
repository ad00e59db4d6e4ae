//! Giving peers their inputs, and carrying out what follows.

use ting_core::peer::{
    Peer,
    event::Event,
    io::{Effect, Input, To},
    record::Record,
};

use super::{Happening, World};
use crate::{
    byzantine::Audience,
    clock::Moment,
    host::{Life, identity_of},
    hub::PeerId,
    witness::sight::{Fate, Sight, Witness},
};

/// Timers of a hidden tab fire at most this often.
const HIDDEN_TICK_MS: u64 = 1_000;

impl<W: Witness> World<W> {
    /// Gives a peer one input and carries out what follows.
    pub(super) fn feed(&mut self, peer: PeerId, input: Input) {
        let now = self.view.now;
        let Some(host) = self.host_mut(peer) else { return };
        let time = host.clock.show(now);
        let Some(running) = host.peer.as_mut() else { return };
        running.handle(time, input);
        let effects: Vec<Effect> = std::iter::from_fn(|| running.poll_effect()).collect();
        let events: Vec<Event> = std::iter::from_fn(|| running.poll_event()).collect();
        let dies = host.doomed && !effects.is_empty();
        let carried_out = if dies {
            self.random.below(effects.len() as u64)
        } else {
            effects.len() as u64
        };
        for effect in effects
            .into_iter()
            .take(usize::try_from(carried_out).unwrap_or_default())
        {
            self.carry_out(peer, effect);
        }
        if dies {
            let fate = Fate::DiesMidway;
            self.show(Sight::Meets { who: peer, fate });
            self.stop(peer, Life::Down);
            return;
        }
        for event in events {
            self.heed(peer, &event);
        }
        self.show(Sight::Rests(peer));
        self.plan_wake(peer);
    }

    fn carry_out(&mut self, peer: PeerId, effect: Effect) {
        match effect {
            Effect::Persist(record) => self.store(peer, *record),
            Effect::Farewell(frame) => {
                if let Some(host) = self.host_mut(peer) {
                    host.farewell = frame;
                }
            }
            Effect::Send { link, to, bytes } => {
                for (to, bytes) in self.twist(peer, to, bytes) {
                    self.show(Sight::Sends {
                        who: peer,
                        bytes: &bytes,
                    });
                    self.send(peer, link, to, bytes);
                }
            }
        }
    }

    /// What leaves a host in place of a frame: the frame itself, if the host is honest.
    fn twist(&mut self, peer: PeerId, to: To, bytes: Vec<u8>) -> Vec<(Audience, Vec<u8>)> {
        let now = self.view.now;
        let Some(host) = self.view.hosts.get_mut(peer.0) else {
            return Vec::new();
        };
        let network = host.peer.as_ref().and_then(Peer::network);
        if let Some(byzantine) = host.byzantine.as_mut() {
            let time = host.clock.show(now);
            let identity = identity_of(&host.records);
            return byzantine.twist(time, network, identity, &self.view.byzantine, (to, bytes));
        }
        vec![(Audience::Whole(to), bytes)]
    }

    fn store(&mut self, peer: PeerId, record: Record) {
        self.show(Sight::Stores {
            who: peer,
            record: &record,
        });
        if let Some(host) = self.host_mut(peer) {
            host.records.push(record);
        }
    }

    fn heed(&mut self, peer: PeerId, event: &Event) {
        self.show(Sight::Tells { who: peer, event });
        if let Event::NetworkKnown { network, .. } = event
            && self.view.is_honest(peer)
        {
            self.first_network.get_or_insert(*network);
        }
    }

    fn plan_wake(&mut self, peer: PeerId) {
        let now = self.view.now;
        let Some(host) = self.host_mut(peer) else { return };
        let Some(deadline) = host.peer.as_ref().and_then(Peer::next_deadline) else {
            return;
        };
        // A deadline that has passed is met a millisecond later: no host is faster than that.
        let exact = host.clock.when(deadline.at, now.plus_ms(1));
        let at = if host.hidden {
            exact.max(host.last_tick.plus_ms(HIDDEN_TICK_MS))
        } else {
            exact
        };
        self.set_timer(peer, at);
    }

    /// Sets a host's timer, in place of the one that it had.
    pub(super) fn set_timer(&mut self, peer: PeerId, at: Moment) {
        let timer = self.push(at, Happening::Wake(peer));
        let Some(host) = self.host_mut(peer) else { return };
        if let Some(before) = host.wake.replace(timer) {
            self.queue.remove(&before);
        }
    }
}
