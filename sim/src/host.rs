//! What a browser tab is to a peer: a clock, a store, and links. It outlives the peer that runs in it.
//!
//! This is not the host layer that browsers and servers use. Here time is virtual, a store may be torn between any two records, a link delivers
//! late, twice or never as the world's one stream of chance says, and thousands of peers share one queue: the loop of
//! "handle, drain, persist before send" lies in [`World`](crate::world::World), where each of its steps can be seen and broken.

use ting_core::{
    codec::BoundedString,
    crypto::keys::{Address, NetworkId, PublicKey},
    peer::{
        History, Peer,
        identity::Identity,
        io::{ConnectionId, LinkId},
        record::Record,
    },
};

use crate::{
    byzantine::{Byzantine, Vice},
    clock::{Moment, PeerClock, QueueKey},
    hub::{HubId, PeerId},
};

/// How a host of a scenario is set up.
#[derive(Clone, Debug, Default)]
pub struct HostConfig {
    /// How its clock differs from true time.
    pub clock: PeerClock,
    /// The hubs that it connects to, with the time that a frame takes to each, in milliseconds.
    pub hubs: Vec<(usize, u64)>,
    /// Its timers fire at most once a second, as in a hidden tab.
    pub hidden: bool,
    /// Opened by a link that names the network, rather than by one to a bare room.
    pub invited: bool,
    /// The host whose account it has as well, from the same words: another device of one person, which joins later.
    pub twin_of: Option<PeerId>,
    /// How much of the chain its peer keeps; if it is not said, every third host keeps the newest blocks only.
    pub history: Option<History>,
    /// How it breaks the rules; honest without any.
    pub vices: Vec<Vice>,
}

/// Whether a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It has not started yet.
    Unborn,
    /// Its peer runs.
    Up,
    /// It has crashed; its store is intact.
    Down,
    /// It has left for good.
    Gone,
}

/// A host's link to one hub.
pub struct HostLink {
    /// Hub that it leads to.
    pub hub: HubId,
    /// Time that a frame takes to or from the hub, in milliseconds.
    pub latency_ms: u64,
    /// The connection while it is up.
    pub connection: Option<ConnectionId>,
    /// When the last frame reached the host: a stream keeps its order.
    pub last_arrival: Moment,
}

/// A host, and the peer in it while it runs.
pub struct Host {
    /// How its clock differs from true time.
    pub clock: PeerClock,
    /// See [`HostConfig::hidden`].
    pub hidden: bool,
    /// See [`HostConfig::invited`].
    pub invited: bool,
    /// The network that its link names.
    pub pinned: Option<NetworkId>,
    /// Whether it runs.
    pub life: Life,
    /// The peer while it runs.
    pub peer: Option<Peer>,
    /// Records that its peer has stored.
    pub records: Vec<Record>,
    /// What it leaves at its hubs when it closes.
    pub farewell: Option<Vec<u8>>,
    /// What it has left there, and its next peer is to know.
    pub left_farewell: Option<Vec<u8>>,
    /// Its links, in the order of their numbers.
    pub links: Vec<HostLink>,
    /// Does nothing until then: a suspended laptop.
    pub frozen_until: Moment,
    /// Dies in the middle of the next burst of effects.
    pub doomed: bool,
    /// True time at which it started last.
    pub started_at: Moment,
    /// True time at which a timer of it last fired.
    pub last_tick: Moment,
    /// See [`HostConfig::twin_of`].
    pub twin_of: Option<PeerId>,
    /// How much of the chain its peer keeps.
    pub history: History,
    /// The account of its peer, once it ran.
    pub account: Option<Address>,
    /// The key that blocks and votes of its peer are signed with, once it ran: another one on each device.
    pub signing_key: Option<PublicKey>,
    /// What makes it Byzantine, if it is.
    pub byzantine: Option<Byzantine>,
    /// The timer that is planned, as its place in the queue.
    pub wake: Option<QueueKey>,
}

impl Host {
    /// Sets up a host whose peer keeps so much of the chain; it has not started.
    pub fn new(config: &HostConfig, history: History, byzantine: Option<Byzantine>) -> Self {
        let link = |&(hub, latency_ms): &(usize, u64)| HostLink {
            hub: HubId(hub),
            latency_ms,
            connection: None,
            last_arrival: Moment::default(),
        };
        Self {
            clock: config.clock,
            hidden: config.hidden,
            invited: config.invited,
            pinned: None,
            life: Life::Unborn,
            peer: None,
            records: Vec::new(),
            farewell: None,
            left_farewell: None,
            links: config.hubs.iter().map(link).collect(),
            frozen_until: Moment::default(),
            doomed: false,
            started_at: Moment::default(),
            last_tick: Moment::default(),
            twin_of: config.twin_of,
            history,
            account: None,
            signing_key: None,
            byzantine,
            wake: None,
        }
    }

    /// The ways in which it breaks the rules; none if it is honest.
    pub fn vices(&self) -> &[Vice] {
        self.byzantine.as_ref().map_or(&[], Byzantine::vices)
    }

    /// True if it keeps the rules.
    pub fn is_honest(&self) -> bool {
        self.byzantine.is_none()
    }

    /// Its link with this number, if it has one.
    pub fn link(&mut self, link: LinkId) -> Option<&mut HostLink> {
        self.links.get_mut(usize::from(link.0))
    }
}

/// The newest keys that a peer has stored.
pub(crate) fn identity_of(records: &[Record]) -> Option<Identity> {
    let account = records.iter().rev().find_map(|record| match record {
        Record::AccountSeed(seed) => Some(*seed),
        _ => None,
    });
    let operator = records.iter().rev().find_map(|record| match record {
        Record::OperatorSeed(seed) => Some(*seed),
        _ => None,
    });
    Some(Identity::new(account?, operator?, BoundedString::default()))
}
