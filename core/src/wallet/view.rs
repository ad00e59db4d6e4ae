//! The history of an account as a user interface shows it.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{hash::Hash, keys::Address},
    delivery::Delivery,
};

/// What an entry of the history is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryKind {
    /// I received coins.
    Received {
        /// Sender.
        from: Address,
        /// Memo.
        memo: String,
    },
    /// I sent coins.
    Sent {
        /// Receiver.
        to: Address,
        /// Memo.
        memo: String,
    },
    /// The welcome grant.
    Grant,
    /// Coins were bonded.
    Bonded,
    /// Coins began to unbond.
    Unbonded,
    /// Operator keys were registered.
    Operator,
    /// The name was changed.
    Profile {
        /// New name.
        name: String,
    },
    /// A chat message (only its fee moves).
    Post {
        /// Channel.
        channel: String,
    },
}

/// One entry of the wallet's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// Transaction id.
    pub id: Hash,
    /// What it is.
    pub kind: HistoryKind,
    /// Amount moved (without the fee).
    pub amount_micro: u64,
    /// Fee, if I paid it; 0 otherwise.
    pub fee_micro: u64,
    /// When.
    pub time_ms: u64,
    /// How far it has come.
    pub delivery: Delivery,
}
