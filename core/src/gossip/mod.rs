//! What peers tell each other, and how far each of them is believed (docs/protocol.md, section 10).
//!
//! - [`message`] is the wire format, [`greeting`] its signed part about peers, [`envelope`] seals it for the room.
//! - [`compact`] rebuilds blocks whose transactions are mostly known.
//! - [`seen`], [`rate`] (of [`bucket`]s) and [`penalty`] bound what others can make this peer do.
//! - [`roster`] knows who is in the room and how far they are; [`clock`] asks what their clocks show.
//!
//! All of them are state machines without a clock or a network. A frame is looked at in this order: size and key, rate of its source,
//! network, slot window, seen, penalty and signatures, body. Whatever fails a step costs nothing further.

pub mod bucket;
pub mod clock;
pub mod compact;
pub mod envelope;
pub mod greeting;
pub mod message;
pub mod penalty;
pub mod rate;
pub mod roster;
pub mod seen;
#[cfg(test)]
pub(crate) mod tests;

/// Where a frame came from: a relay link of this peer and a connection at that relay. The relay assigns connections, so a source is
/// nobody's identity: it can be slowed down and left out for a while, never punished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Relay link, as this peer's host numbers it.
    pub link: u8,
    /// The connection, as the relay numbers it.
    pub connection: u64,
}
