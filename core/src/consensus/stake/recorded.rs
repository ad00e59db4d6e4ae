//! Finality as the blocks of a branch record it (docs/protocol.md, section 6, "Recording").
//!
//! Invariants: recorded final checkpoints only advance along the branch; no two votes that a voter's leaf holds by one key are slashable. Votes are recorded
//! in any order: a proposer that missed an older vote does not keep the next one from recording it, or recorded finality would never catch up
//! with what voters heard. Bounded however many votes are offered: a voter's leaf holds `MAX_RECORDED_VOTES`.

use std::collections::{BTreeMap, BTreeSet};

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use crate::{
    chain::{
        block::Votes,
        checkpoint::{Checkpoint, Pair, Seat, Vote},
    },
    codec::{BoundedVec, decode, encode},
    consensus::{
        ancestors::Ancestors,
        known::{Known, Unknown},
        stake::{finality::FinalBlock, state::StakeState, watermark::is_slashable},
    },
    crypto::{
        batch::BatchVerifier,
        keys::{Address, NetworkId, PublicKey},
    },
    ledger::state::LedgerState,
    params::{MAX_BLOCK_VOTES, MAX_RECORDED_VOTES},
    sorting,
    time::Slot,
};

/// A vote as recorded: signature and voter are known from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
struct RecordedVote {
    pair: Pair,
    /// The term of the voter's seat, and so its key.
    term: u64,
}

impl RecordedVote {
    fn of(vote: &Vote) -> Self {
        Self {
            pair: vote.pair(),
            term: vote.term,
        }
    }
}

/// A voter's votes as recorded on a branch, whatever its keys.
#[derive(Clone, Debug, Default, BorshSerialize, BorshDeserialize)]
struct VoterRecord {
    /// In ascending order, so newest targets last.
    votes: BoundedVec<RecordedVote, MAX_RECORDED_VOTES>,
}

impl VoterRecord {
    fn load(ledger: &LedgerState, voter: &Address) -> Self {
        let bytes = ledger.voter_leaf(voter);
        // Only this module writes the leaf, so it decodes; an empty record is the safe answer otherwise.
        bytes
            .and_then(|bytes| decode(bytes, bytes.len()).ok())
            .unwrap_or_default()
    }

    fn store(&self, ledger: &mut LedgerState, voter: &Address) {
        ledger.put_voter_leaf(voter, encode(self));
    }

    /// True if the vote is new, fits to those that are recorded by the same key, and would be kept.
    fn admits(&self, new: &RecordedVote, has_same_key: impl Fn(&RecordedVote) -> bool) -> bool {
        let is_kept =
            self.votes.len() < MAX_RECORDED_VOTES || self.votes.first().is_some_and(|first| new > first);
        is_kept
            && !self
                .votes
                .iter()
                .any(|vote| vote == new || (is_slashable(&vote.pair, &new.pair) && has_same_key(vote)))
    }

    fn insert(&mut self, vote: RecordedVote, final_slot: Slot) {
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

/// Why a block may not record a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VoteError {
    /// Source after target, or two blocks at one slot.
    #[error("the vote's source does not lie before its target")]
    Malformed,
    /// The target is not above the recorded final checkpoint and below the block.
    #[error("the vote's target is outside the open range of slots")]
    TargetOutOfRange,
    /// The source lies before the recorded final checkpoint.
    #[error("the vote's source is older than the final checkpoint")]
    SourceTooOld,
    /// Target or source is not a checkpoint of this branch.
    #[error("the vote's source or target is no ancestor on this branch")]
    NotOnBranch,
    /// The vote names neither the target's term nor, while quorums are joint, the one before.
    #[error("the vote names another term than its target's")]
    WrongTerm,
    /// The voter has no seat in the term that the vote names.
    #[error("the account is no voter of the term")]
    NotAVoter,
    /// The voter's earlier recorded votes rule it out.
    #[error("the voter's earlier votes rule it out, or it is recorded already")]
    AgainstRecorded,
    /// The signature does not fit.
    #[error("the vote's signature does not fit")]
    BadSignature,
    /// The block does not list its votes in canonical order, or lists one twice.
    #[error("votes are not in canonical order")]
    NotInOrder,
}

/// Records all of these votes, which have to be in canonical order, in a block in `slot`. Without `unknown` their signatures were verified before.
///
/// # Errors
/// Which vote breaks a rule, and which one.
pub(in crate::consensus) fn record_all(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    branch: &impl Ancestors,
    (network, slot): (&NetworkId, Slot),
    votes: &[Vote],
    unknown: Option<Unknown<'_, impl Known>>,
) -> Result<(), (usize, VoteError)> {
    if !votes.is_sorted_by(|a, b| a < b) {
        return Err((0, VoteError::NotInOrder));
    }
    let mut batch = BatchVerifier::new();
    for (index, vote) in votes.iter().enumerate() {
        let key = check(state, ledger, branch, slot, vote).map_err(|reason| (index, reason))?;
        record(state, ledger, vote, &key);
        match &unknown {
            Some(unknown) if !unknown.but.has_vote(vote, &key) => {
                vote.queue_signature(network, &key, &mut batch);
            }
            Some(_) | None => batch.pass_over(),
        }
    }
    if let Some(Unknown { entropy, .. }) = unknown {
        batch.verify(entropy).map_err(|culprits| {
            let first = culprits.first().copied().unwrap_or_default();
            (first, VoteError::BadSignature)
        })?;
    }
    finish(state, ledger, (branch, slot), !votes.is_empty());
    Ok(())
}

/// Records those of these votes that a block in `slot` may, and gives them in canonical order. Their signatures were verified.
pub(in crate::consensus) fn record_some<'v>(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    branch: &impl Ancestors,
    slot: Slot,
    votes: impl Iterator<Item = &'v Vote>,
) -> Votes {
    let mut candidates: Vec<&Vote> = votes.collect();
    sorting::sort(&mut candidates);
    candidates.dedup();
    let mut chosen = Votes::new();
    for vote in candidates {
        if chosen.len() == MAX_BLOCK_VOTES {
            break;
        }
        let Ok(key) = check(state, ledger, branch, slot, vote) else {
            continue;
        };
        if chosen.push(vote.clone()).is_ok() {
            record(state, ledger, vote, &key);
        }
    }
    finish(state, ledger, (branch, slot), !chosen.is_empty());
    chosen
}

fn finish(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    (branch, slot): (&impl Ancestors, Slot),
    any: bool,
) {
    if any {
        state.store_attendance(ledger);
        settle(state, ledger, branch, slot);
    }
    state.note_absences(ledger, slot);
    state.store_progress(ledger);
}

/// Checks that a block in `slot` on this branch may record the vote, its signature excepted; gives the key to check that with.
pub(in crate::consensus) fn check(
    state: &StakeState,
    ledger: &LedgerState,
    branch: &impl Ancestors,
    slot: Slot,
    vote: &Vote,
) -> Result<PublicKey, VoteError> {
    let pair = vote.pair();
    let last_final = state.finality.final_checkpoint();
    if !pair.is_well_formed() {
        return Err(VoteError::Malformed);
    }
    if pair.target.slot <= last_final.slot || pair.target.slot >= slot {
        return Err(VoteError::TargetOutOfRange);
    }
    if pair.source.slot < last_final.slot {
        return Err(VoteError::SourceTooOld);
    }
    let target_slot = block_slot(state, branch, &pair.target).ok_or(VoteError::NotOnBranch)?;
    block_slot(state, branch, &pair.source).ok_or(VoteError::NotOnBranch)?;
    let rule = state
        .quorums
        .for_block_in(target_slot)
        .ok_or(VoteError::NotOnBranch)?;
    if !rule.admits_term(vote.term) {
        return Err(VoteError::WrongTerm);
    }
    let key = rule.key_of(&vote.seat()).copied().ok_or(VoteError::NotAVoter)?;
    // A key that is not known any more is taken for the same one: that refuses too much rather than too little.
    let has_same_key = |recorded: &RecordedVote| {
        let seat = Seat {
            term: recorded.term,
            account: vote.voter,
        };
        state.term.key_of(&seat).is_none_or(|recorded| *recorded == key)
    };
    if !VoterRecord::load(ledger, &vote.voter).admits(&RecordedVote::of(vote), has_same_key) {
        return Err(VoteError::AgainstRecorded);
    }
    Ok(key)
}

/// The slot of a checkpoint's block, if the checkpoint is one of this branch whose block is the recorded final one or lies after it.
///
/// A block may follow a checkpoint's block with a slot that is not above the checkpoint's: it came after voters had voted.
fn block_slot(state: &StakeState, branch: &impl Ancestors, checkpoint: &Checkpoint) -> Option<Slot> {
    let finality = &state.finality;
    let final_slot = finality.final_block().slot;
    if checkpoint.block == finality.final_checkpoint().block {
        return Some(final_slot);
    }
    let slot = branch.slot_of(&checkpoint.block)?;
    (final_slot..=checkpoint.slot).contains(&slot).then_some(slot)
}

/// Records a vote that [`check`] admitted, by the key that it gave.
pub(in crate::consensus) fn record(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    vote: &Vote,
    key: &PublicKey,
) {
    state.attendance.hear(&vote.voter, key, ledger.clock());
    let mut record = VoterRecord::load(ledger, &vote.voter);
    record.insert(RecordedVote::of(vote), state.finality.final_checkpoint().slot);
    record.store(ledger, &vote.voter);
}

/// Draws the consequences of votes newly recorded by a block in `slot`: justified and final checkpoints, until nothing changes.
pub(in crate::consensus) fn settle(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    branch: &impl Ancestors,
    slot: Slot,
) {
    let tallies = tallies(state, ledger);
    loop {
        let mut changed = false;
        for (pair, voted) in &tallies {
            changed |= advance(state, ledger, (branch, slot), pair, voted);
        }
        if !changed {
            return;
        }
    }
}

fn advance(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    (branch, slot): (&impl Ancestors, Slot),
    pair: &Pair,
    voted: &BTreeSet<Seat>,
) -> bool {
    let finality = &state.finality;
    let target_justified = finality.is_justified(&pair.target);
    // Voters acknowledge only what they know as justified: the links that led there need not all be recorded, nor kept.
    let useful = pair.target.slot > finality.final_checkpoint().slot
        && (pair.is_acknowledgement() || (finality.is_justified(&pair.source) && !target_justified));
    let block = useful.then(|| voted_block(state, branch, &pair.target)).flatten();
    let Some(block) = block else { return false };
    let rule = state.quorums.for_block_in(block.slot);
    if !rule.is_some_and(|rule| rule.is_met_by(voted)) {
        return false;
    }
    if pair.is_acknowledgement() {
        state.finalize(ledger, slot, pair.target, block);
    } else {
        state.finality.justify(pair.target);
    }
    true
}

/// What a checkpoint's block leaves if the checkpoint becomes final.
fn voted_block(state: &StakeState, branch: &impl Ancestors, checkpoint: &Checkpoint) -> Option<FinalBlock> {
    let slot = block_slot(state, branch, checkpoint)?;
    if checkpoint.block == state.finality.final_checkpoint().block {
        return Some(*state.finality.final_block());
    }
    Some(FinalBlock {
        slot,
        term: state.quorums.for_block_in(slot)?.term(),
        mixer: branch.mixer_at(&checkpoint.block)?,
    })
}

/// Who voted for what, of the voters of this term and the one before.
fn tallies(state: &StakeState, ledger: &LedgerState) -> BTreeMap<Pair, BTreeSet<Seat>> {
    let (voters, previous) = (&state.term.voters, &state.term.previous_voters);
    let accounts = voters.iter().chain(previous.iter()).map(|voter| voter.account);
    let voters: BTreeSet<Address> = sorting::set(accounts);
    let mut tallies: BTreeMap<Pair, BTreeSet<Seat>> = BTreeMap::new();
    for account in voters {
        for vote in VoterRecord::load(ledger, &account).votes.iter() {
            let term = vote.term;
            tallies
                .entry(vote.pair)
                .or_default()
                .insert(Seat { term, account });
        }
    }
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chain::block::BlockHash, crypto::hash::Hash};

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
