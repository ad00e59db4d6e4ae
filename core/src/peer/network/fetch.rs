//! Fetching what others have: the one place where the sync session meets the chain that it fetches for.

use super::Network;
use crate::{
    chain::block::{Block, BlockHash, Header},
    gossip::{Source, message::RequestId},
    sync::{SyncAction, SyncSession, Target, Verdict},
    time::Timestamp,
};

impl Network {
    /// The session that fetches a better chain, to read how far it is.
    pub fn sync(&self) -> &SyncSession {
        &self.sync
    }

    /// Notes that a source claims a chain that may be worth following.
    pub(in crate::peer) fn hear_target(&mut self, source: Source, target: Target, now: Timestamp) {
        self.sync.hear_target(source, target, now);
    }

    /// Lets requests of the session time out.
    pub(in crate::peer) fn tick_sync(&mut self, now: Timestamp) {
        self.sync.tick(now);
    }

    /// Next thing that the session wants done, if any.
    pub(in crate::peer) fn poll_sync(&mut self, now: Timestamp) -> Option<SyncAction> {
        self.sync.poll(&self.chain, now)
    }

    /// A block that was to be executed was, or not.
    pub(in crate::peer) fn note_executed(&mut self, hash: &BlockHash, verdict: Verdict, now: Timestamp) {
        self.sync.note_executed(hash, verdict, now);
    }

    /// Nothing more is due for now: unless a promised chain is still on its way, what came of one counts like the rest again.
    pub(in crate::peer) fn rest_sync(&mut self) {
        if !self.sync.is_promised() {
            self.chain.release_promised();
        }
    }

    /// An answer with headers. False if it was not asked for.
    pub(in crate::peer) fn take_headers(
        &mut self,
        source: Source,
        request_id: RequestId,
        headers: &[Header],
        now: Timestamp,
    ) -> bool {
        let slot = self.slot(now);
        self.sync
            .take_headers(source, request_id, headers, &self.chain, (slot, now))
    }

    /// An answer with blocks. False if it was not asked for.
    pub(in crate::peer) fn take_blocks(
        &mut self,
        source: Source,
        request_id: RequestId,
        blocks: Vec<Block>,
        now: Timestamp,
    ) -> bool {
        self.sync.take_blocks(source, request_id, blocks, now)
    }

    /// Forgets a source whose connection is gone.
    pub(in crate::peer) fn forget_source(&mut self, source: Source) {
        self.sync.forget_source(source);
    }

    /// A link is gone, with all its connections.
    pub(in crate::peer) fn forget_link(&mut self, link: u8) {
        self.sync.forget_link(link);
    }
}
