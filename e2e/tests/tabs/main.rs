//! What people do with real tabs in a real browser, on a real relay: one file for each part of it.
//!
//! One test needs about one core at times and mostly waits for slots, so two at a time are right for two cores.
//! They start in the order of their names: the longest, `conversation`, early, so that it does not go on alone at the end.
#![allow(
    clippy::indexing_slicing,
    reason = "an index out of range fails the test, as it should"
)]

mod absence;
mod accessible;
mod addresses;
mod conversation;
mod custody;
mod devices;
mod expired;
mod fingers;
mod founder;
mod keyboard;
mod limits;
mod names;
mod noticed;
mod other_tab;
mod partition;
mod printing;
mod privacy;
mod reader;
mod sight;
mod stage;
mod starting;
mod states;
mod transaction;
mod unsent;
mod ways;
mod words;
