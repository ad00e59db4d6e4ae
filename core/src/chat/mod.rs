//! The chat: what the bodies of posts say, and the room as people see it.
//!
//! A read model: it is told of every block, in the order of the chosen chain, and of everything that waits; it never decides anything.
//! Whatever bytes a peer puts into a post become at worst a line that says "unreadable".

pub mod body;
mod channel;
mod line;
mod order;
pub mod room;
pub mod view;

/// The channel that always exists and comes first. Payments and arrivals are lines in it.
pub const HALL: &str = "hall";
