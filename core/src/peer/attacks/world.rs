//! A room of real peers on virtual time, with connections that say whatever a test wants.
//!
//! Frames take [`LATENCY_MS`]; the relay numbers a peer's connection by the peer's place (from 1), and a test's own connections from
//! [`FIRST_OUTSIDER`] on.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    crypto::{keys::NetworkId, seal::RoomSecret, seed::Seed, tally::Checks},
    gossip::{envelope::RoomCodec, message::Message},
    ledger::genesis::Rules,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId},
        io::{ConnectionId, Effect, Input, LinkId, To},
        network::Network,
    },
    time::Timestamp,
};

const LINK: LinkId = LinkId(0);
const LATENCY_MS: u64 = 20;
const STARTED: Timestamp = Timestamp(1_700_000_000_000);

/// The first connection that is no peer's.
pub(super) const FIRST_OUTSIDER: u64 = 1_000;

/// What a peer has spent on its inputs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) checks: Checks,
    /// Sealed bytes sent.
    pub(super) bytes: u64,
    pub(super) time: Duration,
}

/// Something that a connection outside heard.
pub(super) struct Overheard {
    pub(super) by: usize,
    pub(super) at: Timestamp,
    pub(super) message: Message,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) peers: Vec<Option<Peer>>,
    pub(super) spent: Vec<Spent>,
    /// What was sent to everybody or to connections outside, while somebody listens.
    pub(super) overheard: Vec<Overheard>,
    pub(super) listens: bool,
    wake: Vec<Timestamp>,
    queue: BTreeMap<(Timestamp, u64), (usize, Input)>,
    planned: u64,
    secret: RoomSecret,
    codec: RoomCodec,
}

impl World {
    /// A room of so many peers, each of them a voter.
    pub(super) fn of_voters(count: usize) -> Self {
        let mut world = Self::empty();
        for _ in 0..count {
            world.join();
            world.run(6_000);
        }
        let are_voters = |world: &Self| {
            world.network(0).head_state().is_some_and(|state| {
                let term = state.term();
                term.voters.len().min(term.previous_voters.len()) == count
            })
        };
        assert!(world.run_until(600_000, are_voters), "all become voters");
        world
    }

    pub(super) fn empty() -> Self {
        let secret = RoomSecret::new([42; 32]);
        Self {
            now: STARTED,
            peers: Vec::new(),
            spent: Vec::new(),
            overheard: Vec::new(),
            listens: false,
            wake: Vec::new(),
            queue: BTreeMap::new(),
            planned: 0,
            codec: RoomCodec::new(&secret, &Seed::new([250; 32])),
            secret,
        }
    }

    /// A newcomer, invited if there is a network.
    pub(super) fn join(&mut self) -> usize {
        let number = self.peers.len();
        let pinned = self.running().find_map(|(_, peer)| Some(peer.network()?.id()));
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
        self.peers.push(Some(self.new_peer(Seed::new(bytes), pinned)));
        self.spent.push(Spent::default());
        self.wake.push(Timestamp(u64::MAX));
        self.feed(number, Input::Start);
        let connection = ConnectionId(number as u64 + 1);
        let others: Vec<usize> = self
            .running()
            .map(|(other, _)| other)
            .filter(|other| *other != number)
            .collect();
        for other in &others {
            self.plan(
                1,
                *other,
                Input::Joined {
                    link: LINK,
                    connection,
                },
            );
        }
        let others = u32::try_from(others.len()).unwrap();
        self.plan(
            1,
            number,
            Input::LinkUp {
                link: LINK,
                own: connection,
                others,
            },
        );
        number
    }

    fn new_peer(&self, seed: Seed, pinned: Option<NetworkId>) -> Peer {
        Peer::new(PeerConfig {
            secret: self.secret.clone(),
            pinned,
            seed,
            suggested_name: "peer".to_owned(),
            rules: Rules {
                claim_work_bits: 1,
                ..Rules::default()
            },
            history: History::Whole,
        })
    }

    /// Ends a peer; the others hear that it left.
    pub(super) fn leave(&mut self, number: usize) {
        self.peers[number] = None;
        self.wake[number] = Timestamp(u64::MAX);
        self.tell_all(&Input::Left {
            link: LINK,
            connection: ConnectionId(number as u64 + 1),
        });
    }

    /// Tells all peers this, as the relay does.
    pub(super) fn tell_all(&mut self, input: &Input) {
        for other in 0..self.peers.len() {
            self.plan(1, other, input.clone());
        }
    }

    /// A connection outside sends a message to everybody.
    pub(super) fn say(&mut self, connection: u64, message: &Message) {
        let bytes = self.seal(message);
        for to in 0..self.peers.len() {
            self.send_raw(connection, to, bytes.clone(), 0);
        }
    }

    /// A connection outside sends any bytes to one, after a while.
    pub(super) fn send_raw(&mut self, connection: u64, to: usize, bytes: Vec<u8>, after_ms: u64) {
        self.send_at(connection, to, bytes, LATENCY_MS + after_ms);
    }

    /// The same, so that they arrive after this time.
    pub(super) fn send_at(&mut self, connection: u64, to: usize, bytes: Vec<u8>, after_ms: u64) {
        let from = ConnectionId(connection);
        let frame = Input::Frame {
            link: LINK,
            from,
            bytes,
        };
        self.plan(after_ms, to, frame);
    }

    /// A connection outside sends these one after the other, within a second.
    pub(super) fn send_over_a_second(&mut self, connection: u64, to: usize, frames: &[Vec<u8>]) {
        let count = frames.len() as u64;
        for (number, bytes) in frames.iter().enumerate() {
            self.send_raw(connection, to, bytes.clone(), number as u64 * 1_000 / count);
        }
    }

    /// Time until the next slot begins.
    pub(super) fn ms_to_slot(&self) -> u64 {
        let network = self.network(0);
        let next = network.clock().start_of(network.slot(self.now).plus(1));
        next.ms_since(self.now)
    }

    pub(super) fn seal(&mut self, message: &Message) -> Vec<u8> {
        self.codec.seal(message).unwrap()
    }

    pub(super) fn submit(&mut self, number: usize, command: Command) {
        let id = CommandId(self.planned);
        self.feed(number, Input::Submit { id, command });
    }

    pub(super) fn post(&mut self, number: usize, text: &str) {
        let command = Command::Post {
            channel: "hall".to_owned(),
            text: text.to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        };
        self.submit(number, command);
    }

    /// Lets this much time pass, and all happen that it brings.
    pub(super) fn run(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            let from_queue = self
                .queue
                .first_key_value()
                .is_some_and(|((at, _), _)| *at <= next);
            if let Some((_, (to, input))) = from_queue.then(|| self.queue.pop_first()).flatten() {
                self.feed(to, input);
            } else {
                let woken = self.wake.iter().position(|wake| *wake <= next).unwrap();
                self.feed(woken, Input::Tick);
            }
        }
        self.now = end;
    }

    /// Lets time pass until something is true; false if it is not in time.
    pub(super) fn run_until(&mut self, ms: u64, is_true: impl Fn(&Self) -> bool) -> bool {
        let end = self.now.plus_ms(ms);
        while self.now < end && !is_true(self) {
            self.run(250);
        }
        is_true(self)
    }

    fn next(&self) -> Option<Timestamp> {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        queued.into_iter().chain(self.wake.iter().copied()).min()
    }

    pub(super) fn peer(&self, number: usize) -> &Peer {
        self.peers[number].as_ref().unwrap()
    }

    pub(super) fn network(&self, number: usize) -> &Network {
        self.peer(number).network().unwrap()
    }

    /// Whether a peer's chain has so many blocks.
    pub(super) fn has(&self, blocks: u64, number: usize) -> bool {
        let network = self.peer(number).network();
        network.is_some_and(|network| network.chain().height() >= blocks)
    }

    fn running(&self) -> impl Iterator<Item = (usize, &Peer)> {
        self.peers
            .iter()
            .enumerate()
            .filter_map(|(number, peer)| Some((number, peer.as_ref()?)))
    }

    fn plan(&mut self, after_ms: u64, to: usize, input: Input) {
        self.planned += 1;
        self.queue
            .insert((self.now.plus_ms(after_ms), self.planned), (to, input));
    }

    fn feed(&mut self, number: usize, input: Input) {
        let Some(peer) = self.peers[number].as_mut() else {
            return;
        };
        let (checks, began) = (Checks::now(), Instant::now());
        peer.handle(self.now, input);
        let deadline = peer.next_deadline();
        let spent = &mut self.spent[number];
        spent.time += began.elapsed();
        let checks = Checks::since(checks);
        spent.checks.signatures += checks.signatures;
        spent.checks.proofs += checks.proofs;
        spent.checks.rounds += checks.rounds;
        spent.checks.walks += checks.walks;
        let effects: Vec<Effect> = std::iter::from_fn(|| peer.poll_effect()).collect();
        while peer.poll_event().is_some() {}
        self.wake[number] = deadline.map_or(Timestamp(u64::MAX), |deadline| {
            deadline.at.max(self.now.plus_ms(1))
        });
        for effect in effects {
            if let Effect::Send { to, bytes, .. } = effect {
                self.carry(number, to, bytes);
            }
        }
    }

    fn carry(&mut self, number: usize, to: To, bytes: Vec<u8>) {
        self.spent[number].bytes += bytes.len() as u64;
        let is_heard_outside = match to {
            To::All => true,
            To::One(connection) => connection.0 >= FIRST_OUTSIDER,
        };
        if self.listens && is_heard_outside {
            let message = self.codec.open(&bytes).unwrap().message;
            self.overheard.push(Overheard {
                by: number,
                at: self.now,
                message,
            });
        }
        for other in (0..self.peers.len()).filter(|other| *other != number) {
            let connection = ConnectionId(other as u64 + 1);
            if to == To::All || to == To::One(connection) {
                self.send_raw(number as u64 + 1, other, bytes.clone(), 0);
            }
        }
    }
}
