//! The Ting peer.

pub mod chain;
pub mod chat;
pub mod codec;
pub mod crypto;
pub mod error;
pub mod ledger;
pub mod params;
pub mod time;
pub mod wallet;
