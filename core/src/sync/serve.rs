//! The answering side: what others may learn of this peer's chain.
//!
//! Every answer fits one frame and takes time in proportion to its size; how often somebody may ask is bounded by
//! [`gossip::rate`](crate::gossip::rate).

use crate::{
    chain::block::{Block, BlockHash, Header},
    codec::BoundedVec,
    consensus::{
        merit::Weight,
        tree::headers::{HeaderChain, Unproven},
    },
    gossip::message::{Locator, Packer},
    ledger::transaction::Transaction,
    params::{MAX_BLOCK_TRANSACTIONS, MAX_GIVEN_BLOCKS, MAX_GIVEN_HEADERS, MAX_LOCATOR_HASHES},
    time::Slot,
};

/// Blocks at this many heights below the head are all in a locator; then the distance doubles.
const DENSE_LOCATOR_HASHES: u64 = 8;

/// Place of an executed block in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the block's ancestors.
    pub height: u64,
    /// Slot in which the block was made.
    pub slot: Slot,
}

/// What sync reads of this peer's blocks.
pub trait ChainReader {
    /// Height of the chosen chain's head.
    fn head_height(&self) -> u64;
    /// Height of the lowest block that is kept: 0, or that of a later block with which this peer began.
    fn root_height(&self) -> u64;
    /// The chosen chain's block at a height; none below the lowest one that is kept.
    fn hash_at(&self, height: u64) -> Option<BlockHash>;
    /// Where a block stands that was executed and found valid, on whatever branch; genesis is one.
    fn position(&self, hash: &BlockHash) -> Option<Position>;
    /// An executed block, on whatever branch; genesis has none.
    fn block(&self, hash: &BlockHash) -> Option<&Block>;
    /// Weight of the whole chosen chain.
    fn head_weight(&self) -> Weight;
    /// Where headers can follow on a block that is known.
    fn header_chain(&self, block: &BlockHash) -> Option<HeaderChain>;
    /// Checks the next header of a chain.
    ///
    /// # Errors
    /// [`Unproven`] says why it does not count.
    fn check_next(&self, chain: &HeaderChain, header: &Header) -> Result<HeaderChain, Unproven>;
    /// Whether there is room for the block of this header even if nothing refers to it.
    fn admits_unasked(&self, header: &Header) -> bool;
}

/// The chosen chain by some of its blocks: newest first, at growing distance, the lowest last.
pub fn locator(chain: &impl ChainReader) -> Locator {
    locator_after(chain, None)
}

/// A locator that begins with a block which is not executed yet.
pub(super) fn locator_after(chain: &impl ChainReader, newest: Option<BlockHash>) -> Locator {
    let mut hashes: Vec<BlockHash> = newest.into_iter().collect();
    let mut height = chain.head_height();
    let mut step = 1;
    let root_height = chain.root_height();
    while height > root_height && hashes.len() + 1 < MAX_LOCATOR_HASHES {
        hashes.extend(chain.hash_at(height));
        if chain.head_height() - height >= DENSE_LOCATOR_HASHES {
            step *= 2;
        }
        height = height.saturating_sub(step);
    }
    hashes.extend(chain.hash_at(root_height));
    Locator::try_from(hashes).unwrap_or_default()
}

/// Headers of the chosen chain after the first block of the locator that is on it; none if none is.
pub fn answer_headers(
    chain: &impl ChainReader,
    locator: &Locator,
    limit: u16,
) -> BoundedVec<Header, MAX_GIVEN_HEADERS> {
    let is_chosen = |hash: &BlockHash| {
        let position = chain.position(hash)?;
        (chain.hash_at(position.height) == Some(*hash)).then_some(position.height)
    };
    let Some(common) = locator.iter().find_map(is_chosen) else {
        return BoundedVec::new();
    };
    let limit = usize::from(limit).min(MAX_GIVEN_HEADERS);
    let headers: Vec<Header> = (common.saturating_add(1)..=chain.head_height())
        .take(limit)
        .map_while(|height| Some(chain.block(&chain.hash_at(height)?)?.header.clone()))
        .collect();
    BoundedVec::try_from(headers).unwrap_or_default()
}

/// The first of these blocks, as many as are known in a row and fit one message.
pub fn answer_blocks(chain: &impl ChainReader, hashes: &[BlockHash]) -> BoundedVec<Block, MAX_GIVEN_BLOCKS> {
    let mut packer = Packer::default();
    let blocks: Vec<Block> = hashes
        .iter()
        .take(MAX_GIVEN_BLOCKS)
        .map_while(|hash| {
            chain
                .block(hash)
                .filter(|block| packer.admits(block.encoded_len()))
                .cloned()
        })
        .collect();
    BoundedVec::try_from(blocks).unwrap_or_default()
}

/// The transactions at these places of a block; none of them if the block or a place is not known, or the places do not ascend.
pub fn answer_transactions(
    chain: &impl ChainReader,
    block: &BlockHash,
    indices: &[u16],
) -> BoundedVec<Transaction, MAX_BLOCK_TRANSACTIONS> {
    let ascending = indices.is_sorted_by(|lower, higher| lower < higher);
    let Some(block) = chain.block(block).filter(|_| ascending) else {
        return BoundedVec::new();
    };
    let wanted: Option<Vec<Transaction>> = indices
        .iter()
        .map(|&index| block.transactions.get(usize::from(index)).cloned())
        .collect();
    wanted
        .and_then(|wanted| BoundedVec::try_from(wanted).ok())
        .unwrap_or_default()
}
