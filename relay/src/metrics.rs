//! What an operator sees: counts and times, never who or what.
//!
//! Nothing here is locked or allocated for a delivery. Frames and bytes are counted when they come in and once per
//! socket write, however many frames that carries, by relaxed atomics. Latency is measured on one incoming frame of
//! [`SAMPLED_FRAMES`] per connection. Rooms, connections and queues are looked at only when somebody asks.
//!
//! `prometheus-client` keeps counters as bare atomics and writes the text; its own histogram has a lock, so there is
//! one of atomics here.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, text},
    metrics::{MetricType, counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use ting_frame::CloseReason;

use crate::{backplane::Backplane, outbox::Ending};

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Of so many frames from one connection, one is timed until it is on its readers' sockets.
pub(crate) const SAMPLED_FRAMES: u64 = 64;

type ByReason = Family<[(&'static str, &'static str); 1], Counter>;

/// All that is counted while the relay runs.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    gauges: Gauges,
    pub(crate) frames_in: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) frames_out: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) latency: Latency,
    dropped: ByReason,
    closed: ByReason,
    refused: ByReason,
    posted: ByReason,
    tls_reloads: ByReason,
    pub(crate) drains: Counter,
}

/// What is looked at when somebody asks.
#[derive(Debug, Default)]
struct Gauges {
    rooms: Gauge,
    lingering_rooms: Gauge,
    connections: Gauge,
    queued_frames: Gauge,
    queued_bytes: Gauge,
    longest_queue_frames: Gauge,
}

/// The state of all rooms at one moment.
#[derive(Debug, Default)]
pub(crate) struct Census {
    pub(crate) rooms: usize,
    pub(crate) lingering_rooms: usize,
    pub(crate) connections: u32,
    pub(crate) queued_frames: usize,
    pub(crate) queued_bytes: usize,
    pub(crate) longest_queue_frames: usize,
}

/// Why a frame reached fewer readers than it was meant for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undelivered {
    /// The member that it was for is not in the room.
    ToNobody,
    /// It waited for a reader that was cut.
    ReaderCut,
}

/// Why a socket never became a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// The client's address has too many sockets.
    TooManyFromAddress,
    /// The system refused it, for example for want of file descriptors.
    System,
    /// The TLS handshake failed or took too long.
    Tls,
    /// Its request was none, or took too long.
    Request,
    /// Its request was for no room, or from a foreign page.
    Upgrade(CloseReason),
}

impl Metrics {
    pub(crate) fn new(backplane: Option<&Backplane>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("ting_relay"),
            gauges: Gauges::default(),
            frames_in: Counter::default(),
            bytes_in: Counter::default(),
            frames_out: Counter::default(),
            bytes_out: Counter::default(),
            latency: Latency::default(),
            dropped: ByReason::default(),
            closed: ByReason::default(),
            refused: ByReason::default(),
            posted: ByReason::default(),
            tls_reloads: ByReason::default(),
            drains: Counter::default(),
        };
        metrics.register();
        if let Some(backplane) = backplane {
            backplane.register(&mut metrics.registry);
        }
        metrics
    }

    fn register(&mut self) {
        let (registry, gauges) = (&mut self.registry, &self.gauges);
        for (name, help, gauge) in [
            ("rooms", "Rooms with members", &gauges.rooms),
            (
                "lingering_rooms",
                "Rooms without members that keep their place",
                &gauges.lingering_rooms,
            ),
            ("connections", "Members of all rooms", &gauges.connections),
            (
                "queued_frames",
                "Frames waiting in all outboxes",
                &gauges.queued_frames,
            ),
            (
                "queued_bytes",
                "Bytes waiting in all outboxes",
                &gauges.queued_bytes,
            ),
            (
                "longest_queue_frames",
                "Frames waiting in the fullest outbox",
                &gauges.longest_queue_frames,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
        for (name, help, counter) in [
            ("frames_in", "Frames from clients", &self.frames_in),
            ("bytes_in", "Bytes of frames from clients", &self.bytes_in),
            ("frames_out", "Frames written to sockets", &self.frames_out),
            (
                "bytes_out",
                "Bytes written to sockets, before TLS",
                &self.bytes_out,
            ),
            ("drains", "Drains begun", &self.drains),
        ] {
            registry.register(name, help, counter.clone());
        }
        for (name, help, family) in [
            ("dropped_frames", "Frames that were not delivered", &self.dropped),
            ("closed_connections", "Connections that ended", &self.closed),
            (
                "refused_sockets",
                "Sockets that never became connections",
                &self.refused,
            ),
            (
                "posted_frames",
                "Frames that came by POST, and what became of them",
                &self.posted,
            ),
            ("tls_reloads", "Certificates read again", &self.tls_reloads),
        ] {
            registry.register(name, help, family.clone());
        }
        let help = "Time from reading a frame to its last byte on a reader's socket, of a sample";
        registry.register("latency_seconds", help, self.latency.clone());
    }

    pub(crate) fn count_undelivered(&self, why: Undelivered, frames: u64) {
        if frames == 0 {
            return;
        }
        let reason = match why {
            Undelivered::ToNobody => "to-nobody",
            Undelivered::ReaderCut => "reader-cut",
        };
        self.dropped.get_or_create(&[("reason", reason)]).inc_by(frames);
    }

    pub(crate) fn count_closed(&self, ending: Ending) {
        let reason = match ending {
            Ending::Closed(reason) => reason.name(),
            Ending::Goodbye(_) => "goodbye",
            Ending::Lost => "lost",
        };
        self.closed.get_or_create(&[("reason", reason)]).inc();
    }

    pub(crate) fn count_refused(&self, refusal: Refusal) {
        let reason = match refusal {
            Refusal::TooManyFromAddress => "too-many-from-address",
            Refusal::System => "system",
            Refusal::Tls => "tls",
            Refusal::Request => "request",
            Refusal::Upgrade(reason) => reason.name(),
        };
        self.refused.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts a frame that came by POST; if it was refused, by the name of the reason.
    pub(crate) fn count_posted(&self, outcome: Result<(), &'static str>) {
        let result = outcome.err().unwrap_or("handed-on");
        self.posted.get_or_create(&[("result", result)]).inc();
    }

    pub(crate) fn count_tls_reload(&self, succeeded: bool) {
        let result = if succeeded { "done" } else { "failed" };
        self.tls_reloads.get_or_create(&[("result", result)]).inc();
    }

    /// Everything in the text format that Prometheus reads.
    pub(crate) fn text(&self, census: &Census, backplane: Option<&Backplane>) -> Result<String, fmt::Error> {
        for (gauge, value) in [
            (&self.gauges.rooms, census.rooms),
            (&self.gauges.lingering_rooms, census.lingering_rooms),
            (&self.gauges.connections, census.connections as usize),
            (&self.gauges.queued_frames, census.queued_frames),
            (&self.gauges.queued_bytes, census.queued_bytes),
            (&self.gauges.longest_queue_frames, census.longest_queue_frames),
        ] {
            gauge.set(value as i64);
        }
        if let Some(backplane) = backplane {
            backplane.look();
        }
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A histogram of times, of nothing but atomics.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latency(Arc<Buckets>);

/// The bounds of the buckets double from 50 us to 1.6 s; one more takes the rest.
const FIRST_BOUND_US: u64 = 50;
const BOUNDS: usize = 16;

#[derive(Debug, Default)]
struct Buckets {
    counts: [AtomicU64; BOUNDS + 1],
    sum_ns: AtomicU64,
}

impl Latency {
    pub(crate) fn observe(&self, time: Duration) {
        let steps = time.as_micros().div_ceil(FIRST_BOUND_US.into()).max(1);
        // The first power of two that is no smaller than the number of steps.
        let bucket = u128::BITS - (steps - 1).leading_zeros();
        if let Some(count) = self.0.counts.get((bucket as usize).min(BOUNDS)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.sum_ns.fetch_add(ns, Ordering::Relaxed);
    }

    fn buckets(&self) -> Vec<(f64, u64)> {
        let bound = |bucket: usize| match bucket {
            BOUNDS => f64::MAX,
            bucket => (FIRST_BOUND_US << bucket) as f64 / 1e6,
        };
        let counts = self.0.counts.iter().map(|count| count.load(Ordering::Relaxed));
        counts
            .enumerate()
            .map(|(bucket, count)| (bound(bucket), count))
            .collect()
    }
}

impl EncodeMetric for Latency {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        let buckets = self.buckets();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum_s = self.0.sum_ns.load(Ordering::Relaxed) as f64 / 1e9;
        encoder.encode_histogram::<[(&str, &str); 0]>(sum_s, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_counts_in_the_first_bucket_that_holds_it() {
        let latency = Latency::default();
        let times_us = [0, 1, 50, 51, 100, 101, 1_638_400, 1_638_401, 60_000_000];
        for time_us in times_us {
            latency.observe(Duration::from_micros(time_us));
        }
        let filled: Vec<_> = latency
            .buckets()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(
            filled,
            [
                (0.000_05, 3),
                (0.000_1, 2),
                (0.000_2, 1),
                (1.638_4, 1),
                (f64::MAX, 2)
            ]
        );
    }
}
