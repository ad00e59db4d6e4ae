//! The Ting peer.

pub mod codec;
pub mod crypto;
pub mod error;
