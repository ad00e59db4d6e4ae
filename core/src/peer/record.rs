//! What a peer stores, and what it is given back after a restart.
//!
//! The host keeps records in the order in which they came and gives them back in that order. Contract: a record is durable before
//! the host performs any later effect. A host may lose a torn tail (a crash in the middle of a write), never a record that it
//! acknowledged by going on.

use borsh::{BorshDeserialize, BorshSerialize};

use super::snapshot::SnapshotPart;
use crate::{
    chain::{
        block::Block,
        checkpoint::{Checkpoint, Vote},
        statement::Life,
        watermark::Watermark,
    },
    codec::BoundedString,
    crypto::pass::PassSecret,
    ledger::{
        genesis::Genesis,
        transaction::{Transaction, TransactionId},
    },
    params::{MAX_CHANNEL_BYTES, MAX_NAME_BYTES},
    time::Slot,
};

/// One stored fact. Later records of a kind overrule earlier ones (of lives the highest counts), except blocks, snapshots (the last but one still counts), own transactions (also those signed anew) and own votes, which add up.
#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize)]
pub enum Record {
    /// Seed of the account key (backup words). Exactly one identity per log.
    AccountSeed([u8; 32]),
    /// Seed of the operator keys. A new one voids the watermark and the last slot.
    OperatorSeed([u8; 32]),
    /// Name that the user goes by.
    Name(BoundedString<MAX_NAME_BYTES>),
    /// The network this peer is on. A second one (two founders) voids all blocks and final checkpoints before it.
    Network {
        /// The genesis from which its chain begins.
        genesis: Box<Genesis>,
        /// True if this peer founded it.
        founded: bool,
        /// True if it is never given up for another one, as when the invite link names it.
        pinned: bool,
    },
    /// An accepted block; its parent was stored before.
    Block(Box<Block>),
    /// A checkpoint that this peer knows to be final: it never leaves it again.
    Final(Checkpoint),
    /// The voting watermark, before a vote leaves.
    Watermark(Watermark),
    /// The slot of the own newest block, before it leaves.
    LastSlot(Slot),
    /// A transaction of mine that is not final.
    Own(Box<Transaction>),
    /// What blocks up to this height hold of the channel is read.
    ReadMark {
        /// Name of the channel, without `#`.
        channel: BoundedString<{ MAX_CHANNEL_BYTES }>,
        /// Height of the block of its newest line then.
        height: u64,
    },
    /// A vote of mine, before it leaves: others may have to hear it again, and nobody else may have kept it.
    Vote(Box<Vote>),
    /// A transaction of mine that stands for an older one, which must not come back: in one record, since between two a crash could leave both.
    SignedAnew {
        /// Id of the older transaction.
        old: TransactionId,
        /// The transaction that stands for it.
        transaction: Box<Transaction>,
    },
    /// A part of a snapshot of the state, from which a start goes on. All of its parts, one after the other, or it counts for nothing.
    Snapshot(Box<SnapshotPart>),
    /// The life in which my operator key votes from now on, before anything else leaves: my word that I left may have gone out in all before.
    Life {
        /// The new life.
        life: Life,
        /// Own votes stored earlier are not said again, but those that this covers.
        covered: Watermark,
    },
    /// The pass that the user came by.
    Pass(PassSecret),
}
