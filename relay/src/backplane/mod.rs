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
//! - A newcomer's Welcome waits until the siblings have said who is in the room, for a second at most.
//!
//! Why a malicious sibling cannot hurt the relay: it is bounded as a client would be. Its messages are checked to the
//! last byte, its frames obey the limit of frames, its members the limit of members, and it cannot speak for a member
//! of another relay. How fast it speaks is not limited: it speaks for all its members. So NATS must let in relays only.

mod counters;
mod hearing;
mod link;
mod message;
#[cfg(feature = "nats")]
mod nats;
mod queue;
mod room_key;
mod roster;
mod settings;
mod siblings;

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
pub(crate) use counters::Counts;
use counters::{Counters, Gauges};
pub(crate) use link::Link;
pub(crate) use message::{Header, RelayId, RoomMessage};
#[cfg(feature = "nats")]
pub(crate) use nats::start;
use queue::Queue;
use room_key::RoomKey;
pub(crate) use roster::{Changes, Claim, RemoteMembers};
pub use settings::{BackplaneError, BackplaneSettings};
use siblings::Siblings;
use ting_frame::{Control, Notice, NoticeKind, RoomName};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, limits::Limits, room::Room, websocket};

/// Longest time that a stopping relay takes for its last messages.
const STOP_DEADLINE: Duration = Duration::from_secs(2);

/// Whether a relay reaches its siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is a connection, but the siblings may not be heard yet.
    Joining,
    /// Rooms span all relays.
    Joined,
    /// There is no connection: rooms go on here alone, and what is for siblings waits in the queue.
    CutOff,
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
        let link = Link::new(self.clone(), key);
        if remote.is_settled() {
            link.settle();
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
