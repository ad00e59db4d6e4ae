//! Hosts, hubs and the queue of what happens next.
//!
//! Invariants: things happen in the order of (moment, sequence number); every choice comes from the world's one stream of chance; a peer's
//! effects are carried out in order, and a crash in their midst loses exactly the rest. So a run is a function of its seed.

mod links;
mod lives;
mod peers;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ting_core::{
    crypto::{
        keys::{Address, NetworkId},
        seal::RoomSecret,
    },
    ledger::genesis::Rules,
    peer::{
        Peer,
        command::{Command, CommandId},
        io::{ConnectionId, Input, LinkId},
        record::Record,
    },
};

use crate::{
    byzantine::Byzantine,
    check::{Checkers, Rule},
    clock::Moment,
    hash::RunHash,
    host::{Host, HostConfig, Life},
    hub::{Hub, HubId, Member, PeerId},
    measure::Measure,
    random::Random,
};

/// How links behave, beyond their own latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// A frame takes up to this much longer than its links' latencies, in milliseconds.
    pub jitter_ms: u64,
    /// So many of a thousand frames are lost on the way to each receiver.
    pub loss_per_mille: u64,
    /// So many of a thousand frames come twice.
    pub duplicate_per_mille: u64,
    /// Frames may overtake each other.
    pub reorder: bool,
}

/// Something that a scenario or a test makes happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A host starts for the first time.
    Join(PeerId),
    /// A host dies between two inputs.
    Crash(PeerId),
    /// A host dies while it carries out effects: some records are stored and some frames are sent, the rest is lost.
    CrashMidway(PeerId),
    /// A host that died starts again from its store.
    Restart(PeerId),
    /// A host goes for good, unless finality could not go on without it.
    Leave(PeerId),
    /// A host does nothing for so long, and then gets all that came meanwhile.
    Freeze(PeerId, u64),
    /// All of a host's links break, for so long.
    Cut(PeerId, u64),
    /// A hub is cut into groups.
    Partition(HubId, BTreeMap<PeerId, u8>),
    /// A hub is whole again. With `reconnect`, everybody's link breaks and comes back; otherwise the others just join.
    Heal {
        /// The hub.
        hub: HubId,
        /// See above.
        reconnect: bool,
    },
    /// A hub forwards nothing for so long, without breaking a link.
    Silence(HubId, u64),
    /// Links behave like this from now on.
    Conditions(Conditions),
    /// The user of a host wants something.
    Wish(PeerId, Command),
}

enum Happening {
    Wake(PeerId),
    Frame {
        to: Member,
        from: ConnectionId,
        bytes: Arc<Vec<u8>>,
    },
    Notice {
        to: Member,
        input: Input,
    },
    Connect(PeerId, LinkId),
    Act(Action),
}

/// A transaction that a user sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// By whom.
    pub peer: PeerId,
    /// Its id, or that of the transaction which its device signed in its place.
    pub id: ting_core::crypto::hash::Hash,
    /// On which network.
    pub network: NetworkId,
    /// When.
    pub at: Moment,
}

/// The streams of chance of Byzantine hosts are numbered from here on.
const BYZANTINE_CHANCE: u64 = 1_000;

/// A world.
pub struct World {
    /// True time.
    pub now: Moment,
    /// What must be true.
    pub checkers: Checkers,
    /// What is measured.
    pub measure: Measure,
    /// Everything that happened.
    pub hash: RunHash,
    /// Prints what happens.
    pub trace: bool,
    /// Transactions that users sent.
    pub sent: Vec<Sent>,
    /// Commands that were refused.
    pub refused: u64,
    random: Random,
    seed: u64,
    secret: RoomSecret,
    rules: Rules,
    conditions: Conditions,
    hosts: Vec<Host>,
    /// The accounts of Byzantine hosts.
    byzantine: BTreeSet<Address>,
    hubs: Vec<Hub>,
    queue: BTreeMap<(Moment, u64), Happening>,
    planned: u64,
    commands: u64,
}

impl World {
    /// An empty world with so many hubs.
    pub fn new(seed: u64, hubs: usize, conditions: Conditions) -> Self {
        let mut random = Random::new(seed, 1);
        let secret = RoomSecret::new(random.bytes());
        Self {
            now: Moment::default(),
            checkers: Checkers::new(&secret, seed),
            measure: Measure::default(),
            hash: RunHash::default(),
            trace: false,
            sent: Vec::new(),
            refused: 0,
            random,
            seed,
            secret,
            rules: Rules {
                claim_work_bits: 4,
                ..Rules::default()
            },
            conditions,
            hosts: Vec::new(),
            byzantine: BTreeSet::new(),
            hubs: (0..hubs).map(|_| Hub::default()).collect(),
            queue: BTreeMap::new(),
            planned: 0,
            commands: 0,
        }
    }

    /// Adds a host; it starts upon [`Action::Join`].
    pub fn add_host(&mut self, config: &HostConfig) -> PeerId {
        let peer = PeerId(self.hosts.len());
        let chance = Random::new(self.seed, BYZANTINE_CHANCE + peer.0 as u64);
        let vices = Some(config.vices.clone()).filter(|vices| !vices.is_empty());
        let byzantine = vices.map(|vices| Byzantine::new(vices, &self.secret, chance));
        self.hosts.push(Host::new(config, byzantine));
        peer
    }

    /// Plans an action.
    pub fn plan(&mut self, at: Moment, action: Action) {
        self.push(at, Happening::Act(action));
    }

    /// Does something now.
    pub fn act(&mut self, action: Action) {
        self.note(usize::MAX, &format!("{action:?}"));
        match action {
            Action::Join(peer) | Action::Restart(peer) => self.start(peer),
            Action::Crash(peer) => self.stop(peer, Life::Down),
            Action::CrashMidway(peer) => self.doom(peer),
            Action::Leave(peer) => self.leave(peer),
            Action::Freeze(peer, ms) => self.freeze(peer, ms),
            Action::Cut(peer, ms) => self.cut(peer, ms),
            Action::Partition(hub, groups) => self.partition(hub, groups),
            Action::Heal { hub, reconnect } => self.heal(hub, reconnect),
            Action::Silence(hub, ms) => {
                let until = self.now.plus_ms(ms);
                self.hub(hub).into_iter().for_each(|hub| hub.silent_until = until);
            }
            Action::Conditions(conditions) => self.conditions = conditions,
            Action::Wish(peer, command) => self.submit(peer, command),
        }
    }

    /// Lets time pass until a moment.
    pub fn run_until(&mut self, end: Moment) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > end {
                break;
            }
            let ((at, _), happening) = entry.remove_entry();
            self.now = at;
            self.happen(happening);
        }
        self.now = end;
    }

    /// Lets time pass until something is true, looking four times a second; false if it is not after `ms`.
    pub fn run_until_true(&mut self, ms: u64, mut is_true: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now.plus_ms(ms);
        while self.now < end {
            if is_true(self) {
                return true;
            }
            self.run_until(self.now.plus_ms(250).min(end));
        }
        is_true(self)
    }

    /// The user of a host wants something; the result comes as an event.
    pub fn submit(&mut self, peer: PeerId, command: Command) {
        if self.is_frozen(peer) {
            return;
        }
        self.commands += 1;
        let id = CommandId(self.commands);
        self.feed(peer, Input::Submit { id, command });
    }

    /// The peer in a host, if it runs.
    pub fn peer(&self, peer: PeerId) -> Option<&Peer> {
        self.hosts.get(peer.0)?.peer.as_ref()
    }

    /// Changes what a host has stored, as a crash in the middle of writing may.
    pub fn edit_store(&mut self, peer: PeerId, edit: impl FnOnce(&mut Vec<Record>)) {
        if let Some(host) = self.host_mut(peer) {
            edit(&mut host.records);
        }
    }

    /// A host.
    pub fn host(&self, peer: PeerId) -> Option<&Host> {
        self.hosts.get(peer.0)
    }

    /// The account of a host's peer, if it ever ran.
    pub fn account(&self, peer: PeerId) -> Option<Address> {
        self.hosts.get(peer.0)?.account
    }

    /// All running peers.
    pub fn running(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.hosts
            .iter()
            .enumerate()
            .filter_map(|(index, host)| Some((PeerId(index), host.peer.as_ref()?)))
    }

    /// All running peers of hosts that keep the rules.
    pub fn honest(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.running().filter(|(peer, _)| self.is_honest(*peer))
    }

    /// True if a host keeps the rules.
    pub fn is_honest(&self, peer: PeerId) -> bool {
        self.hosts.get(peer.0).is_some_and(Host::is_honest)
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = (PeerId, &Host)> {
        self.hosts
            .iter()
            .enumerate()
            .map(|(index, host)| (PeerId(index), host))
    }

    /// Hubs that are cut.
    pub fn split_hubs(&self) -> Vec<HubId> {
        let split = self.hubs.iter().enumerate().filter(|(_, hub)| hub.is_split());
        split.map(|(index, _)| HubId(index)).collect()
    }

    /// Ends what [`Action::Silence`] and [`Action::CrashMidway`] began.
    pub fn end_faults(&mut self) {
        self.hubs
            .iter_mut()
            .for_each(|hub| hub.silent_until = Moment::default());
        self.hosts.iter_mut().for_each(|host| host.doomed = false);
    }

    /// Notes a broken rule.
    pub fn report(&mut self, rule: Rule, what: String) {
        self.checkers.report(self.now, rule, what);
    }

    fn push(&mut self, at: Moment, happening: Happening) -> (Moment, u64) {
        self.planned += 1;
        let key = (at.max(self.now), self.planned);
        self.queue.insert(key, happening);
        key
    }

    fn host_mut(&mut self, peer: PeerId) -> Option<&mut Host> {
        self.hosts.get_mut(peer.0)
    }

    fn hub(&mut self, hub: HubId) -> Option<&mut Hub> {
        self.hubs.get_mut(hub.0)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Act(action) => self.act(action),
            Happening::Wake(peer) => self.wake(peer),
            Happening::Connect(peer, link) => self.connect(peer, link),
            Happening::Frame { to, from, bytes } => {
                if self.is_frozen(to.peer) {
                    self.defer(to.peer, Happening::Frame { to, from, bytes });
                } else if self.is_connected(to) {
                    self.feed(
                        to.peer,
                        Input::Frame {
                            link: to.link,
                            from,
                            bytes: bytes.to_vec(),
                        },
                    );
                }
            }
            Happening::Notice { to, input } => {
                if self.is_frozen(to.peer) {
                    self.defer(to.peer, Happening::Notice { to, input });
                } else if self.is_connected(to) {
                    self.feed(to.peer, input);
                }
            }
        }
    }

    fn is_connected(&self, to: Member) -> bool {
        let link = self
            .hosts
            .get(to.peer.0)
            .and_then(|host| host.links.get(usize::from(to.link.0)));
        link.is_some_and(|link| link.connection == Some(to.connection))
    }

    fn is_frozen(&self, peer: PeerId) -> bool {
        self.hosts
            .get(peer.0)
            .is_some_and(|host| host.frozen_until > self.now)
    }

    fn defer(&mut self, peer: PeerId, happening: Happening) {
        let at = self.hosts.get(peer.0).map_or(self.now, |host| host.frozen_until);
        self.push(at, happening);
    }

    fn wake(&mut self, peer: PeerId) {
        let now = self.now;
        let Some(host) = self.host_mut(peer) else { return };
        host.wake = None;
        host.last_tick = now;
        self.feed(peer, Input::Tick);
    }
}
