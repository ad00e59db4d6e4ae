//! Peers, blocks and votes as other packages meet them: through the public items of `ting_core` only.
//!
//! One program, so that the crates under it are linked once. What is in `common/` and `hall` are helpers.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod apart;
mod away;
mod clocks;
mod common;
mod devices;
mod forgetful;
mod founder;
mod golden;
mod hall;
mod invited;
mod leaving;
mod newcomers;
mod nonces;
mod not_taken;
mod own;
mod peer_rules;
mod read_models;
mod refusals;
mod refused_votes;
mod restart;
mod room;
mod rooted;
mod signing;
mod silence;
mod sybil;
mod terms;
mod ways;
