//! A real relay on a loopback port, spoken to by real clients.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

#[cfg(feature = "nats")]
mod backplane;
mod crowd;
mod faults;
mod http;
mod limits;
mod logs;
mod operation;
mod posted;
mod process;
mod program;
mod proxies;
mod readme;
mod rooms;
mod support;
mod tls;
mod web_app;
