//! Effects and events on their way to the host.
//!
//! The host drains both after every input, so they are short; events are bounded all the same, because a host that only simulates may
//! ignore them.

use std::collections::VecDeque;

use super::{event::Event, io::Effect};
use crate::params::MAX_WAITING_EVENTS;

/// What the host has not fetched yet, in the order in which it came about.
#[derive(Debug, Default)]
pub struct HostQueue {
    effects: VecDeque<Effect>,
    events: VecDeque<Event>,
}

impl HostQueue {
    /// Adds an effect at the end; the host does them in order.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// Adds an event; the oldest goes if the host never polls.
    pub fn event(&mut self, event: Event) {
        if self.events.len() >= MAX_WAITING_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Oldest effect that the host has not taken yet.
    pub fn pop_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Oldest event that the host has not taken yet.
    pub fn pop_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}
