//! What is remembered of a change from one branch to another.

use serde::{Deserialize, Serialize};

use crate::crypto::hash::Hash;

/// A reorganisation, for the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReorgView {
    /// When it happened.
    pub time_ms: u64,
    /// Head before.
    pub old_head: Hash,
    /// Head after.
    pub new_head: Hash,
    /// Height of the last block that both branches share.
    pub common_height: u64,
    /// Blocks undone.
    pub undone: u32,
    /// Blocks applied instead.
    pub applied: u32,
    /// Transactions that went back to the mempool.
    pub returned: u32,
}
