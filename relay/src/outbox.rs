//! The queue of what is to be written to one connection.
//!
//! The room pushes, the connection's own task writes. Bytes count from the push until they are written, so the bound
//! holds for what is in flight as well. Pushing never waits: a reader that lets its outbox fill is closed with
//! [`CloseReason::SlowReader`], what waited is dropped, and the room goes on.
//!
//! What can wait for company ([`Outbox::push_patiently`]) is written with the next thing that cannot, or after
//! [`PATIENCE`]: a thousand joins at once are then a few writes for each member and not a thousand. Order is kept.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use ting_frame::CloseReason;
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{limits::Limits, websocket};

/// How long wire bytes that can wait do so for others.
const PATIENCE: Duration = Duration::from_millis(50);

/// The reason for which a connection ends, and whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The relay closes it.
    Closed(CloseReason),
    /// The client said goodbye, with this close code if any.
    Goodbye(Option<u16>),
    /// The network broke the connection.
    Lost,
}

/// A bounded queue of wire bytes with one reader, and the connection's ending once it has one.
#[derive(Debug)]
pub(crate) struct Outbox {
    max_frames: usize,
    max_bytes: usize,
    state: Mutex<State>,
    filled: Notify,
    ended: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Bytes>,
    /// Frames and bytes queued, or taken and not yet written.
    frames: usize,
    bytes: usize,
    /// Whether something in the queue must not wait.
    urgent: bool,
    ending: Option<Ending>,
    last_words_taken: bool,
    sample: Option<Sample>,
    /// Frames that were thrown away when the reader was cut.
    lost_frames: usize,
}

/// A frame on its way to the socket whose time is taken.
#[derive(Debug)]
struct Sample {
    read_at: Instant,
    /// Frames to be written until it is written itself.
    frames_to_go: usize,
}

impl Outbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max_frames: limits.max_queued_frames as usize,
            max_bytes: limits.max_queued_bytes as usize,
            state: Mutex::default(),
            filled: Notify::new(),
            ended: CancellationToken::new(),
        }
    }

    /// Queues wire bytes; ends the connection as a slow reader when they do not fit. After the end it does nothing.
    pub(crate) fn push(&self, wire: Bytes) {
        self.queue(wire, true);
    }

    /// As [`Outbox::push`], for wire bytes that can wait a moment for others.
    pub(crate) fn push_patiently(&self, wire: Bytes) {
        self.queue(wire, false);
    }

    fn queue(&self, wire: Bytes, urgent: bool) {
        let mut state = self.lock();
        if state.ending.is_some() {
            return;
        }
        if state.frames >= self.max_frames || state.bytes + wire.len() > self.max_bytes {
            state.lost_frames = state.queue.len() + 1;
            state.queue = VecDeque::new();
            drop(state);
            return self.end(Ending::Closed(CloseReason::SlowReader));
        }
        state.frames += 1;
        state.bytes += wire.len();
        state.queue.push_back(wire);
        let was_empty = state.queue.len() == 1;
        let is_news = urgent && !state.urgent;
        state.urgent |= urgent;
        drop(state);
        if was_empty || is_news {
            self.filled.notify_one();
        }
    }

    /// Queues wire bytes whose frame was read at that instant; [`Outbox::note_written`] tells when they are on the socket.
    pub(crate) fn push_sample(&self, wire: Bytes, read_at: Instant) {
        self.push(wire);
        let mut state = self.lock();
        let frames_to_go = state.frames;
        state.sample.get_or_insert(Sample {
            read_at,
            frames_to_go,
        });
    }

    /// Ends the connection: what is queued is still written, then the close frame. The first ending stays.
    pub(crate) fn end(&self, ending: Ending) {
        self.lock().ending.get_or_insert(ending);
        self.ended.cancel();
        self.filled.notify_one();
    }

    /// How the connection ends, once that is decided.
    pub(crate) fn ending(&self) -> Option<Ending> {
        self.lock().ending
    }

    /// Waits until the connection is to end.
    pub(crate) async fn until_ended(&self) {
        self.ended.cancelled().await;
    }

    /// Waits for wire bytes and swaps them into `batch`, which must be empty; leaves it empty after the close frame.
    pub(crate) async fn take(&self, batch: &mut VecDeque<Bytes>) {
        let mut patience_is_over = false;
        loop {
            let can_wait = {
                let mut state = self.lock();
                if let Some(ending) = state.ending.filter(|_| state.queue.is_empty()) {
                    if !std::mem::replace(&mut state.last_words_taken, true) {
                        batch.extend(last_words(ending));
                    }
                    return;
                }
                let can_wait = !state.urgent && state.ending.is_none() && !patience_is_over;
                if !state.queue.is_empty() && !can_wait {
                    std::mem::swap(&mut state.queue, batch);
                    state.urgent = false;
                    return;
                }
                !state.queue.is_empty()
            };
            if can_wait {
                patience_is_over = timeout(PATIENCE, self.filled.notified()).await.is_err();
            } else {
                self.filled.notified().await;
            }
        }
    }

    /// Says that so many frames and bytes of the batch have been written. If one of them is a sample, the answer is when
    /// it was read.
    pub(crate) fn note_written(&self, frames: usize, bytes: usize) -> Option<Instant> {
        let mut state = self.lock();
        state.frames = state.frames.saturating_sub(frames);
        state.bytes = state.bytes.saturating_sub(bytes);
        let sample = state.sample.as_mut()?;
        sample.frames_to_go = sample.frames_to_go.saturating_sub(frames);
        let is_written = sample.frames_to_go == 0;
        state.sample.take_if(|_| is_written).map(|sample| sample.read_at)
    }

    /// Number of frames that wait, and their bytes.
    pub(crate) fn depth(&self) -> (usize, usize) {
        let state = self.lock();
        (state.frames, state.bytes)
    }

    /// Frames that were thrown away when the reader was cut.
    pub(crate) fn lost_frames(&self) -> usize {
        self.lock().lost_frames
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_words(ending: Ending) -> Option<Bytes> {
    match ending {
        Ending::Closed(reason) => Some(websocket::close(reason)),
        Ending::Goodbye(code) => Some(websocket::close_answer(code)),
        Ending::Lost => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: Bytes = Bytes::from_static(b"0123456789");

    fn outbox(max_queued_frames: u32, max_queued_bytes: u32) -> Outbox {
        Outbox::new(&Limits {
            max_queued_frames,
            max_queued_bytes,
            ..Limits::default()
        })
    }

    async fn taken(outbox: &Outbox) -> Vec<Bytes> {
        let mut batch = VecDeque::new();
        outbox.take(&mut batch).await;
        batch.into()
    }

    #[tokio::test]
    async fn too_many_frames_or_bytes_end_a_slow_reader_and_free_its_queue() {
        for outbox in [outbox(2, 1_000), outbox(1_000, 20)] {
            outbox.push(WIRE);
            outbox.push(WIRE);
            assert_eq!(outbox.ending(), None);
            outbox.push(WIRE);
            assert_eq!(outbox.ending(), Some(Ending::Closed(CloseReason::SlowReader)));
            assert_eq!(outbox.lost_frames(), 3);
            assert_eq!(taken(&outbox).await, [websocket::close(CloseReason::SlowReader)]);
        }
    }

    #[tokio::test]
    async fn what_is_taken_counts_until_it_is_written() {
        let outbox = outbox(2, 1_000);
        outbox.push(WIRE);
        outbox.push(WIRE);
        assert_eq!(taken(&outbox).await.len(), 2);
        outbox.note_written(1, 10);
        outbox.push(WIRE);
        assert_eq!(outbox.ending(), None);
        outbox.push(WIRE);
        assert_eq!(outbox.ending(), Some(Ending::Closed(CloseReason::SlowReader)));
    }

    #[tokio::test]
    async fn a_sample_is_told_when_it_is_written() {
        let outbox = outbox(10, 1_000);
        let read_at = Instant::now();
        outbox.push(WIRE);
        outbox.push_sample(WIRE, read_at);
        outbox.push(WIRE);
        assert_eq!(taken(&outbox).await.len(), 3);
        assert_eq!(outbox.note_written(1, 10), None);
        assert_eq!(outbox.note_written(2, 20), Some(read_at));
        assert_eq!(outbox.depth(), (0, 0));
    }

    #[tokio::test]
    async fn what_was_queued_before_the_end_is_written_before_the_close_frame() {
        let outbox = outbox(10, 1_000);
        outbox.push(WIRE);
        outbox.end(Ending::Closed(CloseReason::Draining));
        outbox.push(WIRE);
        assert_eq!(taken(&outbox).await, [WIRE]);
        assert_eq!(taken(&outbox).await, [websocket::close(CloseReason::Draining)]);
        assert!(taken(&outbox).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_wait_is_taken_after_a_while_or_with_what_cannot() {
        let outbox = outbox(10, 1_000);
        let start = tokio::time::Instant::now();
        outbox.push_patiently(WIRE);
        outbox.push_patiently(WIRE);
        assert_eq!(taken(&outbox).await.len(), 2);
        assert!((PATIENCE..2 * PATIENCE).contains(&start.elapsed()));
        let start = tokio::time::Instant::now();
        outbox.push_patiently(WIRE);
        outbox.push(Bytes::from_static(b"now"));
        outbox.push_patiently(WIRE);
        assert_eq!(taken(&outbox).await, [WIRE, Bytes::from_static(b"now"), WIRE]);
        outbox.push_patiently(WIRE);
        outbox.end(Ending::Lost);
        assert_eq!(taken(&outbox).await, [WIRE]);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn the_first_ending_stays() {
        let outbox = outbox(10, 1_000);
        outbox.end(Ending::Goodbye(Some(1000)));
        outbox.end(Ending::Lost);
        assert_eq!(outbox.ending(), Some(Ending::Goodbye(Some(1000))));
    }
}
