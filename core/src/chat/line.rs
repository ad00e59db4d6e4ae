//! One line of the chat, read from one transaction.

use crate::{
    chat::{HALL, body::ChatBody},
    codec::BoundedString,
    crypto::keys::Address,
    delivery::Tracked,
    ledger::transaction::{Action, Transaction, TransactionId},
    params::MAX_CHANNEL_BYTES,
};

/// Name of a channel, without `#`.
pub(super) type ChannelName = BoundedString<MAX_CHANNEL_BYTES>;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text {
        text: String,
        reply_to: Option<TransactionId>,
        mentions: Vec<Address>,
    },
    Payment {
        to: Address,
        amount_micro: u64,
        memo: String,
    },
    Joined,
    Unreadable,
}

/// A line, and whether I read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) channel: ChannelName,
    pub(super) content: Content,
    pub(super) read: bool,
}

impl Line {
    /// The line of a transaction, or none if it is no part of the chat.
    pub(super) fn of(transaction: &Transaction) -> Option<Self> {
        let (channel, content) = match &transaction.action {
            Action::Post { channel, body } if channel.is_empty() => (hall(), read_body(body)),
            Action::Post { channel, body } => (channel.clone(), read_body(body)),
            Action::Transfer {
                to,
                amount_micro,
                memo,
            } => {
                let memo = memo.as_str().to_owned();
                (
                    hall(),
                    Content::Payment {
                        to: *to,
                        amount_micro: *amount_micro,
                        memo,
                    },
                )
            }
            Action::Claim { .. } => (hall(), Content::Joined),
            Action::Bond { .. }
            | Action::Unbond { .. }
            | Action::Operator { .. }
            | Action::Profile { .. }
            | Action::Invite { .. } => return None,
        };
        Some(Self {
            channel,
            content,
            read: false,
        })
    }

    /// It names this account, or pays it.
    pub(super) fn concerns(&self, account: &Address) -> bool {
        match &self.content {
            Content::Text { mentions, .. } => mentions.contains(account),
            Content::Payment { to, .. } => to == account,
            Content::Joined | Content::Unreadable => false,
        }
    }

    fn calls_for_attention(&self, me: &Address) -> bool {
        matches!(self.content, Content::Text { .. }) || self.concerns(me)
    }
}

/// Others wrote it, I did not read it, and it is worth reading: a text, or a payment to me.
pub(super) fn is_unread(line: &Tracked<Line>, me: &Address) -> bool {
    line.account != *me && !line.item.read && line.item.calls_for_attention(me)
}

/// The channel that always exists.
pub(super) fn hall() -> ChannelName {
    ChannelName::try_from(HALL).unwrap_or_default()
}

fn read_body(body: &[u8]) -> Content {
    match ChatBody::parse(body) {
        Some(ChatBody::Text {
            text,
            reply_to,
            mentions,
        }) => Content::Text {
            text: text.into_string(),
            reply_to,
            mentions: mentions.into_vec(),
        },
        None => Content::Unreadable,
    }
}
