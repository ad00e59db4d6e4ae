//! The pages.

pub mod chain;
pub mod chat;
pub mod network;
pub mod settings;
pub mod wallet;
