//! Names behind an `@`: which people a text means.

use std::ops::Range;

use ting_core::crypto::keys::Address;

/// A name that was found in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the text in which it stands, with its `@`.
    pub place: Range<usize>,
    /// Accounts of all who go by that name.
    pub accounts: Vec<Address>,
}

/// The names of people that stand behind an `@` at the beginning of a word and end where a word ends; of several the longest, so that
/// `@Ann Lee` never means Ann.
pub fn find(text: &str, people: &[(Address, &str)]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let is_within = found.last().is_some_and(|last| at < last.place.end);
        let begins_word = text
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|before| !is_of_word(before));
        let Some(rest) = text.get(at + 1..).filter(|_| begins_word && !is_within) else {
            continue;
        };
        let fits = |name: &str| !name.is_empty() && rest.strip_prefix(name).is_some_and(ends_word);
        let longest = people
            .iter()
            .map(|(_, name)| *name)
            .filter(|name| fits(name))
            .max_by_key(|name| name.len());
        if let Some(longest) = longest {
            let same = people.iter().filter(|(_, name)| *name == longest);
            found.push(Found {
                place: at..at + 1 + longest.len(),
                accounts: same.map(|(account, _)| *account).collect(),
            });
        }
    }
    found
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-' | '+' | '@')
}

/// Whether a word ends before this text: a full stop or a hyphen goes on with it if a letter follows.
fn ends_word(rest: &str) -> bool {
    let mut letters = rest.chars();
    match letters.next() {
        Some('.' | '-' | '@') => !letters.next().is_some_and(char::is_alphanumeric),
        Some(letter) => !letter.is_alphanumeric() && letter != '_',
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use ting_core::crypto::keys::SecretKey;

    use super::*;

    fn rung(text: &str, names: &[&str]) -> Vec<usize> {
        let account = |seed: usize| SecretKey::from_seed([seed as u8; 32]).address();
        let people: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(seed, name)| (account(seed), *name))
            .collect();
        let found = find(text, &people).into_iter().flat_map(|found| found.accounts);
        found
            .filter_map(|found| people.iter().position(|(account, _)| *account == found))
            .collect()
    }

    #[test]
    fn the_longest_name_that_ends_with_a_word_is_meant() {
        let names = ["Ann", "Ann Lee", "Anna", "Åke"];
        for (text, who) in [
            ("@Ann", vec![0]),
            ("hi @Ann, and @Anna!", vec![0, 2]),
            ("@Ann Lee", vec![1]),
            ("@Ann Leeds", vec![0]),
            ("@Annabel", vec![]),
            ("@Anna's turn (@Åke)", vec![2, 3]),
            ("@Anna.", vec![2]),
            ("x@Anna.example", vec![]),
            ("@Anna.example", vec![]),
            ("@@Anna", vec![]),
            ("Anna", vec![]),
            ("@Ann_", vec![]),
        ] {
            assert_eq!(rung(text, &names), who, "{text:?}");
        }
    }

    #[test]
    fn all_who_go_by_a_name_are_meant_by_it() {
        assert_eq!(rung("@Anna", &["Anna", "Anna", ""]), [0, 1]);
    }
}
