//! The Ting peer: ledger, chain, consensus, gossip, chat and wallet as one sans-IO state machine.
//!
//! The same crate runs in a browser tab, on a server and in the simulator. It reads no clock, draws no randomness and does no
//! input or output: time and bytes come in through [`peer::Peer::handle`], effects and events are polled out.
//!
//! Modules depend on each other in one direction only, lowest first: [`params`], [`time`], [`error`], [`sorting`], [`codec`], [`crypto`], [`ledger`], [`chain`],
//! [`delivery`], [`consensus`], then mempool, gossip, sync, chat, wallet and store side by side, and [`peer`] on top.

pub mod chain;
pub mod chat;
pub mod codec;
pub mod consensus;
pub mod crypto;
pub mod delivery;
pub mod error;
pub mod gossip;
pub mod ledger;
pub mod mempool;
pub mod params;
pub mod peer;
pub mod sorting;
pub mod store;
pub mod sync;
pub mod time;
pub mod wallet;
