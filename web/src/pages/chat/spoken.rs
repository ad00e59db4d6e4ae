//! What a person typed, understood: commands, mentions, names.

use ting_core::{
    crypto::keys::Address,
    params::{MAX_CHANNEL_BYTES, MAX_MENTIONS},
    peer::view::MemberView,
};

use crate::{
    amount::{self, AmountError},
    mention,
};

/// What the composer holds.
#[derive(Debug, PartialEq)]
pub enum Spoken {
    /// Nothing.
    Nothing,
    /// A message.
    Message(String),
    /// `/pay @name amount`.
    Pay {
        /// As it was typed: a name or an address.
        to: String,
        /// µTNG.
        amount_micro: u64,
    },
    /// A command that cannot be followed; what to do.
    Wrong(String),
}

/// Understands what was typed.
pub fn understand(text: &str, members: &[MemberView]) -> Spoken {
    let text = text.trim();
    if text.is_empty() {
        return Spoken::Nothing;
    }
    match text
        .strip_prefix("/pay")
        .filter(|rest| rest.is_empty() || rest.starts_with(' '))
    {
        Some(rest) => pay(rest.trim(), members).unwrap_or_else(Spoken::Wrong),
        None => Spoken::Message(text.to_owned()),
    }
}

fn pay(rest: &str, members: &[MemberView]) -> Result<Spoken, String> {
    let rest = rest.strip_prefix('@').unwrap_or(rest);
    let name = members
        .iter()
        .map(|member| member.name.as_str())
        .filter(|name| !name.is_empty() && rest.starts_with(name));
    let to = match name.max_by_key(|name| name.len()) {
        Some(name) => name,
        None => rest.split_whitespace().next().unwrap_or_default(),
    };
    let amount = rest.get(to.len()..).unwrap_or_default();
    if to.is_empty() {
        return Err("Write /pay @name 12.50".into());
    }
    let amount_micro =
        amount::parse(amount).map_err(|error: AmountError| format!("{error} Write /pay @name 12.50"))?;
    Ok(Spoken::Pay {
        to: to.to_owned(),
        amount_micro,
    })
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
    accounts.sort_unstable();
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
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    fn member(seed: u8, name: &str) -> MemberView {
        let account = SecretKey::from_seed([seed; 32]).address();
        MemberView {
            account,
            name: name.into(),
            online: true,
            typing_in: None,
            me: false,
        }
    }

    #[test]
    fn a_payment_is_understood_with_a_name_of_two_words() {
        let members = [member(1, "Calm"), member(2, "Calm Otter")];
        let spoken = understand("/pay @Calm Otter 12,50", &members);
        assert_eq!(
            spoken,
            Spoken::Pay {
                to: "Calm Otter".into(),
                amount_micro: 12_500_000
            }
        );
        assert!(matches!(
            understand("/pay @Calm Otter", &members),
            Spoken::Wrong(_)
        ));
        assert!(matches!(understand("/pay", &members), Spoken::Wrong(_)));
        assert_eq!(understand("/payday", &members), Spoken::Message("/payday".into()));
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
