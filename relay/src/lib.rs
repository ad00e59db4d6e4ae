//! The dumb relay: rooms of WebSockets that forward sealed frames, and the web app's files.
//!
//! A room is a path; a frame goes in from one member and out to the others, or to one of them. The relay keeps no
//! history, holds no keys and never looks into a payload.
//!
//! ```text
//! main -> settings (config, limits)
//!      \-> server -> accept (tls, proxies) -> http -> handshake -> connection -> rooms -> room -> outbox
//!                \-> drain                      \-> web_app, posted    \-> websocket, rate   \-> addresses, linger, backplane
//! ```
//!
//! Invariants: members get a source's frames in the order it sent them; a frame is encoded once and shared by all its
//! readers; no lock is held while anything is written to a socket; every queue, room and count is bounded by
//! [`Limits`].
//!
//! Why a malicious client cannot hurt the others: its frames are bounded in size and rate, its queue in frames and
//! bytes, its connections and what they send together by address; over any limit its own connection is closed with a
//! [`CloseReason`](ting_frame::CloseReason), and the room goes on.

mod accept;
mod addresses;
#[cfg_attr(
    not(feature = "nats"),
    expect(dead_code, reason = "a relay without a transport has no siblings")
)]
mod backplane;
mod client;
mod config;
mod connection;
mod drain;
mod handshake;
mod http;
mod limits;
mod linger;
mod metrics;
mod outbox;
mod posted;
mod proxies;
mod rate;
mod room;
mod rooms;
mod server;
mod settings;
mod tags;
mod tls;
mod web_app;
mod websocket;

pub use backplane::{BackplaneError, BackplaneSettings};
pub use config::Config;
pub use limits::Limits;
pub use server::{Relay, StartError, serve};
pub use settings::{LogFormat, Settings, SettingsError};
pub use tls::TlsError;
