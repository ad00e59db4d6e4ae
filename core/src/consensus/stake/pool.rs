//! Finality as this peer has heard it (docs/protocol.md, sections 6 and 10).
//!
//! Votes count as soon as they are heard, from gossip, certificates or blocks. Bounds: two votes per seat and target slot, four votes per voter
//! for unknown targets and only from accounts that vote in the head's term, `MAX_POOL_VOTES` in all, nothing at or below the final checkpoint.
//! A voter who floods can only push out its own votes, or the oldest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use thiserror::Error;

use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Pair, Seat, Vote},
    },
    consensus::{stake::term::Term, tree::BlockTree},
    crypto::keys::{Address, NetworkId, PublicKey},
    params::{MAX_POOL_VOTES, MAX_UNKNOWN_VOTES, MAX_VOTERS, MAX_VOTES_PER_SLOT},
    sorting,
    time::Slot,
};

/// Why a heard vote is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PoolError {
    /// The same vote is kept already.
    #[error("the vote is known")]
    Known,
    /// At or below the final checkpoint, or beyond the next slot.
    #[error("the vote's target slot is not open")]
    OutOfRange,
    /// Source after target, or the source is no ancestor of the target.
    #[error("the vote's source is no ancestor of its target")]
    SourceNotAncestor,
    /// The vote names neither the target's term nor, while quorums are joint, the one before.
    #[error("the vote names another term than its target's")]
    WrongTerm,
    /// The voter has no seat in the term that the vote names.
    #[error("the account is no voter of the term")]
    NotAVoter,
    /// The signature does not fit.
    #[error("the vote's signature does not fit")]
    BadSignature,
    /// The voter has filled this slot.
    #[error("the voter has sent too many votes for this slot")]
    TooMany,
}

/// Whether a vote's signature was verified already, as part of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureState {
    /// It still has to be verified.
    Unchecked,
    /// It was verified.
    Verified,
}

/// What became of a vote that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It counts towards the quorum of its target and source.
    Counted,
    /// This target is not known yet, and the vote waits for it.
    Waiting(BlockHash),
}

/// A step of heard finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// This checkpoint became justified.
    Justified(Checkpoint),
    /// This checkpoint became final.
    Final(Checkpoint),
    /// A quorum for a checkpoint that conflicts with what is final: at least a third of the stake broke the rules.
    Conflict(Checkpoint),
}

/// Votes heard, and what follows from them.
pub struct VotePool {
    network: NetworkId,
    votes: BTreeMap<Pair, BTreeMap<Seat, Vote>>,
    per_slot: BTreeMap<Slot, BTreeMap<Seat, usize>>,
    count: usize,
    waiting: BTreeMap<Address, VecDeque<Vote>>,
    justified: BTreeSet<Checkpoint>,
    final_checkpoint: Checkpoint,
    /// Votes at or below the final checkpoint that a block may still have to record.
    settled: VecDeque<Vote>,
}

impl VotePool {
    /// An empty pool in which this checkpoint, such as genesis, is final.
    pub fn new(network: NetworkId, final_checkpoint: Checkpoint) -> Self {
        Self {
            network,
            votes: BTreeMap::new(),
            per_slot: BTreeMap::new(),
            count: 0,
            waiting: BTreeMap::new(),
            justified: BTreeSet::new(),
            final_checkpoint,
            settled: VecDeque::new(),
        }
    }

    /// The last final checkpoint.
    pub fn final_checkpoint(&self) -> Checkpoint {
        self.final_checkpoint
    }

    /// The highest justified checkpoint.
    pub fn justified_checkpoint(&self) -> Checkpoint {
        self.justified.last().copied().unwrap_or(self.final_checkpoint)
    }

    /// True if this block is that of a justified checkpoint.
    pub fn is_justified_block(&self, block: &BlockHash) -> bool {
        self.final_checkpoint.block == *block
            || self.justified.iter().any(|checkpoint| checkpoint.block == *block)
    }

    /// All votes that count towards a quorum, ordered by target, then source.
    pub fn votes(&self) -> impl Iterator<Item = &Vote> {
        self.votes.values().flat_map(BTreeMap::values)
    }

    /// All counted votes, and those below the final checkpoint since [`Self::record_final`]: what blocks record, and what proves finality to others.
    pub fn recent_votes(&self) -> impl Iterator<Item = &Vote> {
        self.settled.iter().chain(self.votes())
    }

    /// The chosen chain has recorded this checkpoint as final: votes below it are of no more use.
    pub fn record_final(&mut self, checkpoint: &Checkpoint) {
        self.settled.retain(|vote| vote.target.slot >= checkpoint.slot);
    }

    /// True if a vote of this voter for a target at or after `slot` was heard lately.
    pub fn has_voted_since(&self, voter: &Address, slot: Slot) -> bool {
        self.per_slot
            .range(slot..)
            .any(|(_, seats)| seats.keys().any(|seat| seat.account == *voter))
            || self
                .newest_settled()
                .any(|vote| vote.voter == *voter && vote.target.slot >= slot)
    }

    /// So many of the settled votes that a walk through them costs little.
    fn newest_settled(&self) -> impl Iterator<Item = &Vote> {
        self.settled.iter().rev().take(4 * MAX_VOTERS)
    }

    /// True if exactly this vote was counted lately, and so verified, by this key. Two branches may have different keys for one seat, so the key is
    /// that of the target's branch.
    pub fn has_verified(&self, vote: &Vote, key: &PublicKey, tree: &BlockTree) -> bool {
        let counted = self
            .votes
            .get(&vote.pair())
            .and_then(|votes| votes.get(&vote.seat()));
        let is_kept = counted == Some(vote) || self.newest_settled().any(|settled| settled == vote);
        let target = tree.get(&vote.target.block).filter(|_| is_kept);
        target.is_some_and(|target| target.summary().quorum_rule().key_of(&vote.seat()) == Some(key))
    }

    /// Goes on from a checkpoint that this peer knew to be final before it restarted.
    pub fn restore_final(&mut self, checkpoint: Checkpoint) {
        if checkpoint.slot > self.final_checkpoint.slot {
            self.finalize(checkpoint);
        }
    }

    /// Checks a vote and keeps it: counted if its target is known, else waiting.
    ///
    /// # Errors
    /// [`PoolError`] says why it is not kept.
    pub fn offer(
        &mut self,
        vote: &Vote,
        signature: SignatureState,
        tree: &BlockTree,
        now: Slot,
    ) -> Result<Offered, PoolError> {
        self.offer_up_to(MAX_VOTES_PER_SLOT, vote, signature, tree, now)
    }

    /// Takes those of these votes that make up a quorum, whole, even if somebody in it has voted too often for that slot: who votes three times
    /// could else have two votes heard by some and the third by others, and keep them from ever agreeing on what is justified. True if any was new.
    ///
    /// A pair is admitted like this only with a quorum that was verified, and the pool as a whole keeps its bound.
    pub fn offer_quorums(&mut self, votes: &[Vote], tree: &BlockTree, now: Slot) -> bool {
        let mut by_pair: BTreeMap<Pair, Vec<&Vote>> = BTreeMap::new();
        for vote in votes {
            by_pair.entry(vote.pair()).or_default().push(vote);
        }
        let mut any = false;
        for (pair, votes) in by_pair {
            for vote in self.completing(&pair, &votes, tree) {
                let offered = self.offer_up_to(usize::MAX, vote, SignatureState::Verified, tree, now);
                any |= offered == Ok(Offered::Counted);
            }
        }
        any
    }

    /// Those of these votes for a pair that are right, if they are a quorum together with what was counted before; else none.
    fn completing<'v>(&self, pair: &Pair, votes: &[&'v Vote], tree: &BlockTree) -> Vec<&'v Vote> {
        let Some(target) = tree.get(&pair.target.block) else {
            return Vec::new();
        };
        let rule = target.summary().quorum_rule();
        let counted = self.votes.get(pair);
        let mut voted: BTreeSet<Seat> = sorting::set(counted.into_iter().flat_map(BTreeMap::keys).copied());
        let is_right = |vote: &&&Vote| {
            let key = rule.key_of(&vote.seat());
            key.is_some_and(|key| vote.verify(&self.network, key).is_ok())
        };
        let new = votes.iter().filter(|vote| !voted.contains(&vote.seat()));
        let right: Vec<&Vote> = new.filter(is_right).copied().collect();
        voted.extend(right.iter().map(|vote| vote.seat()));
        if rule.is_met_by(pair, &voted) {
            right
        } else {
            Vec::new()
        }
    }

    fn offer_up_to(
        &mut self,
        most_per_slot: usize,
        vote: &Vote,
        signature: SignatureState,
        tree: &BlockTree,
        now: Slot,
    ) -> Result<Offered, PoolError> {
        self.check_open(vote, now)?;
        let Some(target) = tree.get(&vote.target.block) else {
            let head_term = tree.head_node().map(|(_, state)| state.term().clone());
            return self.park(vote, head_term.as_deref());
        };
        let rule = target.summary().quorum_rule();
        if !rule.admits_term(vote.term) {
            return Err(PoolError::WrongTerm);
        }
        if !tree.descends(&vote.target.block, &vote.source.block) || target.slot > vote.target.slot {
            return Err(PoolError::SourceNotAncestor);
        }
        let key = rule.key_of(&vote.seat()).ok_or(PoolError::NotAVoter)?;
        let made = self
            .per_slot
            .get(&vote.target.slot)
            .and_then(|seats| seats.get(&vote.seat()));
        if made.is_some_and(|made| *made >= most_per_slot) {
            return Err(PoolError::TooMany);
        }
        if signature == SignatureState::Unchecked {
            vote.verify(&self.network, key)
                .map_err(|_| PoolError::BadSignature)?;
        }
        self.count_vote(vote);
        Ok(Offered::Counted)
    }

    fn check_open(&self, vote: &Vote, now: Slot) -> Result<(), PoolError> {
        let pair = vote.pair();
        if !pair.is_well_formed() {
            return Err(PoolError::SourceNotAncestor);
        }
        if pair.target.slot <= self.final_checkpoint.slot || pair.target.slot > now.plus(1) {
            return Err(PoolError::OutOfRange);
        }
        if self
            .votes
            .get(&pair)
            .is_some_and(|votes| votes.contains_key(&vote.seat()))
        {
            return Err(PoolError::Known);
        }
        Ok(())
    }

    fn park(&mut self, vote: &Vote, head_term: Option<&Term>) -> Result<Offered, PoolError> {
        let mut keys = head_term
            .iter()
            .flat_map(|term| term.keys_of(&vote.voter))
            .peekable();
        if keys.peek().is_none() {
            return Err(PoolError::NotAVoter);
        }
        if !keys.any(|key| vote.verify(&self.network, key).is_ok()) {
            return Err(PoolError::BadSignature);
        }
        let waiting = self.waiting.entry(vote.voter).or_default();
        if waiting.contains(vote) {
            return Err(PoolError::Known);
        }
        waiting.push_back(vote.clone());
        if waiting.len() > MAX_UNKNOWN_VOTES {
            waiting.pop_front();
        }
        Ok(Offered::Waiting(vote.target.block))
    }

    fn count_vote(&mut self, vote: &Vote) {
        self.votes
            .entry(vote.pair())
            .or_default()
            .insert(vote.seat(), vote.clone());
        *self
            .per_slot
            .entry(vote.target.slot)
            .or_default()
            .entry(vote.seat())
            .or_default() += 1;
        self.count += 1;
        while self.count > MAX_POOL_VOTES {
            let Some((pair, votes)) = self.votes.pop_first() else {
                return;
            };
            self.forget(&pair, &votes);
        }
    }

    fn forget(&mut self, pair: &Pair, votes: &BTreeMap<Seat, Vote>) {
        self.count = self.count.saturating_sub(votes.len());
        if let Some(seats) = self.per_slot.get_mut(&pair.target.slot) {
            seats.retain(|seat, _| !votes.contains_key(seat));
        }
    }

    /// Votes that waited for this block, to be offered again.
    pub fn take_waiting_for(&mut self, block: &BlockHash) -> Vec<Vote> {
        let mut taken = Vec::new();
        for votes in self.waiting.values_mut() {
            let (matching, others) = votes.drain(..).partition(|vote| vote.target.block == *block);
            *votes = others;
            let matching: VecDeque<Vote> = matching;
            taken.extend(matching);
        }
        self.waiting.retain(|_, votes| !votes.is_empty());
        taken
    }

    /// Draws the consequences of all votes counted so far, one step after the other, until nothing changes.
    pub fn advance(&mut self, tree: &BlockTree) -> Vec<Advance> {
        let mut steps = Vec::new();
        while let Some(step) = self.next_step(tree) {
            match step {
                Advance::Justified(checkpoint) => {
                    self.justified.insert(checkpoint);
                }
                Advance::Final(checkpoint) => self.finalize(checkpoint),
                Advance::Conflict(checkpoint) => {
                    self.drop_target(&checkpoint);
                }
            }
            steps.push(step);
        }
        steps
    }

    fn next_step(&self, tree: &BlockTree) -> Option<Advance> {
        self.votes
            .iter()
            .rev()
            .find_map(|(pair, votes)| self.step_of(pair, votes, tree))
    }

    fn step_of(&self, pair: &Pair, votes: &BTreeMap<Seat, Vote>, tree: &BlockTree) -> Option<Advance> {
        let known = |checkpoint: &Checkpoint| {
            *checkpoint == self.final_checkpoint || self.justified.contains(checkpoint)
        };
        // Voters acknowledge only what they know as justified: whoever missed the links that led there need not know them.
        let useful = pair.is_acknowledgement() || (known(&pair.source) && !known(&pair.target));
        if !useful {
            return None;
        }
        let rule = tree.get(&pair.target.block)?.summary().quorum_rule();
        if !rule.is_met_by(pair, &votes.keys().copied().collect()) {
            return None;
        }
        let extends_final = tree.descends(&pair.target.block, &self.final_checkpoint.block);
        Some(match (extends_final, pair.is_acknowledgement()) {
            (false, _) => Advance::Conflict(pair.target),
            (true, true) => Advance::Final(pair.target),
            (true, false) => Advance::Justified(pair.target),
        })
    }

    fn finalize(&mut self, checkpoint: Checkpoint) {
        self.final_checkpoint = checkpoint;
        self.justified
            .retain(|justified| justified.slot > checkpoint.slot);
        let settled: Vec<Pair> = self
            .votes
            .keys()
            .take_while(|pair| pair.target.slot <= checkpoint.slot)
            .copied()
            .collect();
        for pair in settled {
            if let Some(votes) = self.votes.remove(&pair) {
                self.forget(&pair, &votes);
                self.settled.extend(votes.into_values());
            }
        }
        let surplus = self.settled.len().saturating_sub(MAX_POOL_VOTES);
        self.settled.drain(..surplus);
        self.per_slot = self.per_slot.split_off(&checkpoint.slot.plus(1));
        self.waiting
            .values_mut()
            .for_each(|votes| votes.retain(|vote| vote.target.slot > checkpoint.slot));
        self.waiting.retain(|_, votes| !votes.is_empty());
    }

    fn drop_target(&mut self, checkpoint: &Checkpoint) {
        let dropped: Vec<Pair> = self
            .votes
            .keys()
            .filter(|pair| pair.target == *checkpoint)
            .copied()
            .collect();
        for pair in dropped {
            if let Some(votes) = self.votes.remove(&pair) {
                self.forget(&pair, &votes);
            }
        }
    }
}
