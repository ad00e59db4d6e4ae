//! Claims: how newcomers draw their grant, and how fast grants can be drawn (docs/protocol.md, section 3).
//!
//! Whoever makes many accounts pays for each with work that doubles with every 8 claims in 64 slots, and waits: one claim per block, few
//! per term, and beyond those one in 16 slots. So the stake of a crowd of new accounts grows slowly, while the first newcomers of a room
//! are let in within seconds, and later ones also while no term can end. The record is bounded: slots of one window, because a block has
//! one claim and slots differ between blocks.
//!
//! What a claim must show is one rule, [`ClaimRecord::check`], for blocks, for the mempool and for whoever works on a claim.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::BoundedVec,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, NetworkId},
        work::Work,
    },
    ledger::{anchor::Anchor, context::BlockContext, error::TransactionError, genesis::Rules},
    params::{
        CLAIM_RATE_SLOTS, CLAIM_SPACING_SLOTS, CLAIMS_PER_DOUBLING, MAX_BLOCK_CLAIMS, MIN_CLAIMS_PER_TERM,
    },
    time::Slot,
};

/// Most claims within `CLAIM_RATE_SLOTS`.
const MAX_RECENT_CLAIMS: usize = MAX_BLOCK_CLAIMS * CLAIM_RATE_SLOTS as usize;

/// The work that a claim shows.
#[derive(Clone, Copy, Debug)]
pub struct ClaimWork<'a> {
    /// The final block that it is bound to.
    pub anchor: &'a Hash,
    /// Solution: the number that gives the challenge's hash its leading zero bits.
    pub nonce: u64,
}

impl ClaimWork<'_> {
    /// Leading zero bits that the work has for this account of this network.
    pub fn bits(&self, network: &NetworkId, account: &Address) -> u32 {
        let challenge = claim_challenge(network, account, self.anchor);
        Work { nonce: self.nonce }.zero_bits(Domain::ClaimWork, &challenge)
    }
}

/// What a claim's work is done for; the domain is [`Domain::ClaimWork`].
pub fn claim_challenge(network: &NetworkId, account: &Address, anchor: &Hash) -> Hash {
    Hash::of(
        Domain::ClaimWork,
        &[network.0.as_bytes(), account.as_bytes(), anchor.as_bytes()],
    )
}

/// Claims that still matter for the next ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClaimRecord {
    term: u64,
    in_term: u64,
    recent: BoundedVec<Slot, MAX_RECENT_CLAIMS>,
}

impl ClaimRecord {
    /// Forgets what no longer matters in a block of this term and slot.
    pub fn begin_block(&mut self, term: u64, slot: Slot) {
        if self.term != term {
            self.term = term;
            self.in_term = 0;
        }
        let recent: Vec<Slot> = self
            .recent
            .iter()
            .filter(|&&claimed| is_recent(claimed, slot))
            .copied()
            .collect();
        self.recent = BoundedVec::try_from(recent).unwrap_or_default();
    }

    /// Leading zero bits that a claim in `slot` needs.
    pub fn needed_bits(&self, rules: &Rules, slot: Slot) -> u32 {
        let recent = self
            .recent
            .iter()
            .filter(|&&claimed| is_recent(claimed, slot))
            .count() as u64;
        let doublings = u32::try_from(recent / CLAIMS_PER_DOUBLING).unwrap_or(u32::MAX);
        u32::from(rules.claim_work_bits).saturating_add(doublings)
    }

    /// Checks what a claim must show in any block of this slot: an anchor that is known and not old, and enough work bound to it.
    ///
    /// # Errors
    /// An anchor that is unknown or old, or too little work.
    pub fn check(
        &self,
        rules: &Rules,
        (anchors, slot): (&[Anchor], Slot),
        work: ClaimWork<'_>,
        claimant: (&NetworkId, &Address),
    ) -> Result<(), TransactionError> {
        Anchor::check(anchors, work.anchor, slot)?;
        let (bits, needed) = (work.bits(claimant.0, claimant.1), self.needed_bits(rules, slot));
        if bits < needed {
            return Err(TransactionError::WrongWork { bits, needed });
        }
        Ok(())
    }

    /// Checks and records a claim.
    ///
    /// # Errors
    /// Too many claims, an anchor that is unknown or old, or too little work; nothing is recorded then.
    pub(super) fn record(
        &mut self,
        block: &BlockContext<'_>,
        account: &Address,
        work: ClaimWork<'_>,
    ) -> Result<(), TransactionError> {
        if self
            .recent
            .iter()
            .filter(|&&claimed| claimed == block.slot)
            .count()
            >= MAX_BLOCK_CLAIMS
        {
            return Err(TransactionError::TooManyClaimsInBlock);
        }
        let allowed = MIN_CLAIMS_PER_TERM.max(block.claims.members as u64 / 4);
        if self.in_term >= allowed && !self.has_paused_until(block.slot) {
            return Err(TransactionError::TooManyClaimsInTerm { allowed });
        }
        let place = (block.claims.anchors, block.slot);
        self.check(block.rules, place, work, (&block.network, account))?;
        self.recent
            .push(block.slot)
            .map_err(|_| TransactionError::TooManyClaimsInBlock)?;
        self.in_term = self.in_term.saturating_add(1);
        Ok(())
    }

    /// True if the last claim lies so far back that one more is admitted in any term, also in one that lasts because finality stalls.
    fn has_paused_until(&self, slot: Slot) -> bool {
        let last = self.recent.last();
        last.is_none_or(|last| slot.since(*last) >= CLAIM_SPACING_SLOTS)
    }
}

/// True if `claimed` lies in the window that ends with `slot`.
fn is_recent(claimed: Slot, slot: Slot) -> bool {
    slot.since(claimed) < CLAIM_RATE_SLOTS
}
