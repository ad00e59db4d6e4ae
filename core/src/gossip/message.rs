//! The messages that peers exchange, and their encoding on the wire (docs/protocol.md, section 10).
//!
//! A frame is a sealed [`Message`] in its one encoding. Every list is bounded in decoding, and a frame of at most 256 KiB is all that a
//! message can bring, whatever its lists promise. Types are parsed as far as they can be without state: keys are keys, names are short.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{
        block::{Block, BlockHash, Header},
        checkpoint::Vote,
        statement::Statement,
    },
    codec::BoundedVec,
    gossip::{
        compact::CompactBlock,
        greeting::{Hello, Presence},
    },
    ledger::{genesis::Genesis, transaction::Transaction},
    params::{
        MAX_BLOCK_TRANSACTIONS, MAX_FAREWELL_VOTES, MAX_GIVEN_BLOCKS, MAX_GIVEN_HEADERS,
        MAX_GOSSIP_STATEMENTS, MAX_GOSSIP_TRANSACTIONS, MAX_GOSSIP_VOTES, MAX_LOCATOR_HASHES,
        MAX_PACKED_BYTES,
    },
    time::Slot,
};

/// Transactions as they are gossiped.
pub type TransactionList = BoundedVec<Transaction, MAX_GOSSIP_TRANSACTIONS>;
/// Votes as they are gossiped, and certificates.
pub type VoteList = BoundedVec<Vote, MAX_GOSSIP_VOTES>;
/// Voters' statements as they are gossiped.
pub type StatementList = BoundedVec<Statement, MAX_GOSSIP_STATEMENTS>;
/// Votes that their voter leaves behind.
pub type FarewellVotes = BoundedVec<Vote, MAX_FAREWELL_VOTES>;
/// Hashes of a chain, newest first, at exponential distance.
pub type Locator = BoundedVec<BlockHash, MAX_LOCATOR_HASHES>;

/// Number that the asker gives a request; an answer repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct RequestId(pub u64);

/// Everything that one peer can say to others, one message for each frame.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Message {
    /// I am here, this is my network and head; who are you?
    Hello(Box<Hello>),
    /// A sign of life, every few seconds: I am still here.
    Presence(Box<Presence>),
    /// Transactions that are in no block yet.
    Transactions(TransactionList),
    /// A new block, without the transactions that everybody has.
    Block(Box<CompactBlock>),
    /// Finality votes, own ones or forwarded.
    Votes(VoteList),
    /// Voters' words that they leave or are back; of some that have left, by whoever held them.
    Statements(StatementList),
    /// A voter leaves: its word, which was signed ahead, and its newest votes, which may have got lost with it.
    Farewell {
        /// That it rests.
        rest: Statement,
        /// Votes of the same voter, all covered by that.
        votes: FarewellVotes,
    },
    /// A request to one peer.
    Get {
        /// The connection that is asked, as its relay numbers it. Who hears a question for somebody else does not answer, so no question
        /// is answered by more than one.
        to: u64,
        /// Number that the answer repeats.
        request_id: RequestId,
        /// What is asked for.
        what: Get,
    },
    /// The answer to a request.
    Give {
        /// Number of the request that it answers.
        request_id: RequestId,
        /// What the answerer has of it.
        what: Give,
    },
}

/// What one peer can ask of another.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Get {
    /// The network's genesis.
    Genesis,
    /// Headers of the answerer's chain after the first block of the locator that is on it.
    Headers {
        /// Blocks of the asker, newest first.
        locator: Locator,
        /// Most headers that the answer may hold.
        limit: u16,
    },
    /// Blocks with their bodies.
    Blocks {
        /// Hashes of the wanted blocks.
        hashes: BoundedVec<BlockHash, MAX_GIVEN_BLOCKS>,
    },
    /// Some transactions of a block.
    Transactions {
        /// Hash of the block.
        block: BlockHash,
        /// Places of the wanted ones in the block, from 0, ascending.
        indices: BoundedVec<u16, MAX_BLOCK_TRANSACTIONS>,
    },
    /// Votes that prove the newest justified and final checkpoints.
    Certificate {
        /// Only for target slots above this one.
        above: Slot,
    },
    /// Transactions that wait in the answerer's mempool.
    Mempool,
}

/// What answers a request, one kind for each kind of request.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Give {
    /// The network's genesis; none if it is not known.
    Genesis(Option<Box<Genesis>>),
    /// Headers of the answerer's chain, each the child of the one before.
    Headers(BoundedVec<Header, MAX_GIVEN_HEADERS>),
    /// The first of the wanted blocks, in the order of the request: as many as are known and fit.
    Blocks(BoundedVec<Block, MAX_GIVEN_BLOCKS>),
    /// The wanted transactions of a block in the order of the request; none of them if the block is not known.
    Transactions {
        /// Hash of the block.
        block: BlockHash,
        /// The wanted transactions, in the order of the request; the asker checks that they fit the block's header.
        transactions: BoundedVec<Transaction, MAX_BLOCK_TRANSACTIONS>,
    },
    /// Votes; none if there are none that high.
    Certificate(VoteList),
    /// Transactions that wait, best fee rate first, as many as fit.
    Mempool(TransactionList),
}

/// Packs transactions into messages that fit a frame, in order.
pub fn pack_transactions<'a>(
    transactions: impl IntoIterator<Item = &'a Transaction>,
) -> Vec<TransactionList> {
    let mut packed = Vec::new();
    let mut list = TransactionList::new();
    let mut packer = Packer::default();
    for transaction in transactions {
        if list.len() == MAX_GOSSIP_TRANSACTIONS || !packer.admits(transaction.encoded_len()) {
            packed.push(std::mem::take(&mut list));
            packer = Packer::default();
            packer.admits(transaction.encoded_len());
        }
        // Cannot fail: a full list was put away above.
        let _ = list.push(transaction.clone());
    }
    if !list.is_empty() {
        packed.push(list);
    }
    packed
}

/// Counts what fits into one message.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: usize,
}

impl Packer {
    /// Whether one more object of this size fits; if so, it is counted.
    pub(crate) fn admits(&mut self, bytes: usize) -> bool {
        let total = self.bytes.saturating_add(bytes);
        let fits = total <= MAX_PACKED_BYTES;
        if fits {
            self.bytes = total;
        }
        fits
    }
}
