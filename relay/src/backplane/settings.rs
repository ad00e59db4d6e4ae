//! What a relay is told about its siblings.

use std::time::Duration;

use clap::{Args, value_parser};
use thiserror::Error;

/// How relays are joined. Without an address a relay is alone, which costs nothing.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct BackplaneSettings {
    /// NATS server that joins this relay with others, as nats://host:4222 or tls://host:4222 (repeatable, for the servers of one NATS cluster)
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    pub backplane: Vec<String>,
    /// Name of the relays that belong together, where several groups use one NATS
    #[arg(long, value_name = "NAME", default_value_t = Self::default().backplane_cluster, value_parser = cluster_name)]
    pub backplane_cluster: String,
    /// Frames kept for siblings while they cannot be reached; the oldest go first
    #[arg(long, value_name = "N", default_value_t = Self::default().backplane_buffer_frames, value_parser = value_parser!(u32).range(1..))]
    pub backplane_buffer_frames: u32,
    /// Bytes kept for siblings while they cannot be reached; the oldest go first
    #[arg(long, value_name = "BYTES", default_value_t = Self::default().backplane_buffer_bytes, value_parser = value_parser!(u32).range(1..))]
    pub backplane_buffer_bytes: u32,
    /// Time between signs of life; after five without one, a sibling's members have left
    #[arg(long, value_name = "MS", default_value_t = Self::default().backplane_heartbeat_ms, value_parser = value_parser!(u64).range(10..=60_000))]
    pub backplane_heartbeat_ms: u64,
}

/// Why a relay cannot join its siblings.
#[derive(Debug, Error)]
pub enum BackplaneError {
    /// NATS was not reached at the start.
    #[error("the backplane cannot be reached: {0}")]
    Unreachable(String),
    /// NATS takes no message as large as a frame of this relay.
    #[error(
        "the backplane takes messages of at most {allowed} bytes, but a frame may have {needed}: raise max_payload of nats-server or lower --max-frame-bytes"
    )]
    PayloadTooSmall {
        /// What nats-server allows, in bytes.
        allowed: usize,
        /// What the largest frame needs, in bytes.
        needed: usize,
    },
}

impl Default for BackplaneSettings {
    fn default() -> Self {
        Self {
            backplane: Vec::new(),
            backplane_cluster: "ting".to_owned(),
            backplane_buffer_frames: 8_192,
            backplane_buffer_bytes: 16 * 1024 * 1024,
            backplane_heartbeat_ms: 1_000,
        }
    }
}

impl BackplaneSettings {
    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.backplane_heartbeat_ms.max(1))
    }
}

fn cluster_name(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=32).contains(&text.len()) && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("a name is 1 to 32 letters, digits, - and _".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_a_plain_name_so_that_it_cannot_leave_its_subject() {
        assert!(cluster_name("eu-1").is_ok());
        for bad in ["", "a.b", "a *", ">", &"a".repeat(33)] {
            assert!(cluster_name(bad).is_err(), "{bad}");
        }
    }
}
