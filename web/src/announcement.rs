//! What is said to who listens to the page instead of looking at it: the messages of others, as they come.

use std::collections::BTreeSet;

use ting_core::{
    peer::view::{ChatView, MessageContent, MessageView},
    sorting,
};

use crate::{amount::tng, people::People};

/// Of more messages that come at once, only the last ones are read out.
const MAX_READ_OUT: usize = 3;

/// What a screen reader hears next.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    number: u64,
    text: String,
}

impl Announcement {
    /// Makes the announcement that follows `before`.
    pub fn after(before: Option<&Self>, text: String) -> Self {
        let number = before.map_or(0, |before| before.number + 1);
        Self { number, text }
    }

    /// Tells it from all others: the same words twice are spoken twice only where the page sees two things.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// What is to be spoken.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What others said in the open channel since it was drawn last, as one sentence; `None` if there is nothing to say, or if another channel is
/// open now.
pub fn news(before: &ChatView, after: &ChatView, people: &People) -> Option<String> {
    if before.channel != after.channel {
        return None;
    }
    let known: BTreeSet<_> = sorting::set(before.messages.iter().map(|message| message.id));
    let is_known = |message: &&MessageView| known.contains(&message.id);
    // What the reader has scrolled back to is no news. Own messages that wait stand at the end, so news may come before them.
    let spoken: Vec<String> = after
        .messages
        .iter()
        .skip_while(|message| before.has_earlier && !is_known(message))
        .filter(|message| !is_known(message) && !message.mine)
        .filter_map(|message| sentence(message, people))
        .collect();
    let (left_out, read_out) = spoken.split_at(spoken.len().saturating_sub(MAX_READ_OUT));
    match (left_out.len(), read_out) {
        (_, []) => None,
        (0, read_out) => Some(read_out.join(". ")),
        (count, read_out) => Some(format!("{count} more messages. {}", read_out.join(". "))),
    }
}

fn sentence(message: &MessageView, people: &People) -> Option<String> {
    let author = people.words(&message.author);
    match &message.content {
        MessageContent::Text { text, .. } => Some(format!("{author}: {text}")),
        MessageContent::Payment { amount_micro, .. } => Some(format!("{author} paid {}", tng(*amount_micro))),
        MessageContent::Joined => Some(format!("{author} joined")),
        MessageContent::Unreadable => None,
    }
}

#[cfg(test)]
mod tests {
    use ting_core::{
        crypto::{hash::Hash, keys::SecretKey},
        peer::view::Delivery,
    };

    use super::*;

    fn message(number: u8, mine: bool) -> MessageView {
        MessageView {
            id: Hash([number; 32]),
            author: SecretKey::from_seed([u8::from(mine); 32]).address(),
            author_name: String::new(),
            time_ms: 0,
            content: MessageContent::Text {
                text: format!("line {number}"),
                reply_to: None,
                mentions: Vec::new(),
            },
            delivery: Delivery::Sent,
            mine,
            mentions_me: false,
        }
    }

    fn chat(messages: Vec<MessageView>, has_earlier: bool) -> ChatView {
        ChatView {
            channels: Vec::new(),
            channel: "hall".into(),
            messages,
            has_earlier,
            first_unread: None,
            members: Vec::new(),
        }
    }

    fn people() -> People {
        let other = message(0, false).author;
        People::default().with([(other, "Bertil")])
    }

    #[test]
    fn messages_of_others_are_read_out_though_ones_own_waits_behind_them() {
        let (other, own) = (message(1, false), message(2, true));
        for has_earlier in [false, true] {
            let before = chat(vec![message(0, false), own.clone()], has_earlier);
            let after = chat(vec![message(0, false), other.clone(), own.clone()], has_earlier);
            assert_eq!(
                news(&before, &after, &people()).as_deref(),
                Some("Bertil: line 1")
            );
            assert_eq!(news(&after, &after, &people()), None);
        }
        let before = chat(vec![own.clone()], false);
        let after = chat(vec![other, own], false);
        assert_eq!(
            news(&before, &after, &people()).as_deref(),
            Some("Bertil: line 1")
        );
    }

    #[test]
    fn the_first_message_of_a_channel_is_read_out_and_what_one_scrolls_back_to_is_not() {
        let first = chat(vec![message(1, false)], false);
        assert_eq!(
            news(&chat(vec![], false), &first, &people()).as_deref(),
            Some("Bertil: line 1")
        );
        let scrolled = chat(
            vec![message(5, false), message(6, false), message(7, false)],
            false,
        );
        let before = chat(vec![message(7, false)], true);
        assert_eq!(news(&before, &scrolled, &people()), None);
    }

    #[test]
    fn of_many_messages_at_once_the_last_are_read_out() {
        let after = chat((1..=9).map(|number| message(number, false)).collect(), false);
        assert_eq!(
            news(&chat(vec![], false), &after, &people()).as_deref(),
            Some("6 more messages. Bertil: line 7. Bertil: line 8. Bertil: line 9")
        );
    }

    #[test]
    fn the_same_words_twice_are_two_announcements() {
        let first = Announcement::after(None, "Bertil: ja".into());
        let second = Announcement::after(Some(&first), "Bertil: ja".into());
        assert_ne!(first.number(), second.number());
    }
}
