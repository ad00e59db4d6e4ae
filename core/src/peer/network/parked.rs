//! Blocks from further ahead than the next slot, which wait for their time.
//!
//! Their headers were checked, so each shows a ticket that won. At most [`MAX_PARKED_BLOCKS`] wait, 12.8 MB if all are of the largest size, and
//! [`MAX_HEADERS_PER_SLOT`] of one proposer and slot, as many as would be taken when their time comes. Where all places are taken the proposer with most blocks
//! loses its latest: who signs many pushes out its own.

use std::collections::BTreeMap;

use crate::{
    chain::block::{Block, BlockHash},
    crypto::keys::Address,
    params::{MAX_HEADERS_PER_SLOT, MAX_PARKED_BLOCKS},
    time::Slot,
};

/// Blocks that wait for their slot, in its order.
#[derive(Default)]
pub struct Parked {
    blocks: BTreeMap<(Slot, BlockHash), Block>,
}

impl Parked {
    /// Keeps a block whose header was checked, if there is room for it.
    pub fn park(&mut self, hash: BlockHash, block: Block) {
        let content = &block.header.content;
        let same_ticket = self
            .proposers()
            .filter(|place| *place == (content.slot, content.proposer))
            .count();
        if same_ticket >= MAX_HEADERS_PER_SLOT {
            return;
        }
        self.blocks.insert((content.slot, hash), block);
        if self.blocks.len() > MAX_PARKED_BLOCKS {
            self.drop_one();
        }
    }

    /// Takes those of slots up to this one.
    pub fn take_until(&mut self, slot: Slot) -> Vec<Block> {
        let later = self.blocks.split_off(&(slot.plus(1), BlockHash::default()));
        std::mem::replace(&mut self.blocks, later).into_values().collect()
    }

    fn proposers(&self) -> impl Iterator<Item = (Slot, Address)> {
        self.blocks
            .values()
            .map(|block| (block.header.content.slot, block.header.content.proposer))
    }

    fn drop_one(&mut self) {
        let mut counts: BTreeMap<Address, usize> = BTreeMap::new();
        for (_, proposer) in self.proposers() {
            *counts.entry(proposer).or_default() += 1;
        }
        let last_of_most = self
            .blocks
            .iter()
            .max_by_key(|(place, block)| (counts.get(&block.header.content.proposer).copied(), **place))
            .map(|(place, _)| *place);
        last_of_most.and_then(|place| self.blocks.remove(&place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::samples::{block_after, secret};

    /// A block of a proposer in a slot, unlike others by its number.
    fn park(parked: &mut Parked, proposer: u8, slot: u64, number: u8) {
        let mut block = block_after(BlockHash::default(), 1, slot, vec![], vec![]);
        block.header.content.proposer = secret(proposer).address();
        block.header.content.state_root.0[0] = number;
        parked.park(block.hash(), block);
    }

    fn waiting_of(parked: &Parked, proposer: u8) -> usize {
        let account = secret(proposer).address();
        parked.proposers().filter(|(_, other)| *other == account).count()
    }

    #[test]
    fn one_ticket_keeps_two_blocks_waiting_however_many_it_signs() {
        let mut parked = Parked::default();
        (0..200).for_each(|number| park(&mut parked, 1, 12, number));
        park(&mut parked, 2, 12, 0);
        assert_eq!((waiting_of(&parked, 1), waiting_of(&parked, 2)), (2, 1));
    }

    #[test]
    fn who_signs_for_many_slots_pushes_out_nobody_else() {
        let mut parked = Parked::default();
        park(&mut parked, 2, 500, 0);
        (0..100).for_each(|slot| park(&mut parked, 1, 12 + slot, 0));
        park(&mut parked, 3, 400, 0);
        assert_eq!(parked.blocks.len(), MAX_PARKED_BLOCKS);
        assert_eq!((waiting_of(&parked, 2), waiting_of(&parked, 3)), (1, 1));
    }

    #[test]
    fn blocks_are_taken_when_their_time_comes() {
        let mut parked = Parked::default();
        (0..4).for_each(|slot| park(&mut parked, 1, 12 + slot, 0));
        assert_eq!(parked.take_until(Slot(13)).len(), 2);
        assert_eq!(parked.take_until(Slot(13)).len(), 0);
        assert_eq!(waiting_of(&parked, 1), 2);
    }
}
