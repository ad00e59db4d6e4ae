//! What waits to be said to the siblings, and what was said but may have to be said again.
//!
//! Every message gets the next sequence as it is queued. What was said stays until all siblings have heard it or the
//! space is needed, so that after a lost connection it can be said again from where a sibling last heard; who has it
//! already knows it by its sequence. Full, the oldest go first: for free if they were said, else counted as dropped.

use std::collections::VecDeque;

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;

use super::{
    message::{self, Header, RelayId, RoomMessage},
    room_key::RoomKey,
};

/// A message to the siblings, and its place in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) sequence: u64,
    previous: u64,
    pub(crate) room: RoomKey,
    pub(crate) bytes: Bytes,
}

#[derive(Debug)]
pub(crate) struct Queue {
    relay: RelayId,
    max_frames: usize,
    max_bytes: usize,
    messages: VecDeque<Outgoing>,
    /// Number of messages at the front that were said, and are kept to be said again.
    said: usize,
    bytes: usize,
    last_sequence: u64,
    dropped: Counter,
}

impl Queue {
    pub(crate) fn new(relay: RelayId, dropped: Counter, max_frames: usize, max_bytes: usize) -> Self {
        Self {
            relay,
            max_frames: max_frames.max(1),
            max_bytes,
            messages: VecDeque::new(),
            said: 0,
            bytes: 0,
            last_sequence: 0,
            dropped,
        }
    }

    /// Queues a message that follows `previous` in its room; the oldest ones make space. Its sequence.
    pub(crate) fn push(&mut self, room: RoomKey, previous: u64, message: &RoomMessage<'_>) -> u64 {
        self.last_sequence += 1;
        let sequence = self.last_sequence;
        let header = Header {
            relay: self.relay,
            sequence,
            previous,
        };
        let bytes = message.encode(header);
        while self.messages.len() >= self.max_frames
            || (self.bytes + bytes.len() > self.max_bytes && !self.messages.is_empty())
        {
            self.remove_oldest();
        }
        self.bytes += bytes.len();
        self.messages.push_back(Outgoing {
            sequence,
            previous,
            room,
            bytes,
        });
        sequence
    }

    /// The next messages to say, at most `most`; they count as said.
    pub(crate) fn take(&mut self, most: usize) -> Vec<Outgoing> {
        let oldest = self.messages.front().map_or(0, |oldest| oldest.sequence);
        let next = self.messages.iter().skip(self.said).take(most).cloned();
        let taken: Vec<_> = next.map(|message| message.following(oldest)).collect();
        self.said += taken.len();
        taken
    }

    /// Whether every queued message was said.
    pub(crate) fn is_said(&self) -> bool {
        self.said == self.messages.len()
    }

    /// The sequence up to which everything was said.
    pub(crate) fn said_until(&self) -> u64 {
        self.messages
            .get(self.said)
            .map_or(self.last_sequence, |next| next.sequence - 1)
    }

    /// Will say again what came after this sequence, as far as it is still here.
    pub(crate) fn say_again_after(&mut self, sequence: u64) {
        let heard = self
            .messages
            .partition_point(|message| message.sequence <= sequence);
        self.said = self.said.min(heard);
    }

    /// Forgets what was said up to this sequence, which all siblings have heard.
    pub(crate) fn forget_until(&mut self, sequence: u64) {
        while self.said > 0
            && self
                .messages
                .front()
                .is_some_and(|oldest| oldest.sequence <= sequence)
        {
            self.remove_oldest();
        }
    }

    /// Number of messages that are kept, and their bytes.
    pub(crate) fn depth(&self) -> (usize, usize) {
        (self.messages.len(), self.bytes)
    }

    fn remove_oldest(&mut self) {
        if let Some(oldest) = self.messages.pop_front() {
            self.bytes -= oldest.bytes.len();
            if self.said == 0 {
                self.dropped.inc();
            }
            self.said = self.said.saturating_sub(1);
        }
    }
}

impl Outgoing {
    /// As it is to be said when `oldest` is the oldest message that can be said again.
    fn following(self, oldest: u64) -> Self {
        if self.previous == 0 || self.previous >= oldest {
            return self;
        }
        Self {
            previous: 0,
            bytes: message::without_previous(&self.bytes),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use ting_frame::ConnectionId;

    use super::*;

    const ROOM: [u8; 16] = [1; 16];

    fn queue(max_frames: usize, max_bytes: usize) -> Queue {
        Queue::new(RelayId(1), Counter::default(), max_frames, max_bytes)
    }

    fn push(queue: &mut Queue, count: usize) {
        for _ in 0..count {
            let id = ConnectionId::new(5).unwrap();
            let previous = queue.last_sequence;
            queue.push(RoomKey::from_bytes(ROOM), previous, &RoomMessage::Joined(id));
        }
    }

    fn taken(queue: &mut Queue, most: usize) -> Vec<u64> {
        queue.take(most).iter().map(|message| message.sequence).collect()
    }

    #[test]
    fn messages_are_said_in_order_and_once() {
        let mut queue = queue(10, 10_000);
        push(&mut queue, 3);
        assert_eq!(queue.said_until(), 0);
        assert_eq!(taken(&mut queue, 2), [1, 2]);
        assert_eq!(queue.said_until(), 2);
        assert_eq!(taken(&mut queue, 2), [3]);
        assert!(queue.is_said() && queue.take(2).is_empty());
    }

    #[test]
    fn what_a_sibling_missed_is_said_again_before_what_is_new() {
        let mut queue = queue(10, 10_000);
        push(&mut queue, 4);
        queue.take(4);
        push(&mut queue, 1);
        queue.say_again_after(2);
        assert_eq!(queue.said_until(), 2);
        queue.say_again_after(3);
        assert_eq!(taken(&mut queue, 10), [3, 4, 5]);
    }

    #[test]
    fn what_all_have_heard_is_forgotten_but_nothing_unsaid() {
        let mut queue = queue(10, 10_000);
        push(&mut queue, 3);
        queue.take(2);
        queue.forget_until(3);
        assert_eq!(queue.depth().0, 1);
        assert_eq!(taken(&mut queue, 10), [3]);
        assert_eq!(queue.dropped.get(), 0);
    }

    #[test]
    fn full_of_frames_or_bytes_the_oldest_go_and_only_the_unsaid_count_as_dropped() {
        let message_bytes = 34;
        for mut queue in [queue(3, 10_000), queue(100, 3 * message_bytes)] {
            push(&mut queue, 3);
            queue.take(1);
            push(&mut queue, 1);
            assert_eq!((queue.dropped.get(), queue.depth()), (0, (3, 3 * message_bytes)));
            push(&mut queue, 1);
            assert_eq!(queue.dropped.get(), 1);
            let taken = queue.take(10);
            let numbers: Vec<_> = taken
                .iter()
                .map(|message| (message.sequence, message.previous))
                .collect();
            assert_eq!(numbers, [(3, 0), (4, 3), (5, 4)], "2 will not be said");
        }
    }
}
