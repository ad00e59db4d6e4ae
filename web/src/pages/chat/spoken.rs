//! What a person typed, understood: messages, mentions, names.

use ting_core::{
    crypto::keys::Address,
    params::{MAX_CHANNEL_BYTES, MAX_MENTIONS},
    peer::view::MemberView,
    sorting,
};

use super::command::{self, Command};
use crate::mention;

/// What the text in the composer means.
#[derive(Debug, PartialEq)]
pub enum Spoken {
    /// There is nothing to send.
    Nothing,
    /// A message with this text.
    Message(String),
    /// `/pay @name amount`.
    Pay {
        /// As it was typed: a name or an address.
        to: String,
        /// In µTNG, more than 0.
        amount_micro: u64,
    },
    /// The list of keys and commands is wanted.
    Help,
    /// A command that cannot be followed; what to do.
    Wrong(String),
}

/// Understands what was typed.
pub fn understand(text: &str, members: &[MemberView]) -> Spoken {
    // What begins with white space was meant to.
    let said = text.trim_end();
    if said.is_empty() {
        return Spoken::Nothing;
    }
    match command::parse(text, members) {
        None => Spoken::Message(said.to_owned()),
        Some(Ok(Command::Pay { to, amount_micro })) => Spoken::Pay { to, amount_micro },
        Some(Ok(Command::Emote(deed))) => Spoken::Message(format!("*{deed}*")),
        Some(Ok(Command::Help)) => Spoken::Help,
        Some(Err(reason)) => Spoken::Wrong(reason),
    }
}

/// The accounts whose names stand behind an `@` in the text.
pub fn mentions(text: &str, members: &[MemberView]) -> Vec<Address> {
    let people: Vec<_> = members
        .iter()
        .map(|member| (member.account, member.name.as_str()))
        .collect();
    let mut accounts: Vec<Address> = mention::find(text, &people)
        .into_iter()
        .flat_map(|found| found.accounts)
        .collect();
    sorting::sort(&mut accounts);
    accounts.dedup();
    accounts.truncate(MAX_MENTIONS);
    accounts
}

/// The beginning of a name that is being typed behind an `@` right before the caret, and where the `@` is.
pub fn mention_in_work(text: &str, caret: usize) -> Option<(usize, &str)> {
    let before = text.get(..caret)?;
    let at = before.rfind('@')?;
    let begins_word = before
        .get(..at)?
        .chars()
        .next_back()
        .is_none_or(char::is_whitespace);
    let typed = before.get(at + 1..)?;
    (begins_word && !typed.contains('\n') && typed.len() <= 32).then_some((at, typed))
}

/// A channel's name as typed by a person, made valid; `None` if nothing is left of it.
pub fn channel_name(typed: &str) -> Option<String> {
    let mut name = String::new();
    for letter in typed.trim().trim_start_matches('#').to_lowercase().chars() {
        let letter = if letter.is_whitespace() || letter == '/' {
            '-'
        } else {
            letter
        };
        if letter.is_control() || name.len() + letter.len_utf8() > MAX_CHANNEL_BYTES {
            break;
        }
        name.push(letter);
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_with_a_space_is_said_as_it_is() {
        assert_eq!(understand(" /payday ", &[]), Spoken::Message(" /payday".into()));
        assert_eq!(
            understand("  indented\n    more\n", &[]),
            Spoken::Message("  indented\n    more".into())
        );
        assert!(matches!(understand("/payday", &[]), Spoken::Wrong(_)));
        assert_eq!(understand("/me waves", &[]), Spoken::Message("*waves*".into()));
        assert_eq!(understand(" \n", &[]), Spoken::Nothing);
    }

    #[test]
    fn the_name_behind_the_caret_is_found() {
        assert_eq!(mention_in_work("hi @Cal", 7), Some((3, "Cal")));
        assert_eq!(mention_in_work("hi @Calm Ot", 11), Some((3, "Calm Ot")));
        assert_eq!(mention_in_work("mail@example", 12), None);
        assert_eq!(mention_in_work("nothing", 3), None);
    }

    #[test]
    fn channel_names_are_made_valid() {
        assert_eq!(channel_name(" #Book Club "), Some("book-club".into()));
        assert_eq!(channel_name("#"), None);
        assert_eq!(channel_name(&"ä".repeat(40)).map(|name| name.len()), Some(32));
    }
}
