//! The peer's contract with its host: inputs, effects, deadlines.
//!
//! After every [`handle`](super::Peer::handle) the host drains effects (in order) and events, then sleeps until
//! [`next_deadline`](super::Peer::next_deadline) or the next input, whichever comes first, and passes [`Input::Tick`] when it wakes.

use super::{
    command::{Command, CommandId},
    record::Record,
};
use crate::time::Timestamp;

/// A relay link of the host, numbered by the host. At most `MAX_LINKS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u8);

/// A connection in the room, numbered by the relay. Says nothing about who is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// What the host tells the peer.
#[derive(Clone, Debug)]
pub enum Input {
    /// A stored record, before [`Input::Start`].
    Loaded(Box<Record>),
    /// All records were given; begin.
    Start,
    /// A relay welcomed the host into the room.
    LinkUp {
        /// The link.
        link: LinkId,
        /// What the relay calls this connection.
        own: ConnectionId,
        /// Others in the room at that moment.
        others: u32,
    },
    /// A link broke.
    LinkDown {
        /// The link.
        link: LinkId,
    },
    /// Somebody joined the room.
    Joined {
        /// The link.
        link: LinkId,
        /// Who.
        connection: ConnectionId,
    },
    /// Somebody left the room.
    Left {
        /// The link.
        link: LinkId,
        /// Who.
        connection: ConnectionId,
    },
    /// A sealed frame came.
    Frame {
        /// The link.
        link: LinkId,
        /// Sender, as the relay says.
        from: ConnectionId,
        /// Sealed bytes.
        bytes: Vec<u8>,
    },
    /// The deadline passed, or the host woke for another reason.
    Tick,
    /// The user wants something.
    Submit {
        /// Comes back in the result.
        id: CommandId,
        /// What the user wants.
        command: Command,
    },
}

/// To whom a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Everybody else in the room.
    All,
    /// One connection.
    One(ConnectionId),
}

/// What the peer asks of its host, to be done in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a sealed frame.
    Send {
        /// The link.
        link: LinkId,
        /// To whom.
        to: To,
        /// Sealed bytes.
        bytes: Vec<u8>,
    },
    /// Make a record durable before any later effect.
    Persist(Box<Record>),
}

/// When the peer wants to be woken, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Timestamp,
    /// What for.
    pub why: Why,
}

/// Reasons for a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A slot begins: maybe propose.
    SlotStart,
    /// A light ticket's delay is over.
    LightTicket,
    /// Half a slot: maybe vote.
    Vote,
    /// Enough silence to sign.
    HeadsSilence,
    /// A request timed out.
    Request,
    /// Answers have regained their rate.
    Answer,
    /// Presence is due.
    Presence,
    /// A slice of the claim's proof of work is due (the host may do other things between slices).
    Work,
}
