//! Frames on their way to one relay, within the limits that it published.
//!
//! Two token buckets, frames and bytes, filled at four fifths of the published rates, so that clocks that disagree never
//! make us break them. What does not fit waits; when too much waits, the oldest goes: gossip repeats itself, and an
//! old vote helps less than a new one.

use std::collections::VecDeque;

use thiserror::Error;
use ting_frame::Limits;

/// Most frames that wait.
const MAX_WAITING_FRAMES: usize = 2_048;
/// Most bytes of frames that wait.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Share of the published limits that is used, in percent.
const USED_PERCENT: u64 = 80;

/// The relay takes no frame of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a frame of {frame_bytes} bytes, the relay takes {max_frame_bytes}")]
pub(super) struct FrameTooLarge {
    frame_bytes: usize,
    max_frame_bytes: usize,
}

/// A queue that keeps to the relay's limits by two token buckets: of frames and of bytes.
#[derive(Debug)]
pub(super) struct Outbox {
    max_frame_bytes: usize,
    frames: Bucket,
    bytes: Bucket,
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
}

impl Outbox {
    /// An empty queue with full buckets.
    pub(super) fn new(limits: &Limits, now_ms: u64) -> Self {
        Self {
            max_frame_bytes: limits.max_frame_bytes as usize,
            frames: Bucket::new(limits.frames_per_s, limits.burst_frames, now_ms),
            bytes: Bucket::new(
                limits.bytes_per_s,
                limits.burst_bytes.max(limits.max_frame_bytes),
                now_ms,
            ),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
        }
    }

    /// Queues a frame; the oldest are dropped when too much waits.
    ///
    /// # Errors
    /// [`FrameTooLarge`] for one that the relay would refuse: it is dropped.
    pub(super) fn push(&mut self, frame: Vec<u8>) -> Result<(), FrameTooLarge> {
        if frame.len() > self.max_frame_bytes {
            return Err(FrameTooLarge {
                frame_bytes: frame.len(),
                max_frame_bytes: self.max_frame_bytes,
            });
        }
        self.waiting_bytes += frame.len();
        self.waiting.push_back(frame);
        while self.waiting.len() > MAX_WAITING_FRAMES || self.waiting_bytes > MAX_WAITING_BYTES {
            self.take_front();
        }
        Ok(())
    }

    /// The next frame that may be sent now.
    pub(super) fn pop(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        let len = self.waiting.front()?.len() as u64;
        if self.ready_in_ms(now_ms)? > 0 {
            return None;
        }
        self.frames.take(1);
        self.bytes.take(len);
        self.take_front()
    }

    /// How long until [`Outbox::pop`] gives something; `None`: nothing waits.
    pub(super) fn ready_in_ms(&mut self, now_ms: u64) -> Option<u64> {
        let len = self.waiting.front()?.len() as u64;
        Some(
            self.frames
                .ready_in_ms(1, now_ms)
                .max(self.bytes.ready_in_ms(len, now_ms)),
        )
    }

    fn take_front(&mut self) -> Option<Vec<u8>> {
        let frame = self.waiting.pop_front()?;
        self.waiting_bytes -= frame.len();
        Some(frame)
    }
}

/// Tokens in thousandths, so that every millisecond adds a whole number.
#[derive(Debug)]
struct Bucket {
    milli_tokens: u64,
    milli_capacity: u64,
    tokens_per_s: u64,
    filled_at_ms: u64,
}

impl Bucket {
    fn new(published_per_s: u32, published_burst: u32, now_ms: u64) -> Self {
        let share = |published: u32| (u64::from(published) * USED_PERCENT / 100).max(1);
        let milli_capacity = share(published_burst) * 1_000;
        Self {
            milli_tokens: milli_capacity,
            milli_capacity,
            tokens_per_s: share(published_per_s),
            filled_at_ms: now_ms,
        }
    }

    fn fill(&mut self, now_ms: u64) {
        let added = now_ms
            .saturating_sub(self.filled_at_ms)
            .saturating_mul(self.tokens_per_s);
        self.milli_tokens = self.milli_tokens.saturating_add(added).min(self.milli_capacity);
        self.filled_at_ms = now_ms;
    }

    /// A frame beyond the bucket's capacity needs a full bucket.
    fn ready_in_ms(&mut self, tokens: u64, now_ms: u64) -> u64 {
        self.fill(now_ms);
        let needed = tokens.saturating_mul(1_000).min(self.milli_capacity);
        needed
            .saturating_sub(self.milli_tokens)
            .div_ceil(self.tokens_per_s)
    }

    fn take(&mut self, tokens: u64) {
        self.milli_tokens = self.milli_tokens.saturating_sub(tokens.saturating_mul(1_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_frame_bytes: 1_000,
        frames_per_s: 10,
        burst_frames: 20,
        bytes_per_s: 5_000,
        burst_bytes: 10_000,
        max_members: 10,
    };

    fn drain(outbox: &mut Outbox, now_ms: u64) -> usize {
        std::iter::from_fn(|| outbox.pop(now_ms)).count()
    }

    #[test]
    fn a_burst_and_then_the_sustained_rate_stay_below_the_published_limits() {
        let mut outbox = Outbox::new(&LIMITS, 0);
        (0..100).for_each(|_| outbox.push(vec![0; 10]).unwrap());
        assert_eq!(drain(&mut outbox, 0), 16);
        assert_eq!(outbox.ready_in_ms(0), Some(125));
        assert_eq!(drain(&mut outbox, 1_000), 8);
        assert_eq!(drain(&mut outbox, 1_000), 0);
    }

    #[test]
    fn bytes_are_limited_too() {
        let mut outbox = Outbox::new(&LIMITS, 0);
        (0..15).for_each(|_| outbox.push(vec![0; 1_000]).unwrap());
        assert_eq!(drain(&mut outbox, 0), 8);
        assert_eq!(outbox.ready_in_ms(0), Some(250));
    }

    #[test]
    fn an_oversized_frame_is_dropped_and_the_oldest_give_way_to_new_ones() {
        let mut outbox = Outbox::new(&LIMITS, 0);
        assert!(outbox.push(vec![0; 1_001]).is_err());
        assert_eq!(outbox.ready_in_ms(0), None);
        for number in 0..=MAX_WAITING_FRAMES as u32 {
            outbox.push(number.to_le_bytes().to_vec()).unwrap();
        }
        assert_eq!(outbox.pop(0), Some(1_u32.to_le_bytes().to_vec()));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_no_tokens() {
        let mut outbox = Outbox::new(&LIMITS, 100_000);
        (0..100).for_each(|_| outbox.push(vec![0; 10]).unwrap());
        drain(&mut outbox, 100_000);
        assert_eq!(drain(&mut outbox, 0), 0);
        assert_eq!(drain(&mut outbox, 500), 4);
    }
}
