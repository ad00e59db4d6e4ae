//! What the relay allows: every bound in one place, each a flag, a variable and a key of the configuration file.
//!
//! A limit is named once, in the list below; its flag, its place in the published document and its line in the README
//! follow from that.

use std::time::Duration;

use clap::{Args, value_parser};
use serde::Serialize;

use crate::rate::Rates;

/// Makes the struct, its flags and its defaults of one list.
macro_rules! limits {
    ($( #[doc = $doc:literal] $name:ident: $type:ident in $range:expr, $unit:literal = $default:expr; )+) => {
        /// The bounds of a relay. Those that a client must obey are published in Welcome, all at the room's URL.
        #[derive(Args, Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct Limits {
            $(
                #[doc = $doc]
                #[arg(long, value_name = $unit, default_value_t = $default, value_parser = value_parser!($type).range($range))]
                pub $name: $type,
            )+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $name: $default, )+ }
            }
        }
    };
}

limits! {
    #[doc = "Largest frame from a client, its eight bytes of header included"]
    max_frame_bytes: u32 in 9..=16_777_216, "BYTES" = 256 * 1024 + ting_frame::HEADER_BYTES as u32;
    #[doc = "Frames per second that one connection may send"]
    frames_per_s: u32 in 1.., "N" = 400;
    #[doc = "Frames that one connection may send at once after a silence"]
    burst_frames: u32 in 1.., "N" = 800;
    #[doc = "Bytes per second that one connection may send"]
    bytes_per_s: u32 in 1.., "BYTES" = 4 * 1024 * 1024;
    #[doc = "Bytes that one connection may send at once after a silence"]
    burst_bytes: u32 in 1.., "BYTES" = 8 * 1024 * 1024;
    #[doc = "Frames per second that all connections of one address may send, never less than one connection may"]
    frames_per_s_per_address: u32 in 1.., "N" = 8_000;
    #[doc = "Frames that all connections of one address may send at once, never less than one connection may"]
    burst_frames_per_address: u32 in 1.., "N" = 16_000;
    #[doc = "Bytes per second that all connections of one address may send, never less than one connection may"]
    bytes_per_s_per_address: u32 in 1.., "BYTES" = 32 * 1024 * 1024;
    #[doc = "Bytes that all connections of one address may send at once, never less than one connection may"]
    burst_bytes_per_address: u32 in 1.., "BYTES" = 64 * 1024 * 1024;
    #[doc = "Connections in one room"]
    max_members: u32 in 1.., "N" = 1_000;
    #[doc = "Rooms in all, those that linger included"]
    max_rooms: u32 in 1.., "N" = 10_000;
    #[doc = "Connections in all"]
    max_connections: u32 in 1.., "N" = 10_000;
    #[doc = "Connections from one address (IPv6: one /64 network)"]
    max_connections_per_address: u32 in 1.., "N" = 256;
    #[doc = "Frames that wait for one slow reader before it is cut"]
    max_queued_frames: u32 in 1.., "N" = 8_192;
    #[doc = "Bytes that wait for one slow reader before it is cut"]
    max_queued_bytes: u32 in 1.., "BYTES" = 8 * 1024 * 1024;
    #[doc = "Time between pings"]
    ping_interval_ms: u64 in 1.., "MS" = 15_000;
    #[doc = "Silence, pongs included, after which a connection is closed"]
    idle_timeout_ms: u64 in 1.., "MS" = 45_000;
    #[doc = "Time for a client to finish TLS and to send the head of an HTTP request"]
    handshake_timeout_ms: u64 in 1.., "MS" = 10_000;
    #[doc = "Time that a room keeps its place among the rooms after its last member left"]
    room_linger_ms: u64 in 0.., "MS" = 30_000;
}

/// The limits as the document at a room's URL tells them.
#[derive(Serialize)]
pub(crate) struct LimitsDocument<'a> {
    version: u8,
    #[serde(flatten)]
    limits: &'a Limits,
}

impl Limits {
    /// The part of the limits that a Welcome frame tells clients.
    pub(crate) fn published(&self) -> ting_frame::Limits {
        ting_frame::Limits {
            max_frame_bytes: self.max_frame_bytes,
            frames_per_s: self.frames_per_s,
            burst_frames: self.burst_frames,
            bytes_per_s: self.bytes_per_s,
            burst_bytes: self.burst_bytes,
            max_members: self.max_members,
        }
    }

    pub(crate) fn document(&self) -> LimitsDocument<'_> {
        LimitsDocument {
            version: ting_frame::PROTOCOL_VERSION,
            limits: self,
        }
    }

    /// What one connection may send: always a frame of the largest size.
    pub(crate) fn rates(&self) -> Rates {
        Rates {
            frames_per_s: self.frames_per_s,
            burst_frames: self.burst_frames,
            bytes_per_s: self.bytes_per_s,
            burst_bytes: self.burst_bytes.max(self.max_frame_bytes),
        }
    }

    /// What all connections of one address may send: always as much as one connection may.
    pub(crate) fn rates_per_address(&self) -> Rates {
        let one = self.rates();
        Rates {
            frames_per_s: self.frames_per_s_per_address.max(one.frames_per_s),
            burst_frames: self.burst_frames_per_address.max(one.burst_frames),
            bytes_per_s: self.bytes_per_s_per_address.max(one.bytes_per_s),
            burst_bytes: self.burst_bytes_per_address.max(one.burst_bytes),
        }
    }

    pub(crate) fn ping_interval(&self) -> Duration {
        Duration::from_millis(self.ping_interval_ms.max(1))
    }

    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }

    pub(crate) fn handshake_timeout(&self) -> Duration {
        Duration::from_millis(self.handshake_timeout_ms)
    }

    pub(crate) fn room_linger(&self) -> Duration {
        Duration::from_millis(self.room_linger_ms)
    }
}
