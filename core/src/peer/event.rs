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

/// Something that happened to this peer or its network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The peer is on this network now (founded, joined, or restored).
    NetworkKnown {
        /// Id of the network.
        network: NetworkId,
        /// True if this peer founded it.
        founded: bool,
    },
    /// The own network gave way to a bigger one in the same room.
    NetworkReplaced {
        /// Network that was left.
        old: NetworkId,
        /// Network that was joined instead.
        new: NetworkId,
    },
    /// The head of the chosen chain changed.
    NewHead {
        /// Hash of the new head.
        block: Hash,
        /// Number of the head's ancestors.
        height: u64,
        /// Slot in which the head was made.
        slot: Slot,
    },
    /// The chosen chain left blocks behind.
    Reorganised(ReorgView),
    /// A checkpoint became justified, by the votes heard here.
    Justified {
        /// Hash of the checkpoint's block.
        block: Hash,
        /// Slot of the checkpoint, at or after the block's.
        slot: Slot,
    },
    /// A checkpoint became final, by the votes heard here: its block stays for good.
    Final {
        /// Hash of the checkpoint's block.
        block: Hash,
        /// Slot of the checkpoint, at or after the block's.
        slot: Slot,
        /// Height of the checkpoint's block.
        height: u64,
    },
    /// A message of somebody else arrived for the first time.
    Message {
        /// Id of the transaction that posted it.
        id: Hash,
        /// Name of its channel, without `#`.
        channel: String,
        /// Account that wrote it.
        author: Address,
        /// True if it names my account.
        mentions_me: bool,
    },
    /// Coins for my account came in a block.
    Received {
        /// Id of the transaction that paid them.
        id: Hash,
        /// Account that paid.
        from: Address,
        /// In µTNG, without the fee.
        amount_micro: u64,
    },
    /// A command was done or refused.
    Command {
        /// Number that the caller gave to the command.
        id: CommandId,
        /// What became of it.
        result: CommandResult,
    },
    /// Something is wrong that a person should know.
    Warning(Warning),
}

/// What a person should know is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Warning {
    /// Another network in the same room, and neither gives way.
    OtherNetworkInRoom {
        /// Id of the other network.
        network: NetworkId,
    },
    /// A stored record was unreadable and was left out.
    BadRecord {
        /// Why it could not be used, for the log.
        reason: String,
    },
    /// Two conflicting checkpoints got a quorum: more than a third of the stake broke the rules.
    ConflictingFinality {
        /// Hash of the block that this peer knows as final.
        ours: Hash,
        /// Hash of the block that conflicts with it.
        theirs: Hash,
    },
    /// Another device of the account was chosen to sign, in this one's place.
    OtherDeviceSigns,
    /// Something carries the signature of this device's operator keys that it did not make: the keys live twice.
    SignedElsewhere,
    /// The rules that the network's genesis fixes are not supported by this version.
    UnsupportedRules,
}
