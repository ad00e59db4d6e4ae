//! What a sync remembers of one source of headers and blocks.

use crate::{
    params::{MAX_GIVEN_BLOCKS, SYNC_LEFT_OUT_MS},
    sync::target::Target,
    time::Timestamp,
};

/// A source that may be asked, and how it has answered so far.
#[derive(Clone, Debug)]
pub(super) struct SourceState {
    pub(super) target: Option<Target>,
    /// How often it was left out for its silence before, without an answer since.
    pub(super) failures: u32,
    pub(super) timeouts_in_a_row: u32,
    pub(super) switches: u32,
    pub(super) chunk_blocks: usize,
    /// Has no body of the followed chain that is still wanted.
    pub(super) lacks_bodies: bool,
    /// Gave a body of the followed chain.
    pub(super) gave_bodies: bool,
}

impl SourceState {
    pub(super) fn new(failures: u32) -> Self {
        Self {
            target: None,
            failures,
            timeouts_in_a_row: 0,
            switches: 0,
            chunk_blocks: MAX_GIVEN_BLOCKS,
            lacks_bodies: false,
            gave_bodies: false,
        }
    }
}

/// A source that is not asked for a while.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftOut {
    pub(super) until: Timestamp,
    pub(super) failures: u32,
}

impl LeftOut {
    /// Its silence counts against it for another minute after it may be asked again.
    pub(super) fn is_remembered(&self, now: Timestamp) -> bool {
        now.ms_since(self.until) < SYNC_LEFT_OUT_MS && self.until.ms_since(now) <= SYNC_LEFT_OUT_MS
    }
}
