//! A real relay on a loopback port, spoken to by real clients.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod limits;
mod logs;
mod rooms;
mod support;
mod web_app;
