//! What may be seen of a world while it goes on: the time, the hosts and what their frames say. Nothing can be changed through it.

use std::collections::BTreeSet;

use ting_core::{
    crypto::keys::Address,
    gossip::{
        envelope::{OpenError, RoomCodec},
        message::Message,
    },
    peer::{Peer, network::Network},
};

use crate::{clock::Moment, host::Host, hub::PeerId};

/// A look at a world at one moment.
#[derive(Clone, Copy)]
pub struct View<'w> {
    pub(crate) now: Moment,
    pub(crate) hosts: &'w [Host],
    pub(crate) byzantine: &'w BTreeSet<Address>,
    pub(crate) codec: &'w RoomCodec,
}

impl<'w> View<'w> {
    /// True time.
    pub fn now(self) -> Moment {
        self.now
    }

    /// All hosts.
    pub fn hosts(self) -> impl Iterator<Item = (PeerId, &'w Host)> {
        let numbered = self.hosts.iter().enumerate();
        numbered.map(|(index, host)| (PeerId(index), host))
    }

    /// A host.
    pub fn host(self, peer: PeerId) -> Option<&'w Host> {
        self.hosts.get(peer.0)
    }

    /// True if a host keeps the rules.
    pub fn is_honest(self, peer: PeerId) -> bool {
        self.host(peer).is_some_and(Host::is_honest)
    }

    /// All running peers.
    pub fn running(self) -> impl Iterator<Item = (PeerId, &'w Peer)> {
        self.hosts()
            .filter_map(|(peer, host)| Some((peer, host.peer.as_ref()?)))
    }

    /// All running peers of hosts that keep the rules.
    pub fn honest(self) -> impl Iterator<Item = (PeerId, &'w Peer)> {
        self.running().filter(move |(peer, _)| self.is_honest(*peer))
    }

    /// The peer in a host, if it runs.
    pub fn peer(self, peer: PeerId) -> Option<&'w Peer> {
        self.host(peer)?.peer.as_ref()
    }

    /// The network that a running peer is on.
    pub fn network(self, peer: PeerId) -> Option<&'w Network> {
        self.peer(peer)?.network()
    }

    /// The account of a host's peer, if it ever ran.
    pub fn account(self, peer: PeerId) -> Option<Address> {
        self.host(peer)?.account
    }

    /// True if a host that breaks the rules has this account.
    pub fn is_byzantine(self, account: &Address) -> bool {
        self.byzantine.contains(account)
    }

    /// What a frame says.
    ///
    /// # Errors
    /// [`OpenError`] when it is none of this room's.
    pub fn open(self, frame: &[u8]) -> Result<Message, OpenError> {
        self.codec.open(frame).map(|opened| opened.message)
    }
}
