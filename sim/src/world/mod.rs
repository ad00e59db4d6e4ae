//! Hosts, hubs and the queue of what happens next.
//!
//! Invariants: things happen in the order of (moment, sequence number); every choice comes from the world's one stream of chance; a peer's
//! effects are carried out in order, and a crash in their midst loses exactly the rest. So a run is a function of its seed.

mod links;
mod lives;
mod peers;
pub mod scene;

use std::{collections::BTreeMap, sync::Arc};

use ting_core::{
    crypto::{keys::NetworkId, seal::RoomSecret},
    ledger::genesis::{AbsenceRule, Rules},
    peer::{
        command::{Command, CommandId},
        io::{ConnectionId, Input, LinkId},
        record::Record,
    },
};

use crate::{
    action::{Action, Conditions},
    clock::{Moment, QueueKey},
    host::{Host, HostConfig, Life},
    hub::{Hub, HubId, Member, PeerId},
    random::Random,
    view::View,
    witness::sight::{Sight, Witness},
};

enum Happening {
    Wake(PeerId),
    Frame {
        to: Member,
        from: ConnectionId,
        sent: Departure,
        bytes: Arc<Vec<u8>>,
    },
    Notice {
        to: Member,
        input: Input,
    },
    Connect(PeerId, LinkId),
    Act(Action),
}

/// Where a frame comes from, for whoever looks.
#[derive(Clone, Copy)]
struct Departure {
    from: PeerId,
    hub: HubId,
    at: Moment,
}

/// A world of hosts and hubs on a virtual clock, watched by `W`.
pub struct World<W> {
    view: View,
    witness: W,
    random: Random,
    seed: u64,
    secret: RoomSecret,
    rules: Rules,
    conditions: Conditions,
    /// The network that an honest peer was on before any other.
    first_network: Option<NetworkId>,
    hubs: Vec<Hub>,
    queue: BTreeMap<QueueKey, Happening>,
    planned: u64,
    commands: u64,
}

impl<W: Witness> World<W> {
    /// An empty world with so many hubs, whose network will have this rule of absence.
    pub fn new(
        seed: u64,
        hubs: usize,
        absence: Option<AbsenceRule>,
        conditions: Conditions,
        witness: W,
    ) -> Self {
        let mut random = Random::new(seed, 1);
        let secret = RoomSecret::new(random.bytes());
        Self {
            view: View::new(&secret),
            witness,
            random,
            seed,
            secret,
            rules: Rules {
                claim_work_bits: 4,
                absence,
                ..Rules::default()
            },
            conditions,
            first_network: None,
            hubs: (0..hubs).map(|_| Hub::default()).collect(),
            queue: BTreeMap::new(),
            planned: 0,
            commands: 0,
        }
    }

    /// Adds a host; it starts upon [`Action::Join`].
    pub fn add_host(&mut self, config: &HostConfig) -> PeerId {
        let peer = PeerId(self.view.hosts.len());
        let byzantine = self.byzantine(peer, &config.vices);
        let history = config.history.unwrap_or(lives::usual_history(peer));
        self.view.hosts.push(Host::new(config, history, byzantine));
        peer
    }

    /// Plans an action for a moment of true time.
    pub fn plan(&mut self, at: Moment, action: Action) {
        self.push(at, Happening::Act(action));
    }

    /// Does an action now.
    pub fn act(&mut self, action: Action) {
        self.show(Sight::Acts(&action));
        match action {
            Action::Join(peer) | Action::Restart(peer) => self.start(peer),
            Action::Crash(peer) => self.stop(peer, Life::Down),
            Action::CrashMidway(peer) => self.doom(peer),
            Action::Close(peer) => self.close(peer),
            Action::Leave(peer) => self.leave(peer),
            Action::Freeze(peer, ms) => self.freeze(peer, ms),
            Action::Cut(peer, ms) => self.cut(peer, ms),
            Action::Partition(hub, groups) => self.partition(hub, groups),
            Action::Heal { hub, reconnect } => self.heal(hub, reconnect),
            Action::Silence(hub, ms) => {
                let until = self.view.now.plus_ms(ms);
                self.hub(hub).into_iter().for_each(|hub| hub.silent_until = until);
            }
            Action::Conditions(conditions) => self.conditions = conditions,
            Action::Wish(peer, command) => self.submit(peer, command),
            Action::Drop(frame) => self.drop_frame(frame),
            Action::Corrupt(peer, vices) => self.corrupt(peer, &vices),
        }
    }

    /// Lets time pass until a moment.
    pub fn run_until(&mut self, end: Moment) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().at > end {
                break;
            }
            let (key, happening) = entry.remove_entry();
            self.view.now = key.at;
            self.happen(happening);
        }
        self.view.now = end;
    }

    /// Lets time pass until something is true, looking four times a second; false if it is not after `ms`.
    pub fn run_until_true(&mut self, ms: u64, mut is_true: impl FnMut(&Self) -> bool) -> bool {
        let end = self.view.now.plus_ms(ms);
        while self.view.now < end {
            if is_true(self) {
                return true;
            }
            self.run_until(self.view.now.plus_ms(250).min(end));
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

    /// The world as it may be looked at now.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The witness, and what it has noted.
    pub fn witness(&self) -> &W {
        &self.witness
    }

    /// Who watches, and what may be seen at the end.
    pub fn witness_and_view(&mut self) -> (&mut W, &View) {
        (&mut self.witness, &self.view)
    }

    /// Changes what a host has stored, as a crash in the middle of writing may.
    pub fn edit_store(&mut self, peer: PeerId, edit: impl FnOnce(&mut Vec<Record>)) {
        if let Some(host) = self.host_mut(peer) {
            edit(&mut host.records);
        }
    }

    /// Ends all faults: hubs are whole and reliable, and everybody who did not leave for good is there.
    pub fn heal_everything(&mut self) {
        self.act(Action::Conditions(Conditions {
            jitter_ms: 50,
            ..Conditions::default()
        }));
        let hubs = self.hubs.iter().enumerate();
        let split: Vec<HubId> = hubs
            .filter(|(_, hub)| hub.is_split())
            .map(|(index, _)| HubId(index))
            .collect();
        for hub in split {
            self.act(Action::Heal { hub, reconnect: true });
        }
        for hub in &mut self.hubs {
            hub.silent_until = Moment::default();
        }
        for host in &mut self.view.hosts {
            host.doomed = false;
        }
        let lives: Vec<(PeerId, Life)> = self
            .view()
            .hosts()
            .map(|(peer, host)| (peer, host.life))
            .collect();
        for (peer, life) in lives {
            match life {
                Life::Unborn | Life::Down => self.act(Action::Restart(peer)),
                Life::Up | Life::Gone => {}
            }
        }
    }

    fn show(&mut self, sight: Sight<'_>) {
        self.witness.see(&self.view, sight);
    }

    fn push(&mut self, at: Moment, happening: Happening) -> QueueKey {
        self.planned += 1;
        let key = QueueKey {
            at: at.max(self.view.now),
            number: self.planned,
        };
        self.queue.insert(key, happening);
        key
    }

    fn host_mut(&mut self, peer: PeerId) -> Option<&mut Host> {
        self.view.hosts.get_mut(peer.0)
    }

    fn hub(&mut self, hub: HubId) -> Option<&mut Hub> {
        self.hubs.get_mut(hub.0)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Act(action) => self.act(action),
            Happening::Wake(peer) => self.wake(peer),
            Happening::Connect(peer, link) => self.connect(peer, link),
            Happening::Frame {
                to,
                from,
                sent,
                bytes,
            } => {
                if self.is_frozen(to.peer) {
                    self.defer(
                        to.peer,
                        Happening::Frame {
                            to,
                            from,
                            sent,
                            bytes,
                        },
                    );
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
        let host = self.view.host(to.peer);
        let link = host.and_then(|host| host.links.get(usize::from(to.link.0)));
        link.is_some_and(|link| link.connection == Some(to.connection))
    }

    fn is_frozen(&self, peer: PeerId) -> bool {
        let host = self.view.host(peer);
        host.is_some_and(|host| host.frozen_until > self.view.now)
    }

    fn defer(&mut self, peer: PeerId, happening: Happening) {
        let at = self
            .view
            .hosts
            .get(peer.0)
            .map_or(self.view.now, |host| host.frozen_until);
        self.push(at, happening);
    }

    fn wake(&mut self, peer: PeerId) {
        let now = self.view.now;
        let Some(host) = self.host_mut(peer) else { return };
        host.wake = None;
        host.last_tick = now;
        self.feed(peer, Input::Tick);
    }
}
