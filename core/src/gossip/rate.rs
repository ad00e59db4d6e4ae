//! How much each source may ask of this peer: a token bucket per connection.
//!
//! A cost is about the number of signature checks that a message can cause. A source that spends more than its bucket holds is not listened
//! to until it has regained enough, and is forgotten after [`RATE_FORGET_MS`]. At most [`MAX_RATE_SOURCES`] buckets are kept; relays bound
//! the connections of a room, so a bucket is not emptied into a fresh one for free.

use std::collections::BTreeMap;

use crate::{
    gossip::{
        Source,
        bucket::{Bucket, Rate},
        message::{Get, Message},
    },
    params::{MAX_RATE_SOURCES, RATE_BURST, RATE_FORGET_MS, RATE_PER_SECOND},
    time::Timestamp,
};

/// Bytes that cost one unit to decode.
const BYTES_PER_UNIT: usize = 1_024;

/// What handling a message may cost, in units of about one signature check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u32);

impl Cost {
    /// The cost of decoding a plaintext of so many bytes, most of which can be keys to be parsed.
    pub fn of_bytes(len: usize) -> Self {
        Self(u32::try_from(len / BYTES_PER_UNIT).unwrap_or(u32::MAX))
    }

    /// The cost of a message beside its bytes. An answer has none: it counts only if it was asked for.
    pub fn of(message: &Message) -> Self {
        Self(match message {
            Message::Hello(_) => 32,
            Message::Presence(_) => 2,
            Message::Transactions(transactions) => count(transactions.len()),
            Message::Block(_) => 4,
            Message::Votes(votes) => count(votes.len()),
            Message::Statements(statements) => count(statements.len()),
            Message::Farewell { votes, .. } => count(1 + votes.len()),
            Message::Get { what, .. } => match what {
                Get::Genesis => 2,
                Get::Headers { .. } | Get::Transactions { .. } | Get::Certificate { .. } => 32,
                Get::Blocks { .. } => 64,
                Get::Mempool => 256,
            },
            Message::Give { .. } => 0,
        })
    }
}

/// Nothing is free, not even an empty list.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX).max(1)
}

/// Cost that every source may cause.
const RATE: Rate = Rate {
    burst: RATE_BURST,
    per_second: RATE_PER_SECOND,
};

/// Holds every source to its rate, by one token bucket for each.
#[derive(Clone, Debug, Default)]
pub struct RateLimiter {
    buckets: BTreeMap<Source, Bucket>,
}

impl RateLimiter {
    /// Whether a source may cause this cost now; if so, it is charged.
    pub fn admit(&mut self, source: Source, cost: Cost, now: Timestamp) -> bool {
        if !self.buckets.contains_key(&source) {
            self.make_room(now);
        }
        let bucket = self.buckets.entry(source).or_insert(Bucket::full(RATE, now));
        bucket.take(cost.0, now)
    }

    /// Forgets the sources that were silent for [`RATE_FORGET_MS`].
    pub fn forget_idle(&mut self, now: Timestamp) {
        self.buckets
            .retain(|_, bucket| now.ms_since(bucket.used_at()) < RATE_FORGET_MS);
    }

    /// Number of sources with a bucket, at most [`MAX_RATE_SOURCES`].
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether no source has a bucket.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.buckets.len() < MAX_RATE_SOURCES {
            return;
        }
        self.forget_idle(now);
        if self.buckets.len() >= MAX_RATE_SOURCES {
            let idlest = self
                .buckets
                .iter()
                .min_by_key(|(_, bucket)| bucket.used_at())
                .map(|(source, _)| *source);
            idlest.and_then(|source| self.buckets.remove(&source));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Cost = Cost(1);

    fn source(connection: u64) -> Source {
        Source { link: 0, connection }
    }

    #[test]
    fn a_source_may_burst_and_is_then_held_to_its_rate() {
        let mut rates = RateLimiter::default();
        assert!(rates.admit(source(1), Cost(RATE_BURST), Timestamp(1_000)));
        assert!(!rates.admit(source(1), ONE, Timestamp(1_000)));
        assert!(rates.admit(source(2), ONE, Timestamp(1_000)));
        assert!(!rates.admit(source(1), Cost(RATE_PER_SECOND + 1), Timestamp(2_000)));
        assert!(rates.admit(source(1), Cost(RATE_PER_SECOND), Timestamp(2_000)));
        assert!(!rates.admit(source(1), ONE, Timestamp(2_000)));
    }

    #[test]
    fn a_bucket_never_holds_more_than_a_burst() {
        let mut rates = RateLimiter::default();
        assert!(rates.admit(source(1), ONE, Timestamp(0)));
        assert!(!rates.admit(source(1), Cost(RATE_BURST + 1), Timestamp(u64::MAX)));
        assert!(rates.admit(source(1), Cost(RATE_BURST), Timestamp(u64::MAX)));
    }

    #[test]
    fn a_clock_set_back_stops_no_refill() {
        let mut rates = RateLimiter::default();
        assert!(rates.admit(source(1), Cost(RATE_BURST), Timestamp(1_000_000)));
        assert!(!rates.admit(source(1), ONE, Timestamp(1_000)));
        assert!(rates.admit(source(1), Cost(RATE_PER_SECOND), Timestamp(2_000)));
    }

    #[test]
    fn silent_sources_are_forgotten() {
        let mut rates = RateLimiter::default();
        rates.admit(source(1), ONE, Timestamp(0));
        rates.admit(source(2), ONE, Timestamp(30_000));
        rates.forget_idle(Timestamp(RATE_FORGET_MS));
        assert_eq!(rates.len(), 1);
    }

    #[test]
    fn the_number_of_tracked_sources_is_bounded() {
        let mut rates = RateLimiter::default();
        for connection in 0..2 * MAX_RATE_SOURCES as u64 {
            assert!(rates.admit(source(connection), ONE, Timestamp(connection)));
        }
        assert_eq!(rates.len(), MAX_RATE_SOURCES);
    }
}
