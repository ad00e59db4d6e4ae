//! Voting: links half a slot after a checkpoint slot, acknowledgements upon justified checkpoints (docs/protocol.md, section 6).
//!
//! The raised watermark is persisted before the vote goes out: the host makes records durable before later effects.

use crate::{
    chain::checkpoint::{Checkpoint, Pair, Vote},
    consensus::{grid::is_checkpoint_slot, pool::SignatureState},
    gossip::message::{Message, VoteList},
    peer::{
        Peer,
        io::{Deadline, Why},
        network::Network,
        record::Record,
    },
    time::Slot,
};

impl Peer {
    pub(super) fn vote_if_due(&mut self) {
        let Some(network) = &self.network else { return };
        let slot = network.slot(self.now);
        let due = slot > self.timers.voted_slot && self.now >= network.clock.middle_of(slot);
        if !due || !self.may_sign() {
            return;
        }
        self.timers.voted_slot = slot;
        if let Some(pair) = network.link_for(slot)
            && self.sign_vote(pair)
        {
            self.settle();
        }
    }

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

    /// Signs, counts and gossips a vote, if I am a voter there and the watermark allows it.
    fn sign_vote(&mut self, pair: Pair) -> bool {
        let (now, me) = (self.now, self.identity.address());
        let Some(network) = &mut self.network else {
            return false;
        };
        let Some(state) = network.tree.get(&pair.target.block).and_then(|node| node.state()) else {
            return false;
        };
        let rule = state.quorum_rule();
        if rule.voting_key(&me) != Some(&self.identity.signing_public()) {
            return false;
        }
        let Some(raised) = network.watermark.raised_by(&pair) else {
            return false;
        };
        network.watermark = raised;
        let vote = Vote::sign(
            pair,
            rule.term().number,
            me,
            &network.id,
            self.identity.signing_key(),
        );
        let slot = network.slot(now);
        let counted = network
            .pool
            .offer(&vote, SignatureState::Verified, &network.tree, slot)
            .is_ok();
        self.persist(Record::Watermark(raised));
        if let Ok(list) = VoteList::try_from(vec![vote]) {
            self.broadcast(&Message::Votes(list));
        }
        counted
    }

    pub(super) fn vote_deadline(&self) -> Option<Deadline> {
        let network = self.network.as_ref()?;
        let slot = network.slot(self.now);
        let next = if slot > self.timers.voted_slot && self.now < network.clock.middle_of(slot) {
            slot
        } else {
            slot.plus(1)
        };
        Some(Deadline {
            at: network.clock.middle_of(next),
            why: Why::Vote,
        })
    }
}

impl Network {
    /// The link that voters should sign half a slot after `slot`, if any.
    fn link_for(&self, slot: Slot) -> Option<Pair> {
        let last_final = self.pool.final_checkpoint();
        let voters = self.head_state()?.term.voters.len();
        if !is_checkpoint_slot(slot, last_final.slot, voters) {
            return None;
        }
        let block = self.tree.block_at(&self.tree.head(), slot)?;
        if self.pool.is_justified_block(&block) {
            return None;
        }
        Some(Pair {
            source: self.pool.justified_checkpoint(),
            target: Checkpoint { slot, block },
        })
    }
}
