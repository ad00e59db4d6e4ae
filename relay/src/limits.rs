//! What the relay allows: every bound in one place, each a flag.

use std::time::Duration;

use clap::{Args, value_parser};
use serde::Serialize;

/// The bounds of a relay. Those that a client must obey are published in Welcome and at the room's URL.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest frame from a client in bytes, its eight bytes of header included
    #[arg(long, value_name = "BYTES", default_value_t = Self::default().max_frame_bytes, value_parser = value_parser!(u32).range(9..=16_777_216))]
    pub max_frame_bytes: u32,
    /// Frames per second that one connection may send
    #[arg(long, value_name = "N", default_value_t = Self::default().frames_per_s, value_parser = value_parser!(u32).range(1..))]
    pub frames_per_s: u32,
    /// Frames that one connection may send at once after a silence
    #[arg(long, value_name = "N", default_value_t = Self::default().burst_frames, value_parser = value_parser!(u32).range(1..))]
    pub burst_frames: u32,
    /// Bytes per second that one connection may send
    #[arg(long, value_name = "BYTES", default_value_t = Self::default().bytes_per_s, value_parser = value_parser!(u32).range(1..))]
    pub bytes_per_s: u32,
    /// Bytes that one connection may send at once after a silence
    #[arg(long, value_name = "BYTES", default_value_t = Self::default().burst_bytes, value_parser = value_parser!(u32).range(1..))]
    pub burst_bytes: u32,
    /// Connections in one room
    #[arg(long, value_name = "N", default_value_t = Self::default().max_members, value_parser = value_parser!(u32).range(1..))]
    pub max_members: u32,
    /// Rooms in all
    #[arg(long, value_name = "N", default_value_t = Self::default().max_rooms, value_parser = value_parser!(u32).range(1..))]
    pub max_rooms: u32,
    /// Connections in all
    #[arg(long, value_name = "N", default_value_t = Self::default().max_connections, value_parser = value_parser!(u32).range(1..))]
    pub max_connections: u32,
    /// Connections from one address (IPv6: one /64 network)
    #[arg(long, value_name = "N", default_value_t = Self::default().max_connections_per_address, value_parser = value_parser!(u32).range(1..))]
    pub max_connections_per_address: u32,
    /// Frames that wait for one slow reader before it is cut
    #[arg(long, value_name = "N", default_value_t = Self::default().max_queued_frames, value_parser = value_parser!(u32).range(1..))]
    pub max_queued_frames: u32,
    /// Bytes that wait for one slow reader before it is cut
    #[arg(long, value_name = "BYTES", default_value_t = Self::default().max_queued_bytes, value_parser = value_parser!(u32).range(1..))]
    pub max_queued_bytes: u32,
    /// Time between pings
    #[arg(long, value_name = "MS", default_value_t = Self::default().ping_interval_ms, value_parser = value_parser!(u64).range(1..))]
    pub ping_interval_ms: u64,
    /// Silence, pongs included, after which a connection is closed
    #[arg(long, value_name = "MS", default_value_t = Self::default().idle_timeout_ms, value_parser = value_parser!(u64).range(1..))]
    pub idle_timeout_ms: u64,
    /// Time for a client to send the head of an HTTP request
    #[arg(long, value_name = "MS", default_value_t = Self::default().handshake_timeout_ms, value_parser = value_parser!(u64).range(1..))]
    pub handshake_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame_bytes: 256 * 1024 + ting_frame::HEADER_BYTES as u32,
            frames_per_s: 400,
            burst_frames: 800,
            bytes_per_s: 4 * 1024 * 1024,
            burst_bytes: 8 * 1024 * 1024,
            max_members: 1_000,
            max_rooms: 10_000,
            max_connections: 10_000,
            max_connections_per_address: 256,
            max_queued_frames: 8_192,
            max_queued_bytes: 8 * 1024 * 1024,
            ping_interval_ms: 15_000,
            idle_timeout_ms: 45_000,
            handshake_timeout_ms: 10_000,
        }
    }
}

/// The limits as the document at a room's URL tells them.
#[derive(Serialize)]
pub(crate) struct LimitsDocument {
    version: u8,
    max_frame_bytes: u32,
    frames_per_s: u32,
    burst_frames: u32,
    bytes_per_s: u32,
    burst_bytes: u32,
    max_members: u32,
    idle_timeout_ms: u64,
}

impl Limits {
    /// The limits as Welcome tells them.
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

    pub(crate) fn document(&self) -> LimitsDocument {
        LimitsDocument {
            version: ting_frame::PROTOCOL_VERSION,
            max_frame_bytes: self.max_frame_bytes,
            frames_per_s: self.frames_per_s,
            burst_frames: self.burst_frames,
            bytes_per_s: self.bytes_per_s,
            burst_bytes: self.burst_bytes,
            max_members: self.max_members,
            idle_timeout_ms: self.idle_timeout_ms,
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
}
