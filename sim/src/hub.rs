//! What a relay does: a frame of one member reaches the others, or one of them; everybody hears who joins and leaves.
//!
//! A hub that is cut into groups behaves like two relays whose backplane broke: each side sees the other leave.

use std::collections::BTreeMap;

use ting_core::peer::io::{ConnectionId, LinkId, To};

use crate::clock::Moment;

/// A host and the peer in it, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId(pub usize);

/// A hub, by its number in the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HubId(pub usize);

/// A connection in the room of a hub.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Number that the hub gave it.
    pub connection: ConnectionId,
    /// Host that the connection belongs to.
    pub peer: PeerId,
    /// Which of the peer's links it is.
    pub link: LinkId,
}

/// A relay with the one room of the simulation.
#[derive(Default)]
pub struct Hub {
    members: BTreeMap<ConnectionId, Member>,
    next_connection: u64,
    /// It forwards nothing until this moment.
    pub silent_until: Moment,
    /// Who is in which group while the hub is cut; those not named are in group 0.
    groups: BTreeMap<PeerId, u8>,
}

impl Hub {
    /// Takes a newcomer in, under a number of its own.
    pub fn join(&mut self, peer: PeerId, link: LinkId) -> ConnectionId {
        self.next_connection += 1;
        let connection = ConnectionId(self.next_connection);
        self.members.insert(
            connection,
            Member {
                connection,
                peer,
                link,
            },
        );
        connection
    }

    /// Forgets a connection.
    pub fn leave(&mut self, connection: ConnectionId) {
        self.members.remove(&connection);
    }

    /// The others whom this peer's frames reach.
    pub fn others(&self, peer: PeerId) -> Vec<Member> {
        let group = self.group_of(peer);
        let reached = |member: &&Member| member.peer != peer && self.group_of(member.peer) == group;
        self.members.values().filter(reached).copied().collect()
    }

    /// Those who get a frame that is addressed like this.
    pub fn audience(&self, peer: PeerId, to: To) -> Vec<Member> {
        let mut audience = self.others(peer);
        if let To::One(connection) = to {
            audience.retain(|member| member.connection == connection);
        }
        audience
    }

    /// All connections in the room.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Cuts the hub: peers named here hear only their own group.
    pub fn split(&mut self, groups: BTreeMap<PeerId, u8>) {
        self.groups = groups;
    }

    /// Who is in which group while the hub is cut; those not named are in group 0.
    pub fn groups(&self) -> &BTreeMap<PeerId, u8> {
        &self.groups
    }

    /// True while the hub is cut into groups.
    pub fn is_split(&self) -> bool {
        !self.groups.is_empty()
    }

    fn group_of(&self, peer: PeerId) -> u8 {
        self.groups.get(&peer).copied().unwrap_or_default()
    }
}
