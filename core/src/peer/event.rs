//! What a peer tells its host about, as it happens. Views hold the lasting state; events are for notices, logs and tests.

use serde::{Deserialize, Serialize};

use super::{
    command::{CommandId, CommandResult},
    reorg::ReorgView,
};
use crate::{
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    time::Slot,
};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The peer is on this network now (founded, joined, or restored).
    NetworkKnown {
        /// The network.
        network: NetworkId,
        /// This peer founded it.
        founded: bool,
    },
    /// The own network gave way to a bigger one in the same room.
    NetworkReplaced {
        /// Left.
        old: NetworkId,
        /// Joined.
        new: NetworkId,
    },
    /// The head of the chosen chain changed.
    NewHead {
        /// Block.
        block: Hash,
        /// Height.
        height: u64,
        /// Slot.
        slot: Slot,
    },
    /// The chosen chain left blocks behind.
    Reorganised(ReorgView),
    /// A checkpoint is justified.
    Justified {
        /// Block.
        block: Hash,
        /// Checkpoint slot.
        slot: Slot,
    },
    /// A checkpoint is final.
    Final {
        /// Block.
        block: Hash,
        /// Checkpoint slot.
        slot: Slot,
        /// Height of the block.
        height: u64,
    },
    /// A message of somebody else arrived for the first time.
    Message {
        /// Transaction id.
        id: Hash,
        /// Channel.
        channel: String,
        /// Author.
        author: Address,
        /// It mentions me.
        mentions_me: bool,
    },
    /// Coins arrived in a block.
    Received {
        /// Transaction id.
        id: Hash,
        /// Sender.
        from: Address,
        /// Amount.
        amount_micro: u64,
    },
    /// A command's outcome.
    Command {
        /// Its id.
        id: CommandId,
        /// Outcome.
        result: CommandResult,
    },
    /// Something is wrong that a person should know.
    Warning(Warning),
}

/// Warnings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Warning {
    /// Another network in the same room, and neither gives way.
    OtherNetworkInRoom {
        /// That network.
        network: NetworkId,
    },
    /// A stored record was unreadable and was left out.
    BadRecord {
        /// Why.
        reason: String,
    },
    /// Two conflicting checkpoints got a quorum: more than a third of the stake broke the rules.
    ConflictingFinality {
        /// What this peer knows as final.
        ours: Hash,
        /// The conflicting block.
        theirs: Hash,
    },
    /// Another device of the account was chosen to sign, in this one's place.
    OtherDeviceSigns,
    /// Something carries the signature of this device's operator keys that it did not make: the keys live twice.
    SignedElsewhere,
    /// The rules that the network's genesis fixes are not supported by this version.
    UnsupportedRules,
}
