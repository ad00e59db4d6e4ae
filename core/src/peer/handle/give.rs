//! Upon Give: take it only if it answers an open request of mine to that source.

use crate::{
    gossip::{
        Source,
        message::{Give, RequestId},
    },
    peer::{Peer, requests::Asked},
};

impl Peer {
    pub(in crate::peer) fn on_give(&mut self, source: Source, request_id: RequestId, what: Give) {
        let now = self.now;
        match what {
            Give::Headers(headers) => {
                self.candidates
                    .headers_received(source, request_id, &headers, now);
                if let Some(network) = &mut self.network {
                    let slot = network.slot(now);
                    network
                        .sync
                        .headers_received(source, request_id, &headers, &network.tree, (slot, now));
                }
            }
            Give::Blocks(blocks) => {
                self.candidates.blocks_received(source, request_id, &blocks, now);
                if let Some(network) = &mut self.network {
                    network
                        .sync
                        .blocks_received(source, request_id, blocks.into_vec(), now);
                }
            }
            other => self.on_answer(source, request_id, other),
        }
    }

    fn on_answer(&mut self, source: Source, request_id: RequestId, what: Give) {
        let Some(asked) = self.requests.close(request_id, source) else {
            return;
        };
        match (asked, what) {
            (Asked::Genesis, Give::Genesis(Some(genesis)))
                if self.network.is_none() && self.pinned == Some(genesis.network_id()) =>
            {
                self.join_network(*genesis);
            }
            (Asked::Missing(partial), Give::Transactions { transactions, .. }) => {
                // A wrong answer is dropped; presence tells soon whether the block is still needed.
                if let Ok(block) = partial.fill(&transactions) {
                    self.take_completed(block);
                }
            }
            (Asked::Certificate, Give::Certificate(votes)) => {
                self.take_certificate(&votes);
            }
            (Asked::Mempool, Give::Mempool(transactions)) => {
                for transaction in transactions.into_vec() {
                    self.take_transaction(&transaction);
                }
            }
            _ => {}
        }
    }
}
