//! What a header must show before anything of its block is executed (docs/protocol.md, section 5, steps 1 and 2).
//!
//! Costs one VRF verification and one signature. Everything cheap comes first, so a flood of nonsense is cheap to refuse.

use crate::{
    chain::block::{BlockHash, Header},
    consensus::stake::{
        lottery::{Draw, Level, ticket_alpha},
        term::{Term, TermOperator},
    },
    crypto::{keys::NetworkId, vrf::VrfOutput},
    time::Slot,
};

/// What a child is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// The parent's hash.
    pub hash: BlockHash,
    /// Its slot.
    pub slot: Slot,
    /// Its height.
    pub height: u64,
}

/// Why a header is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Made for another network.
    #[error("the block belongs to another network")]
    WrongNetwork,
    /// Not the child of the given parent.
    #[error("the block names another parent")]
    WrongParent,
    /// The slot is not after the parent's.
    #[error("the block's slot is not after its parent's")]
    SlotNotAfterParent,
    /// The height is not the parent's plus one.
    #[error("the block's height is not its parent's plus one")]
    WrongHeight,
    /// The proposer is no operator of the term.
    #[error("the proposer is no operator of the term")]
    NotAnOperator,
    /// The VRF proof does not verify.
    #[error("the VRF proof does not verify")]
    WrongVrfProof,
    /// The ticket wins at no level.
    #[error("the proposer's ticket does not win in this slot")]
    NotALeader,
    /// The ticket wins, but only at a level that needs a longer gap.
    #[error("level {level} is not allowed {gap} slots after the parent")]
    LevelNotAllowed {
        /// The ticket's level.
        level: u32,
        /// Slots since the parent.
        gap: u64,
    },
    /// The signature does not fit.
    #[error("the header's signature does not fit")]
    BadSignature,
}

/// A ticket that was verified.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// What it drew.
    pub draw: Draw,
    /// Its level.
    pub level: Level,
    /// The VRF output, to be mixed into the next term's nonce.
    pub output: VrfOutput,
}

/// Checks a header against its parent and the term that it belongs to.
///
/// # Errors
/// [`HeaderError`] names the first rule that it breaks.
pub fn check_header(
    header: &Header,
    parent: &Parent,
    network: &NetworkId,
    term: &Term,
) -> Result<Ticket, HeaderError> {
    let operator = check_links(header, parent, network, term)?;
    let content = &header.content;
    let alpha = ticket_alpha(network, &term.nonce, content.slot, &content.proposer);
    let output = operator.vrf_key.verify(alpha.as_bytes(), &content.vrf_proof);
    let output = output.map_err(|_| HeaderError::WrongVrfProof)?;
    let ticket = check_ticket(header, parent, operator, term, output)?;
    header
        .verify_signature(&operator.signing_key)
        .map_err(|_| HeaderError::BadSignature)?;
    Ok(ticket)
}

/// Reads a header that this peer checked before it stored it: everything but proof and signature.
///
/// # Errors
/// [`HeaderError`] names the first rule that it breaks.
pub fn reread_header(
    header: &Header,
    parent: &Parent,
    network: &NetworkId,
    term: &Term,
) -> Result<Ticket, HeaderError> {
    let operator = check_links(header, parent, network, term)?;
    let output = header
        .content
        .vrf_proof
        .claimed_output()
        .map_err(|_| HeaderError::WrongVrfProof)?;
    check_ticket(header, parent, operator, term, output)
}

fn check_ticket(
    header: &Header,
    parent: &Parent,
    operator: &TermOperator,
    term: &Term,
    output: VrfOutput,
) -> Result<Ticket, HeaderError> {
    let ticket = draw_ticket(output, operator, term)?;
    let gap = header.content.slot.since(parent.slot);
    if !ticket.level.is_allowed_after(gap) {
        return Err(HeaderError::LevelNotAllowed {
            level: ticket.level.0,
            gap,
        });
    }
    Ok(ticket)
}

/// Everything about a header that costs nothing to check; gives its proposer.
fn check_links<'t>(
    header: &Header,
    parent: &Parent,
    network: &NetworkId,
    term: &'t Term,
) -> Result<&'t TermOperator, HeaderError> {
    let content = &header.content;
    if content.network != *network {
        return Err(HeaderError::WrongNetwork);
    }
    if content.parent != parent.hash {
        return Err(HeaderError::WrongParent);
    }
    if content.slot <= parent.slot {
        return Err(HeaderError::SlotNotAfterParent);
    }
    if parent.height.checked_add(1) != Some(content.height) {
        return Err(HeaderError::WrongHeight);
    }
    term.operators
        .get(&content.proposer)
        .ok_or(HeaderError::NotAnOperator)
}

/// The ticket of a VRF output, if it wins at any level.
///
/// # Errors
/// [`HeaderError::NotALeader`] if it wins at none.
pub fn draw_ticket(output: VrfOutput, operator: &TermOperator, term: &Term) -> Result<Ticket, HeaderError> {
    let draw = Draw::from_output(&output);
    let level = draw
        .level(operator.stake_micro, term.operators.total_micro())
        .ok_or(HeaderError::NotALeader)?;
    Ok(Ticket { draw, level, output })
}
