//! Upon votes: count them, pass on what was new, and draw the consequences.

use crate::{
    chain::checkpoint::Vote,
    consensus::heard::Offered,
    gossip::{
        Source,
        message::{Message, VoteList},
    },
    peer::{
        Peer,
        not_taken::{Kind, Reason},
    },
    sync::{Cause, Target},
};

impl Peer {
    pub(in crate::peer) fn on_votes(&mut self, source: Source, votes: VoteList) -> bool {
        let counted = self.count_votes(Some(source), &votes);
        if let (false, Ok(list)) = (counted.is_empty(), VoteList::try_from(counted)) {
            self.forward(source, &Message::Votes(list));
            return true;
        }
        false
    }

    /// Takes votes that were asked for: what is a quorum counts, whoever is in it; the others as any vote. Now it is known how far others are.
    pub(in crate::peer) fn take_certificate(&mut self, votes: &[Vote]) {
        let now = self.now;
        // Settling may acknowledge what is justified by these votes.
        self.heed_own_votes(votes);
        self.gate.note_answer();
        let is_news = self
            .network
            .as_mut()
            .is_some_and(|network| network.offer_certificate(votes, now));
        if is_news {
            self.settle();
        }
        self.count_votes(None, votes);
    }

    /// Counts votes and settles; gives those that were new. A vote for an unknown block asks its source for what leads there.
    pub(in crate::peer) fn count_votes(&mut self, source: Option<Source>, votes: &[Vote]) -> Vec<Vote> {
        let now = self.now;
        let Some(network) = &mut self.network else {
            return Vec::new();
        };
        let mut counted = Vec::new();
        let mut unknown_target = None;
        for vote in votes {
            if self.penalties.is_ignored(&vote.voter, now) {
                self.not_taken.count(Kind::Vote, Reason::Penalized);
                continue;
            }
            match network.offer_vote(vote, now) {
                Ok(Offered::Counted) => counted.push(vote.clone()),
                Ok(Offered::Waiting(block)) => unknown_target = Some(block),
                Err(error) => self.not_taken.count(Kind::Vote, &error),
            }
        }
        if let (Some(head), Some(source)) = (unknown_target, source) {
            let target = Target {
                head,
                height: network.chain().height().saturating_add(1),
                cause: Cause::Vote,
            };
            network.hear_target(source, target, now);
        }
        self.heed_own_votes(votes);
        if !counted.is_empty() {
            self.settle();
        }
        counted
    }
}
