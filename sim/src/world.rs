//! Hosts, hubs and the queue of what happens next.
//!
//! Invariants: things happen in the order of (moment, sequence number); every choice comes from the world's one stream of chance; a peer's
//! effects are carried out in order, and a crash in their midst loses exactly the rest. So a run is a function of its seed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ting_core::{
    crypto::{
        keys::{Address, NetworkId},
        seal::RoomSecret,
        seed::Seed,
    },
    ledger::genesis::Rules,
    peer::{
        Peer, PeerConfig,
        command::{Command, CommandId},
        event::Event,
        io::{ConnectionId, Effect, Input, LinkId, To},
        record::Record,
        stored,
    },
};

use crate::{
    check::{Checkers, Rule},
    clock::Moment,
    hash::RunHash,
    host::{Host, HostConfig, Life, PeerId},
    hub::{Hub, HubId, Member},
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Its id.
    pub id: ting_core::crypto::hash::Hash,
    /// On which network.
    pub network: NetworkId,
    /// When.
    pub at: Moment,
}

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
    secret: RoomSecret,
    rules: Rules,
    conditions: Conditions,
    hosts: Vec<Host>,
    hubs: Vec<Hub>,
    queue: BTreeMap<(Moment, u64), Happening>,
    planned: u64,
    commands: u64,
}

/// A lost connection is made again after this long, in milliseconds.
const RECONNECT_MS: u64 = 300;

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
            secret,
            rules: Rules {
                claim_work_bits: 4,
                ..Rules::default()
            },
            conditions,
            hosts: Vec::new(),
            hubs: (0..hubs).map(|_| Hub::default()).collect(),
            queue: BTreeMap::new(),
            planned: 0,
            commands: 0,
        }
    }

    /// Adds a host; it starts upon [`Action::Join`].
    pub fn add_host(&mut self, config: &HostConfig) -> PeerId {
        self.hosts.push(Host::new(config));
        PeerId(self.hosts.len() - 1)
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

/// Lives.
impl World {
    fn start(&mut self, peer: PeerId) {
        let (now, seed) = (self.now, Seed::new(self.random.bytes()));
        let first_network = self.checkers.first_network();
        let (secret, rules) = (self.secret.clone(), self.rules.clone());
        let compacts = self.random.chance(500);
        let Some(host) = self.host_mut(peer) else { return };
        if !matches!(host.life, Life::Unborn | Life::Down) {
            return;
        }
        if host.life == Life::Unborn && host.invited {
            host.pinned = first_network;
        }
        host.life = Life::Up;
        host.started_at = now;
        let suggested_name = format!("peer {}", peer.0);
        let mut new = Peer::new(PeerConfig {
            secret,
            pinned: host.pinned,
            seed,
            suggested_name,
            rules,
        });
        let time = host.clock.show(now);
        if compacts {
            host.records = stored::compact(std::mem::take(&mut host.records));
        }
        for record in &host.records {
            new.handle(time, Input::Loaded(Box::new(record.clone())));
        }
        let links = host.links.len();
        host.account = Some(new.account());
        host.peer = Some(new);
        self.feed(peer, Input::Start);
        for link in 0..links {
            let delay_ms = self.random.within(20..=200);
            let link = LinkId(u8::try_from(link).unwrap_or_default());
            self.push(now.plus_ms(delay_ms), Happening::Connect(peer, link));
        }
    }

    fn stop(&mut self, peer: PeerId, life: Life) {
        let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) else {
            return;
        };
        host.life = life;
        host.peer = None;
        host.doomed = false;
        let wake = host.wake.take();
        wake.into_iter().for_each(|key| {
            self.queue.remove(&key);
        });
        self.disconnect(peer, false);
    }

    fn doom(&mut self, peer: PeerId) {
        if let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) {
            host.doomed = true;
        }
    }

    /// Sends a host away for good, if those who stay are a quorum of every voter set that matters.
    fn leave(&mut self, leaver: PeerId) {
        if self.checkers.can_spare(leaver, self) {
            self.stop(leaver, Life::Gone);
        } else {
            self.note(leaver.0, "stays: finality could not go on without it");
        }
    }

    fn freeze(&mut self, peer: PeerId, ms: u64) {
        let until = self.now.plus_ms(ms);
        let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) else {
            return;
        };
        host.frozen_until = until;
        if let Some(key) = host.wake.take() {
            self.queue.remove(&key);
        }
        let key = self.push(until, Happening::Wake(peer));
        self.host_mut(peer)
            .into_iter()
            .for_each(|host| host.wake = Some(key));
    }
}

/// Links.
impl World {
    fn connect(&mut self, peer: PeerId, link: LinkId) {
        let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) else {
            return;
        };
        let Some(hub) = host
            .link(link)
            .filter(|link| link.connection.is_none())
            .map(|link| link.hub)
        else {
            return;
        };
        let Some(room) = self.hub(hub) else { return };
        let connection = room.join(peer, link);
        let others = room.others(peer);
        self.host_mut(peer)
            .and_then(|host| host.link(link))
            .into_iter()
            .for_each(|link| link.connection = Some(connection));
        for other in &others {
            self.notify(
                *other,
                Input::Joined {
                    link: other.link,
                    connection,
                },
            );
        }
        let others = u32::try_from(others.len()).unwrap_or(u32::MAX);
        self.notify(
            Member {
                connection,
                peer,
                link,
            },
            Input::LinkUp { link, others },
        );
    }

    /// Breaks all links of a host; tells it so if it still runs.
    fn disconnect(&mut self, peer: PeerId, tell: bool) {
        let Some(host) = self.host_mut(peer) else { return };
        let mut broken = Vec::new();
        for (index, link) in host.links.iter_mut().enumerate() {
            if let Some(connection) = link.connection.take() {
                broken.push((
                    LinkId(u8::try_from(index).unwrap_or_default()),
                    link.hub,
                    connection,
                ));
            }
        }
        for (link, hub, connection) in broken {
            let Some(room) = self.hub(hub) else { continue };
            room.leave(connection);
            for other in room.others(peer) {
                self.notify(
                    other,
                    Input::Left {
                        link: other.link,
                        connection,
                    },
                );
            }
            if tell {
                self.feed(peer, Input::LinkDown { link });
            }
        }
    }

    fn cut(&mut self, peer: PeerId, ms: u64) {
        self.disconnect(peer, true);
        let links = self.hosts.get(peer.0).map_or(0, |host| host.links.len());
        for link in (0..links).filter_map(|link| u8::try_from(link).ok()) {
            self.push(self.now.plus_ms(ms), Happening::Connect(peer, LinkId(link)));
        }
    }

    fn partition(&mut self, hub: HubId, groups: BTreeMap<PeerId, u8>) {
        let Some(room) = self.hub(hub) else { return };
        let before: Vec<(Member, Vec<Member>)> = room
            .members()
            .map(|member| (*member, room.others(member.peer)))
            .collect();
        room.split(groups);
        for (member, heard_before) in before {
            let heard: BTreeSet<ConnectionId> = self
                .hub(hub)
                .map(|room| {
                    room.others(member.peer)
                        .iter()
                        .map(|other| other.connection)
                        .collect()
                })
                .unwrap_or_default();
            for lost in heard_before
                .iter()
                .filter(|other| !heard.contains(&other.connection))
            {
                self.notify(
                    member,
                    Input::Left {
                        link: member.link,
                        connection: lost.connection,
                    },
                );
            }
        }
    }

    fn heal(&mut self, hub: HubId, reconnect: bool) {
        let Some(room) = self.hub(hub).filter(|room| room.is_split()) else {
            return;
        };
        let members: Vec<Member> = room.members().copied().collect();
        if reconnect {
            room.split(BTreeMap::new());
            for member in members {
                self.cut(member.peer, RECONNECT_MS);
            }
            return;
        }
        let heard: Vec<Vec<Member>> = members.iter().map(|member| room.others(member.peer)).collect();
        room.split(BTreeMap::new());
        for (member, heard_before) in members.iter().zip(heard) {
            let known: BTreeSet<ConnectionId> = heard_before.iter().map(|other| other.connection).collect();
            let new = members
                .iter()
                .filter(|other| other.peer != member.peer && !known.contains(&other.connection));
            for other in new {
                self.notify(
                    *member,
                    Input::Joined {
                        link: member.link,
                        connection: other.connection,
                    },
                );
            }
        }
    }

    fn notify(&mut self, to: Member, input: Input) {
        let at = self.arrival(to, 0, true);
        self.push(at, Happening::Notice { to, input });
    }

    /// When something that leaves a hub for a member after `delay_ms` arrives there.
    fn arrival(&mut self, to: Member, delay_ms: u64, in_order: bool) -> Moment {
        let now = self.now;
        let Some(link) = self.host_mut(to.peer).and_then(|host| host.link(to.link)) else {
            return now;
        };
        let at = now.plus_ms(delay_ms.saturating_add(link.latency_ms));
        let at = if in_order { at.max(link.last_arrival) } else { at };
        link.last_arrival = link.last_arrival.max(at);
        at
    }

    fn send(&mut self, peer: PeerId, link: LinkId, to: To, bytes: Vec<u8>) {
        let Some(own) = self.host_mut(peer).and_then(|host| host.link(link)) else {
            return;
        };
        let (Some(from), latency_ms, hub) = (own.connection, own.latency_ms, own.hub) else {
            return;
        };
        let (now, conditions) = (self.now, self.conditions);
        let Some(room) = self.hub(hub).filter(|room| room.silent_until <= now) else {
            return;
        };
        let audience = room.audience(peer, to);
        let bytes = Arc::new(bytes);
        for member in audience {
            if self.random.chance(conditions.loss_per_mille) {
                continue;
            }
            let copies = 1 + u64::from(self.random.chance(conditions.duplicate_per_mille));
            for _ in 0..copies {
                let delay_ms = latency_ms.saturating_add(self.random.within(0..=conditions.jitter_ms));
                let at = self.arrival(member, delay_ms, !conditions.reorder);
                self.push(
                    at,
                    Happening::Frame {
                        to: member,
                        from,
                        bytes: bytes.clone(),
                    },
                );
            }
        }
    }
}

/// Peers.
impl World {
    /// Gives a peer one input and carries out what follows.
    fn feed(&mut self, peer: PeerId, input: Input) {
        let now = self.now;
        let Some(host) = self.host_mut(peer) else { return };
        let time = host.clock.show(now);
        let Some(running) = host.peer.as_mut() else { return };
        running.handle(time, input);
        let effects: Vec<Effect> = std::iter::from_fn(|| running.poll_effect()).collect();
        let events: Vec<Event> = std::iter::from_fn(|| running.poll_event()).collect();
        let dies = host.doomed && !effects.is_empty();
        let carried_out = if dies {
            self.random.below(effects.len() as u64)
        } else {
            effects.len() as u64
        };
        for effect in effects
            .into_iter()
            .take(usize::try_from(carried_out).unwrap_or_default())
        {
            self.carry_out(peer, effect);
        }
        if dies {
            self.note(peer.0, "dies midway");
            self.stop(peer, Life::Down);
            return;
        }
        for event in events {
            self.heed(peer, &event);
        }
        self.inspect(peer);
        self.plan_wake(peer);
    }

    fn carry_out(&mut self, peer: PeerId, effect: Effect) {
        match effect {
            Effect::Persist(record) => self.store(peer, *record),
            Effect::Send { link, to, bytes } => {
                self.hash.note(self.now.0, peer.0, 1, &bytes);
                let network = self.peer(peer).and_then(Peer::network).map(|network| network.id);
                self.checkers.look_at_frame(self.now, peer, network, &bytes);
                self.send(peer, link, to, bytes);
            }
        }
    }

    fn store(&mut self, peer: PeerId, record: Record) {
        self.checkers.note_record(peer, &record);
        if let Some(host) = self.host_mut(peer) {
            host.records.push(record);
        }
    }

    fn heed(&mut self, peer: PeerId, event: &Event) {
        self.hash.note(
            self.now.0,
            peer.0,
            2,
            &postcard::to_allocvec(event).unwrap_or_default(),
        );
        if self.trace {
            println!("{:>8} peer {}: {event:?}", self.now.0, peer.0);
        }
        self.checkers.look_at_event(self.now, peer, event);
        if let Some(host) = self.hosts.get_mut(peer.0) {
            self.measure.look_at_event(self.now, host, event);
        }
        let network = self.peer(peer).and_then(Peer::network).map(|network| network.id);
        match (event, network) {
            (
                Event::Command {
                    result: ting_core::peer::command::CommandResult::Sent(id),
                    ..
                },
                Some(network),
            ) => {
                self.sent.push(Sent {
                    peer,
                    id: *id,
                    network,
                    at: self.now,
                });
            }
            (
                Event::Command {
                    result: ting_core::peer::command::CommandResult::Refused(_),
                    ..
                },
                _,
            ) => self.refused += 1,
            _ => {}
        }
    }

    fn inspect(&mut self, peer: PeerId) {
        if let Some(running) = self.hosts.get(peer.0).and_then(|host| host.peer.as_ref()) {
            self.checkers.inspect(self.now, peer, running);
        }
    }

    fn plan_wake(&mut self, peer: PeerId) {
        let now = self.now;
        let Some(host) = self.host_mut(peer) else { return };
        let Some(deadline) = host.peer.as_ref().and_then(Peer::next_deadline) else {
            return;
        };
        // A deadline that has passed is met a millisecond later: no host is faster than that.
        let exact = host.clock.when(deadline.at, now.plus_ms(1));
        let at = if host.hidden {
            exact.max(host.last_tick.plus_ms(HIDDEN_TICK_MS))
        } else {
            exact
        };
        if let Some(key) = host.wake.take() {
            self.queue.remove(&key);
        }
        let key = self.push(at, Happening::Wake(peer));
        self.host_mut(peer)
            .into_iter()
            .for_each(|host| host.wake = Some(key));
    }

    fn note(&mut self, who: usize, what: &str) {
        self.hash.note(self.now.0, who, 0, what.as_bytes());
        if self.trace {
            println!("{:>8} {what}", self.now.0);
        }
    }
}

/// Timers of a hidden tab fire at most this often.
const HIDDEN_TICK_MS: u64 = 1_000;
