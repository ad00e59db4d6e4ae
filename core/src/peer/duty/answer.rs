//! Answering the questions that wait, behind everything of this peer's own, and as far as the rates of answers allow: from what is here, to the one who
//! asked, within one frame.

use crate::{
    chain::checkpoint::Vote,
    gossip::message::{Get, Give, Message, TransactionList, VoteList, pack_transactions},
    mempool::VerifiedTransaction,
    params::MAX_GOSSIP_VOTES,
    peer::{
        Peer,
        io::{Deadline, Why},
        network::Network,
    },
    sorting,
    sync::{answer_blocks, answer_headers, answer_transactions},
    time::Slot,
};

impl Peer {
    /// Answers what waits, as far as the rates of answers allow.
    pub(super) fn answer_questions(&mut self) {
        while let Some(question) = self.answers.next(self.now) {
            let Some(what) = self.answer_to(question.what) else {
                continue;
            };
            let request_id = question.request_id;
            let bytes = self.send_to(question.source, &Message::Give { request_id, what });
            self.answers.charge(question.source, bytes, self.now);
        }
    }

    fn answer_to(&self, what: Get) -> Option<Give> {
        let network = self.network.as_ref()?;
        Some(match what {
            Get::Genesis => Give::Genesis(Some(Box::new(network.genesis().clone()))),
            Get::Headers { locator, limit } => {
                Give::Headers(answer_headers(network.chain(), &locator, limit))
            }
            Get::Blocks { hashes } => Give::Blocks(answer_blocks(network.chain(), &hashes)),
            Get::Transactions { block, indices } => {
                let transactions = answer_transactions(network.chain(), &block, &indices);
                Give::Transactions { block, transactions }
            }
            Get::Certificate { above } => Give::Certificate(network.certificate(above)),
            Get::Mempool => Give::Mempool(network.waiting_transactions()),
        })
    }

    pub(super) fn answer_deadline(&self) -> Option<Deadline> {
        Some(Deadline {
            at: self.answers.next_at(self.now)?,
            why: Why::Answer,
        })
    }
}

impl Network {
    /// The newest votes heard for targets above `slot`, newest first as far as they fit: enough to justify and finalize what this peer did.
    fn certificate(&self, slot: Slot) -> VoteList {
        let mut votes: Vec<&Vote> = self
            .chain()
            .recent_votes()
            .filter(|vote| vote.target.slot > slot)
            .collect();
        sorting::sort_by_key(&mut votes, |vote| std::cmp::Reverse(vote.target.slot));
        votes.truncate(MAX_GOSSIP_VOTES);
        VoteList::try_from(votes.into_iter().cloned().collect::<Vec<_>>()).unwrap_or_default()
    }

    fn waiting_transactions(&self) -> TransactionList {
        let waiting = self.mempool().candidates().map(VerifiedTransaction::transaction);
        pack_transactions(waiting).into_iter().next().unwrap_or_default()
    }
}
