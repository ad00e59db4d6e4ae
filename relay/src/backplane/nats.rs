//! The transport: one session for each connection to NATS.
//!
//! A client of `async-nats` reconnects by itself, but then says what it still holds before we could say again what got
//! lost on the way, and order would be gone. So every connection has a client of its own: a lost one is given up, and
//! its client is parked until a later session is under way, when all that it could still say is old.
//!
//! Subjects: `ting.<cluster>.relays` for all relays, `ting.<cluster>.room.<key>` for a room.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::{Client, ConnectOptions, Event, Subscriber};
use futures_util::StreamExt;
use ting_frame::NoticeKind;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    Backplane, BackplaneError, BackplaneSettings, CUT_OFF, Counts, Running, State,
    hearing::Answer,
    lock,
    message::{FRAME_OVERHEAD_BYTES, RelayMessage},
    room_key::RoomKey,
};
use crate::{config::Config, room::Room};

/// Longest time to connect at the start.
const START_DEADLINE: Duration = Duration::from_secs(10);
/// Longest time of one attempt to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Pauses between attempts grow from the first to the second of these.
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(1);
/// Time in which siblings answer a relay that starts.
const GREETING: Duration = Duration::from_millis(250);
/// How long a connection may be lost before members are told.
const NOTICE_GRACE: Duration = Duration::from_millis(500);
/// Messages handed to the client at once.
const BATCH: usize = 64;
/// Most commands that wait in the client for its connection.
const CLIENT_CAPACITY: usize = 128;
/// Messages of siblings that wait for one room.
const ROOM_CAPACITY: usize = 4_096;
/// Smallest `max_payload` for what is not a frame.
const MIN_PAYLOAD_BYTES: usize = 16 * 1024;

/// Joins the siblings; returns when they had the time to answer.
pub(crate) async fn start(backplane: &Arc<Backplane>, config: &Config) -> Result<Running, BackplaneError> {
    let nats = Nats::new(&config.backplane, config.limits.max_frame_bytes);
    let session = timeout(START_DEADLINE, nats.connect_at_last())
        .await
        .unwrap_or_else(|_| Err(BackplaneError::Unreachable("no answer".to_owned())))?;
    let mut state = backplane.state.subscribe();
    let task = tokio::spawn(nats.run(backplane.clone(), session));
    let _ = state.wait_for(|state| *state == State::Joined).await;
    Ok(Running {
        backplane: backplane.clone(),
        task,
    })
}

/// Where NATS is, and what it has to allow.
struct Nats {
    servers: Vec<String>,
    heartbeat: Duration,
    needed_payload_bytes: usize,
    /// Clients of lost connections, which end once they are told to.
    parked: Vec<CancellationToken>,
}

/// One connection to NATS, until it is lost.
struct Session {
    client: Client,
    lost: CancellationToken,
    overflowed: Arc<AtomicBool>,
    /// Lets the client end, once its connection is lost.
    released: CancellationToken,
}

enum Ended {
    Lost,
    Stopped,
}

impl Nats {
    fn new(settings: &BackplaneSettings, max_frame_bytes: u32) -> Self {
        let frame_bytes = FRAME_OVERHEAD_BYTES + max_frame_bytes as usize;
        Self {
            servers: settings.backplane.clone(),
            heartbeat: settings.heartbeat(),
            needed_payload_bytes: frame_bytes.max(MIN_PAYLOAD_BYTES),
            parked: Vec::new(),
        }
    }

    async fn run(mut self, backplane: Arc<Backplane>, first: Session) {
        let (mut session, heartbeat) = (first, self.heartbeat);
        loop {
            let ended = session.run(&backplane, heartbeat, &mut self.parked).await;
            if let Ended::Stopped = ended {
                return;
            }
            tracing::warn!(counts = ?backplane.counts(), "backplane lost");
            backplane.cut_off();
            self.parked.push(session.released);
            session = tokio::select! {
                next = self.connect_again() => next,
                () = backplane.endure(heartbeat) => return,
                () = backplane.stopping.cancelled() => return,
            };
        }
    }

    /// Tries until it succeeds, or until it is clear that it never will.
    async fn connect_at_last(&self) -> Result<Session, BackplaneError> {
        let start = Instant::now();
        loop {
            match self.connect().await {
                Err(BackplaneError::Unreachable(_)) if start.elapsed() < START_DEADLINE / 2 => {
                    sleep(RETRY_MIN).await;
                }
                done => return done,
            }
        }
    }

    async fn connect_again(&self) -> Session {
        let mut pause = RETRY_MIN;
        loop {
            match self.connect().await {
                Ok(session) => return session,
                Err(error) => tracing::debug!(%error, "backplane not back yet"),
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    async fn connect(&self) -> Result<Session, BackplaneError> {
        let lost = CancellationToken::new();
        let released = CancellationToken::new();
        let overflowed = Arc::new(AtomicBool::new(false));
        let options = self.options(&lost, &released, &overflowed);
        let client = options
            .connect(self.servers.clone())
            .await
            .map_err(|error| BackplaneError::Unreachable(error.to_string()))?;
        let allowed = client.server_info().max_payload;
        if allowed < self.needed_payload_bytes {
            return Err(BackplaneError::PayloadTooSmall {
                allowed,
                needed: self.needed_payload_bytes,
            });
        }
        Ok(Session {
            client,
            lost,
            overflowed,
            released,
        })
    }

    fn options(
        &self,
        lost: &CancellationToken,
        released: &CancellationToken,
        overflowed: &Arc<AtomicBool>,
    ) -> ConnectOptions {
        let (lost, released, overflowed) = (lost.clone(), released.clone(), overflowed.clone());
        let was_connected = Arc::new(AtomicBool::new(false));
        ConnectOptions::new()
            .name("ting-relay")
            .no_echo()
            .ping_interval(self.heartbeat)
            .connection_timeout(CONNECT_TIMEOUT)
            .client_capacity(CLIENT_CAPACITY)
            .subscription_capacity(ROOM_CAPACITY)
            .max_reconnects(self.servers.len().max(1))
            .reconnect_to_server_callback(move |_, _| {
                let (released, is_first) = (released.clone(), !was_connected.swap(true, Ordering::Relaxed));
                async move {
                    if !is_first {
                        released.cancelled().await;
                    }
                    None
                }
            })
            .event_callback(move |event| {
                match event {
                    Event::Disconnected | Event::Closed => lost.cancel(),
                    Event::SlowConsumer(_) => overflowed.store(true, Ordering::Relaxed),
                    _ => {}
                }
                async {}
            })
    }
}

impl Backplane {
    /// While there is no connection: tells the members, and lets go of siblings that are not heard. Never ends.
    async fn endure(&self, heartbeat: Duration) {
        sleep(NOTICE_GRACE).await;
        self.was_told.store(true, Ordering::Relaxed);
        self.announce(NoticeKind::CutOff, CUT_OFF);
        let mut ticks = interval(heartbeat);
        loop {
            ticks.tick().await;
            self.check_siblings(Instant::now());
        }
    }

    /// The siblings are heard again, or will not be.
    fn rejoin(&self) {
        self.state.send_replace(State::Joined);
        self.owe_all_rosters();
        if !self.was_told.swap(false, Ordering::Relaxed) {
            return;
        }
        let dropped = self.counters.dropped.get();
        let before = self.dropped_told.swap(dropped, Ordering::Relaxed);
        let text = match dropped - before {
            0 => "The relay hears its siblings again.".to_owned(),
            lost => {
                format!(
                    "The relay hears its siblings again; up to {lost} frames from here did not reach them."
                )
            }
        };
        tracing::info!(counts = ?self.counts(), "backplane joined again");
        self.announce(NoticeKind::Rejoined, &text);
    }
}

impl Session {
    async fn run(
        &mut self,
        backplane: &Arc<Backplane>,
        heartbeat: Duration,
        parked: &mut Vec<CancellationToken>,
    ) -> Ended {
        let lost = self.lost.clone();
        let mut voice = Voice::new(self.client.clone(), backplane.clone(), lost.clone());
        let ended = tokio::select! {
            biased;
            () = lost.cancelled() => None,
            ended = self.speak_and_hear(&mut voice, backplane, heartbeat, parked) => ended,
        };
        match ended {
            Some(Ended::Stopped) => Ended::Stopped,
            Some(Ended::Lost) | None => {
                lost.cancel();
                voice.hear_out().await;
                Ended::Lost
            }
        }
    }

    /// `None` when the client does not take anything any more.
    async fn speak_and_hear(
        &self,
        voice: &mut Voice,
        backplane: &Arc<Backplane>,
        heartbeat: Duration,
        parked: &mut Vec<CancellationToken>,
    ) -> Option<Ended> {
        let mut siblings = self.client.subscribe(voice.relays_subject.clone()).await.ok()?;
        voice.open_all_rooms().await?;
        voice.say_alive(true).await?;
        let hold = backplane.hold(heartbeat);
        let mut is_holding = true;
        let mut before = backplane.counts();
        let mut hello_is_due = false;
        let start = tokio::time::Instant::now();
        let mut beats = interval(heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                message = siblings.next() => {
                    match backplane.hear_relay(&message?.payload, Instant::now()) {
                        Answer::Nothing => {}
                        Answer::Heartbeat => voice.say_alive(false).await?,
                        Answer::Hello => hello_is_due = true,
                    }
                }
                _ = beats.tick() => {
                    backplane.check_siblings(Instant::now());
                    let overflows = self.overflowed.swap(false, Ordering::Relaxed);
                    if overflows {
                        backplane.counters.overflowed.inc();
                    }
                    // What overflowed is asked for again once there is room for it.
                    voice.say_alive(hello_is_due && !overflows).await?;
                    hello_is_due = overflows;
                    before = report(backplane, before);
                }
                () = backplane.room_changed.notified() => voice.open_and_close_rooms().await?,
                () = tokio::time::sleep_until(start + hold), if is_holding => {
                    lock(&backplane.siblings).await_nobody();
                }
                () = backplane.filled.notified(), if !is_holding => {}
                () = backplane.stopping.cancelled() => {
                    voice.say_goodbye().await?;
                    return Some(Ended::Stopped);
                }
            }
            let is_greeted = backplane.state() == State::CutOff || start.elapsed() >= hold;
            if is_holding && is_greeted && lock(&backplane.siblings).are_all_back() {
                is_holding = false;
                parked.drain(..).for_each(|client| client.cancel());
                backplane.rejoin();
            }
            if !is_holding {
                voice.say_some().await?;
            }
        }
    }
}

impl Backplane {
    /// How long a session waits for siblings before it says more than hello.
    fn hold(&self, heartbeat: Duration) -> Duration {
        match self.state() {
            State::CutOff => lock(&self.siblings).silence(),
            State::Joining | State::Joined => GREETING.max(heartbeat / 4),
        }
    }
}

/// What a session says, and the rooms that it hears.
struct Voice {
    client: Client,
    backplane: Arc<Backplane>,
    relays_subject: String,
    lost: CancellationToken,
    rooms: HashMap<RoomKey, (Weak<Room>, AbortOnDropHandle<()>)>,
}

impl Voice {
    fn new(client: Client, backplane: Arc<Backplane>, lost: CancellationToken) -> Self {
        Self {
            relays_subject: format!("ting.{}.relays", backplane.cluster),
            client,
            backplane,
            lost,
            rooms: HashMap::new(),
        }
    }

    async fn say_alive(&self, is_hello: bool) -> Option<()> {
        let bytes = self.backplane.heartbeat(is_hello);
        self.client.publish(self.relays_subject.clone(), bytes).await.ok()
    }

    /// Publishes one batch of what is queued.
    async fn say_some(&self) -> Option<()> {
        for message in self.backplane.take(BATCH) {
            let subject = self.room_subject(message.room);
            self.client.publish(subject, message.bytes).await.ok()?;
        }
        if !self.backplane.has_said_all() {
            self.backplane.filled.notify_one();
        }
        Some(())
    }

    async fn say_goodbye(&self) -> Option<()> {
        while !self.backplane.has_said_all() {
            self.say_some().await?;
        }
        let goodbye = self.backplane.relay_message(&RelayMessage::Goodbye);
        self.client
            .publish(self.relays_subject.clone(), goodbye)
            .await
            .ok()?;
        self.client.flush().await.ok()
    }

    async fn open_all_rooms(&mut self) -> Option<()> {
        for room in self.backplane.open_rooms() {
            room.catch_up();
        }
        let keys: Vec<_> = lock(&self.backplane.rooms).keys().copied().collect();
        lock(&self.backplane.changed).clear();
        for key in keys {
            self.open_or_close(key).await?;
        }
        Some(())
    }

    async fn open_and_close_rooms(&mut self) -> Option<()> {
        let changed = std::mem::take(&mut *lock(&self.backplane.changed));
        for key in changed {
            if self.open_or_close(key).await? {
                let who = self.backplane.relay_message(&RelayMessage::Who(key));
                self.client.publish(self.relays_subject.clone(), who).await.ok()?;
            }
        }
        Some(())
    }

    /// Subscribes to a room that is open, or no longer to one that is not; true when it was opened.
    async fn open_or_close(&mut self, key: RoomKey) -> Option<bool> {
        let room = lock(&self.backplane.rooms).get(&key).cloned();
        let Some(room) = room.filter(|room| room.strong_count() > 0) else {
            self.rooms.remove(&key);
            return Some(false);
        };
        if self.rooms.get(&key).is_some_and(|(heard, _)| heard.ptr_eq(&room)) {
            return Some(false);
        }
        let messages = self.client.subscribe(self.room_subject(key)).await.ok()?;
        let hearing = hear(messages, room.clone(), self.backplane.clone(), self.lost.clone());
        let hearing = tokio::spawn(hearing);
        self.rooms.insert(key, (room, AbortOnDropHandle::new(hearing)));
        Some(true)
    }

    /// Hears what came before the connection was lost: a heartbeat after it may have said that we have heard it.
    async fn hear_out(self) {
        for (_, hearing) in self.rooms.into_values() {
            // A room that failed is not heard, as if it had closed.
            let _ = hearing.await;
        }
    }

    fn room_subject(&self, key: RoomKey) -> String {
        format!("ting.{}.room.{key}", self.backplane.cluster)
    }
}

/// Hands a room what its siblings say, for as long as it is open and the connection holds.
async fn hear(
    mut messages: Subscriber,
    room: Weak<Room>,
    backplane: Arc<Backplane>,
    lost: CancellationToken,
) {
    loop {
        let message = tokio::select! {
            biased;
            message = messages.next() => message,
            () = lost.cancelled() => return,
        };
        let (Some(message), Some(room)) = (message, room.upgrade()) else {
            return;
        };
        backplane.hear_room(&room, &message.payload);
    }
}

/// Logs what was lost since the last report.
fn report(backplane: &Backplane, before: Counts) -> Counts {
    let counts = backplane.counts();
    if counts != before {
        tracing::warn!(?counts, "backplane lost or refused messages");
    }
    counts
}

/// Between half and all of a time, so that relays do not come back at once.
fn jittered(time: Duration) -> Duration {
    let random = RandomState::new().hash_one(0) as u32;
    time / 2 + time.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
}
