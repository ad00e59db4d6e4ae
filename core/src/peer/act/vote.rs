//! Signing votes (docs/protocol.md, section 6), and sending the open ones again.
//!
//! The raised watermark is persisted before the vote goes out, and the farewell that covers the vote is held: the host makes both sure before later effects.

use crate::{
    chain::checkpoint::{Checkpoint, Pair, Vote},
    gossip::message::{Message, VoteList},
    peer::{Peer, record::Record},
};

impl Peer {
    /// Acknowledges justified checkpoints as far as the watermark allows; true if any was.
    pub(in crate::peer) fn acknowledge(&mut self, justified: &[Checkpoint]) -> bool {
        if !self.started || !self.may_sign() {
            return false;
        }
        let mut any = false;
        for checkpoint in justified {
            any |= self.sign_vote(Pair {
                source: *checkpoint,
                target: *checkpoint,
            });
        }
        any
    }

    /// Signs, counts and gossips a vote, if I am a voter there in this life and the watermark allows it.
    pub(in crate::peer) fn sign_vote(&mut self, pair: Pair) -> bool {
        let (now, me) = (self.now, self.identity.address());
        let Some(network) = &mut self.network else {
            return false;
        };
        let Some(target) = network.chain().get(&pair.target.block) else {
            return false;
        };
        let (rule, key) = (target.summary().quorum_rule(), self.identity.signing_public());
        let Some(seat) = rule.seat_of(&me, &key) else {
            return false;
        };
        if !rule.rests().lets_vote(&me, &key, network.signing().life()) {
            return false;
        }
        let Some(raised) = network.signing_mut().bind(&pair) else {
            return false;
        };
        let vote = Vote::sign(pair, seat.term, me, &network.id(), self.identity.signing_key());
        let counted = network.add_own_vote(&vote, now).is_ok();
        network.signing_mut().keep_vote(vote.clone());
        self.persist(Record::Watermark(raised));
        self.persist(Record::Vote(Box::new(vote.clone())));
        self.renew_farewell();
        if let Ok(list) = VoteList::try_from(vec![vote]) {
            self.broadcast(&Message::Votes(list));
        }
        counted
    }

    /// Sends own votes again that have come to nothing: frames get lost, and peers that crash forget what they heard.
    pub(in crate::peer) fn repeat_votes(&mut self) {
        let Some(network) = &self.network else { return };
        let votes = network.open_own_votes(network.slot(self.now).minus(1));
        if let (false, Ok(list)) = (votes.is_empty(), VoteList::try_from(votes)) {
            self.broadcast(&Message::Votes(list));
        }
    }
}
