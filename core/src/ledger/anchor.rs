//! The recent final blocks to which a claim's work is bound, so that it cannot be done in advance nor for long.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{crypto::hash::Hash, ledger::error::TransactionError, params::CLAIM_ANCHOR_SLOTS, time::Slot};

/// A final block to which claims may bind their work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anchor {
    /// Slot in which the final block was made.
    pub slot: Slot,
    /// Hash of the final block.
    pub block: Hash,
}

impl Anchor {
    /// The one to bind new work to: the last but one while it is young, since not every peer may have the block that recorded the last
    /// one; else the last.
    pub fn for_new_work(anchors: &[Self], slot: Slot) -> Option<Self> {
        let is_young = |anchor: &&Self| slot.since(anchor.slot) <= CLAIM_ANCHOR_SLOTS / 2;
        let mut newest_first = anchors.iter().rev();
        let newest = newest_first.next()?;
        Some(*newest_first.next().filter(is_young).unwrap_or(newest))
    }

    /// Checks that claims of this slot may be bound to the block: it is an anchor, and young or the newest there is. After a long silence
    /// claims must be possible again.
    ///
    /// # Errors
    /// The anchor is unknown or old.
    pub fn check(anchors: &[Self], block: &Hash, slot: Slot) -> Result<(), TransactionError> {
        let known = anchors
            .iter()
            .find(|known| known.block == *block)
            .ok_or(TransactionError::UnknownAnchor)?;
        let age_slots = slot.since(known.slot);
        let is_newest = anchors.iter().all(|other| other.slot <= known.slot);
        if age_slots > CLAIM_ANCHOR_SLOTS && !is_newest {
            return Err(TransactionError::OldAnchor {
                age_slots,
                max_slots: CLAIM_ANCHOR_SLOTS,
            });
        }
        Ok(())
    }
}
