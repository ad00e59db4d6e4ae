//! What is held to be left when this peer goes: which life ends, and what was signed in it at most.

use crate::{
    chain::{statement::Life, watermark::Watermark},
    crypto::keys::NetworkId,
};

/// The newest farewell, as far as it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Farewell {
    pub(super) network: NetworkId,
    pub(super) life: Life,
    pub(super) watermark: Watermark,
}
