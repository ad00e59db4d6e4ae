//! Relays joined by a real nats-server: what members of a room hear while relays, NATS and the network fail.
//!
//! `cargo xtask setup` installs nats-server. Each test starts its own on a free port.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod cluster;
mod faults;
mod hostile;
mod one_room;
mod start;
#[path = "../relay/support.rs"]
#[allow(dead_code, reason = "shared with the tests of one relay")]
mod support;
