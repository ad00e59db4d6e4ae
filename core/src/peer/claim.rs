//! Working for the welcome grant: a search in slices, between which the host does other things.

use crate::{
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, PublicKey},
        work::WorkSearch,
    },
    ledger::anchor::Anchor,
    params::CLAIM_TRIES_PER_SLICE,
};

/// The invite that a Claim is to be admitted by: who opened it, and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChosenInvite {
    /// Account that opened it.
    pub inviter: Address,
    /// Key whose secret half is the own pass.
    pub key: PublicKey,
}

/// A search for the proof of work of a Claim.
pub struct ClaimSearch {
    anchor: Anchor,
    invite: Option<ChosenInvite>,
    zero_bits: u32,
    search: WorkSearch,
}

impl ClaimSearch {
    /// Begins a search bound to `challenge` (network, account, anchor), for a Claim by this invite if it takes one.
    pub fn new(anchor: Anchor, challenge: Hash, invite: Option<ChosenInvite>, zero_bits: u32) -> Self {
        Self {
            anchor,
            invite,
            zero_bits,
            search: WorkSearch::new(Domain::ClaimWork, challenge, zero_bits),
        }
    }

    /// Final block to which the work is bound.
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Invite by which the Claim is to be admitted, if it takes one.
    pub fn invite(&self) -> Option<ChosenInvite> {
        self.invite
    }

    /// Leading zero bits that it looks for.
    pub fn zero_bits(&self) -> u32 {
        self.zero_bits
    }

    /// Looks for more leading zero bits from here on.
    pub fn raise(&mut self, zero_bits: u32) {
        self.zero_bits = zero_bits;
        self.search.raise(zero_bits);
    }

    /// Does one slice of work; gives the nonce once found.
    pub fn step(&mut self) -> Option<u64> {
        self.search.step(CLAIM_TRIES_PER_SLICE)
    }
}
