//! The peer's contract with its host: inputs, effects, deadlines.
//!
//! After every [`handle`](super::Peer::handle) the host drains effects (in order) and events, then sleeps until
//! [`next_deadline`](super::Peer::next_deadline) or the next input, whichever comes first, and passes [`Input::Tick`] when it wakes.

use super::{
    command::{Command, CommandId},
    record::Record,
};
use crate::{crypto::pass::PassSecret, time::Timestamp};

/// A relay link of the host, numbered by the host. At most `MAX_LINKS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u8);

/// A connection in the room, numbered by the relay. Says nothing about who is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// What the host tells the peer, one thing at a time.
#[derive(Clone, Debug)]
pub enum Input {
    /// A stored record, before [`Input::Start`].
    Loaded(Box<Record>),
    /// This farewell, the newest that a former run had its host hold, was left, or may have been ([`Effect::Farewell`]); empty if it is not known any more.
    /// After all of [`Input::Loaded`], before [`Input::Start`].
    FarewellLeft(Vec<u8>),
    /// All stored records were given: the peer may begin.
    Start,
    /// The link by which the user came carries a pass, or one that was opened since; any time after [`Input::Start`].
    Pass(PassSecret),
    /// A relay welcomed the host into the room.
    LinkUp {
        /// Link on which this happened.
        link: LinkId,
        /// What the relay calls this connection.
        own: ConnectionId,
        /// Number of other connections in the room at that moment.
        others: u32,
    },
    /// A link broke: nothing comes or goes over it any more.
    LinkDown {
        /// Link that broke.
        link: LinkId,
    },
    /// Another connection joined the room.
    Joined {
        /// Link whose relay says so.
        link: LinkId,
        /// Connection that joined.
        connection: ConnectionId,
    },
    /// Another connection left the room.
    Left {
        /// Link whose relay says so.
        link: LinkId,
        /// Connection that left.
        connection: ConnectionId,
    },
    /// A sealed frame came from another connection.
    Frame {
        /// Link over which it came.
        link: LinkId,
        /// Connection that sent it, as the relay says.
        from: ConnectionId,
        /// The frame as it came, still sealed.
        bytes: Vec<u8>,
    },
    /// The deadline passed, or the host woke for another reason.
    Tick,
    /// The user wants something; exactly one [`Event::Command`](super::event::Event::Command) will answer.
    Submit {
        /// Number that the answer repeats.
        id: CommandId,
        /// What the user wants.
        command: Command,
    },
}

/// Which of the connections in the room a frame goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// All other connections in the room.
    All,
    /// This connection only.
    One(ConnectionId),
}

/// What the peer asks of its host, to be done in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Hand a sealed frame to a relay.
    Send {
        /// Link over which it goes.
        link: LinkId,
        /// Connections that it is for.
        to: To,
        /// The frame, sealed for the room's members.
        bytes: Vec<u8>,
    },
    /// Make a record durable before any later effect.
    Persist(Box<Record>),
    /// Hold this sealed frame in place of the one held before, or none: before any later effect it is with whoever outlives the peer. When the peer
    /// is stopped, that one may leave it with the room's relays, and then says so to the next run ([`Input::FarewellLeft`]). A host that
    /// leaves nothing behind may ignore this.
    Farewell(Option<Vec<u8>>),
}

/// When the peer wants to be woken, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Time at which the host should wake the peer, if nothing else does before.
    pub at: Timestamp,
    /// Duty that is due then.
    pub why: Why,
}

/// What a peer has to do at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A slot begins, in which the peer may propose a block.
    SlotStart,
    /// The delay of a light ticket is over: the peer may propose its block.
    LightTicket,
    /// Half of a slot is over: the peer may vote.
    Vote,
    /// Nobody answered for so long that the peer may sign.
    HeadsSilence,
    /// A request was not answered in time.
    Request,
    /// Questions wait, and the rate of answers allows one again.
    Answer,
    /// A sign of life or a clock probe is due.
    Presence,
    /// A slice of the claim's proof of work is due (the host may do other things between slices).
    Work,
}
