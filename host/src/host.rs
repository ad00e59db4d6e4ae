//! A peer with its journal and its links: one input in, all that follows from it done in order.

use ting_core::{
    crypto::{keys::NetworkId, pass::PassSecret, seed::Seed},
    ledger::genesis::Rules,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId},
        event::Event,
        io::{Effect, Input},
        record::Record,
    },
    time::Timestamp,
};
use ting_frame::RoomName;

use crate::{
    chance::Chance,
    farewell::{Farewell, Held, Keeper, NoKeeper},
    invite::Invite,
    journal::{Journal, JournalError},
    links::Links,
    socket::{Dial, SocketEvent},
    status::RelayStatus,
    storage::Storage,
};

/// What a platform decides about a host before it begins.
pub struct HostConfig {
    /// The room, and the network that is meant.
    pub invite: Invite,
    /// Name to go by if no identity is stored yet.
    pub suggested_name: String,
    /// Rules of a network that is founded here.
    pub rules: Rules,
    /// All chance of this run: fresh at every start.
    pub seed: Seed,
    /// The farewell that a former run of this identity had held, if it was left or may have been; empty if it is not known any more.
    pub farewell_left: Option<Vec<u8>>,
}

/// What happens to a host, one thing at a time.
#[derive(Clone, Debug)]
pub enum HostInput {
    /// The host was made just now, and may begin.
    Start,
    /// A socket did something.
    Socket(SocketEvent),
    /// The user wants something; exactly one event answers.
    Submit {
        /// Number that the answer repeats.
        id: CommandId,
        /// What the user wants.
        command: Command,
    },
    /// Addresses of the relays to be linked with from now on.
    Relays(Vec<String>),
    /// There is reason to believe that relays are to be had again: pauses end.
    Hurry,
    /// The deadline passed, or the host woke for another reason.
    Woke,
}

/// A peer, its journal, its links, and who keeps its farewell.
pub struct Host<S, D: Dial, K = NoKeeper> {
    maker: Maker,
    /// The pass of the link, until the peer has it, which stores it.
    pass: Option<PassSecret>,
    pinned: Option<NetworkId>,
    peer: Peer,
    journal: Journal<S>,
    farewell: Farewell<K>,
    links: Links<D>,
    turns: u64,
    /// A former run's farewell was left, and what the peer makes of it is not durable yet.
    farewell_left: Option<Vec<u8>>,
}

impl<S: Storage, D: Dial> Host<S, D> {
    /// A host of a peer with these records, which are those of the journal. It does nothing before [`HostInput::Start`], and leaves no
    /// farewell behind.
    pub fn new(config: HostConfig, journal: Journal<S>, records: &[Record], now: Timestamp, dial: D) -> Self {
        Self::with_keeper(config, journal, records, now, dial, NoKeeper)
    }
}

impl<S: Storage, D: Dial, K: Keeper> Host<S, D, K> {
    /// The same, and somebody keeps the peer's farewell.
    pub fn with_keeper(
        config: HostConfig,
        journal: Journal<S>,
        records: &[Record],
        now: Timestamp,
        dial: D,
        keeper: K,
    ) -> Self {
        let HostConfig {
            mut invite,
            suggested_name,
            rules,
            seed,
            farewell_left,
        } = config;
        let pass = invite.pass.take();
        let room = RoomName::from_bytes(invite.secret.room_name());
        let links = Links::new(dial, room, Chance::new(seed.child("links", 0)));
        let mut maker = Maker {
            invite,
            suggested_name,
            rules,
            chance: Chance::new(seed.child("host", 0)),
        };
        let (peer, pinned) = maker.peer(now, records);
        Self {
            maker,
            pass,
            pinned,
            peer,
            journal,
            farewell: Farewell::new(keeper),
            links,
            turns: 0,
            farewell_left,
        }
    }

    /// Takes one input and does all that follows and all that is due.
    pub async fn handle(&mut self, now: Timestamp, input: HostInput) {
        match input {
            HostInput::Start => {
                self.start(now).await;
                if let Some(pass) = self.pass.take() {
                    self.feed(now, Input::Pass(pass)).await;
                }
            }
            HostInput::Submit { id, command } => self.feed(now, Input::Submit { id, command }).await,
            HostInput::Socket(event) => {
                if let Some(input) = self.links.on_event(event, now.0) {
                    self.feed(now, input).await;
                }
            }
            HostInput::Relays(addresses) => {
                for input in self.links.set_addresses(&addresses) {
                    self.feed(now, input).await;
                }
            }
            HostInput::Hurry => self.links.hurry(),
            HostInput::Woke => {}
        }
        for input in self.links.tick(now.0) {
            self.feed(now, input).await;
        }
        if self
            .peer
            .next_deadline()
            .is_some_and(|deadline| deadline.at <= now)
        {
            self.feed(now, Input::Tick).await;
        }
    }

    /// What the peer has to tell, to be drained after each [`Host::handle`].
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.peer.poll_event()?;
        if let Event::NetworkKnown { network, .. } | Event::NetworkReplaced { new: network, .. } = &event {
            self.maker.invite.network = Some(*network);
        }
        Some(event)
    }

    /// Time at which [`HostInput::Woke`] is due, if nothing comes before.
    pub fn next_deadline(&mut self, now: Timestamp) -> Option<Timestamp> {
        let peer = self.peer.next_deadline().map(|deadline| deadline.at);
        let links = self.links.next_deadline_ms(now.0).map(Timestamp);
        peer.into_iter().chain(links).min()
    }

    /// The peer, for reading.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The journal, for reading.
    pub fn journal(&self) -> &Journal<S> {
        &self.journal
    }

    /// State of the link to each relay.
    pub fn relays(&self) -> Vec<RelayStatus> {
        self.links.statuses()
    }

    /// What others are invited by: it names the network as soon as one is known, and no pass, which is for whom it was given to.
    pub fn invite(&self) -> &Invite {
        &self.maker.invite
    }

    /// The network that the peer may not leave.
    pub fn pinned(&self) -> Option<NetworkId> {
        self.pinned
    }

    /// Inputs that the peer took so far: what it shows is as before while this number is, but for the passing of time.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// Whether [`HostConfig::farewell_left`] is still to be said to the next run: what the peer made of it is not durable yet.
    pub fn owes_farewell_left(&self) -> bool {
        self.farewell_left.is_some()
    }

    /// Has no farewell held any more: somebody else goes on as this peer. The host should end now.
    pub async fn withdraw_farewell(&mut self) {
        self.farewell.withdraw().await;
    }

    /// Deletes keys and chain. The host should end now: what it does afterwards is not kept.
    ///
    /// # Errors
    /// [`JournalError`] if storage fails; parts of it may still be there.
    pub async fn forget(&mut self) -> Result<(), JournalError<S::Error>> {
        self.farewell.withdraw().await;
        self.journal.delete().await
    }

    /// 32 random bytes for a key that nobody has yet.
    pub(crate) fn fresh_key(&mut self) -> [u8; 32] {
        self.maker.chance.key()
    }

    /// Another peer with these records, behind the links that are up. Of the one before, no farewell is left any more.
    pub(crate) async fn begin_anew(
        &mut self,
        now: Timestamp,
        records: &[Record],
    ) -> Result<(), JournalError<S::Error>> {
        self.farewell.withdraw().await;
        self.journal.rewrite(records).await?;
        (self.peer, self.pinned) = self.maker.peer(now, records);
        self.start(now).await;
        for input in self.links.links_up() {
            self.feed(now, input).await;
        }
        Ok(())
    }

    async fn start(&mut self, now: Timestamp) {
        if let Some(frame) = self.farewell_left.clone() {
            self.feed(now, Input::FarewellLeft(frame)).await;
        }
        self.feed(now, Input::Start).await;
    }

    /// Gives the peer one input and does what it asks for, in order; records that follow each other are written at once.
    async fn feed(&mut self, now: Timestamp, input: Input) {
        self.turns = self.turns.wrapping_add(1);
        let has_begun = !matches!(input, Input::FarewellLeft(_));
        self.peer.handle(now, input);
        while let Some(effect) = self.peer.poll_effect() {
            self.perform(now, effect).await;
        }
        if self.settle().await.is_some() && has_begun {
            self.farewell_left = None;
        }
    }

    pub(crate) async fn perform(&mut self, now: Timestamp, effect: Effect) {
        match effect {
            Effect::Persist(record) => {
                if self.farewell.is_waiting() {
                    self.settle().await;
                }
                self.journal.note(&record);
            }
            Effect::Farewell(frame) => self.farewell.note(frame),
            Effect::Send { link, to, bytes } => {
                // Field by field: the proof borrows journal and farewell, not the links.
                if let Some(durable) = self.journal.flush().await
                    && let Some(held) = self.farewell.settle(durable).await
                {
                    self.links.send(held, link, to, &bytes, now.0);
                }
            }
        }
    }

    /// Writes what was noted and has the newest farewell held.
    async fn settle(&mut self) -> Option<Held<'_>> {
        let durable = self.journal.flush().await?;
        self.farewell.settle(durable).await
    }
}

/// What every peer of this host is made with, also after it begins anew.
struct Maker {
    invite: Invite,
    suggested_name: String,
    rules: Rules,
    chance: Chance,
}

impl Maker {
    /// A peer with these records, which has not begun, and the network that it may not leave.
    fn peer(&mut self, now: Timestamp, records: &[Record]) -> (Peer, Option<NetworkId>) {
        let pinned = self.invite.settle(records);
        let mut peer = Peer::new(PeerConfig {
            secret: self.invite.secret.clone(),
            pinned,
            seed: Seed::new(self.chance.key()),
            suggested_name: self.suggested_name.clone(),
            rules: self.rules.clone(),
            history: History::Whole,
        });
        for record in records {
            peer.handle(now, Input::Loaded(Box::new(record.clone())));
        }
        (peer, pinned)
    }
}
