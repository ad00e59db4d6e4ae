//! The checkpoints that a branch has recorded, as they stand in its state (docs/protocol.md, section 6, "Recording").
//!
//! Invariants: the final checkpoint only advances; justified ones lie above it. Bounded whatever is recorded: `MAX_JUSTIFIED` justified checkpoints
//! and `MAX_ANCHORS` anchors, the newest of each.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    codec::BoundedVec,
    crypto::hash::Hash,
    ledger::anchor::Anchor,
    params::{ANCHOR_SPACING_SLOTS, MAX_ANCHORS, MAX_JUSTIFIED},
    sorting,
    time::Slot,
};

/// What later blocks need of the recorded final checkpoint's block, kept so that they need not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FinalBlock {
    /// Its slot, at or before the checkpoint's.
    pub slot: Slot,
    /// Number of the term that the block belongs to.
    pub term: u64,
    /// All VRF outputs up to it, mixed: seeds the next term.
    pub mixer: Hash,
}

/// The recorded final checkpoint and the justified ones above it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedFinality {
    final_checkpoint: Checkpoint,
    final_block: FinalBlock,
    justified: BoundedVec<Checkpoint, MAX_JUSTIFIED>,
    anchors: BoundedVec<Anchor, MAX_ANCHORS>,
}

impl RecordedFinality {
    /// Genesis is justified and final, and the first anchor.
    pub fn genesis(block: BlockHash) -> Self {
        let anchor = Anchor {
            slot: Slot::GENESIS,
            block: block.0,
        };
        Self {
            final_checkpoint: Checkpoint {
                slot: Slot::GENESIS,
                block,
            },
            final_block: FinalBlock {
                slot: Slot::GENESIS,
                term: 0,
                mixer: block.0,
            },
            justified: BoundedVec::new(),
            anchors: BoundedVec::try_from(vec![anchor]).unwrap_or_default(),
        }
    }

    /// The last checkpoint recorded as final.
    pub fn final_checkpoint(&self) -> Checkpoint {
        self.final_checkpoint
    }

    /// What is kept of that checkpoint's block.
    pub fn final_block(&self) -> &FinalBlock {
        &self.final_block
    }

    /// Blocks that a claim's work may be bound to, oldest first.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    pub(super) fn is_justified(&self, checkpoint: &Checkpoint) -> bool {
        *checkpoint == self.final_checkpoint || self.justified.contains(checkpoint)
    }

    pub(super) fn justify(&mut self, checkpoint: Checkpoint) {
        let mut justified = std::mem::take(&mut self.justified).into_vec();
        justified.push(checkpoint);
        sorting::sort(&mut justified);
        if justified.len() > MAX_JUSTIFIED {
            justified.remove(0);
        }
        self.justified = BoundedVec::try_from(justified).unwrap_or_default();
    }

    pub(super) fn finalize(&mut self, checkpoint: Checkpoint, block: FinalBlock) {
        self.final_checkpoint = checkpoint;
        self.final_block = block;
        let above = self
            .justified
            .iter()
            .filter(|justified| justified.slot > checkpoint.slot)
            .copied()
            .collect::<Vec<_>>();
        self.justified = BoundedVec::try_from(above).unwrap_or_default();
        let newest = self.anchors.last().map_or(Slot::GENESIS, |anchor| anchor.slot);
        if checkpoint.slot.since(newest) >= ANCHOR_SPACING_SLOTS {
            let mut anchors = std::mem::take(&mut self.anchors).into_vec();
            anchors.push(Anchor {
                slot: checkpoint.slot,
                block: checkpoint.block.0,
            });
            if anchors.len() > MAX_ANCHORS {
                anchors.remove(0);
            }
            self.anchors = BoundedVec::try_from(anchors).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: FinalBlock = FinalBlock {
        slot: Slot::GENESIS,
        term: 0,
        mixer: Hash::ZERO,
    };

    fn at(slot: u64) -> Checkpoint {
        Checkpoint {
            slot: Slot(slot),
            block: BlockHash(Hash([7; 32])),
        }
    }

    #[test]
    fn anchors_lie_apart_and_the_newest_of_them_are_kept() {
        let mut finality = RecordedFinality::genesis(BlockHash(Hash::ZERO));
        let slots = |finality: &RecordedFinality| -> Vec<u64> {
            finality.anchors().iter().map(|anchor| anchor.slot.0).collect()
        };
        finality.finalize(at(ANCHOR_SPACING_SLOTS - 1), BLOCK);
        assert_eq!(slots(&finality), [0]);
        let last = ANCHOR_SPACING_SLOTS * (MAX_ANCHORS as u64 + 4);
        (ANCHOR_SPACING_SLOTS..=last).for_each(|slot| finality.finalize(at(slot), BLOCK));
        let newest = (5..).map(|step| step * ANCHOR_SPACING_SLOTS).take(MAX_ANCHORS);
        assert_eq!(slots(&finality), newest.collect::<Vec<_>>());
    }

    #[test]
    fn the_newest_justified_checkpoints_are_kept_and_those_above_the_final_one_only() {
        let mut finality = RecordedFinality::genesis(BlockHash(Hash::ZERO));
        let last = MAX_JUSTIFIED as u64 + 3;
        (1..=last).for_each(|slot| finality.justify(at(slot)));
        let kept: Vec<u64> = (1..=last)
            .filter(|slot| finality.is_justified(&at(*slot)))
            .collect();
        assert_eq!(kept, (4..=last).collect::<Vec<_>>());
        finality.finalize(at(20), BLOCK);
        assert!(!finality.is_justified(&at(19)) && finality.is_justified(&at(21)));
    }
}
