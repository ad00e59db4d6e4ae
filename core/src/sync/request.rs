//! A request of a sync that is not answered yet.

use crate::{chain::block::BlockHash, gossip::Source, time::Timestamp};

/// Requests of sync are numbered from here on; the numbers below are free for other requests. The sessions of two networks begin far apart.
pub const FIRST_SYNC_REQUEST: u64 = 1 << 63;

/// What a request asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// After a header of the followed chain, or after what is executed here.
    Headers {
        after: Option<BlockHash>,
        limit: usize,
    },
    Blocks(Vec<BlockHash>),
}

/// Whom, for what, and until when an answer is of use.
#[derive(Clone, Debug)]
pub(super) struct OpenRequest {
    pub(super) source: Source,
    pub(super) asked: Wanted,
    pub(super) deadline: Timestamp,
    /// When somebody else is asked as well.
    pub(super) slow_at: Timestamp,
    pub(super) is_slow: bool,
}
