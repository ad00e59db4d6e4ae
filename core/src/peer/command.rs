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
    /// Say something in a channel.
    Post {
        /// Name of the channel, without `#`.
        channel: String,
        /// With its markup, 1 to about 4,000 bytes.
        text: String,
        /// Id of the message that it answers, if it answers one.
        reply_to: Option<Hash>,
        /// Accounts that the text names.
        mentions: Vec<Address>,
    },
    /// Move coins to another account.
    Transfer {
        /// Account that receives them.
        to: Address,
        /// More than 0, without the fee.
        amount_micro: u64,
        /// Text for the receiver, at most 256 bytes; may be empty.
        memo: String,
        /// None for the network's minimum.
        fee_micro: Option<u64>,
    },
    /// Move coins from the balance into the bond.
    Bond {
        /// More than 0, without the fee.
        amount_micro: u64,
    },
    /// Begin to take coins out of the bond.
    Unbond {
        /// More than 0, at most the own bond.
        amount_micro: u64,
    },
    /// Choose the name that others see.
    SetName {
        /// 1 to 32 bytes, fit to be shown.
        name: String,
    },
    /// Let people draw a grant, where it takes an operator's invite. The pass that they need shows in the wallet's view.
    OpenInvite {
        /// How many may come, 1 to 32.
        uses: u8,
        /// For how many slots from now, at most a day's.
        slots: u64,
    },
    /// Register this device's operator keys in place of those of another device: from then on it signs blocks and votes.
    SignHere,
    /// Sign an expired or dropped transaction of mine again, with a fresh nonce and expiry.
    SendAgain {
        /// Id under which it was signed before.
        id: Hash,
    },
    /// The link of this room was shown or copied: somebody may come by it, so the own network is never given up for another one.
    InviteShown,
    /// Note that everything in this channel up to now is read.
    MarkRead {
        /// Name of the channel, without `#`.
        channel: String,
    },
    /// Tell others that the user is typing, or has stopped.
    Typing {
        /// Name of the channel without `#`; none when typing stopped.
        channel: Option<String>,
    },
}

/// Why a command was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Error)]
pub enum CommandError {
    /// The peer is on no network yet.
    #[error("this room's network is not known yet")]
    NoNetwork,
    /// The ledger would refuse the transaction.
    #[error("{0}")]
    Refused(String),
    /// Not enough coins, pending payments counted.
    #[error("insufficient funds: {needed_micro} µTNG needed, {available_micro} µTNG available")]
    InsufficientFunds {
        /// Amount and fee of the transaction.
        needed_micro: u64,
        /// Balance, less what waits to go out.
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

/// What became of a command, the one answer to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CommandResult {
    /// Signed and gossiped: the transaction's id.
    Sent(Hash),
    /// Done; it needed no transaction.
    Done,
    /// Refused for this reason; nothing was changed.
    Refused(CommandError),
}
