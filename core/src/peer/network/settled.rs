//! The blocks below the root of a chain that was begun from own storage: they are given to others who ask, and never executed.
//!
//! Newcomers replay a network from its genesis, so whoever begins late has to hold what came before for them. Only own storage adds to it, one block
//! on the other up to the root, which is final: nothing that others say changes it, and it takes the memory that these blocks took in the tree.

use std::collections::BTreeMap;

use crate::chain::block::{Block, BlockHash};

/// Blocks of the chosen chain from the first one up to the root's own.
pub(super) struct SettledBlocks {
    blocks: Vec<Block>,
    heights: BTreeMap<BlockHash, u64>,
    tip: BlockHash,
    /// Height of the root, whose block is the last of them; 0 if none are to come.
    until: u64,
}

impl SettledBlocks {
    /// None yet, of a network with this genesis block whose chain was begun at a root of this height; with 0, none ever.
    pub(super) fn new(genesis: BlockHash, until: u64) -> Self {
        Self {
            until,
            blocks: Vec::new(),
            heights: BTreeMap::new(),
            tip: genesis,
        }
    }

    /// Adds the child of the newest, and gives it as it is kept; none if it is not its child.
    pub(super) fn push(&mut self, block: Block) -> Option<&Block> {
        if block.header.content.parent != self.tip || self.height() >= self.until {
            return None;
        }
        self.tip = block.hash();
        self.blocks.push(block);
        self.heights.insert(self.tip, self.height());
        self.blocks.last()
    }

    /// Height of the last of them, whether it came yet or not.
    pub(super) fn until(&self) -> u64 {
        self.until
    }

    /// True if there are any, and all are there.
    pub(super) fn is_whole(&self) -> bool {
        self.until > 0 && self.height() == self.until
    }

    /// Height of the newest.
    fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Hash of the block of a height.
    pub(super) fn hash_at(&self, height: u64) -> Option<BlockHash> {
        match self.height().checked_sub(height)? {
            0 => Some(self.tip),
            // Its child names it; genesis is named by the first one.
            _ => Some(self.at(height.saturating_add(1))?.header.content.parent),
        }
    }

    /// The block with this hash.
    pub(super) fn get(&self, hash: &BlockHash) -> Option<&Block> {
        self.at(*self.heights.get(hash)?)
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter()
    }

    fn at(&self, height: u64) -> Option<&Block> {
        self.blocks.get(usize::try_from(height.checked_sub(1)?).ok()?)
    }
}
