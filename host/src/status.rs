//! What each link to a relay does, as data for whoever draws it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ting_frame::CloseReason;

/// One relay and the link to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelayStatus {
    /// Address of the relay, as a WebSocket URL.
    pub address: String,
    /// State of the link now.
    pub state: RelayState,
    /// What brought it down last, for people who looked away.
    pub last_fault: Option<PastFault>,
}

/// A fault of a link, and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastFault {
    /// Reason for which the link went down.
    pub fault: LinkFault,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// State of a link to a relay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RelayState {
    /// Connecting for the first time or again.
    Connecting,
    /// Up, under these limits that the relay has published.
    Up {
        /// Largest frame from a client, in bytes.
        max_frame_bytes: u32,
        /// Frames that a client may send each second, sustained.
        frames_per_s: u32,
        /// Most members that a room may have.
        max_members: u32,
        /// What the relay said last about itself, for people; empty if nothing.
        notice: String,
    },
    /// Down; the next attempt comes after a pause.
    Down {
        /// Why it is down.
        fault: LinkFault,
        /// Milliseconds to the next attempt.
        retry_in_ms: u32,
    },
}

/// Why a link to a relay is down. What is printed is for whoever operates a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum LinkFault {
    /// The platform does not even try; its reason.
    #[error("not tried: {0}")]
    Refused(String),
    /// Nobody answered at the address.
    #[error("unreachable")]
    Unreachable,
    /// Somebody answered but never said welcome.
    #[error("no welcome")]
    NoWelcome,
    /// Nothing comes through any more, not even what the host sends to itself.
    #[error("silent")]
    Dead,
    /// The connection broke without a word.
    #[error("lost")]
    Lost,
    /// The relay closed the connection and said why.
    #[error("closed: {}", .0.name())]
    Closed(#[serde(with = "close_code")] CloseReason),
}

/// A close reason as data: its WebSocket close code.
mod close_code {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use ting_frame::CloseReason;

    pub(super) fn serialize<S: Serializer>(reason: &CloseReason, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(reason.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CloseReason, D::Error> {
        let code = u16::deserialize(deserializer)?;
        CloseReason::from_code(code).ok_or_else(|| D::Error::custom("not a close code of a relay"))
    }
}
