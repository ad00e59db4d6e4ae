//! Driving the fetch of what others have: send its requests, execute its blocks.

use crate::{
    chain::block::Block,
    consensus::tree::Standing,
    gossip::message::Get,
    params::SYNC_BLOCKS_PER_TURN,
    peer::{Peer, candidates::verdict, requests::Asked},
    sync::SyncAction,
};

/// Checking so many headers is about as much work as executing a small block.
const HEADERS_PER_BLOCK: usize = 2;

impl Peer {
    /// Does what the sync session asks for. At most `SYNC_BLOCKS_PER_TURN` blocks are executed per input, so that the host can breathe.
    pub(super) fn drive_sync(&mut self) {
        let now = self.now;
        if let Some(network) = &mut self.network {
            network.tick_sync(now);
        }
        let mut steps = 0;
        while steps < SYNC_BLOCKS_PER_TURN {
            let Some(network) = &mut self.network else { return };
            match network.poll_sync(now) {
                Some(SyncAction::Request { to, request_id, what }) => {
                    self.ask(to, request_id, what);
                }
                Some(SyncAction::Checked(headers)) => steps += headers.div_ceil(HEADERS_PER_BLOCK),
                Some(SyncAction::Execute { block, standing }) => {
                    steps += 1;
                    self.execute_synced(*block, standing);
                }
                Some(SyncAction::Abandon(_, fault)) => self.not_taken.note_fault(fault),
                Some(SyncAction::Done) => self.ask_for_rest(),
                None => break,
            }
        }
        self.timers.sync_goes_on = steps >= SYNC_BLOCKS_PER_TURN;
        if let Some(network) = &mut self.network {
            network.rest_sync();
        }
    }

    fn execute_synced(&mut self, block: Block, standing: Standing) {
        let (hash, now) = (block.hash(), self.now);
        let verdict = verdict(&self.import_as(standing, block));
        if let Some(network) = &mut self.network {
            network.note_executed(&hash, verdict, now);
        }
    }

    /// After catching up: the votes since, and what waits for a block, from whoever was heard last.
    fn ask_for_rest(&mut self) {
        let newest = self
            .roster
            .iter()
            .max_by_key(|member| member.last_heard)
            .map(|member| member.source);
        let (Some(source), Some(network)) = (newest, &self.network) else {
            return;
        };
        let above = network.chain().final_checkpoint().slot;
        self.request(source, Asked::Certificate, Get::Certificate { above });
        self.request(source, Asked::Mempool, Get::Mempool);
    }
}
