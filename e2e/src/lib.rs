//! What the end-to-end tests stand on: a real relay, real Chromium windows, and a cable between them that can be cut.
//!
//! A test is one call of [`scene`]: it starts the relay and the driver, hands the test a [`Stage`], and clears away
//! whatever happens. When a test fails, the windows' pictures and consoles are kept under `target/e2e/`.
//! Elements are found as a person with a screen reader finds them, by role and accessible name. Nothing sleeps for a
//! guessed time: everything waits for a condition, with a deadline.
//!
//! With `TING_E2E_RELAYS=2` a stage has two relays, joined by a nats-server, and the tabs that it opens are on one and on
//! the other in turn: a room over two relays has to pass as one on a single relay does.
//!
//! `cargo xtask test e2e` builds the relay and the web app first and says where they are, through the environment.

pub mod altered;
mod browser;
mod cable;
pub mod chronicle;
pub mod crowd;
mod driver;
pub mod keys;
mod member;
mod nats;
mod pictures;
mod places;
mod process;
mod relay;
mod stage;
pub mod swarm;
mod tab;
mod wait;
mod webdriver;
pub mod wire;

pub use browser::{Browser, ConsoleLine, ELSEWHERE};
pub use cable::Cable;
pub use driver::Driver;
pub use member::{Books, CHAIN_PATIENCE, Delivery, Member, Pulse, Purse, TransactionFacts};
pub use nats::Nats;
pub use pictures::{SIZES, THEMES};
pub use places::{axe, web_root};
pub use relay::Relay;
pub use stage::{Stage, scene};
pub use tab::{Found, Tab};
pub use wait::{PATIENCE, eventually};
