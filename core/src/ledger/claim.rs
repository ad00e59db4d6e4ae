//! Claims: how newcomers draw their grant, and how fast grants can be drawn (docs/protocol.md, section 3).
//!
//! Whoever makes many accounts pays for each with work that doubles with every 8 claims in 64 slots, and waits: one claim per block, few
//! per term. So the stake of a crowd of new accounts grows slowly, while the first newcomers of a room are let in within seconds. The
//! record is bounded: slots of one window, because a block has one claim and slots differ between blocks.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::BoundedVec,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, NetworkId},
        work::{Work, WorkError},
    },
    ledger::{apply::BlockContext, error::TransactionError, genesis::Rules},
    params::{
        CLAIM_ANCHOR_SLOTS, CLAIM_RATE_SLOTS, CLAIMS_PER_DOUBLING, MAX_BLOCK_CLAIMS, MIN_CLAIMS_PER_TERM,
    },
    time::Slot,
};

/// Most claims within `CLAIM_RATE_SLOTS`.
const MAX_RECENT_CLAIMS: usize = MAX_BLOCK_CLAIMS * CLAIM_RATE_SLOTS as usize;

/// A final block to which claims may bind their work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anchor {
    /// Slot of the block.
    pub slot: Slot,
    /// Its hash.
    pub block: Hash,
}

/// What a claim's work is done for; the domain is [`Domain::ClaimWork`].
pub fn claim_challenge(network: &NetworkId, account: &Address, anchor: &Hash) -> Hash {
    Hash::of(
        Domain::ClaimWork,
        &[network.0.as_bytes(), account.key().as_bytes(), anchor.as_bytes()],
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

    /// Checks and records a claim.
    ///
    /// # Errors
    /// Too many claims, an anchor that is unknown or old, or too little work; nothing is recorded then.
    pub(super) fn record(
        &mut self,
        block: &BlockContext<'_>,
        account: &Address,
        anchor: &Hash,
        work_nonce: u64,
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
        let allowed = MIN_CLAIMS_PER_TERM.max(block.term_operators as u64 / 4);
        if self.in_term >= allowed {
            return Err(TransactionError::TooManyClaimsInTerm { allowed });
        }
        check_anchor(block, anchor)?;
        let challenge = claim_challenge(&block.network, account, anchor);
        Work { nonce: work_nonce }
            .check(
                Domain::ClaimWork,
                &challenge,
                self.needed_bits(block.rules, block.slot),
            )
            .map_err(|WorkError { found, wanted }| TransactionError::WrongWork {
                bits: found,
                needed: wanted,
            })?;
        self.recent
            .push(block.slot)
            .map_err(|_| TransactionError::TooManyClaimsInBlock)?;
        self.in_term = self.in_term.saturating_add(1);
        Ok(())
    }
}

/// True if `claimed` lies in the window that ends with `slot`.
fn is_recent(claimed: Slot, slot: Slot) -> bool {
    slot.since(claimed) < CLAIM_RATE_SLOTS
}

/// An anchor is young, or the newest there is: after a long silence claims must be possible again.
fn check_anchor(block: &BlockContext<'_>, anchor: &Hash) -> Result<(), TransactionError> {
    let known = block
        .anchors
        .iter()
        .find(|known| known.block == *anchor)
        .ok_or(TransactionError::UnknownAnchor)?;
    let age_slots = block.slot.since(known.slot);
    let is_newest = block.anchors.iter().all(|other| other.slot <= known.slot);
    if age_slots > CLAIM_ANCHOR_SLOTS && !is_newest {
        return Err(TransactionError::OldAnchor {
            age_slots,
            max_slots: CLAIM_ANCHOR_SLOTS,
        });
    }
    Ok(())
}
