//! The chat as a user interface shows it. Derived from the chain and the mempool, never consulted by the protocol; every list is
//! bounded by the room's own containers or by the number asked for.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{hash::Hash, keys::Address},
    delivery::Delivery,
};

/// What a message line is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageContent {
    /// Text, drawn with a small markup.
    Text {
        /// The text.
        text: String,
        /// The message it answers, with its author and the beginning of its text if known here.
        reply_to: Option<QuoteView>,
        /// Accounts named with `@`.
        mentions: Vec<Address>,
    },
    /// A payment that belongs to the chat (shown in the first channel).
    Payment {
        /// Receiver.
        to: Address,
        /// Amount.
        amount_micro: u64,
        /// Memo, possibly empty.
        memo: String,
    },
    /// Somebody's grant arrived: joined the room.
    Joined,
    /// A body that this version cannot read.
    Unreadable,
}

/// A quoted message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteView {
    /// Transaction id of the quoted message.
    pub id: Hash,
    /// Its author, if known.
    pub author: Option<Address>,
    /// The beginning of its text, at most 120 characters.
    pub excerpt: String,
}

/// One line of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Transaction id.
    pub id: Hash,
    /// Author.
    pub author: Address,
    /// Author's name, possibly empty.
    pub author_name: String,
    /// When it was written: the start of its block's slot, or when it was first seen.
    pub time_ms: u64,
    /// What it is.
    pub content: MessageContent,
    /// How far it has come.
    pub delivery: Delivery,
    /// Written by me.
    pub mine: bool,
    /// Mentions me.
    pub mentions_me: bool,
}

/// A channel in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    /// Name without `#`.
    pub name: String,
    /// Messages in it.
    pub messages: u64,
    /// Messages after my read mark that are not mine.
    pub unread: u32,
    /// Unread ones that mention me.
    pub mentions: u32,
}

/// What I did not read in all channels together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadView {
    /// Messages.
    pub messages: u32,
    /// Those of them that mention or pay me.
    pub mentions: u32,
}

/// A stretch of one channel's chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPage {
    /// The newest lines, oldest first: those in blocks in chain order, then those that wait.
    pub messages: Vec<MessageView>,
    /// Earlier lines are kept and would be shown if more were asked for.
    pub has_earlier: bool,
    /// First unread line that is kept, if any.
    pub first_unread: Option<Hash>,
}
