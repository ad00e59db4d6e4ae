//! What people do with real tabs in a real browser, on a real relay: one file for each part of it.
//!
//! One test needs about one core at times and mostly waits for slots, so two at a time are right for two cores.
#![allow(
    clippy::indexing_slicing,
    reason = "an index out of range fails the test, as it should"
)]

mod custody;
mod expired;
mod founder;
mod keyboard;
mod limits;
mod partition;
mod privacy;
mod room;
mod stage;
mod states;
mod transaction;
