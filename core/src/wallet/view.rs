//! The history of an account as a user interface shows it.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{hash::Hash, keys::Address},
    delivery::Delivery,
};

/// Kind of an entry of the history, from the account's own side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryKind {
    /// Somebody paid the account.
    Received {
        /// Account that paid.
        from: Address,
        /// Text from the sender, possibly empty.
        memo: String,
    },
    /// The account paid somebody.
    Sent {
        /// Account that was paid.
        to: Address,
        /// Text for the receiver, possibly empty.
        memo: String,
    },
    /// The account drew the grant of a newcomer.
    Grant,
    /// Coins moved from the balance into the bond.
    Bonded,
    /// Coins began their way from the bond back to the balance.
    Unbonded,
    /// Operator keys were registered or replaced.
    Operator,
    /// The account chose its name.
    Profile {
        /// Name that it chose.
        name: String,
    },
    /// The account opened an invite.
    Invited {
        /// How many may come by it.
        uses: u8,
    },
    /// A chat message (only its fee moves).
    Post {
        /// Name of the channel, without `#`.
        channel: String,
    },
}

/// One entry of the wallet's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// Hash that identifies the transaction.
    pub id: Hash,
    /// What the transaction did.
    pub kind: HistoryKind,
    /// Coins that moved, in µTNG, without the fee.
    pub amount_micro: u64,
    /// Fee in µTNG if the account paid it; else 0.
    pub fee_micro: u64,
    /// Start of its block's slot, or when it was first seen; Unix time in milliseconds.
    pub time_ms: u64,
    /// How far the transaction has come.
    pub delivery: Delivery,
}
