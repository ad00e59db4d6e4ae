//! Upon Get: answer from what is here, to the one who asked, within one frame. Rates bound how often a source may ask.

use crate::{
    chain::{block::BlockHash, checkpoint::Vote},
    gossip::{
        Source,
        message::{Get, Give, Message, RequestId, TransactionList, VoteList, pack_transactions},
    },
    peer::{Peer, network::Network},
    sync::serve,
    time::Slot,
};

impl Peer {
    pub(in crate::peer) fn on_get(&mut self, source: Source, request_id: RequestId, what: Get) {
        let Some(network) = &self.network else { return };
        let give = match what {
            Get::Genesis => Some(Give::Genesis(Some(Box::new((*network.genesis).clone())))),
            Get::Headers { locator, limit } => Some(Give::Headers(serve::headers(&network.tree, &locator, limit))),
            Get::Blocks { hashes } => Some(Give::Blocks(serve::blocks(&network.tree, &hashes))),
            Get::Transactions { block, indices } => network.transactions_of(block, &indices),
            Get::Certificate { at_or_above } => Some(Give::Certificate(network.certificate(at_or_above))),
            Get::Mempool => Some(Give::Mempool(network.waiting_transactions())),
        };
        if let Some(what) = give {
            self.send_to(source, &Message::Give { request_id, what });
        }
    }
}

impl Network {
    fn transactions_of(&self, hash: BlockHash, indices: &[u16]) -> Option<Give> {
        let block = self.tree.get(&hash)?.block.clone()?;
        let picked = indices.iter().filter_map(|index| block.transactions.get(usize::from(*index)).cloned());
        let transactions = picked.collect::<Vec<_>>().try_into().ok()?;
        Some(Give::Transactions { block: hash, transactions })
    }

    /// The newest votes heard for targets above `slot`, newest first as far as they fit: enough to justify and finalize what this peer did.
    fn certificate(&self, slot: Slot) -> VoteList {
        let mut votes: Vec<&Vote> = self.pool.recent_votes().filter(|vote| vote.target.slot > slot).collect();
        votes.sort_by_key(|vote| std::cmp::Reverse(vote.target.slot));
        votes.truncate(crate::params::MAX_GOSSIP_VOTES);
        VoteList::try_from(votes.into_iter().cloned().collect::<Vec<_>>()).unwrap_or_default()
    }

    fn waiting_transactions(&self) -> TransactionList {
        let waiting = self.mempool.candidates();
        pack_transactions(waiting).into_iter().next().unwrap_or_default()
    }
}
