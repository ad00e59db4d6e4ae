//! What all clients of a run heard so far.

use std::{
    cell::{Cell, RefCell},
    sync::OnceLock,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::timeout};

use crate::histogram::Histogram;

/// After so long without any delivery, what is still missing counts as lost.
const SILENCE: Duration = Duration::from_millis(1_500);

/// Deliveries and what else clients see, shared by all clients, which run on one thread.
#[derive(Default)]
pub struct Tally {
    latencies_us: RefCell<Histogram>,
    bytes: Cell<u64>,
    closed: Cell<u64>,
    grown: Notify,
}

impl Tally {
    /// Counts a delivery that was sent at this time.
    pub fn delivered(&self, sent_us: u32, now_us: u32) {
        self.latencies_us.borrow_mut().add(now_us.saturating_sub(sent_us));
    }

    /// Counts bytes read from a server, and wakes whoever waits for deliveries.
    pub fn read(&self, bytes: usize) {
        self.bytes.set(self.bytes.get() + bytes as u64);
        self.grown.notify_one();
    }

    /// Counts a connection that the server ended.
    pub fn closed(&self) {
        self.closed.set(self.closed.get() + 1);
        self.grown.notify_one();
    }

    /// Number of connections that the server ended.
    pub fn closed_count(&self) -> u64 {
        self.closed.get()
    }

    /// Number of bytes that all clients have read.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Number of deliveries so far.
    pub fn deliveries(&self) -> u64 {
        self.latencies_us.borrow().total()
    }

    /// The latencies of all deliveries so far.
    pub fn latencies_us(&self) -> Histogram {
        self.latencies_us.borrow().clone()
    }

    /// Waits until there are so many deliveries; false when the rest stays away.
    pub async fn wait_for(&self, deliveries: u64) -> bool {
        while self.deliveries() < deliveries {
            if timeout(SILENCE, self.grown.notified()).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// Time since the start of the program; it passes `u32` after 71 minutes.
pub fn now_us() -> u32 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u32
}
