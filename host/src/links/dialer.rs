//! Opens sockets into one room, each under a number of its own, so that the events of an earlier one are told apart.

use ting_frame::RoomName;

use crate::{
    chance::Chance,
    socket::{Dial, SocketId},
};

/// What all links open their sockets with.
pub(super) struct Dialer<D> {
    dial: D,
    room: RoomName,
    chance: Chance,
    opened: u64,
}

/// A socket, and the number by which its events are known.
pub(super) struct Numbered<S> {
    pub(super) number: SocketId,
    pub(super) socket: S,
}

impl<D: Dial> Dialer<D> {
    pub(super) fn new(dial: D, room: RoomName, chance: Chance) -> Self {
        Self {
            dial,
            room,
            chance,
            opened: 0,
        }
    }

    /// Opens a socket to the room at a relay.
    pub(super) fn open(&mut self, address: &str) -> Result<Numbered<D::Socket>, String> {
        self.opened = self.opened.saturating_add(1);
        let number = SocketId(self.opened);
        let socket = self.dial.dial(&format!("{address}/room/{}", self.room), number)?;
        Ok(Numbered { number, socket })
    }

    pub(super) fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }
}
