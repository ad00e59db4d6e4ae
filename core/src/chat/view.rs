//! The chat as a user interface shows it. Derived from the chain and the mempool, never consulted by the protocol; every list is
//! bounded by the room's own containers or by the number asked for.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{hash::Hash, keys::Address},
    delivery::Delivery,
};

/// What a line of the chat says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageContent {
    /// Text, drawn with a small markup.
    Text {
        /// As it was written, with its markup.
        text: String,
        /// The message it answers, with its author and the beginning of its text if known here.
        reply_to: Option<QuoteView>,
        /// Accounts named with `@`.
        mentions: Vec<Address>,
    },
    /// A payment that belongs to the chat (shown in the first channel).
    Payment {
        /// Account that is paid.
        to: Address,
        /// In µTNG, without the fee.
        amount_micro: u64,
        /// Text for the receiver, possibly empty.
        memo: String,
    },
    /// Somebody's grant arrived: joined the room.
    Joined,
    /// A body that this version cannot read.
    Unreadable,
}

/// The message that a reply answers, as far as it is known here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteView {
    /// Transaction id of the quoted message.
    pub id: Hash,
    /// Account that wrote it, if the message is known here.
    pub author: Option<Address>,
    /// The beginning of its text, at most 120 characters.
    pub excerpt: String,
}

/// One line of the chat: a transaction that people see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Hash that identifies the transaction.
    pub id: Hash,
    /// Account that signed the transaction.
    pub author: Address,
    /// Profile name of that account, possibly empty.
    pub author_name: String,
    /// When it was written: the start of its block's slot, or when it was first seen.
    pub time_ms: u64,
    /// What the line says.
    pub content: MessageContent,
    /// How far the transaction has come.
    pub delivery: Delivery,
    /// True if my account signed it.
    pub mine: bool,
    /// True if somebody else wrote it and it names or pays my account.
    pub mentions_me: bool,
}

/// A channel as the list of channels shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    /// Name without `#`.
    pub name: String,
    /// Number of its lines: those that wait, and all in blocks, kept here or not.
    pub messages: u64,
    /// Messages after my read mark that are not mine.
    pub unread: u32,
    /// Unread ones that mention me.
    pub mentions: u32,
}

/// What I did not read in all channels together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadView {
    /// Unread messages, in all channels.
    pub messages: u32,
    /// Those of them that mention or pay me.
    pub mentions: u32,
}

/// The newest part of one channel's chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPage {
    /// The newest lines, oldest first: those in blocks in chain order, then those that wait.
    pub messages: Vec<MessageView>,
    /// Earlier lines are kept and would be shown if more were asked for.
    pub has_earlier: bool,
    /// First unread line that is kept, if any.
    pub first_unread: Option<Hash>,
}
