//! What a branch's state keeps of one voter, whatever its keys: a leaf of its own, which stays when the voter leaves the sets.
//!
//! Invariant: no two votes by one key are slashable. A leaf holds `MAX_RECORDED_VOTES` votes, however many are offered.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{
        checkpoint::{Pair, Vote},
        statement::Life,
        watermark::is_slashable,
    },
    codec::{BoundedVec, decode, encode},
    crypto::keys::Address,
    ledger::state::LedgerState,
    params::MAX_RECORDED_VOTES,
    sorting,
    time::Slot,
};

/// A vote as recorded: signature and voter are known from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub(super) struct RecordedVote {
    pub(super) pair: Pair,
    /// The term of the voter's seat, and so its key.
    pub(super) term: u64,
}

impl RecordedVote {
    pub(super) fn of(vote: &Vote) -> Self {
        Self {
            pair: vote.pair(),
            term: vote.term,
        }
    }
}

/// An account's votes, and the life it has reached.
#[derive(Clone, Debug, Default, BorshSerialize, BorshDeserialize)]
pub(super) struct VoterRecord {
    /// In ascending order, so newest targets last.
    pub(super) votes: BoundedVec<RecordedVote, MAX_RECORDED_VOTES>,
    /// How often it has come back.
    pub(super) life: Life,
}

impl VoterRecord {
    pub(super) fn load(ledger: &LedgerState, voter: &Address) -> Self {
        let bytes = ledger.voter_leaf(voter);
        // Only this module writes the leaf, so it decodes; an empty record is the safe answer otherwise.
        bytes
            .and_then(|bytes| decode(bytes, bytes.len()).ok())
            .unwrap_or_default()
    }

    pub(super) fn store(&self, ledger: &mut LedgerState, voter: &Address) {
        ledger.put_voter_leaf(voter, encode(self));
    }

    /// The life that an account has come to.
    pub(super) fn life_of(ledger: &LedgerState, voter: &Address) -> Life {
        Self::load(ledger, voter).life
    }

    /// An account has come to this life, where it stays when it leaves the sets.
    pub(super) fn enter_life(ledger: &mut LedgerState, voter: &Address, life: Life) {
        let mut record = Self::load(ledger, voter);
        record.life = life;
        record.store(ledger, voter);
    }

    /// True if the vote is new, fits to those that are recorded by the same key, and would be kept.
    pub(super) fn admits(&self, new: &RecordedVote, has_same_key: impl Fn(&RecordedVote) -> bool) -> bool {
        let is_kept =
            self.votes.len() < MAX_RECORDED_VOTES || self.votes.first().is_some_and(|first| new > first);
        is_kept
            && !self
                .votes
                .iter()
                .any(|vote| vote == new || (is_slashable(&vote.pair, &new.pair) && has_same_key(vote)))
    }

    pub(super) fn insert(&mut self, vote: RecordedVote, final_slot: Slot) {
        let mut votes = std::mem::take(&mut self.votes).into_vec();
        votes.retain(|vote| vote.pair.target.slot > final_slot);
        votes.push(vote);
        sorting::sort(&mut votes);
        if votes.len() > MAX_RECORDED_VOTES {
            votes.remove(0);
        }
        self.votes = BoundedVec::try_from(votes).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::{block::BlockHash, checkpoint::Checkpoint},
        crypto::hash::Hash,
    };

    fn at(slot: u64) -> Checkpoint {
        Checkpoint {
            slot: Slot(slot),
            block: BlockHash(Hash([7; 32])),
        }
    }

    #[test]
    fn the_newest_votes_of_a_voter_are_kept_and_none_is_admitted_below_as_many_newer_ones() {
        let vote = |slot| RecordedVote {
            pair: Pair {
                source: at(0),
                target: at(slot),
            },
            term: 0,
        };
        let most = MAX_RECORDED_VOTES as u64;
        let mut record = VoterRecord::default();
        for slot in (1..=most).map(|step| 2 * step) {
            assert!(record.admits(&vote(slot - 1), |_| true));
            record.insert(vote(slot), Slot(0));
        }
        assert!(
            !record.admits(&vote(1), |_| true),
            "it would be the oldest of too many"
        );
        assert!(record.admits(&vote(3), |_| true));
        record.insert(vote(3), Slot(0));
        let kept = |record: &VoterRecord| -> Vec<u64> {
            record.votes.iter().map(|vote| vote.pair.target.slot.0).collect()
        };
        let newest = [3].into_iter().chain((2..=most).map(|step| 2 * step));
        assert_eq!(kept(&record), newest.collect::<Vec<_>>());
        // What is at or below the final checkpoint makes room.
        record.insert(vote(2 * most + 1), Slot(2 * most - 2));
        assert_eq!(kept(&record), [2 * most, 2 * most + 1]);
    }
}
