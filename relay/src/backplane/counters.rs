//! What a backplane counts for its operator: numbers only, never a payload, a room or an address.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use super::{Backplane, State, lock};

/// What the backplane counted since the relay started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages for siblings that the queue could not hold.
    pub(crate) dropped: u64,
    /// Messages of siblings that came faster than they were handled.
    pub(crate) overflowed: u64,
    /// Messages that do not decode.
    pub(crate) malformed: u64,
    /// Messages that a sibling may not send, or for which there is no space.
    pub(crate) refused: u64,
    /// Messages that were heard before, or came too late, or will come again.
    pub(crate) stale: u64,
    /// Holes in what a sibling said: one or more messages never came.
    pub(crate) holes: u64,
    /// Connections to NATS that were lost.
    pub(crate) lost_connections: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) dropped: Counter,
    pub(super) overflowed: Counter,
    pub(super) malformed: Counter,
    pub(super) refused: Counter,
    pub(super) stale: Counter,
    pub(super) holes: Counter,
    pub(super) lost_connections: Counter,
}

#[derive(Debug, Default)]
pub(super) struct Gauges {
    pub(super) joined: Gauge,
    pub(super) queued_messages: Gauge,
    pub(super) queued_bytes: Gauge,
}

impl Backplane {
    pub(crate) fn counts(&self) -> Counts {
        let counters = &self.counters;
        Counts {
            dropped: counters.dropped.get(),
            overflowed: counters.overflowed.get(),
            malformed: counters.malformed.get(),
            refused: counters.refused.get(),
            stale: counters.stale.get(),
            holes: counters.holes.get(),
            lost_connections: counters.lost_connections.get(),
        }
    }

    /// Looks at what is not counted but changes.
    pub(crate) fn look(&self) {
        let (messages, bytes) = lock(&self.queue).depth();
        self.gauges.joined.set(i64::from(self.state() == State::Joined));
        self.gauges.queued_messages.set(messages as i64);
        self.gauges.queued_bytes.set(bytes as i64);
    }

    /// Adds what is counted to what an operator sees.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let counters = &self.counters;
        for (name, help, counter) in [
            (
                "dropped",
                "Messages for siblings that did not fit the buffer",
                &counters.dropped,
            ),
            (
                "overflows",
                "Moments in which siblings were faster than we heard them",
                &counters.overflowed,
            ),
            (
                "malformed",
                "Messages from siblings that are none",
                &counters.malformed,
            ),
            (
                "refused",
                "Messages that a sibling may not send",
                &counters.refused,
            ),
            ("stale", "Messages that came twice or too late", &counters.stale),
            (
                "holes",
                "Places where messages of a sibling are missing",
                &counters.holes,
            ),
            (
                "lost_connections",
                "Connections to NATS lost",
                &counters.lost_connections,
            ),
        ] {
            registry.register(format!("backplane_{name}"), help, counter.clone());
        }
        let gauges = &self.gauges;
        for (name, help, gauge) in [
            ("joined", "1 while rooms span the siblings", &gauges.joined),
            (
                "queued_messages",
                "Messages kept for siblings",
                &gauges.queued_messages,
            ),
            ("queued_bytes", "Bytes kept for siblings", &gauges.queued_bytes),
        ] {
            registry.register(format!("backplane_{name}"), help, gauge.clone());
        }
    }
}
