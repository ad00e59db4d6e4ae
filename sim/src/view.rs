//! What may be seen of a world while it goes on: the time, the hosts and what their frames say. Nothing can be changed through it.

use std::{cmp::Reverse, collections::BTreeSet};

use ting_core::{
    crypto::{keys::Address, seal::RoomSecret, seed::Seed},
    gossip::{
        envelope::{OpenError, RoomCodec},
        message::Message,
    },
    peer::{Peer, network::Network},
};

use crate::{clock::Moment, host::Host, hub::PeerId};

/// The part of a world that may be looked at; only the world itself changes it.
pub struct View {
    pub(crate) now: Moment,
    pub(crate) hosts: Vec<Host>,
    /// The accounts of Byzantine hosts.
    pub(crate) byzantine: BTreeSet<Address>,
    /// Opens the room's frames, for witnesses.
    pub(crate) codec: RoomCodec,
}

impl View {
    /// Of an empty room with this secret.
    pub(crate) fn new(secret: &RoomSecret) -> Self {
        Self {
            now: Moment::default(),
            hosts: Vec::new(),
            byzantine: BTreeSet::new(),
            // It never seals anything, so its nonces do not matter.
            codec: RoomCodec::new(secret, &Seed::new([0; 32])),
        }
    }

    /// True time now.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// All hosts, with their numbers.
    pub fn hosts(&self) -> impl Iterator<Item = (PeerId, &Host)> {
        let numbered = self.hosts.iter().enumerate();
        numbered.map(|(index, host)| (PeerId(index), host))
    }

    /// The host with this number.
    pub fn host(&self, peer: PeerId) -> Option<&Host> {
        self.hosts.get(peer.0)
    }

    /// True if a host keeps the rules.
    pub fn is_honest(&self, peer: PeerId) -> bool {
        self.host(peer).is_some_and(Host::is_honest)
    }

    /// All running peers, with the numbers of their hosts.
    pub fn running(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.hosts()
            .filter_map(|(peer, host)| Some((peer, host.peer.as_ref()?)))
    }

    /// All running peers of hosts that keep the rules.
    pub fn honest(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        self.running().filter(move |(peer, _)| self.is_honest(*peer))
    }

    /// The peer in a host, if it runs.
    pub fn peer(&self, peer: PeerId) -> Option<&Peer> {
        self.host(peer)?.peer.as_ref()
    }

    /// The network that a running peer is on.
    pub fn network(&self, peer: PeerId) -> Option<&Network> {
        self.peer(peer)?.network()
    }

    /// The network of an honest peer that reaches furthest back: the longest of those.
    pub fn best_remembered(&self) -> Option<&Network> {
        let networks = self.honest().filter_map(|(_, peer)| peer.network());
        networks.max_by_key(|network| (Reverse(network.chain().root_height()), network.chain().height()))
    }

    /// The account of a host's peer, if it ever ran.
    pub fn account(&self, peer: PeerId) -> Option<Address> {
        self.host(peer)?.account
    }

    /// True if a host that breaks the rules has this account.
    pub fn is_byzantine(&self, account: &Address) -> bool {
        self.byzantine.contains(account)
    }

    /// Opens a sealed frame and reads its message.
    ///
    /// # Errors
    /// [`OpenError`] when it is none of this room's.
    pub fn open(&self, frame: &[u8]) -> Result<Message, OpenError> {
        self.codec.open(frame).map(|opened| opened.message)
    }
}
