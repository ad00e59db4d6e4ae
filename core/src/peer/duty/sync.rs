//! Driving the fetch of what others have: send its requests, execute its blocks.

use crate::{
    gossip::message::{Get, Message},
    params::SYNC_BLOCKS_PER_TURN,
    peer::{Peer, network::ImportError},
    consensus::tree::InsertError,
    sync::SyncAction,
};

impl Peer {
    /// Does what the sync session asks for. At most `SYNC_BLOCKS_PER_TURN` blocks are executed per input, so that the host can breathe.
    pub(super) fn drive_sync(&mut self) {
        let now = self.now;
        let mut executed = 0;
        loop {
            let Some(network) = &mut self.network else { return };
            network.sync.tick(now);
            let tree = &network.tree;
            let locate = || crate::sync::serve::locator(tree);
            match network.sync.poll(now, locate) {
                Some(SyncAction::Request { source, request_id, what }) => {
                    self.send_to(source, &Message::Get { request_id, what });
                }
                Some(SyncAction::Execute(block)) => {
                    executed += 1;
                    self.execute_synced(*block);
                }
                Some(SyncAction::Done(source)) => self.ask_for_rest(source),
                None => return,
            }
            if executed >= SYNC_BLOCKS_PER_TURN {
                return;
            }
        }
    }

    fn execute_synced(&mut self, block: crate::chain::block::Block) {
        let hash = block.hash();
        let result = self.import(block);
        let Some(network) = &mut self.network else { return };
        match result {
            Ok(_) | Err(ImportError::Tree(InsertError::Known)) => network.sync.executed(&hash),
            Err(_) => network.sync.refused(&hash),
        }
    }

    /// After catching up: the votes since, and what waits for a block.
    fn ask_for_rest(&mut self, source: crate::gossip::Source) {
        let now = self.now;
        let Some(network) = &self.network else { return };
        let at_or_above = network.pool.final_checkpoint().slot;
        if let Some(request_id) = self.requests.open(source, crate::peer::requests::Asked::Certificate, now) {
            self.send_to(source, &Message::Get { request_id, what: Get::Certificate { at_or_above } });
        }
        if let Some(request_id) = self.requests.open(source, crate::peer::requests::Asked::Mempool, now) {
            self.send_to(source, &Message::Get { request_id, what: Get::Mempool });
        }
    }
}
