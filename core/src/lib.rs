//! The Ting peer.

pub mod codec;
pub mod crypto;
pub mod error;
pub mod ledger;
pub mod params;
pub mod store;
pub mod time;
