//! The talk cut into rows: days, the unread line, and messages that begin a group or go on with one.

use ting_core::{
    crypto::hash::Hash,
    peer::view::{MessageContent, MessageView},
};

/// Length of a group: messages of one author within it show the author once.
const GROUP_MS: u64 = 60_000;

/// A row of the list of messages.
#[derive(Debug, PartialEq)]
pub enum Row<'a> {
    /// A new day begins: this one, as whoever asked for the rows numbers days.
    Day(u64),
    /// The line above the first unread message.
    Unread,
    /// One message.
    Message {
        /// The message as it shows.
        message: &'a MessageView,
        /// It shows its author: the one before is of another author, minute or kind.
        begins_group: bool,
    },
}

/// Cuts messages into rows. `day_of` numbers local days.
pub fn rows(
    messages: &[MessageView],
    first_unread: Option<Hash>,
    day_of: impl Fn(u64) -> u64,
) -> Vec<Row<'_>> {
    let mut rows = Vec::with_capacity(messages.len() + 8);
    let mut before: Option<&MessageView> = None;
    for message in messages {
        let day = day_of(message.time_ms);
        let mut begins_group = before.is_none_or(|before| !goes_on(before, message));
        if before.is_none_or(|before| day_of(before.time_ms) != day) {
            rows.push(Row::Day(day));
            begins_group = true;
        }
        if first_unread == Some(message.id) {
            rows.push(Row::Unread);
            begins_group = true;
        }
        rows.push(Row::Message {
            message,
            begins_group,
        });
        before = Some(message);
    }
    rows
}

fn goes_on(before: &MessageView, message: &MessageView) -> bool {
    let is_talk = |message: &MessageView| {
        matches!(
            message.content,
            MessageContent::Text { .. } | MessageContent::Unreadable
        )
    };
    before.author == message.author
        && before.time_ms / GROUP_MS == message.time_ms / GROUP_MS
        && is_talk(before)
        && is_talk(message)
}

#[cfg(test)]
mod tests {
    use ting_core::{
        crypto::keys::{Address, SecretKey},
        peer::view::Delivery,
    };

    use super::*;

    const DAY_MS: u64 = 86_400_000;

    fn author(seed: u8) -> Address {
        SecretKey::from_seed([seed; 32]).address()
    }

    fn message(id: u8, author: Address, time_ms: u64) -> MessageView {
        MessageView {
            id: Hash([id; 32]),
            author,
            author_name: "Calm Otter".into(),
            time_ms,
            content: MessageContent::Text {
                text: "hello".into(),
                reply_to: None,
                mentions: Vec::new(),
            },
            delivery: Delivery::Sent,
            mine: false,
            mentions_me: false,
        }
    }

    fn shape(messages: &[MessageView], first_unread: Option<Hash>) -> Vec<&'static str> {
        rows(messages, first_unread, |time_ms| time_ms / DAY_MS)
            .iter()
            .map(|row| match row {
                Row::Day(_) => "day",
                Row::Unread => "unread",
                Row::Message {
                    begins_group: true, ..
                } => "first",
                Row::Message {
                    begins_group: false, ..
                } => "next",
            })
            .collect()
    }

    #[test]
    fn messages_of_one_author_and_minute_are_one_group() {
        let (anna, bertil) = (author(1), author(2));
        let talk = [
            message(1, anna, 0),
            message(2, anna, 59_999),
            message(3, anna, 60_000),
            message(4, bertil, 60_001),
        ];
        assert_eq!(shape(&talk, None), ["day", "first", "next", "first", "first"]);
    }

    #[test]
    fn days_and_the_unread_line_begin_groups() {
        let anna = author(1);
        let talk = [
            message(1, anna, DAY_MS - 1),
            message(2, anna, DAY_MS),
            message(3, anna, DAY_MS + 1),
        ];
        assert_eq!(
            shape(&talk, Some(Hash([3; 32]))),
            ["day", "first", "day", "first", "unread", "first"]
        );
    }

    #[test]
    fn a_joining_stands_alone() {
        let anna = author(1);
        let mut joined = message(1, anna, 0);
        joined.content = MessageContent::Joined;
        assert_eq!(
            shape(&[joined, message(2, anna, 1)], None),
            ["day", "first", "first"]
        );
    }
}
