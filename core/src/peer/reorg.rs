//! Reorganisations: what is remembered of a change from one branch to another.

use serde::{Deserialize, Serialize};

use crate::crypto::hash::Hash;

/// One reorganisation, as the chain page lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReorgView {
    /// Time at which it happened, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// Hash of the head that was left.
    pub old_head: Hash,
    /// Hash of the head that was chosen instead.
    pub new_head: Hash,
    /// Height of the last block that both branches share.
    pub common_height: u64,
    /// Number of blocks that left the chosen chain.
    pub undone: u32,
    /// Number of blocks that joined it.
    pub applied: u32,
    /// Number of transactions that went back to the mempool.
    pub returned: u32,
}
