//! Several relays, one room: relays joined through NATS.
//!
//! Each relay tells its siblings on a room's subject what its members send, who of them enters and who leaves; what it
//! hears there it hands to its own members as if the others were here. A relay keeps nothing that the siblings need
//! after it is gone.
//!
//! ```text
//! room -> queue -> nats (one session per connection) -> siblings
//! room <-------- message, roster <----- nats
//! ```
//!
//! Invariants:
//! - Members get a source's frames in the order it sent them, each once: every message has a sequence, and what is not
//!   newer than the last one heard is thrown away.
//! - Nothing waits for NATS: a room queues and goes on. The queue is bounded in frames and bytes; what it cannot hold
//!   is counted and told to the members.
//! - After a lost connection a relay first waits until its siblings are back, then says again what they have not heard.
//! - A newcomer's Welcome waits until the siblings have said who is in the room, for [`SETTLE_DEADLINE`] at most.
//!
//! Why a malicious sibling cannot hurt the relay: it is bounded as a client would be. Its messages are checked to the
//! last byte, its frames obey the limit of frames, its members the limit of members, and it cannot speak for a member
//! of another relay. How fast it speaks is not limited: it speaks for all its members. So NATS must let in relays only.

mod message;
#[cfg(feature = "nats")]
mod nats;
mod queue;
mod room_key;
mod roster;
mod settings;
mod siblings;

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use ting_frame::{ConnectionId, Control, Destination, Notice, NoticeKind, RoomName};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::limits::Limits;
use crate::room::Room;
use crate::websocket;

pub(crate) use message::{Header, RelayId, RoomMessage, Roster};
#[cfg(feature = "nats")]
pub(crate) use nats::start;
pub(crate) use roster::{Changes, Claim, RemoteMembers, Turn};
pub use settings::{BackplaneError, BackplaneSettings};

use message::RelayMessage;
use queue::{Outgoing, Queue};
use room_key::RoomKey;
use siblings::{Gone, Siblings, Sign};

/// Longest time that a newcomer waits until the siblings have said who is in the room.
const SETTLE_DEADLINE: Duration = Duration::from_secs(1);
/// Longest time for the last words.
const STOP_DEADLINE: Duration = Duration::from_secs(2);
/// Most rooms whose rosters wait to be told.
const MAX_ROSTERS_DUE: usize = 65_536;
/// Rosters put into the queue at once, when it is empty.
const ROSTERS_AT_ONCE: usize = 64;

/// How a relay stands to its siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is a connection, but the siblings may not be heard yet.
    Joining,
    /// Rooms span all relays.
    Joined,
    /// There is no connection: rooms go on here alone, and what is for siblings waits in the queue.
    CutOff,
}

/// Counts since the relay started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages for siblings that the queue could not hold.
    pub(crate) dropped: u64,
    /// Messages of siblings that came faster than they were handled.
    pub(crate) overflowed: u64,
    /// Messages that are none.
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
struct Counters {
    dropped: Counter,
    overflowed: Counter,
    malformed: Counter,
    refused: Counter,
    stale: Counter,
    holes: Counter,
    lost_connections: Counter,
}

#[derive(Debug, Default)]
struct Gauges {
    joined: Gauge,
    queued_messages: Gauge,
    queued_bytes: Gauge,
}

/// What this relay shares with its siblings.
#[derive(Debug)]
pub(crate) struct Backplane {
    relay: RelayId,
    cluster: String,
    max_members: usize,
    max_payload_bytes: usize,
    queue: Mutex<Queue>,
    filled: Notify,
    siblings: Mutex<Siblings>,
    /// No sibling is known, so there is nobody to tell anything.
    is_alone: AtomicBool,
    rooms: Mutex<HashMap<RoomKey, Weak<Room>>>,
    /// Rooms that opened or closed since they were subscribed.
    changed: Mutex<BTreeSet<RoomKey>>,
    room_changed: Notify,
    rosters_due: Mutex<BTreeSet<RoomKey>>,
    state: watch::Sender<State>,
    counters: Counters,
    gauges: Gauges,
    /// Some members were told that the relay is cut off.
    was_told: AtomicBool,
    /// How many dropped messages members were told of.
    dropped_told: AtomicU64,
    stopping: CancellationToken,
}

/// A backplane and the task that serves it.
#[derive(Debug)]
pub(crate) struct Running {
    backplane: Arc<Backplane>,
    task: JoinHandle<()>,
}

/// Joins the siblings; without a transport there are none.
#[cfg(not(feature = "nats"))]
pub(crate) async fn start(_: &Arc<Backplane>, _: &Config) -> Result<Running, BackplaneError> {
    Err(BackplaneError::Unreachable(
        "this relay was built without it".to_owned(),
    ))
}

impl Running {
    /// Says what is still to say and goodbye, within [`STOP_DEADLINE`].
    pub(crate) async fn stop(self) {
        self.backplane.stopping.cancel();
        if timeout(STOP_DEADLINE, self.task).await.is_err() {
            tracing::warn!("the backplane did not end in time");
        }
    }
}

/// What the transport is to say after a message was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Heartbeat,
    Hello,
}

/// A room's end of the backplane; dropping it closes the room there.
#[derive(Debug)]
pub(crate) struct Link {
    backplane: Arc<Backplane>,
    key: RoomKey,
    settled: CancellationToken,
    /// Sequence of the last message for this room.
    last_sequence: AtomicU64,
}

impl Backplane {
    /// The backplane that this configuration asks for; it does nothing before [`start`].
    pub(crate) fn wanted(config: &Config) -> Option<Arc<Self>> {
        #[cfg(feature = "nats")]
        if !config.backplane.backplane.is_empty() {
            return Some(Self::new(&config.backplane, &config.limits));
        }
        let _ = config;
        None
    }

    fn new(settings: &BackplaneSettings, limits: &Limits) -> Arc<Self> {
        let relay = RelayId(RandomState::new().hash_one(0));
        let counters = Counters::default();
        let queue = Queue::new(
            relay,
            counters.dropped.clone(),
            settings.backplane_buffer_frames as usize,
            settings.backplane_buffer_bytes as usize,
        );
        Arc::new(Self {
            relay,
            cluster: settings.backplane_cluster.clone(),
            max_members: limits.max_members as usize,
            max_payload_bytes: limits.max_frame_bytes as usize - ting_frame::HEADER_BYTES,
            queue: Mutex::new(queue),
            filled: Notify::new(),
            siblings: Mutex::new(Siblings::new(settings.heartbeat())),
            is_alone: AtomicBool::new(true),
            rooms: Mutex::default(),
            changed: Mutex::default(),
            room_changed: Notify::new(),
            rosters_due: Mutex::default(),
            state: watch::Sender::new(State::Joining),
            counters,
            gauges: Gauges::default(),
            was_told: AtomicBool::new(false),
            dropped_told: AtomicU64::new(0),
            stopping: CancellationToken::new(),
        })
    }

    /// How this relay stands to its siblings.
    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

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

    /// The room of this name: the one that is open, or a new one that the siblings are asked about.
    pub(crate) fn room(self: &Arc<Self>, name: RoomName) -> Arc<Room> {
        let key = RoomKey::new(&self.cluster, &name);
        let asked = match self.state() {
            State::CutOff => BTreeSet::new(),
            State::Joining | State::Joined => lock(&self.siblings).live(),
        };
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(&key).and_then(Weak::upgrade) {
            return room;
        }
        let remote = RemoteMembers::waiting_for(asked);
        let link = Link {
            backplane: self.clone(),
            key,
            settled: CancellationToken::new(),
            last_sequence: AtomicU64::new(0),
        };
        if remote.is_settled() {
            link.settled.cancel();
        }
        let room = Arc::new(Room::linked(name, link, remote));
        rooms.insert(key, Arc::downgrade(&room));
        drop(rooms);
        self.mark_changed(key);
        room
    }

    /// What newcomers are told while the relay is cut off.
    fn standing_notice(&self) -> Option<Bytes> {
        match self.state() {
            State::CutOff => {
                self.was_told.store(true, Ordering::Relaxed);
                notice(NoticeKind::CutOff, CUT_OFF)
            }
            State::Joining | State::Joined => None,
        }
    }

    /// Queues a message. `last_sequence` is that of the room, which moves on.
    fn push(&self, room: RoomKey, last_sequence: &AtomicU64, message: &RoomMessage<'_>) {
        let mut queue = lock(&self.queue);
        let previous = last_sequence.load(Ordering::Relaxed);
        last_sequence.store(queue.push(room, previous, message), Ordering::Relaxed);
        drop(queue);
        self.filled.notify_one();
    }

    fn mark_changed(&self, key: RoomKey) {
        lock(&self.changed).insert(key);
        self.room_changed.notify_one();
    }

    fn open_rooms(&self) -> Vec<Arc<Room>> {
        lock(&self.rooms).values().filter_map(Weak::upgrade).collect()
    }
}

const CUT_OFF: &str = "The relay is cut off from its siblings: you reach only those who are on this relay.";

fn notice(kind: NoticeKind, text: &str) -> Option<Bytes> {
    let notice = Notice::new(kind, text).ok()?;
    Some(websocket::control_message(Control::Notice(notice)))
}

/// What the transport does; here, so that it can be tested without one.
impl Backplane {
    /// Takes what came on a room's subject.
    fn hear_room(&self, room: &Room, bytes: &[u8]) {
        let Ok((header, message)) = message::decode_room(bytes, self.max_payload_bytes) else {
            {
                self.counters.malformed.inc();
                return;
            }
        };
        if header.relay != self.relay {
            room.hear(header, &message);
        }
    }

    /// Takes what came on the subject of all relays.
    fn hear_relay(&self, bytes: &[u8], now: Instant) -> Answer {
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

    fn heartbeat(&self, is_hello: bool) -> Bytes {
        let heard = lock(&self.siblings).heard();
        self.relay_message(&RelayMessage::Alive { is_hello, heard })
    }

    fn relay_message(&self, message: &RelayMessage) -> Bytes {
        message.encode(Header {
            relay: self.relay,
            sequence: lock(&self.queue).said_until(),
            previous: 0,
        })
    }

    /// The next messages to say, rosters after all else.
    fn take(&self, most: usize) -> Vec<Outgoing> {
        let taken = lock(&self.queue).take(most);
        if !taken.is_empty() {
            return taken;
        }
        self.tell_due_rosters();
        lock(&self.queue).take(most)
    }

    fn has_said_all(&self) -> bool {
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
                None => self.push(
                    key,
                    &AtomicU64::new(0),
                    &RoomMessage::Roster(Roster {
                        first: 0,
                        last: u64::MAX,
                        ids: Vec::new(),
                    }),
                ),
            }
        }
    }

    fn owe_roster(&self, key: RoomKey) {
        let mut due = lock(&self.rosters_due);
        if due.len() >= MAX_ROSTERS_DUE {
            {
                self.counters.refused.inc();
                return;
            }
        }
        due.insert(key);
        drop(due);
        self.filled.notify_one();
    }

    fn owe_all_rosters(&self) {
        let keys: Vec<_> = lock(&self.rooms).keys().copied().collect();
        for key in keys {
            self.owe_roster(key);
        }
    }

    /// Looks for siblings that have fallen silent: their members have left.
    fn check_siblings(&self, now: Instant) {
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
    fn cut_off(&self) {
        self.counters.lost_connections.inc();
        let all_have_heard = {
            let mut siblings = lock(&self.siblings);
            siblings.await_all();
            siblings.all_have_heard()
        };
        lock(&self.queue).say_again_after(all_have_heard.unwrap_or(0));
        self.state.send_replace(State::CutOff);
    }

    /// Tells all members something.
    fn announce(&self, kind: NoticeKind, text: &str) {
        let Some(wire) = notice(kind, text) else { return };
        for room in self.open_rooms() {
            for (_, outbox) in room.members().iter() {
                outbox.push(wire.clone());
            }
        }
    }
}

impl Link {
    /// Tells the siblings of a member's frame; false when nobody there is concerned.
    #[must_use]
    pub(crate) fn send(
        &self,
        source: ConnectionId,
        destination: Destination,
        payload: &[u8],
        is_remote: impl FnOnce(ConnectionId) -> bool,
    ) -> bool {
        let concerns = match destination {
            Destination::EverybodyElse => !self.backplane.is_alone.load(Ordering::Relaxed),
            Destination::One(id) => is_remote(id),
        };
        if concerns {
            let frame = RoomMessage::Frame {
                source,
                destination,
                payload,
            };
            self.push(&frame);
        }
        concerns
    }

    /// Tells the siblings who came or went.
    pub(crate) fn tell(&self, message: &RoomMessage<'_>) {
        if !self.backplane.is_alone.load(Ordering::Relaxed) {
            self.push(message);
        }
    }

    /// Tells the siblings all of this relay's members in the room.
    pub(crate) fn tell_roster(&self, ids: &[ConnectionId]) {
        for piece in Roster::pieces(ids) {
            self.push(&RoomMessage::Roster(piece));
        }
    }

    /// Most members that siblings may have in the room.
    pub(crate) fn max_members(&self) -> usize {
        self.backplane.max_members
    }

    /// What a newcomer has to know besides its Welcome.
    pub(crate) fn standing_notice(&self) -> Option<Bytes> {
        self.backplane.standing_notice()
    }

    /// Counts a message by its place in the order; whether it is to be heard.
    #[must_use]
    pub(crate) fn admits(&self, turn: Turn) -> bool {
        let counters = &self.backplane.counters;
        match turn {
            Turn::Next => {}
            Turn::AfterHole => drop(counters.holes.inc()),
            Turn::Stale | Turn::TooEarly => drop(counters.stale.inc()),
            Turn::Refused => drop(counters.refused.inc()),
        }
        matches!(turn, Turn::Next | Turn::AfterHole)
    }

    fn push(&self, message: &RoomMessage<'_>) {
        self.backplane.push(self.key, &self.last_sequence, message);
    }

    pub(crate) fn count_refused(&self, messages: u64) {
        self.backplane.counters.refused.inc_by(messages);
    }

    /// The siblings have said who is in the room.
    pub(crate) fn settle(&self) {
        self.settled.cancel();
    }

    /// Waits until the siblings have said who is in the room, or have had the time for it.
    pub(crate) async fn settled(&self) {
        let _ = timeout(SETTLE_DEADLINE, self.settled.cancelled()).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut rooms = lock(&self.backplane.rooms);
        if rooms.get(&self.key).is_some_and(|room| room.strong_count() == 0) {
            rooms.remove(&self.key);
        }
        drop(rooms);
        self.backplane.mark_changed(self.key);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
