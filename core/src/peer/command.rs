//! What the user of a peer can ask for. Each command is answered by exactly one [`CommandResult`] event with the same id.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::crypto::{hash::Hash, keys::Address};

/// Chosen by the caller; comes back in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CommandId(pub u64);

/// What the user wants. Amounts are µTNG. `fee_micro: None` takes the network's minimum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Write a message.
    Post {
        /// Channel, without `#`.
        channel: String,
        /// Text, 1 to about 4,000 bytes.
        text: String,
        /// The message it answers.
        reply_to: Option<Hash>,
        /// Accounts named in it.
        mentions: Vec<Address>,
    },
    /// Pay somebody.
    Transfer {
        /// Receiver.
        to: Address,
        /// Amount.
        amount_micro: u64,
        /// Memo, at most 256 bytes.
        memo: String,
        /// Fee.
        fee_micro: Option<u64>,
    },
    /// Move coins into the bond.
    Bond {
        /// Amount.
        amount_micro: u64,
    },
    /// Begin to take coins out of the bond.
    Unbond {
        /// Amount.
        amount_micro: u64,
    },
    /// Change the profile name.
    SetName {
        /// New name, 1 to 32 bytes.
        name: String,
    },
    /// Register this device's operator keys in place of those of another device: from then on it signs blocks and votes.
    SignHere,
    /// Sign an expired or dropped transaction of mine again, with a fresh nonce and expiry.
    SendAgain {
        /// The transaction.
        id: Hash,
    },
    /// The link of this room was shown or copied: somebody may come by it, so the own network is never given up for another one.
    InviteShown,
    /// Everything in this channel up to now is read.
    MarkRead {
        /// Channel.
        channel: String,
    },
    /// I am typing in a channel (or stopped).
    Typing {
        /// Channel, or `None` for stopped.
        channel: Option<String>,
    },
}

/// Why a command was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Error)]
pub enum CommandError {
    /// The network is not known yet.
    #[error("this room's network is not known yet")]
    NoNetwork,
    /// The ledger would refuse the transaction.
    #[error("{0}")]
    Refused(String),
    /// Not enough coins, pending payments counted.
    #[error("insufficient funds: {needed_micro} µTNG needed, {available_micro} µTNG available")]
    InsufficientFunds {
        /// Amount and fee.
        needed_micro: u64,
        /// Balance minus pending spending.
        available_micro: u64,
    },
    /// Too many transactions of mine wait already.
    #[error("too many transactions are waiting; let some of them get into a block first")]
    TooManyPending,
    /// No operator's clock has been compared with this device's yet, or they are too far apart: it could only observe.
    #[error("the clock of this device was not found to agree with the others' yet")]
    ClockUnproven,
    /// Another transaction of the account, of another device say, took its nonce in a block that is not final: until then a chain may come that
    /// holds this one instead.
    #[error("another of your transactions took its place; it can be sent again once that one is final")]
    NonceContested,
    /// The transaction is not one of mine, or is not expired.
    #[error("that transaction cannot be sent again")]
    NotResendable,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CommandResult {
    /// Signed and gossiped: the transaction's id.
    Sent(Hash),
    /// Done without a transaction.
    Done,
    /// Refused.
    Refused(CommandError),
}
