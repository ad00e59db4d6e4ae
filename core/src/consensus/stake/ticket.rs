//! Tickets: what a header shows of the lottery, and drawing one's own (docs/protocol.md, sections 4 and 5).
//!
//! Checking costs one VRF verification and one signature, after everything that is cheap. Nobody can make a ticket for somebody else's account, nor
//! draw twice in one slot, so what a peer can make others verify is bounded by what it may send.

use crate::{
    chain::block::{Header, Seal},
    consensus::{
        header::{HeaderError, Parent},
        merit::Merit,
        stake::{
            lottery::{Draw, Level, ticket_alpha},
            term::{Term, TermOperator},
        },
    },
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, PublicKey},
        vrf::{VrfOutput, VrfProof, VrfSecretKey},
    },
    params::MAX_LIGHT_DELAY_MS,
    time::Slot,
};

/// A lottery ticket that wins, and so makes a block legitimate.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Numbers that the VRF output gave: they decide level and ties.
    pub draw: Draw,
    /// Level at which it wins: 0 is the rarest and weighs most.
    pub level: Level,
    /// The VRF output, to be mixed into the next term's nonce.
    pub output: VrfOutput,
}

impl Ticket {
    /// Weight and tie-break of a block with this ticket.
    pub fn merit(&self) -> Merit {
        Merit {
            weight: self.level.weight(),
            tie: self.draw.tie,
        }
    }

    /// How long into its slot its holder waits, so that a heavier block can come; in milliseconds.
    pub fn delay_ms(&self) -> u64 {
        if self.level == Level(0) {
            return 0;
        }
        // The ratio of y to the whole range, in 64 steps of precision: fairness among light winners needs no more.
        (self.draw.y >> 58) * MAX_LIGHT_DELAY_MS / 64
    }
}

/// A ticket that this device drew for itself, with the proof that others check.
#[derive(Clone, Debug)]
pub struct Winning {
    /// What the proof shows.
    pub ticket: Ticket,
    /// VRF proof, to be put into the header.
    pub proof: VrfProof,
    /// Nonce of the term in which it was drawn; in another term the ticket means nothing.
    pub nonce: Hash,
}

/// Whose ticket is drawn: an account with the operator keys of this device.
pub struct Drawer<'a> {
    /// Account that holds the stake.
    pub account: Address,
    /// Public signing key of this device; the term has to name it.
    pub signing_key: PublicKey,
    /// Secret key that draws; the term has to name its public key.
    pub vrf_key: &'a VrfSecretKey,
}

impl Drawer<'_> {
    /// The ticket for a slot; none if the term names other keys, or if it does not win.
    pub fn draw(&self, network: &NetworkId, term: &Term, slot: Slot) -> Option<Winning> {
        let operator = term.operators.get(&self.account)?;
        if operator.signing_key != self.signing_key || operator.vrf_key != self.vrf_key.public() {
            return None;
        }
        let alpha = ticket_alpha(network, &term.nonce, slot, &self.account);
        let (output, proof) = self.vrf_key.prove(alpha.as_bytes());
        Some(Winning {
            ticket: draw_ticket(output, operator, term).ok()?,
            proof,
            nonce: term.nonce,
        })
    }
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

/// Checks the ticket of a header whose links are right, and its signature.
///
/// # Errors
/// [`HeaderError`] names the first rule that it breaks.
pub(in crate::consensus) fn check(
    header: &Header,
    parent: &Parent,
    network: &NetworkId,
    term: &Term,
) -> Result<Ticket, HeaderError> {
    let operator = proposer(header, term)?;
    let content = &header.content;
    let alpha = ticket_alpha(network, &term.nonce, content.slot, &content.proposer);
    let Seal::Stake { vrf_proof, .. } = &header.seal;
    let output = operator.vrf_key.verify(alpha.as_bytes(), vrf_proof);
    let output = output.map_err(|_| HeaderError::WrongVrfProof)?;
    let ticket = winning(header, parent, operator, term, output)?;
    header
        .verify_signature(&operator.signing_key)
        .map_err(|_| HeaderError::BadSignature)?;
    Ok(ticket)
}

/// Reads the ticket of a header that was checked before: everything but proof and signature.
///
/// # Errors
/// [`HeaderError`] names the first rule that it breaks.
pub(in crate::consensus) fn reread(
    header: &Header,
    parent: &Parent,
    term: &Term,
) -> Result<Ticket, HeaderError> {
    let operator = proposer(header, term)?;
    let Seal::Stake { vrf_proof, .. } = &header.seal;
    let output = vrf_proof
        .claimed_output()
        .map_err(|_| HeaderError::WrongVrfProof)?;
    winning(header, parent, operator, term, output)
}

fn proposer<'t>(header: &Header, term: &'t Term) -> Result<&'t TermOperator, HeaderError> {
    let operator = term.operators.get(&header.content.proposer);
    operator.ok_or(HeaderError::NotAnOperator)
}

fn winning(
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
