//! Whole networks of real peers on a virtual clock, from one seed.
//!
//! A [`World`](world::World) holds hosts (what a browser tab is to a peer: clock, storage, links), relay-like hubs between them, and one queue of
//! things to happen, ordered by time and then by when they were planned. All chance comes from one [`Random`](random::Random), so one seed gives
//! one run, bit for bit: [`RunHash`](witness::hash::RunHash) proves it.
//!
//! Some hosts may be Byzantine: what their peers say is twisted on its way out by a [`Vice`](byzantine::Vice).
//!
//! A [`Scenario`](scenario::Scenario) is drawn from a seed: who is there, how links and clocks behave, and what goes wrong when. After the faults
//! everything is healed and must work again. A [`Stepper`](stepper::Stepper) plays it, in steps of any length. What happens is seen by
//! [`witness`]es, each through a read-only [`View`](view::View): [`checks`](witness::checks) holds what must be true throughout and at the end,
//! others measure. The library prints nothing and reads no clock, so it runs in a browser as it does on a server.
//!
//! [`lottery`] measures the slot lottery alone, and [`presence`] rooms that people come to and leave all the time.

pub mod action;
pub mod byzantine;
pub mod clock;
pub mod host;
pub mod hub;
pub mod lottery;
pub mod outcome;
pub mod portrait;
pub mod presence;
pub mod random;
pub mod scenario;
pub mod stepper;
pub mod view;
pub mod witness;
pub mod workload;
pub mod world;
