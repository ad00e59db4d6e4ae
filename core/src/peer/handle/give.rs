//! Upon Give: take it only if it answers an open request of mine to that source.

use crate::{
    gossip::{
        Source,
        message::{Give, RequestId},
    },
    peer::{
        Peer,
        not_taken::{Kind, Reason},
        requests::Asked,
    },
};

impl Peer {
    pub(in crate::peer) fn on_give(&mut self, source: Source, request_id: RequestId, what: Give) {
        let now = self.now;
        match what {
            Give::Headers(headers) => {
                let mine = &mut self.network;
                let is_asked = self.candidates.take_headers(source, request_id, &headers, now)
                    || mine
                        .as_mut()
                        .is_some_and(|network| network.take_headers(source, request_id, &headers, now));
                self.note_asked(is_asked);
            }
            Give::Blocks(blocks) => {
                let mine = &mut self.network;
                let is_asked = self.candidates.take_blocks(source, request_id, &blocks, now)
                    || mine.as_mut().is_some_and(|network| {
                        network.take_blocks(source, request_id, blocks.into_vec(), now)
                    });
                self.note_asked(is_asked);
            }
            other => self.on_answer(source, request_id, other),
        }
    }

    fn note_asked(&mut self, is_asked: bool) {
        if !is_asked {
            self.not_taken.count(Kind::Give, Reason::Unasked);
        }
    }

    fn on_answer(&mut self, source: Source, request_id: RequestId, what: Give) {
        let Some(asked) = self.requests.close(request_id, source) else {
            self.not_taken.count(Kind::Give, Reason::Unasked);
            return;
        };
        match (asked, what) {
            (Asked::Genesis, Give::Genesis(Some(genesis)))
                if self.network.is_none() && self.pinned == Some(genesis.network_id()) =>
            {
                self.join_network(*genesis);
            }
            (Asked::Missing(partial), Give::Transactions { transactions, .. }) => {
                // After a wrong answer presence tells soon whether the block is still needed.
                match partial.fill(&transactions) {
                    Ok(block) => {
                        self.take_completed(block);
                    }
                    Err(_) => self.not_taken.count(Kind::Give, Reason::Unasked),
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
            (Asked::Genesis | Asked::Missing(_) | Asked::Certificate | Asked::Mempool, _) => {
                self.not_taken.count(Kind::Give, Reason::Unasked);
            }
        }
    }
}
