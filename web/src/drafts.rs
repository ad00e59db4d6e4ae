//! What was written and not sent, and which message it answers, by channel.
//!
//! It outlives a change of page or channel, and a reload. What was refused comes back here, and never in the
//! place of what was written since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ting_core::crypto::{hash::Hash, keys::Address};

/// The message that is being answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Id of the transaction that posted it.
    pub id: Hash,
    /// Account that wrote it.
    pub author: Address,
    /// Beginning of its text.
    pub excerpt: String,
}

/// What the composer of one channel holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The text as it stands in the field.
    pub text: String,
    /// Message that it answers, if it answers one.
    pub reply: Option<Reply>,
    /// The text begins with so many bytes that were refused and came back.
    returned_bytes: usize,
}

/// A change of one channel's draft.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The person wrote: this is the text now.
    Write(String),
    /// The person chose what to answer, or that it is no answer.
    Answer(Option<Reply>),
    /// The text is on its way, so the draft is empty.
    Send,
    /// A text did not get on its way after all.
    TakeBack(Draft),
}

impl Draft {
    fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Write(text) => {
                let returned = self.text.get(..self.returned_bytes).unwrap_or_default();
                if !text.starts_with(returned) {
                    self.returned_bytes = 0;
                }
                self.text = text;
            }
            Edit::Answer(reply) => self.reply = reply,
            Edit::Send => *self = Self::default(),
            Edit::TakeBack(refused) => self.take_back(refused),
        }
    }

    /// Several texts come back in the order in which they were sent, all before what was written since.
    fn take_back(&mut self, refused: Self) {
        let (returned, written) = self
            .text
            .split_at_checked(self.returned_bytes)
            .unwrap_or(("", &self.text));
        let returned = [returned, &refused.text]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n");
        self.returned_bytes = returned.len();
        self.text = match written.strip_prefix('\n').unwrap_or(written) {
            "" => returned,
            written => format!("{returned}\n{written}"),
        };
        self.reply = self.reply.take().or(refused.reply);
    }
}

/// The drafts of all channels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drafts(BTreeMap<String, Draft>);

impl Drafts {
    /// The draft of a channel; empty if nothing was written there.
    pub fn of(&self, channel: &str) -> Draft {
        self.0.get(channel).cloned().unwrap_or_default()
    }

    /// Changes the draft of a channel.
    pub fn edit(&mut self, channel: &str, edit: Edit) {
        let mut draft = self.0.remove(channel).unwrap_or_default();
        draft.edit(edit);
        if draft != Draft::default() {
            self.0.insert(channel.to_owned(), draft);
        }
    }

    /// Takes lines in, by channel, that were sent and wait: after a reload nobody else knows of them.
    pub fn take_unsent<'a>(&mut self, lines: impl IntoIterator<Item = &'a (String, String)>) {
        for (channel, text) in lines {
            let text = text.clone();
            let unsent = Draft {
                text,
                ..Draft::default()
            };
            self.edit(channel, Edit::TakeBack(unsent));
        }
    }

    /// Takes those in that an earlier load of the page left.
    pub fn join(&mut self, earlier: Self) {
        for (channel, draft) in earlier.0 {
            self.edit(&channel, Edit::TakeBack(draft));
        }
    }
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    fn refused(text: &str) -> Edit {
        Edit::TakeBack(Draft {
            text: text.into(),
            ..Draft::default()
        })
    }

    fn written(edits: impl IntoIterator<Item = Edit>) -> String {
        let mut drafts = Drafts::default();
        edits.into_iter().for_each(|edit| drafts.edit("hall", edit));
        drafts.of("hall").text
    }

    #[test]
    fn what_is_refused_comes_back_before_what_was_written_since() {
        let newer = Edit::Write("newer".into());
        assert_eq!(written([newer.clone(), refused("older")]), "older\nnewer");
        assert_eq!(written([refused("older")]), "older");
        assert_eq!(written([newer, Edit::Send, refused("older")]), "older");
    }

    #[test]
    fn several_come_back_in_their_order_whatever_is_written_between() {
        assert_eq!(
            written([
                Edit::Write("newer".into()),
                refused("first"),
                refused("second"),
                Edit::Write("first\nsecond\nnewer still".into()),
                refused("third"),
            ]),
            "first\nsecond\nthird\nnewer still"
        );
        let changed = Edit::Write("changed".into());
        assert_eq!(
            written([refused("first"), changed, refused("second")]),
            "second\nchanged"
        );
    }

    #[test]
    fn what_waited_when_the_page_was_loaded_again_is_in_the_composer_in_its_order() {
        let mut drafts = Drafts::default();
        drafts.edit("hall", Edit::Write("newer".into()));
        let lines = [("hall", "first"), ("cats", "miaow"), ("hall", "second")];
        let lines = lines.map(|(channel, text)| (channel.to_owned(), text.to_owned()));
        drafts.take_unsent(&lines);
        assert_eq!(drafts.of("hall").text, "first\nsecond\nnewer");
        assert_eq!(drafts.of("cats").text, "miaow");
    }

    #[test]
    fn an_answer_stays_one_unless_another_was_chosen_since() {
        let reply = |seed: u8| Reply {
            id: Hash([seed; 32]),
            author: SecretKey::from_seed([seed; 32]).address(),
            excerpt: "hello".into(),
        };
        let answer = Edit::TakeBack(Draft {
            text: "older".into(),
            reply: Some(reply(1)),
            ..Draft::default()
        });
        let mut drafts = Drafts::default();
        drafts.edit("hall", answer.clone());
        assert_eq!(drafts.of("hall").reply, Some(reply(1)));
        drafts.edit("hall", Edit::Answer(Some(reply(2))));
        drafts.edit("hall", answer);
        assert_eq!(drafts.of("hall").reply, Some(reply(2)));
    }

    #[test]
    fn drafts_of_an_earlier_load_join_those_of_this_one_and_sent_ones_are_gone() {
        let (mut drafts, mut earlier) = (Drafts::default(), Drafts::default());
        earlier.edit("hall", Edit::Write("from before".into()));
        earlier.edit("cats", Edit::Write("miaow".into()));
        drafts.edit("hall", Edit::Write("typed while it opened".into()));
        drafts.join(earlier);
        assert_eq!(drafts.of("hall").text, "from before\ntyped while it opened");
        drafts.edit("cats", Edit::Send);
        assert_eq!(drafts.of("cats"), Draft::default());
    }
}
