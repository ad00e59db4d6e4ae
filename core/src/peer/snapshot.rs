//! A snapshot in storage: cut into parts that fit into records, put together again, and when the next one is due.
//!
//! Parts of one snapshot are stored in order, with other records between them. One that lacks a part, because the peer was closed meanwhile or the
//! log was damaged, counts for nothing, and the one before it stands. So a snapshot is never trusted for being begun.
//!
//! Bounds: a new one is due when [`SNAPSHOT_BLOCKS`] more blocks are final and as many bytes of blocks were stored as the last one has. So a stored
//! block costs a constant share of a snapshot, all snapshots together take no more room than the blocks, and what a start executes is bounded by the
//! greater of the two. While one is being written its bytes wait in memory; what others can do to make it large is to pay for accounts.

use std::collections::VecDeque;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::checkpoint::Checkpoint,
    codec::BoundedBytes,
    params::{SNAPSHOT_BLOCKS, SNAPSHOT_PART_BYTES},
};

/// A piece of a snapshot's bytes, small enough for one record.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SnapshotPart {
    /// The final block that the snapshot is of.
    pub checkpoint: Checkpoint,
    /// Place among the parts, from 0.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// Bytes of the snapshot.
    pub bytes: BoundedBytes<SNAPSHOT_PART_BYTES>,
}

impl SnapshotPart {
    /// Cuts a snapshot of a final block into parts.
    pub fn cut(checkpoint: Checkpoint, snapshot: &[u8]) -> VecDeque<Self> {
        let pieces = snapshot.chunks(SNAPSHOT_PART_BYTES);
        let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        let parts = (0..count).zip(pieces).map(|(index, piece)| Self {
            checkpoint,
            index,
            count,
            bytes: BoundedBytes::try_from(piece.to_vec()).unwrap_or_default(),
        });
        parts.collect()
    }

    /// The snapshot of which these are all parts.
    pub fn join(parts: &[Self]) -> Vec<u8> {
        parts.iter().flat_map(|part| part.bytes.to_vec()).collect()
    }
}

/// Parts of one snapshot, as they come out of storage.
#[derive(Default)]
pub struct Assembly {
    parts: Vec<SnapshotPart>,
}

impl Assembly {
    /// Takes the next part; all of them in order if it is the last one of a whole snapshot.
    pub fn add(&mut self, part: SnapshotPart) -> Option<Vec<SnapshotPart>> {
        let continues = self.parts.last().is_some_and(|last| {
            (last.checkpoint, last.count, last.index.saturating_add(1))
                == (part.checkpoint, part.count, part.index)
        });
        if !continues {
            self.parts.clear();
            if part.index != 0 {
                return None;
            }
        }
        let is_last = part.index.saturating_add(1) == part.count;
        self.parts.push(part);
        is_last.then(|| std::mem::take(&mut self.parts))
    }
}

/// What was stored since the last snapshot, and what of the present one is still to be stored.
#[derive(Default)]
pub struct SnapshotSchedule {
    last_height: u64,
    last_bytes: usize,
    block_bytes_since: usize,
    waiting: VecDeque<SnapshotPart>,
}

impl SnapshotSchedule {
    /// The newest snapshot in storage is of the block of this height, has so many bytes, and so many bytes of blocks lie above it.
    pub fn resume(&mut self, height: u64, bytes: usize, block_bytes_since: usize) {
        *self = Self {
            last_height: height,
            last_bytes: bytes,
            block_bytes_since,
            waiting: VecDeque::new(),
        };
    }

    /// A block of so many bytes was stored.
    pub fn note_block(&mut self, bytes: usize) {
        self.block_bytes_since = self.block_bytes_since.saturating_add(bytes);
    }

    /// True if one of the block of this height, which is final, should be stored.
    pub fn is_due(&self, final_height: u64) -> bool {
        self.waiting.is_empty()
            && final_height >= self.last_height.saturating_add(SNAPSHOT_BLOCKS)
            && self.block_bytes_since >= self.last_bytes
    }

    /// Begins to store one of the block of this height.
    pub fn begin(&mut self, height: u64, checkpoint: Checkpoint, snapshot: &[u8]) {
        self.resume(height, snapshot.len(), 0);
        self.waiting = SnapshotPart::cut(checkpoint, snapshot);
    }

    /// The next part to store.
    pub fn next_part(&mut self) -> Option<SnapshotPart> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chain::block::BlockHash, crypto::hash::Hash, time::Slot};

    fn parts(number: u8, len: usize) -> Vec<SnapshotPart> {
        let checkpoint = Checkpoint {
            slot: Slot(number.into()),
            block: BlockHash(Hash([number; 32])),
        };
        SnapshotPart::cut(checkpoint, &vec![number; len]).into()
    }

    fn whole(parts: impl IntoIterator<Item = SnapshotPart>) -> Vec<Vec<u8>> {
        let mut assembly = Assembly::default();
        let found = parts.into_iter().filter_map(|part| assembly.add(part));
        found.map(|parts| SnapshotPart::join(&parts)).collect()
    }

    #[test]
    fn a_snapshot_of_any_size_is_put_together_again() {
        for len in [
            1,
            SNAPSHOT_PART_BYTES,
            SNAPSHOT_PART_BYTES + 1,
            3 * SNAPSHOT_PART_BYTES,
        ] {
            assert_eq!(whole(parts(1, len)), [vec![1; len]]);
        }
    }

    #[test]
    fn a_snapshot_that_lacks_a_part_or_has_another_ones_counts_for_nothing() {
        let len = 2 * SNAPSHOT_PART_BYTES + 1;
        let (first, second) = (parts(1, len), parts(2, len));
        for missing in 0..3 {
            let mut torn = first.clone();
            torn.remove(missing);
            assert_eq!(whole(torn.into_iter().chain(second.clone())), [vec![2; len]]);
        }
        let mixed = first.iter().take(2).chain(second.iter().skip(2)).cloned();
        assert!(whole(mixed).is_empty());
    }

    #[test]
    fn the_next_is_due_after_many_final_blocks_and_as_many_bytes_as_the_last_one_has() {
        let mut schedule = SnapshotSchedule::default();
        assert_eq!(
            [SNAPSHOT_BLOCKS - 1, SNAPSHOT_BLOCKS].map(|height| schedule.is_due(height)),
            [false, true]
        );
        schedule.begin(
            300,
            Checkpoint {
                slot: Slot(1),
                block: BlockHash::default(),
            },
            &[7; 1_000],
        );
        let after = 300 + SNAPSHOT_BLOCKS;
        schedule.note_block(1_000);
        assert!(!schedule.is_due(after), "one is being stored");
        assert!(schedule.next_part().is_some() && schedule.next_part().is_none());
        assert_eq!(
            [after - 1, after].map(|height| schedule.is_due(height)),
            [false, true]
        );
        schedule.resume(300, 1_000, 999);
        assert!(!schedule.is_due(after), "blocks since are less than the state");
    }
}
