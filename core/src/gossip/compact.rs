//! Compact blocks: everybody has most transactions of a new block already, so eight bytes name each of them.
//!
//! A rebuilt block is complete only if its body fits its header, so neither a guessed prefix nor a lying helper can smuggle anything in.
//! Whoever grinds two transactions with one prefix gains that peers ask for the whole block. A half-built block is as large as a block at
//! most; how many of them a peer keeps is its owner's bound.

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use crate::{
    chain::block::{Block, BlockHash, BodyError, Header, Testimony},
    codec::BoundedVec,
    ledger::transaction::{Transaction, TransactionId},
    params::MAX_BLOCK_TRANSACTIONS,
};

/// The first eight bytes of a transaction's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct IdPrefix(pub [u8; 8]);

impl IdPrefix {
    /// Cuts an id to its prefix.
    pub fn of(id: &TransactionId) -> Self {
        let [
            prefix @ ..,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
        ] = id.0.0;
        Self(prefix)
    }
}

/// A block with prefixes in place of transactions.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CompactBlock {
    /// The block's header, which identifies it and commits to its body.
    pub header: Header,
    /// Prefixes of the transactions' ids, in order.
    pub prefixes: BoundedVec<IdPrefix, MAX_BLOCK_TRANSACTIONS>,
    /// All that voters said, as the block records it.
    pub testimony: Testimony,
}

impl CompactBlock {
    /// Writes a block with prefixes in place of its transactions.
    pub fn of(block: &Block) -> Self {
        let prefixes: Vec<IdPrefix> = block
            .transactions
            .iter()
            .map(|transaction| IdPrefix::of(&transaction.id()))
            .collect();
        Self {
            header: block.header.clone(),
            prefixes: BoundedVec::try_from(prefixes).unwrap_or_default(),
            testimony: block.testimony.clone(),
        }
    }

    /// Hash that identifies the block.
    pub fn hash(&self) -> BlockHash {
        self.header.hash()
    }
}

/// Outcome of rebuilding a block from its compact form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebuild {
    /// The block, whose body fits its header.
    Complete(Box<Block>),
    /// Transactions are missing: ask for them and [`PartialBlock::fill`].
    Missing(Box<PartialBlock>),
    /// All prefixes were found, and the body does not fit: ask for the whole block.
    Mismatch(BodyError),
}

impl Rebuild {
    /// Rebuilds a block from the transactions that wait here, found by their prefixes.
    pub fn of(compact: CompactBlock, find: impl Fn(&IdPrefix) -> Option<Transaction>) -> Self {
        let found: Vec<Option<Transaction>> = compact.prefixes.iter().map(find).collect();
        if found.iter().any(Option::is_none) {
            return Self::Missing(Box::new(PartialBlock { compact, found }));
        }
        match assemble(compact, found.into_iter().flatten().collect()) {
            Ok(block) => Self::Complete(Box::new(block)),
            Err(error) => Self::Mismatch(error),
        }
    }
}

/// Why missing transactions were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FillError {
    /// Not the transactions that are missing: ask somebody else.
    #[error("these are not the missing transactions")]
    NotMissing,
    /// All prefixes fit, and the body does not fit the header: ask for the whole block.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// A block of which some transactions are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialBlock {
    compact: CompactBlock,
    found: Vec<Option<Transaction>>,
}

impl PartialBlock {
    /// Hash that identifies the block.
    pub fn hash(&self) -> BlockHash {
        self.compact.hash()
    }

    /// Places of the missing transactions, ascending.
    pub fn missing(&self) -> BoundedVec<u16, MAX_BLOCK_TRANSACTIONS> {
        let places = self.found.iter().enumerate().filter(|(_, found)| found.is_none());
        let indices: Vec<u16> = places
            .filter_map(|(index, _)| u16::try_from(index).ok())
            .collect();
        BoundedVec::try_from(indices).unwrap_or_default()
    }

    /// Puts in what was missing, in the order of [`Self::missing`]. Can be tried again with another answer.
    ///
    /// # Errors
    /// [`FillError`] when these are not they, or the block cannot be completed this way.
    pub fn fill(&self, given: &[Transaction]) -> Result<Block, FillError> {
        let mut given = given.iter();
        let mut transactions = Vec::with_capacity(self.found.len());
        for (prefix, found) in self.compact.prefixes.iter().zip(&self.found) {
            let transaction = match found {
                Some(transaction) => transaction,
                None => given
                    .next()
                    .filter(|transaction| IdPrefix::of(&transaction.id()) == *prefix)
                    .ok_or(FillError::NotMissing)?,
            };
            transactions.push(transaction.clone());
        }
        if given.next().is_some() {
            return Err(FillError::NotMissing);
        }
        Ok(assemble(self.compact.clone(), transactions)?)
    }
}

fn assemble(compact: CompactBlock, transactions: Vec<Transaction>) -> Result<Block, BodyError> {
    let transactions = BoundedVec::try_from(transactions).map_err(|_| BodyError::TooLarge)?;
    let block = Block {
        header: compact.header,
        transactions,
        testimony: compact.testimony,
    };
    block.check_body()?;
    Ok(block)
}
