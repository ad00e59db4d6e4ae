//! Upon Get: if this peer is meant, the question waits for its turn ([`answers`](crate::peer::answers)); then the answer comes from what is here, to the one who asked,
//! within one frame. A question for somebody else is not answered: what was sent to everybody would be answered by everybody.

use crate::{
    chain::checkpoint::Vote,
    gossip::{
        Source,
        message::{Get, Give, Message, RequestId, TransactionList, VoteList, pack_transactions},
    },
    mempool::VerifiedTransaction,
    peer::{Peer, answers::Question, network::Network},
    sorting,
    sync::{answer_blocks, answer_headers, answer_transactions},
    time::Slot,
};

impl Peer {
    pub(in crate::peer) fn on_get(&mut self, source: Source, to: u64, request_id: RequestId, what: Get) {
        let at = self.now;
        if self.links.is_own(source.link, to) {
            self.answers.ask(Question {
                source,
                request_id,
                what,
                at,
            });
        }
    }

    /// Answers what waits, as far as the rates of answers allow.
    pub(in crate::peer) fn answer_questions(&mut self) {
        while let Some(question) = self.answers.next(self.now) {
            let Some(what) = self.answer_to(question.what) else {
                continue;
            };
            let request_id = question.request_id;
            let bytes = self.send_to(question.source, &Message::Give { request_id, what });
            self.answers.told(question.source, bytes, self.now);
        }
    }

    fn answer_to(&self, what: Get) -> Option<Give> {
        let network = self.network.as_ref()?;
        Some(match what {
            Get::Genesis => Give::Genesis(Some(Box::new((*network.genesis).clone()))),
            Get::Headers { locator, limit } => Give::Headers(answer_headers(&network.tree, &locator, limit)),
            Get::Blocks { hashes } => Give::Blocks(answer_blocks(&network.tree, &hashes)),
            Get::Transactions { block, indices } => {
                let transactions = answer_transactions(&network.tree, &block, &indices);
                Give::Transactions { block, transactions }
            }
            Get::Certificate { above } => Give::Certificate(network.certificate(above)),
            Get::Mempool => Give::Mempool(network.waiting_transactions()),
        })
    }
}

impl Network {
    /// The newest votes heard for targets above `slot`, newest first as far as they fit: enough to justify and finalize what this peer did.
    fn certificate(&self, slot: Slot) -> VoteList {
        let mut votes: Vec<&Vote> = self
            .pool
            .recent_votes()
            .filter(|vote| vote.target.slot > slot)
            .collect();
        sorting::sort_by_key(&mut votes, |vote| std::cmp::Reverse(vote.target.slot));
        votes.truncate(crate::params::MAX_GOSSIP_VOTES);
        VoteList::try_from(votes.into_iter().cloned().collect::<Vec<_>>()).unwrap_or_default()
    }

    fn waiting_transactions(&self) -> TransactionList {
        let waiting = self.mempool.candidates().map(VerifiedTransaction::transaction);
        pack_transactions(waiting).into_iter().next().unwrap_or_default()
    }
}
