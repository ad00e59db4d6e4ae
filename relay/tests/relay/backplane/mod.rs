//! Relays joined by a real nats-server: what members of a room hear while relays, NATS and the network fail.
//!
//! `cargo xtask setup` installs nats-server. Each test starts its own on a free port.

mod cluster;
mod faults;
mod hostile;
mod one_room;
mod start;
