//! What a backplane does with what it hears and with the passing of time. It knows no transport, so it is tested
//! without one.
//!
//! Why a malicious sibling cannot hurt: each of its messages is decoded under the bounds of [`super::message`], the
//! rosters that it can ask for are a bounded set, and what it may not say is counted and thrown away.

use std::{
    sync::{
        Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use ting_frame::NoticeKind;

use super::{
    Backplane, State, lock,
    message::{self, Header, RelayId, RelayMessage, RoomMessage, Roster},
    notice,
    queue::Outgoing,
    room_key::RoomKey,
    siblings::{Gone, Sign},
};
use crate::room::Room;

/// Most rooms whose rosters wait to be told.
const MAX_ROSTERS_DUE: usize = 65_536;
/// Rosters put into the queue at once, when it is empty.
const ROSTERS_AT_ONCE: usize = 64;

/// What the transport is to say after a message was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    Heartbeat,
    Hello,
}

impl Backplane {
    /// Takes what came on a room's subject.
    pub(super) fn hear_room(&self, room: &Room, bytes: &[u8]) {
        let Ok((header, message)) = message::decode_room(bytes, self.max_payload_bytes) else {
            self.counters.malformed.inc();
            return;
        };
        if header.relay != self.relay {
            room.hear(header, &message);
        }
    }

    /// Takes what came on the subject of all relays.
    pub(super) fn hear_relay(&self, bytes: &[u8], now: Instant) -> Answer {
        let Ok((header, message)) = message::decode_relay(bytes) else {
            self.counters.malformed.inc();
            return Answer::Nothing;
        };
        if header.relay == self.relay {
            return Answer::Nothing;
        }
        match message {
            RelayMessage::Alive { is_hello, heard } => self.hear_alive(header, is_hello, &heard, now),
            RelayMessage::Who(key) => {
                self.owe_roster(key);
                Answer::Nothing
            }
            RelayMessage::Goodbye => {
                if lock(&self.siblings).goodbye(header.relay) {
                    tracing::info!("a sibling stops");
                    self.lose(header.relay);
                    self.forget(header.relay);
                }
                Answer::Nothing
            }
        }
    }

    fn hear_alive(&self, header: Header, is_hello: bool, heard: &[(RelayId, u64)], now: Instant) -> Answer {
        let ours = heard.iter().find(|(relay, _)| *relay == self.relay);
        let has_heard = ours.map(|(_, sequence)| *sequence);
        let (sign, was_awaited, all_have_heard) = {
            let mut siblings = lock(&self.siblings);
            let was_awaited = !siblings.are_all_back();
            let sign = siblings.hear(header.relay, header.sequence, has_heard, now);
            (sign, was_awaited, siblings.all_have_heard())
        };
        if sign == Sign::Refused {
            self.counters.refused.inc();
            return Answer::Nothing;
        }
        self.is_alone.store(false, Ordering::Relaxed);
        let mut queue = lock(&self.queue);
        if let (true, Some(sequence)) = (is_hello || was_awaited, has_heard) {
            queue.say_again_after(sequence);
        }
        if let Some(sequence) = all_have_heard {
            queue.forget_until(sequence);
        }
        drop(queue);
        self.filled.notify_one();
        match sign {
            _ if is_hello => {
                self.owe_all_rosters();
                Answer::Heartbeat
            }
            Sign::Back => Answer::Hello,
            Sign::Usual | Sign::Refused => Answer::Nothing,
        }
    }

    pub(super) fn heartbeat(&self, is_hello: bool) -> Bytes {
        let heard = lock(&self.siblings).heard();
        self.relay_message(&RelayMessage::Alive { is_hello, heard })
    }

    pub(super) fn relay_message(&self, message: &RelayMessage) -> Bytes {
        message.encode(Header {
            relay: self.relay,
            sequence: lock(&self.queue).said_until(),
            previous: 0,
        })
    }

    /// The next messages to say, rosters after all else.
    pub(super) fn take(&self, most: usize) -> Vec<Outgoing> {
        let taken = lock(&self.queue).take(most);
        if !taken.is_empty() {
            return taken;
        }
        self.tell_due_rosters();
        lock(&self.queue).take(most)
    }

    pub(super) fn has_said_all(&self) -> bool {
        lock(&self.queue).is_said() && lock(&self.rosters_due).is_empty()
    }

    fn tell_due_rosters(&self) {
        let due: Vec<_> = {
            let mut due = lock(&self.rosters_due);
            std::iter::from_fn(|| due.pop_first())
                .take(ROSTERS_AT_ONCE)
                .collect()
        };
        for key in due {
            let room = lock(&self.rooms).get(&key).and_then(Weak::upgrade);
            match room {
                Some(room) => room.tell_roster(),
                None => self.push(key, &AtomicU64::new(0), &RoomMessage::Roster(Roster::EMPTY)),
            }
        }
    }

    fn owe_roster(&self, key: RoomKey) {
        let mut due = lock(&self.rosters_due);
        if due.len() >= MAX_ROSTERS_DUE {
            self.counters.refused.inc();
            return;
        }
        due.insert(key);
        drop(due);
        self.filled.notify_one();
    }

    pub(super) fn owe_all_rosters(&self) {
        let keys: Vec<_> = lock(&self.rooms).keys().copied().collect();
        for key in keys {
            self.owe_roster(key);
        }
    }

    /// Looks for siblings that have fallen silent: their members have left.
    pub(super) fn check_siblings(&self, now: Instant) {
        let is_cut_off = self.state() == State::CutOff;
        let Gone { silent, forgotten } = {
            let mut siblings = lock(&self.siblings);
            let gone = siblings.check(is_cut_off, now);
            self.is_alone.store(siblings.is_empty(), Ordering::Relaxed);
            gone
        };
        for relay in silent {
            tracing::warn!("a sibling fell silent");
            self.lose(relay);
        }
        for relay in forgotten {
            self.forget(relay);
        }
    }

    fn lose(&self, relay: RelayId) {
        for room in self.open_rooms() {
            room.lose(relay);
        }
    }

    fn forget(&self, relay: RelayId) {
        for room in self.open_rooms() {
            room.forget(relay);
        }
    }

    /// The connection is lost, and with it perhaps what it was given last: only what all siblings have heard counts as
    /// said. A hello that claimed more would be answered as if they had heard it.
    pub(super) fn cut_off(&self) {
        self.counters.lost_connections.inc();
        let all_have_heard = {
            let mut siblings = lock(&self.siblings);
            siblings.await_all();
            siblings.all_have_heard()
        };
        lock(&self.queue).say_again_after(all_have_heard.unwrap_or(0));
        self.state.send_replace(State::CutOff);
    }

    /// Sends a notice to all members of all rooms here.
    pub(super) fn announce(&self, kind: NoticeKind, text: &str) {
        let Some(wire) = notice(kind, text) else { return };
        for room in self.open_rooms() {
            for (_, outbox) in room.members().iter() {
                outbox.push(wire.clone());
            }
        }
    }
}
