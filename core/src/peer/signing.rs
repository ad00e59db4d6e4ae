//! What this device has signed, as far as it binds it: all of it is durable before anything that it allows leaves.
//!
//! Invariant: the watermark covers every kept vote, and neither it nor the last slot nor the life ever falls while the operator keys are the same. At most
//! `MAX_RECORDED_VOTES` votes are kept; only this device's key adds any.

use std::collections::VecDeque;

use crate::{
    chain::{
        checkpoint::{Pair, Vote},
        statement::Life,
        watermark::Watermark,
    },
    params::MAX_RECORDED_VOTES,
    time::Slot,
};

/// The signatures of one device's operator keys in one network.
#[derive(Default)]
pub struct Signing {
    watermark: Watermark,
    /// The newest votes, oldest first.
    votes: VecDeque<Vote>,
    last_slot: Slot,
    life: Life,
}

impl Signing {
    /// Watermark of the voting key: votes that it must never sign.
    pub fn watermark(&self) -> Watermark {
        self.watermark
    }

    /// Slot of the newest own block.
    pub fn last_slot(&self) -> Slot {
        self.last_slot
    }

    /// The life in which this device votes: its word that it leaves may have gone out in all before.
    pub fn life(&self) -> Life {
        self.life
    }

    /// The newest own votes, oldest first.
    pub fn votes(&self) -> impl Iterator<Item = &Vote> {
        self.votes.iter()
    }

    /// True if the own vote for this is among the newest.
    pub fn has_voted(&self, pair: &Pair) -> bool {
        self.votes.iter().any(|vote| vote.pair() == *pair)
    }

    /// True if a vote for this binds this device to nothing new.
    pub(super) fn covers(&self, pair: &Pair) -> bool {
        self.watermark.covers(pair)
    }

    /// Binds this device to a vote that it is about to sign. Gives the raised watermark, to be stored before the vote leaves; none if it forbids
    /// the vote.
    #[must_use = "it has to be durable before the vote leaves"]
    pub(super) fn bind(&mut self, pair: &Pair) -> Option<Watermark> {
        self.watermark = self.watermark.raised_by(pair)?;
        Some(self.watermark)
    }

    /// Binds this device to a vote of its key that it did not make itself. Gives the watermark to be stored.
    #[must_use = "it has to be durable before anything else leaves"]
    pub(super) fn cover(&mut self, pair: &Pair) -> Watermark {
        self.watermark = self.watermark.covering(pair);
        self.watermark
    }

    /// The device's key made a block in this slot, or it is stored that it did.
    pub(super) fn bind_slot(&mut self, slot: Slot) {
        self.last_slot = self.last_slot.max(slot);
    }

    /// A life is over, since the word that it ends may have left, or it is stored that it did. Of the votes that are kept only those may still be said that
    /// this watermark covers, which is that of the word: others may not have left before it.
    pub(super) fn begin_life(&mut self, life: Life, covered: &Watermark) {
        if life > self.life {
            self.life = life;
            self.votes.retain(|vote| covered.covers(&vote.pair()));
        }
    }

    /// Keeps a vote, in case that others have to hear it again.
    pub(super) fn keep_vote(&mut self, vote: Vote) {
        self.votes.push_back(vote);
        if self.votes.len() > MAX_RECORDED_VOTES {
            self.votes.pop_front();
        }
    }

    /// Takes the stored watermark.
    pub(super) fn restore_watermark(&mut self, watermark: Watermark) {
        self.watermark = watermark;
    }

    /// Takes a stored own vote: whatever else was lost, it raises the watermark, because it may have left.
    pub(super) fn restore_vote(&mut self, vote: Vote) {
        let _ = self.bind(&vote.pair());
        self.keep_vote(vote);
    }
}
