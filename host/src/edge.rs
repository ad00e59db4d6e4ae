//! What whoever operates a host should be able to read: links that come and go and why, storage that fails, frames that a relay would
//! refuse. Never contents, never keys. Without the feature `tracing` nothing is said and nothing is built.

use core::fmt::Display;

use crate::status::LinkFault;

#[cfg(feature = "tracing")]
mod told {
    pub(super) use tracing::{info, warn};
}

#[cfg(not(feature = "tracing"))]
mod told {
    /// Names its arguments, so that none is unused, and does nothing.
    macro_rules! silence {
        ($($name:ident = %$value:expr,)* $sentence:literal) => {
            let _ = ($(&$value,)*);
        };
    }
    pub(super) use silence as info;
    pub(super) use silence as warn;
}

pub(crate) fn link_up(relay: &str, others: u32) {
    told::info!(relay = %relay, others = %others, "link up");
}

pub(crate) fn link_down(relay: &str, fault: &LinkFault) {
    told::warn!(relay = %relay, fault = %fault, "link down");
}

pub(crate) fn frame_refused(relay: &str, reason: &impl Display) {
    told::warn!(relay = %relay, reason = %reason, "frame not sent");
}

pub(crate) fn storage_fails(reason: &impl Display) {
    told::warn!(reason = %reason, "records cannot be stored, nothing is sent until they are");
}

pub(crate) fn farewell_not_held(reason: &impl Display) {
    told::warn!(reason = %reason, "nobody holds the farewell, nothing is sent until somebody does");
}
