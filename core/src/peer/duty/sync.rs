//! Driving the fetch of what others have: send its requests, execute its blocks.

use crate::{
    chain::block::Block,
    consensus::tree::InsertError,
    gossip::message::{Get, Message},
    params::SYNC_BLOCKS_PER_TURN,
    peer::{Peer, network::ImportError, requests::Asked},
    sync::{SyncAction, Verdict},
};

impl Peer {
    /// Does what the sync session asks for. At most `SYNC_BLOCKS_PER_TURN` blocks are executed per input, so that the host can breathe.
    pub(super) fn drive_sync(&mut self) {
        let now = self.now;
        if let Some(network) = &mut self.network {
            network.sync.tick(now);
        }
        let mut executed = 0;
        while executed < SYNC_BLOCKS_PER_TURN {
            let Some(network) = &mut self.network else { return };
            match network.sync.poll(&network.tree, now) {
                Some(SyncAction::Request { to, request_id, what }) => {
                    self.send_to(to, &Message::Get { request_id, what });
                }
                Some(SyncAction::Execute(block)) => {
                    executed += 1;
                    self.execute_synced(*block);
                }
                Some(SyncAction::Abandon(_)) => {}
                Some(SyncAction::Done) => self.ask_for_rest(),
                None => return,
            }
        }
    }

    fn execute_synced(&mut self, block: Block) {
        let (hash, now) = (block.hash(), self.now);
        let verdict = match self.import(block) {
            Ok(_) | Err(ImportError::Tree(InsertError::Known)) => Verdict::Valid,
            Err(_) => Verdict::Invalid,
        };
        if let Some(network) = &mut self.network {
            network.sync.executed(&hash, verdict, now);
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
        let at_or_above = network.pool.final_checkpoint().slot;
        self.request(source, Asked::Certificate, Get::Certificate { at_or_above });
        self.request(source, Asked::Mempool, Get::Mempool);
    }
}
