//! A whole Ting peer as one state machine: the same in a browser tab, on a server and in the simulator.
//!
//! The contract with the host is in [`io`]: inputs go in with the time, effects and events are polled out, and
//! [`Peer::next_deadline`] says when to come back. `handle/` has one file per kind of input, `duty/` one per thing that a peer does of its own
//! accord as time passes, `show/` what a user interface draws; all three stand on the verbs in `act/`, and never on each other.
//!
//! Why a malicious peer cannot hurt it: every frame passes size, seal, rate, decoding, dedupe and slot window before any signature is
//! verified, and every signature before anything is stored or forwarded; each container is bounded where it is defined.

pub mod command;
pub mod event;
mod farewell;
pub mod identity;
pub mod imported;
pub mod io;
pub mod links;
pub mod network;
pub mod not_taken;
pub mod own;
pub mod record;
mod reorg;
pub mod signing;
pub mod stored;
pub mod view;

mod act;
mod answers;
#[cfg(test)]
mod attacks;
mod candidates;
mod claim;
mod duty;
mod handle;
mod host_queue;
mod requests;
mod room;
mod show;
mod snapshot;
mod timers;
pub mod told;

use self::{
    answers::Answers,
    candidates::Candidates,
    event::Event,
    farewell::Farewell,
    host_queue::HostQueue,
    identity::Identity,
    io::{Deadline, Effect, Input},
    links::Links,
    network::Network,
    not_taken::NotTaken,
    requests::Requests,
    snapshot::{Assembly, SnapshotSchedule},
    timers::Timers,
    view::SigningDevice,
};
pub use crate::consensus::tree::History;
use crate::{
    codec::BoundedString,
    consensus::readiness::ReadinessGate,
    crypto::{
        keys::{Address, NetworkId},
        pass::PassSecret,
        seal::RoomSecret,
        seed::Seed,
    },
    gossip::{
        clock::Probes, envelope::RoomCodec, greeting::SessionId, penalty::PenaltyBox, rate::RateLimiter,
        roster::Roster, seen::SeenSet,
    },
    ledger::{genesis::Rules, transaction::Action},
    params::MAX_NAME_BYTES,
    time::Timestamp,
};

/// What a host decides about a peer before it begins.
pub struct PeerConfig {
    /// Secret of the room, which its invite link carries.
    pub secret: RoomSecret,
    /// The network that the invite link names, if it does.
    pub pinned: Option<NetworkId>,
    /// All randomness of this run: fresh at every start.
    pub seed: Seed,
    /// Name to go by if no identity is stored yet.
    pub suggested_name: String,
    /// Rules of a network that this peer founds.
    pub rules: Rules,
    /// How much of what is final stays in memory. Somebody in a room has to keep the whole for newcomers.
    pub history: History,
}

/// A peer. It does nothing by itself: its host gives it one input at a time with the time of day, and does after each what it asks for, to the end
/// and in this order: every effect, of which a record must be durable before anything later happens; then every event; then wait for the next input,
/// or until the deadline.
///
/// ```
/// use ting_core::crypto::{seal::RoomSecret, seed::Seed};
/// use ting_core::ledger::genesis::Rules;
/// use ting_core::peer::io::{ConnectionId, Effect, Input, LinkId};
/// use ting_core::peer::{History, Peer, PeerConfig, event::Event};
/// use ting_core::time::Timestamp;
///
/// let mut peer = Peer::new(PeerConfig {
///     secret: RoomSecret::new([7; 32]),
///     pinned: None,
///     seed: Seed::new([1; 32]), // fresh random bytes in earnest
///     suggested_name: "Ada".to_owned(),
///     rules: Rules::default(),
///     history: History::Whole,
/// });
/// let (mut stored, mut sent, mut final_height) = (Vec::new(), Vec::new(), 0);
/// let mut now = Timestamp(1_700_000_000_000);
/// let (link, own, others) = (LinkId(0), ConnectionId(1), 0);
/// let mut inputs = vec![Input::LinkUp { link, own, others }, Input::Start];
/// while final_height < 3 {
///     peer.handle(now, inputs.pop().unwrap_or(Input::Tick));
///     while let Some(effect) = peer.poll_effect() {
///         match effect {
///             Effect::Persist(record) => stored.push(record),
///             Effect::Send { bytes, .. } => sent.push(bytes),
///             // This host leaves nothing behind when it ends.
///             Effect::Farewell(_) => {}
///         }
///     }
///     while let Some(event) = peer.poll_event() {
///         if let Event::Final { height, .. } = event {
///             final_height = height;
///         }
///     }
///     // Nobody else is here, so the next thing to happen is what the peer wants to be woken for.
///     let wakes_at = peer.next_deadline().map_or(now, |deadline| deadline.at);
///     now = wakes_at.max(now.plus_ms(1));
/// }
/// assert!(stored.len() > 3 && !sent.is_empty());
/// ```
///
/// `core/examples/host.rs` has two of them on a cable.
pub struct Peer {
    secret: RoomSecret,
    pinned: Option<NetworkId>,
    seed: Seed,
    rules: Rules,
    history: History,
    session: SessionId,
    batch_secret: [u8; 32],
    room: RoomCodec,
    now: Timestamp,
    started: bool,
    stored: StoredIdentity,
    identity: Identity,
    /// By which a grant can be drawn where that takes an invite.
    pass: Option<PassSecret>,
    gate: ReadinessGate,
    links: Links,
    roster: Roster,
    probes: Probes,
    probes_drawn: u64,
    rates: RateLimiter,
    penalties: PenaltyBox,
    seen: SeenSet,
    not_taken: NotTaken,
    requests: Requests,
    answers: Answers,
    network: Option<Network>,
    /// What is held to be left when this peer goes.
    farewell: Option<Farewell>,
    snapshots: SnapshotSchedule,
    candidates: Candidates,
    /// Another network of this room that has a chain, and that the own one stays apart from.
    foreign_network: Option<NetworkId>,
    /// The stored network is of another version of the protocol: nothing is founded or joined in its place.
    is_of_other_version: bool,
    /// The user was told that this device's keys sign elsewhere too.
    warned_of_copy: bool,
    /// Which device signs, as of the last new head.
    known_device: SigningDevice,
    /// Posts of a network that gave way, to be said again.
    unsaid: Vec<Action>,
    typing_in: Option<BoundedString<{ crate::params::MAX_CHANNEL_BYTES }>>,
    timers: Timers,
    deadline: Option<Deadline>,
    to_host: HostQueue,
}

/// What the host's storage already holds of the identity.
#[derive(Default)]
struct StoredIdentity {
    account_seed: Option<[u8; 32]>,
    operator_seed: Option<[u8; 32]>,
    name: Option<BoundedString<MAX_NAME_BYTES>>,
    blocks_loaded: u64,
    snapshot: Assembly,
}

impl Peer {
    /// Makes a peer; it has loaded nothing yet and does nothing before [`Input::Start`].
    pub fn new(config: PeerConfig) -> Self {
        let PeerConfig {
            secret,
            pinned,
            seed,
            suggested_name,
            rules,
            history,
        } = config;
        let name = BoundedString::try_from(suggested_name).unwrap_or_default();
        let [session @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = seed.derive("session", 0);
        Self {
            room: RoomCodec::new(&secret, &seed),
            identity: Identity::new(seed.derive("account", 0), seed.derive("operator", 0), name),
            batch_secret: seed.derive("batch", 0),
            session: SessionId(session),
            secret,
            pinned,
            seed,
            rules,
            history,
            now: Timestamp::default(),
            started: false,
            stored: StoredIdentity::default(),
            pass: None,
            gate: ReadinessGate::default(),
            links: Links::default(),
            roster: Roster::new(SessionId(session)),
            probes: Probes::default(),
            probes_drawn: 0,
            rates: RateLimiter::default(),
            penalties: PenaltyBox::default(),
            seen: SeenSet::default(),
            not_taken: NotTaken::default(),
            requests: Requests::default(),
            answers: Answers::default(),
            network: None,
            farewell: None,
            snapshots: SnapshotSchedule::default(),
            candidates: Candidates::default(),
            foreign_network: None,
            is_of_other_version: false,
            warned_of_copy: false,
            known_device: SigningDevice::Nobody,
            unsaid: Vec::new(),
            typing_in: None,
            timers: Timers::default(),
            deadline: None,
            to_host: HostQueue::default(),
        }
    }

    /// Takes one input at a time of the host's clock, which may jump either way.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.now = now;
        let has_jumped = self.gate.observe_clock(now);
        if has_jumped && self.started {
            self.ask_for_heads();
        }
        match input {
            Input::Loaded(record) => self.on_loaded(*record),
            Input::FarewellLeft(frame) => self.on_farewell_left(&frame),
            Input::Start => self.on_start(),
            Input::Pass(pass) => self.on_pass(pass),
            Input::LinkUp { link, own, others } => self.on_link_up(link, own, others),
            Input::LinkDown { link } => self.on_link_down(link),
            Input::Joined { link, .. } => self.on_joined(link),
            Input::Left { link, connection } => self.on_left(link, connection),
            Input::Frame { link, from, bytes } => {
                let is_dropped = !self.on_frame(link, from, &bytes);
                let is_due = self.deadline.is_none_or(|deadline| deadline.at <= now);
                // What anybody can send at will costs no look at everything else.
                if is_dropped && !is_due && !has_jumped {
                    return;
                }
            }
            Input::Tick => self.work_on_claim(),
            Input::Submit { id, command } => self.on_command(id, command),
        }
        if self.started {
            self.do_duties();
            self.deadline = Some(self.earliest_deadline());
        }
    }

    /// The next thing for the host to do, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.to_host.pop_effect()
    }

    /// The next thing for the host to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.to_host.pop_event()
    }

    /// When the peer wants to be woken; none before it started.
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// The network that this peer is on; none while it is not known.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// Counts of what others sent and this peer did not take, by reason.
    pub fn not_taken(&self) -> &NotTaken {
        &self.not_taken
    }

    /// Account that this peer acts for.
    pub fn account(&self) -> Address {
        self.identity.address()
    }

    /// The own account key as 24 backup words.
    pub fn words(&self) -> String {
        self.identity.words().to_string()
    }
}
