//! Finality as the blocks of a branch record it (docs/protocol.md, section 6, "Recording").
//!
//! Invariant: recorded final checkpoints only advance along the branch. Votes are recorded in any order: a proposer that missed an older vote does not keep
//! the next one from recording it, or recorded finality would never catch up with what voters heard. Bounded however many votes are offered: a
//! voter's leaf holds `MAX_RECORDED_VOTES`.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::{
    chain::{
        block::{Testimony, Votes},
        checkpoint::{Checkpoint, Pair, Seat, Vote},
        statement::Statement,
    },
    consensus::{
        ancestors::Ancestors,
        known::{Known, Unknown},
        stake::{
            finality::FinalBlock,
            state::StakeState,
            statements::{self, StatementError},
            voter_record::{RecordedVote, VoterRecord},
        },
    },
    crypto::{
        batch::BatchVerifier,
        keys::{Address, NetworkId, PublicKey},
    },
    ledger::state::LedgerState,
    params::MAX_BLOCK_VOTES,
    sorting,
    time::Slot,
};

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

/// Which part of its testimony a block may not record, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TestimonyError {
    /// A statement breaks a rule.
    #[error("statement {index}: {reason}")]
    Statement {
        /// Position in the block's list of statements, from 0.
        index: usize,
        /// Rule that the statement breaks.
        reason: StatementError,
    },
    /// A vote breaks a rule.
    #[error("vote {index}: {reason}")]
    Vote {
        /// Position in the block's list of votes, from 0.
        index: usize,
        /// Rule that the vote breaks.
        reason: VoteError,
    },
}

/// Records all of a block in `slot` that voters have said, which has to be in canonical order. Without `unknown` the signatures were verified before.
///
/// # Errors
/// Which part breaks a rule, and which one.
pub(in crate::consensus) fn record_all(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    branch: &impl Ancestors,
    (network, slot): (&NetworkId, Slot),
    testimony: &Testimony,
    unknown: Option<Unknown<'_, impl Known>>,
) -> Result<(), TestimonyError> {
    let statements = &testimony.statements;
    statements::record_all(state, ledger, (network, slot), statements, unknown.is_some())
        .map_err(|(index, reason)| TestimonyError::Statement { index, reason })?;
    record_votes(state, ledger, branch, (network, slot), &testimony.votes, unknown)
        .map_err(|(index, reason)| TestimonyError::Vote { index, reason })?;
    finish(state, ledger, (branch, slot), !testimony.votes.is_empty());
    Ok(())
}

fn record_votes(
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
    Ok(())
}

/// Records what a block in `slot` may of this, and gives it in canonical order. The signatures were verified.
pub(in crate::consensus) fn record_some<'v>(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    branch: &impl Ancestors,
    slot: Slot,
    (statements, votes): (
        impl Iterator<Item = &'v Statement>,
        impl Iterator<Item = &'v Vote>,
    ),
) -> Testimony {
    let statements = statements::record_some(state, ledger, slot, statements);
    let votes = record_some_votes(state, ledger, branch, slot, votes);
    finish(state, ledger, (branch, slot), !votes.is_empty());
    Testimony { statements, votes }
}

fn record_some_votes<'v>(
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
    if !rule.is_some_and(|rule| rule.is_met_by(pair, voted)) {
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
