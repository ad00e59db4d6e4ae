//! A room of real peers on a virtual clock: frames take 20 ms, groups can be parted, and a stranger who holds the room's secret may speak.

use std::collections::BTreeMap;

use ting_core::{
    codec::BoundedString,
    crypto::{seal::RoomSecret, seed::Seed},
    gossip::{envelope::RoomCodec, message::Message},
    ledger::genesis::Rules,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId},
        identity::Identity,
        io::{ConnectionId, Effect, Input, LinkId, To},
        network::Network,
        record::Record,
    },
    time::Timestamp,
};

const START_MS: u64 = 1_700_000_000_000;
const DELAY_MS: u64 = 20;
const LINK: LinkId = LinkId(0);
/// Connections of peers; strangers may have lower and higher ones.
const FIRST_CONNECTION: u64 = 500;

fn seed(peer: usize) -> Seed {
    Seed::new([u8::try_from(peer).unwrap() + 1; 32])
}

/// The keys of a peer.
pub fn identity(peer: usize) -> Identity {
    let seed = seed(peer);
    Identity::new(
        seed.derive("account", 0),
        seed.derive("operator", 0),
        BoundedString::default(),
    )
}

fn connection(peer: usize) -> ConnectionId {
    ConnectionId(FIRST_CONNECTION + peer as u64)
}

struct Seat {
    peer: Option<Peer>,
    records: Vec<Record>,
    /// What is left behind if it closes.
    farewell: Option<Vec<u8>>,
    left_farewell: Option<Vec<u8>>,
    is_muted: bool,
    wake_at: u64,
    side: u8,
}

/// Peers, what is under way between them, and the time.
pub struct Room {
    now_ms: u64,
    secret: RoomSecret,
    codec: RoomCodec,
    seats: Vec<Seat>,
    queue: BTreeMap<(u64, u64), (usize, Input)>,
    count: u64,
    heard: Option<Vec<(usize, u64, Message)>>,
}

impl Room {
    fn new() -> Self {
        let secret = RoomSecret::new([42; 32]);
        Self {
            now_ms: START_MS,
            codec: RoomCodec::new(&secret, &Seed::new([250; 32])),
            secret,
            seats: Vec::new(),
            queue: BTreeMap::new(),
            count: 0,
            heard: None,
        }
    }

    /// A room in which so many peers vote.
    pub fn of(voters: usize) -> Self {
        let mut room = Self::new();
        for _ in 0..voters {
            room.enter(Vec::new());
            room.run(6_000);
        }
        let all_vote = |room: &Self| {
            let term = room.network(0).head_state().unwrap().term();
            term.voters.len().min(term.previous_voters.len()) == voters
        };
        assert!(room.until(1_200_000, all_vote), "{}", room.line());
        room
    }

    /// A peer comes, with what it has stored.
    pub fn enter(&mut self, records: Vec<Record>) -> usize {
        self.seats.push(Seat {
            peer: None,
            records,
            farewell: None,
            left_farewell: None,
            is_muted: false,
            wake_at: u64::MAX,
            side: 0,
        });
        let peer = self.seats.len() - 1;
        self.boot(peer);
        peer
    }

    /// A peer starts from what it has stored.
    pub fn boot(&mut self, peer: usize) {
        let pinned = self
            .seats
            .iter()
            .find_map(|seat| Some(seat.peer.as_ref()?.network()?.id()));
        let mut started = Peer::new(PeerConfig {
            secret: self.secret.clone(),
            pinned,
            seed: seed(peer),
            suggested_name: format!("p{peer}"),
            rules: Rules {
                claim_work_bits: 1,
                ..Rules::default()
            },
            history: History::Whole,
        });
        for record in self.seats[peer].records.clone() {
            started.handle(self.now(), Input::Loaded(Box::new(record)));
        }
        if let Some(frame) = self.seats[peer].left_farewell.take() {
            started.handle(self.now(), Input::FarewellLeft(frame));
        }
        self.seats[peer].farewell = None;
        self.seats[peer].is_muted = false;
        self.seats[peer].peer = Some(started);
        self.give(peer, Input::Start);
        let others = self.others(peer);
        for &other in &others {
            self.tell_of_join(other, connection(peer).0);
        }
        let others = u32::try_from(others.len()).unwrap();
        self.push(
            1,
            peer,
            Input::LinkUp {
                link: LINK,
                own: connection(peer),
                others,
            },
        );
    }

    /// A peer starts anew from these records.
    pub fn reload_from(&mut self, peer: usize, records: Vec<Record>) {
        self.stop(peer);
        self.seats[peer].records = records;
        self.boot(peer);
    }

    /// Ends a peer; the others hear that it left.
    pub fn stop(&mut self, peer: usize) {
        self.seats[peer].peer = None;
        self.seats[peer].wake_at = u64::MAX;
        for other in self.others(peer) {
            self.left(other, connection(peer).0);
        }
    }

    /// A peer closes as a tab does: what it had held is left to those who hear it.
    pub fn close(&mut self, peer: usize) {
        if let Some(frame) = self.seats[peer].farewell.take() {
            self.seats[peer].is_muted = false;
            self.send(peer, To::All, &frame);
            self.seats[peer].left_farewell = Some(frame);
        }
        self.stop(peer);
    }

    /// What a peer says from now on does not arrive, until it starts anew; what it leaves behind does.
    pub fn mute(&mut self, peer: usize) {
        self.seats[peer].is_muted = true;
    }

    /// What a peer leaves behind if it closes now.
    pub fn farewell(&self, peer: usize) -> Option<Message> {
        let frame = self.seats[peer].farewell.as_ref()?;
        Some(self.codec.open(frame).unwrap().message)
    }

    /// These peers are cut off from the others.
    pub fn part(&mut self, away: &[usize]) {
        for &peer in away {
            self.seats[peer].side = 1;
        }
        for (peer, other) in self.pairs() {
            if self.seats[peer].side != self.seats[other].side {
                self.left(peer, connection(other).0);
            }
        }
    }

    /// All hear each other again.
    pub fn join_up(&mut self) {
        for (peer, other) in self.pairs() {
            if self.seats[peer].side != self.seats[other].side {
                self.tell_of_join(peer, connection(other).0);
            }
        }
        for seat in &mut self.seats {
            seat.side = 0;
        }
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let all = 0..self.seats.len();
        all.flat_map(|peer| self.others(peer).into_iter().map(move |other| (peer, other)))
            .collect()
    }

    fn others(&self, peer: usize) -> Vec<usize> {
        let is_there = |other: &usize| *other != peer && self.seats[*other].peer.is_some();
        (0..self.seats.len()).filter(is_there).collect()
    }

    fn tell_of_join(&mut self, peer: usize, connection: u64) {
        let connection = ConnectionId(connection);
        self.push(
            1,
            peer,
            Input::Joined {
                link: LINK,
                connection,
            },
        );
    }

    /// A peer hears that a connection is gone.
    pub fn left(&mut self, peer: usize, connection: u64) {
        let connection = ConnectionId(connection);
        self.push(
            1,
            peer,
            Input::Left {
                link: LINK,
                connection,
            },
        );
    }

    fn push(&mut self, after_ms: u64, peer: usize, input: Input) {
        self.count += 1;
        self.queue
            .insert((self.now_ms + after_ms, self.count), (peer, input));
    }

    fn give(&mut self, number: usize, input: Input) {
        let now = self.now();
        let seat = &mut self.seats[number];
        let Some(peer) = seat.peer.as_mut() else { return };
        peer.handle(now, input);
        while peer.poll_event().is_some() {}
        let mut sent = Vec::new();
        while let Some(effect) = peer.poll_effect() {
            match effect {
                Effect::Persist(record) => seat.records.push(*record),
                Effect::Farewell(frame) => seat.farewell = frame,
                Effect::Send { to, bytes, .. } => sent.push((to, bytes)),
            }
        }
        seat.wake_at = peer
            .next_deadline()
            .map_or(u64::MAX, |deadline| deadline.at.0.max(now.0 + 1));
        for (to, bytes) in sent {
            self.send(number, to, &bytes);
        }
    }

    fn send(&mut self, from: usize, to: To, bytes: &[u8]) {
        if self.seats[from].is_muted {
            return;
        }
        for other in self.others(from) {
            let is_near = self.seats[other].side == self.seats[from].side;
            if is_near && (to == To::All || to == To::One(connection(other))) {
                self.deliver(other, connection(from).0, bytes.to_vec());
            }
        }
        if let (To::One(ConnectionId(stranger)), Some(heard)) = (to, &mut self.heard)
            && !(FIRST_CONNECTION..FIRST_CONNECTION + 100).contains(&stranger)
            && let Ok(opened) = self.codec.open(bytes)
        {
            heard.push((from, stranger, opened.message));
        }
    }

    fn deliver(&mut self, peer: usize, from: u64, bytes: Vec<u8>) {
        let from = ConnectionId(from);
        self.push(
            DELAY_MS,
            peer,
            Input::Frame {
                link: LINK,
                from,
                bytes,
            },
        );
    }

    /// A stranger says something from a connection, to one or to all.
    pub fn say(&mut self, connection: u64, to: Option<usize>, message: &Message) {
        let bytes = self.codec.seal(message).unwrap();
        for peer in 0..self.seats.len() {
            if to.is_none_or(|to| to == peer) {
                self.deliver(peer, connection, bytes.clone());
            }
        }
    }

    /// Keeps what is said to strangers from now on.
    pub fn listen(&mut self) {
        self.heard = Some(Vec::new());
    }

    /// Takes what was said to strangers since: by whom, to which connection.
    pub fn take_heard(&mut self) -> Vec<(usize, u64, Message)> {
        self.heard.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Virtual time now.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.now_ms)
    }

    /// Lets so much time pass.
    pub fn run(&mut self, ms: u64) {
        self.run_until(self.now_ms + ms);
    }

    /// Lets time pass until then.
    pub fn run_until(&mut self, end_ms: u64) {
        loop {
            let queued_at = self.queue.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
            let waking = (0..self.seats.len()).min_by_key(|peer| self.seats[*peer].wake_at);
            let wake_at = waking.map_or(u64::MAX, |peer| self.seats[peer].wake_at);
            if queued_at.min(wake_at) > end_ms {
                self.now_ms = self.now_ms.max(end_ms);
                return;
            }
            self.now_ms = self.now_ms.max(queued_at.min(wake_at));
            if queued_at <= wake_at {
                let (_, (peer, input)) = self.queue.pop_first().unwrap();
                self.give(peer, input);
            } else {
                self.give(waking.unwrap(), Input::Tick);
            }
        }
    }

    /// Runs until this holds; false if it does not within that time.
    pub fn until(&mut self, within_ms: u64, holds: impl Fn(&Self) -> bool) -> bool {
        self.until_each(250, within_ms, |room| holds(room))
    }

    /// As [`Self::until`], looking and acting every so many milliseconds.
    pub fn until_each(
        &mut self,
        step_ms: u64,
        within_ms: u64,
        mut act: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        let end = self.now_ms + within_ms;
        while self.now_ms < end {
            if act(self) {
                return true;
            }
            self.run(step_ms);
        }
        act(self)
    }

    /// Number of peers, running or not.
    pub fn size(&self) -> usize {
        self.seats.len()
    }

    /// A peer that is running.
    pub fn peer(&self, peer: usize) -> &Peer {
        self.seats[peer].peer.as_ref().unwrap()
    }

    /// The network as this peer knows it.
    pub fn network(&self, peer: usize) -> &Network {
        self.peer(peer).network().unwrap()
    }

    /// True once the peer knows the network.
    pub fn knows_network(&self, peer: usize) -> bool {
        let peer = self.seats[peer].peer.as_ref();
        peer.is_some_and(|peer| peer.network().is_some())
    }

    /// What this peer has stored.
    pub fn records(&self, peer: usize) -> Vec<Record> {
        self.seats[peer].records.clone()
    }

    /// The lowest of all peers' final heights.
    pub fn lowest_final(&self) -> u64 {
        let there = (0..self.seats.len()).filter(|peer| self.knows_network(*peer));
        there
            .map(|peer| self.network(peer).chain().final_height())
            .min()
            .unwrap_or_default()
    }

    /// A peer's user says something.
    pub fn post(&mut self, peer: usize, text: &str) {
        self.count += 1;
        let command = Command::Post {
            channel: "hall".into(),
            text: text.into(),
            reply_to: None,
            mentions: Vec::new(),
        };
        let id = CommandId(self.count);
        self.give(peer, Input::Submit { id, command });
    }

    /// The first peer's user says so many lines, one every two seconds.
    pub fn talk(&mut self, lines: u64) {
        for line in 0..lines {
            self.post(0, &format!("line {line}"));
            self.run(2_000);
        }
    }

    /// Where everybody stands.
    pub fn line(&self) -> String {
        let there = (0..self.seats.len()).filter(|peer| self.knows_network(*peer));
        let of = |peer| {
            let tree = self.network(peer).chain();
            format!(
                "p{peer}: height {}, final {}, side {}",
                tree.height(),
                tree.final_height(),
                tree.side_blocks()
            )
        };
        there.map(of).collect::<Vec<_>>().join("; ")
    }
}
