//! Commands, read from what a person typed. Who pays must never pay another sum or another person than meant, so a command has one
//! reading or is refused with all of them; and what looks like a command and is none is never said to everybody.

use ting_core::{peer::view::MemberView, sorting};

use crate::{
    amount::{self, tng},
    direction::isolated,
};

/// What is said to who writes a payment wrongly.
const PAY_USAGE: &str = "Write /pay @name 12.50";

/// A command that was typed into the composer.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// `/pay @name amount`.
    Pay {
        /// As it was typed: a name or an address.
        to: String,
        /// In µTNG, more than 0.
        amount_micro: u64,
    },
    /// `/me waves`: what the author does.
    Emote(String),
    /// `/help`.
    Help,
}

/// Reads a command; `None` if the text is none. A path such as `/usr/bin` is none, nor is a text that begins with a space.
///
/// # Errors
/// In words, what is wrong with it.
pub fn parse(text: &str, members: &[MemberView]) -> Option<Result<Command, String>> {
    let rest = text.strip_prefix('/')?;
    let word_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (word, rest) = rest.split_at_checked(word_end)?;
    if word.is_empty() || !word.chars().all(char::is_alphanumeric) {
        return None;
    }
    let rest = rest.trim();
    Some(if text.trim_end().contains(['\n', '\r']) {
        Err(format!(
            "/{word} stands on one line. To say this as it is, begin with a space."
        ))
    } else {
        match word.to_lowercase().as_str() {
            "pay" => pay(rest, members),
            "me" if rest.is_empty() => Err("Write /me and what you do.".into()),
            "me" => Ok(Command::Emote(rest.to_owned())),
            "help" => Ok(Command::Help),
            _ => Err(format!(
                "There is no command /{word}; /help lists them. To say this as it is, begin with a space."
            )),
        }
    })
}

/// One way to read who is paid and how much.
struct Reading<'a> {
    name: &'a str,
    amount_micro: Option<u64>,
}

impl Reading<'_> {
    fn words(&self) -> String {
        let name = isolated(self.name);
        match self.amount_micro {
            Some(micro) => format!("{} to {name}", tng(micro)),
            None => format!("{name} without an amount"),
        }
    }
}

fn pay(rest: &str, members: &[MemberView]) -> Result<Command, String> {
    let rest = rest.strip_prefix('@').unwrap_or(rest);
    if rest.is_empty() {
        return Err(PAY_USAGE.into());
    }
    let mut names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    sorting::sort_by_key(&mut names, |name| (core::cmp::Reverse(name.len()), *name));
    names.dedup();
    let read = |name| {
        Some(Reading {
            name,
            amount_micro: amount::parse(behind(rest, name)?).ok(),
        })
    };
    let readings: Vec<Reading<'_>> = names.iter().filter_map(|name| read(*name)).collect();
    match readings.as_slice() {
        [] => {
            let name = rest.split_whitespace().next().unwrap_or_default();
            paid(name, rest.get(name.len()..).unwrap_or_default())
        }
        [only] => paid(only.name, behind(rest, only.name).unwrap_or_default()),
        [longest, shorter @ ..] if shorter.iter().all(|reading| reading.amount_micro.is_none()) => {
            paid(longest.name, behind(rest, longest.name).unwrap_or_default())
        }
        several => {
            let words: Vec<String> = several.iter().map(Reading::words).collect();
            Err(format!(
                "That may mean {}. Write the address instead of the name.",
                words.join(", or ")
            ))
        }
    }
}

fn paid(to: &str, amount: &str) -> Result<Command, String> {
    match amount::parse(amount) {
        Ok(amount_micro) => Ok(Command::Pay {
            to: to.to_owned(),
            amount_micro,
        }),
        Err(error) => Err(format!("{error} {PAY_USAGE}")),
    }
}

/// What stands behind a name that ends at a word's end.
fn behind<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(name.len())?;
    let ends_word = tail.is_empty() || tail.starts_with(char::is_whitespace);
    (!name.is_empty() && head.to_lowercase() == name.to_lowercase() && ends_word).then_some(tail)
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    fn members(names: &[&str]) -> Vec<MemberView> {
        let member = |(seed, name): (u8, &&str)| MemberView {
            account: SecretKey::from_seed([seed; 32]).address(),
            name: (*name).into(),
            online: true,
            typing_in: None,
            me: false,
        };
        (1..).zip(names).map(member).collect()
    }

    fn read(text: &str, names: &[&str]) -> Option<Result<Command, String>> {
        parse(text, &members(names))
    }

    fn pays(to: &str, coins_hundredths: u64) -> Option<Result<Command, String>> {
        Some(Ok(Command::Pay {
            to: to.into(),
            amount_micro: coins_hundredths * 10_000,
        }))
    }

    fn is_refused(text: &str, names: &[&str]) -> bool {
        matches!(read(text, names), Some(Err(_)))
    }

    #[test]
    fn a_name_ends_where_its_word_ends() {
        assert_eq!(read("/pay @Anna2 5", &["Anna"]), pays("Anna2", 500));
        assert_eq!(read("/pay @Anna2 5", &["Anna", "Anna2"]), pays("Anna2", 500));
        assert_eq!(read("/pay @Anna 5", &["Anna", "Anna2"]), pays("Anna", 500));
        assert_eq!(read("/pay anna 5", &["Anna"]), pays("Anna", 500));
        assert_eq!(
            read("/pay @Calm Otter 12,50", &["Calm", "Calm Otter"]),
            pays("Calm Otter", 1250)
        );
        assert_eq!(read("/pay ting1xyz 5 TNG", &["Anna"]), pays("ting1xyz", 500));
    }

    #[test]
    fn two_readings_are_asked_about() {
        let names = ["Anna", "Anna 2"];
        assert!(is_refused("/pay @Anna 2 500", &names));
        assert!(is_refused("/pay @Anna 2", &names));
        assert_eq!(read("/pay @Anna 2 5", &names), pays("Anna 2", 500));
        assert!(is_refused("/pay @Anna 1,000", &["Anna"]));
        assert!(is_refused("/pay @Anna 2 5", &["Anna"]));
    }

    #[test]
    fn two_people_of_one_name_are_left_to_the_form_which_asks() {
        assert_eq!(read("/pay @Anna 5", &["Anna", "Anna"]), pays("Anna", 500));
    }

    #[test]
    fn a_payment_without_all_its_parts_is_refused() {
        for text in [
            "/pay",
            "/pay @",
            "/pay @Anna",
            "/pay 5",
            "/pay @Anna five",
            "/pay @Anna\n5",
            "/pay @Anna -5",
        ] {
            assert!(is_refused(text, &["Anna"]), "{text}");
        }
    }

    #[test]
    fn commands_are_known_in_either_case_and_what_is_none_is_never_said() {
        assert_eq!(read("/Pay @Anna 5", &["Anna"]), pays("Anna", 500));
        assert_eq!(read("/HELP", &[]), Some(Ok(Command::Help)));
        assert_eq!(read("/me waves", &[]), Some(Ok(Command::Emote("waves".into()))));
        for text in [
            "/payday",
            "/whisper Anna hi",
            "/Pays",
            "/pay\n@Anna 5\nthanks",
            "/me",
            "/help\nme",
            "/été",
        ] {
            assert!(is_refused(text, &["Anna"]), "{text}");
        }
    }

    #[test]
    fn what_is_no_command_is_a_message() {
        for text in [
            "/usr/bin/env",
            "//",
            "/",
            "/ pay @Anna 5",
            " /pay @Anna 5",
            "a /pay",
            "/-: shrug",
        ] {
            assert_eq!(read(text, &["Anna"]), None, "{text}");
        }
    }
}
