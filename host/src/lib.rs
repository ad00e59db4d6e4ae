//! What every host of a peer does, whether it is a browser's worker, a server or a test: it keeps the peer's records, holds its links to
//! relays, and hands it what happens. No clock, no randomness, no sockets, no disk: those come from the platform, through a few traits.
//!
//! ```text
//!              HostInput, time                  Event, views
//! platform ────────────────────▶  Host  ──────────────────────▶ platform
//!               ┌──────────┬───────┼──────────┐
//!           Farewell    Journal   Peer      Links
//!               │          │                  │
//!        trait Keeper  trait Storage   traits Dial, Socket
//! ```
//! [`Host::handle`] is the one way in. It runs to its end before the next call: it gives the input to the peer, does what the peer asks for in
//! order, and returns when every record of this turn was handed to [`Storage`]. Time is an argument, randomness one seed. Storage and the
//! [`Keeper`] of the farewell, which most platforms do not have, are all that is waited for, so a browser's asynchronous database and a server's blocking one fit alike, and any executor will do.
//!
//! **A record is durable before what follows from it leaves.** [`journal`] gives a proof that nothing waits to be written, which borrows the
//! journal; no frame leaves without it. When storage fails, no proof is given and frames are dropped: the peer goes
//! on and believes that it speaks, which others take for a lost connection, and nothing is signed that a restart would not remember.
//!
//! Why a malicious peer or relay cannot hurt a host: frames go to the peer unread, which checks them; what a relay says decodes to
//! bounded values or is ignored; queues are bounded in frames and bytes; and a relay that misbehaves costs its own link only.
//!
//! **And the farewell that covers it is held.** [`farewell`] gives that proof, only against the journal's, and it is what links ask for.
//!
//! The simulator keeps a loop of its own, because it tears stores and loses frames in the middle of one turn.

#![forbid(unsafe_code)]

mod chance;
pub mod custody;
mod edge;
mod farewell;
mod host;
pub mod invite;
pub mod journal;
mod links;
mod socket;
mod status;
mod storage;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use farewell::{Keeper, NoKeeper, post_url};
pub use host::{Host, HostConfig, HostInput};
pub use invite::{Invite, InviteError};
pub use journal::{Found, Journal, JournalError, Loss};
pub use links::MAX_RELAYS;
pub use socket::{Dial, Socket, SocketEvent, SocketId, SocketNews};
pub use status::{LinkFault, PastFault, RelayState, RelayStatus};
pub use storage::{MemoryLog, Storage};
