//! Working for the welcome grant: a search in slices, between which the host does other things.

use crate::{
    crypto::{
        hash::{Domain, Hash},
        work::WorkSearch,
    },
    ledger::anchor::Anchor,
    params::CLAIM_TRIES_PER_SLICE,
};

/// A search for the proof of work of a Claim.
pub struct ClaimSearch {
    anchor: Anchor,
    zero_bits: u32,
    search: WorkSearch,
}

impl ClaimSearch {
    /// Begins a search bound to `challenge` (network, account, anchor).
    pub fn new(anchor: Anchor, challenge: Hash, zero_bits: u32) -> Self {
        Self {
            anchor,
            zero_bits,
            search: WorkSearch::new(Domain::ClaimWork, challenge, zero_bits),
        }
    }

    /// Final block to which the work is bound.
    pub fn anchor(&self) -> Anchor {
        self.anchor
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
