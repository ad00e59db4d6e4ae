//! Voters' statements as the blocks of a branch record them (docs/protocol.md, section 6, "Leaving politely").
//!
//! A statement counts once: a rest makes its voter rest, and a wake of the same life makes it wake. So what was said in an earlier life, or is said twice, is
//! refused, and whoever repeats old frames changes nothing. A statement costs whoever records it one signature check; a block holds
//! `MAX_BLOCK_STATEMENTS`.

use thiserror::Error;

use crate::{
    chain::{
        block::Statements,
        checkpoint::Seat,
        statement::{Statement, Step},
        watermark::Watermark,
    },
    consensus::stake::{
        rests::{RestState, Rests},
        state::StakeState,
        voter_record::VoterRecord,
    },
    crypto::keys::{Address, NetworkId, PublicKey},
    ledger::state::LedgerState,
    sorting,
    time::Slot,
};

/// Why a block may not record a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// The network's rules wait for everybody, so nobody leaves.
    #[error("nobody leaves in this network")]
    NotHere,
    /// The account's registered signing key has no seat.
    #[error("the account is no voter with its registered key")]
    NotAVoter,
    /// It ends another life than the one that its voter is in.
    #[error("the statement ends another life than the voter's")]
    OtherLife,
    /// The voter rests already.
    #[error("the voter rests already")]
    Rests,
    /// The voter does not rest with this key, or wakes already.
    #[error("the voter does not rest, or wakes already")]
    IsAwake,
    /// A recorded vote of the key lies beyond the watermark of its rest.
    #[error("the voter has voted beyond the watermark that it states")]
    AgainstRecorded,
    /// The signature does not fit.
    #[error("the statement's signature does not fit")]
    BadSignature,
    /// The block does not list its statements in canonical order, or lists one twice.
    #[error("statements are not in canonical order")]
    NotInOrder,
}

/// Records all of these statements, which have to be in canonical order, in a block in `slot`; verifies their signatures if that was not done before.
///
/// # Errors
/// Which statement breaks a rule, and which one.
pub(super) fn record_all(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    (network, slot): (&NetworkId, Slot),
    statements: &[Statement],
    are_unknown: bool,
) -> Result<(), (usize, StatementError)> {
    if !statements.is_sorted_by(|a, b| a < b) {
        return Err((0, StatementError::NotInOrder));
    }
    let mut rests = Rests::clone(&state.rests());
    for (index, statement) in statements.iter().enumerate() {
        let key = check(state, &rests, ledger, statement).map_err(|reason| (index, reason))?;
        if are_unknown {
            let verified = statement.verify(network, &key);
            verified.map_err(|_| (index, StatementError::BadSignature))?;
        }
        record(&mut rests, slot, statement, key);
    }
    state.note_rests(ledger, slot, rests);
    Ok(())
}

/// Records those of these statements that a block in `slot` may, and gives them in canonical order. Their signatures were verified.
pub(super) fn record_some<'s>(
    state: &mut StakeState,
    ledger: &mut LedgerState,
    slot: Slot,
    statements: impl Iterator<Item = &'s Statement>,
) -> Statements {
    let mut candidates: Vec<&Statement> = statements.collect();
    sorting::sort(&mut candidates);
    let mut rests = Rests::clone(&state.rests());
    let mut chosen = Statements::new();
    for statement in candidates {
        if let Ok(key) = check(state, &rests, ledger, statement)
            && chosen.push(statement.clone()).is_ok()
        {
            record(&mut rests, slot, statement, key);
        }
    }
    state.note_rests(ledger, slot, rests);
    chosen
}

/// Checks that blocks after this state may still have to record the statement, its signature excepted; gives the key to check that with.
///
/// # Errors
/// [`StatementError`] says why it is of no use.
pub(super) fn key_if_useful(
    state: &StakeState,
    ledger: &LedgerState,
    statement: &Statement,
) -> Result<PublicKey, StatementError> {
    let Statement {
        voter, life, step, ..
    } = statement;
    let key = voting_key(state, ledger, voter)?;
    let (rests, reached) = (state.rests(), state.rests().life_of(voter));
    match (step, rests.state_of(voter, &key)) {
        // Who leaves again while it wakes ends a life that it has not come to here.
        _ if *life == reached.next() => Ok(key),
        _ if *life != reached => Err(StatementError::OtherLife),
        (Step::Rest(_), Some(_)) => Err(StatementError::Rests),
        (Step::Wake, Some(RestState::Waking)) => Err(StatementError::IsAwake),
        (Step::Rest(_), None) | (Step::Wake, None | Some(RestState::Resting)) => Ok(key),
    }
}

/// True if a block on a branch with this state may have to record the statement, should newer blocks be undone.
pub(super) fn may_be_needed(state: &StakeState, ledger: &LedgerState, statement: &Statement) -> bool {
    let Statement { voter, life, .. } = statement;
    *life >= state.rests().life_of(voter) && voting_key(state, ledger, voter).is_ok()
}

/// True if the next block may record the statement.
pub(super) fn is_due(state: &StakeState, ledger: &LedgerState, statement: &Statement) -> bool {
    check(state, &state.rests(), ledger, statement).is_ok()
}

/// Checks that a block which has come to these rests may record the statement, its signature excepted; gives the key to check that with.
fn check(
    state: &StakeState,
    rests: &Rests,
    ledger: &LedgerState,
    statement: &Statement,
) -> Result<PublicKey, StatementError> {
    let Statement {
        voter, life, step, ..
    } = statement;
    let key = voting_key(state, ledger, voter)?;
    if *life != rests.life_of(voter) {
        return Err(StatementError::OtherLife);
    }
    match (step, rests.state_of(voter, &key)) {
        (Step::Rest(watermark), None) => check_watermark(state, ledger, (voter, &key), watermark)?,
        (Step::Rest(_), Some(_)) => return Err(StatementError::Rests),
        (Step::Wake, Some(RestState::Resting)) => {}
        (Step::Wake, None | Some(RestState::Waking)) => return Err(StatementError::IsAwake),
    }
    Ok(key)
}

/// The registered key of an account, if that has a seat in a network that lets voters leave. A key that another one has replaced leaves the sets without
/// being asked.
fn voting_key(
    state: &StakeState,
    ledger: &LedgerState,
    voter: &Address,
) -> Result<PublicKey, StatementError> {
    if state.absence.is_none() {
        return Err(StatementError::NotHere);
    }
    let operator = ledger.operator(voter).ok_or(StatementError::NotAVoter)?;
    let key = operator.signing_key;
    let seat = state
        .quorums
        .electorate()
        .and_then(|electorate| electorate.seat_of(voter, &key));
    seat.map(|_| key).ok_or(StatementError::NotAVoter)
}

fn check_watermark(
    state: &StakeState,
    ledger: &LedgerState,
    (voter, key): (&Address, &PublicKey),
    watermark: &Watermark,
) -> Result<(), StatementError> {
    let is_by_key = |term: u64| {
        let account = *voter;
        state.term.key_of(&Seat { term, account }) == Some(key)
    };
    let votes = VoterRecord::load(ledger, voter).votes;
    let is_beyond = votes
        .iter()
        .any(|vote| is_by_key(vote.term) && !watermark.covers(&vote.pair));
    if is_beyond {
        return Err(StatementError::AgainstRecorded);
    }
    Ok(())
}

fn record(rests: &mut Rests, slot: Slot, statement: &Statement, key: PublicKey) {
    match statement.step {
        Step::Rest(watermark) => rests.rest(statement.voter, key, watermark),
        Step::Wake => rests.wake(statement.voter, slot),
    }
}
