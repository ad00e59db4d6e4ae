//! Whether an account's backup words are written down, as far as this browser knows. Only who could say some of them again has them.

use ting_core::crypto::keys::Address;

use crate::browser;

/// Number of words that are asked for.
const ASKED: usize = 3;

/// What this browser remembers of an account's backup words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: they may be nowhere.
    Unknown,
    /// The reminder was put away.
    Later,
    /// Some of them were asked for and said right.
    Checked,
}

fn key(account: &Address) -> String {
    format!("ting.words.{account}")
}

impl Kept {
    /// Reads what this browser remembers of this account.
    pub fn of(account: &Address) -> Self {
        match browser::recall(browser::lasting(), &key(account)).as_deref() {
            None => Self::Unknown,
            Some("checked") => Self::Checked,
            Some(_) => Self::Later,
        }
    }

    /// Remembers this of an account, beyond the browser's end.
    pub fn remember(self, account: &Address) {
        let value = match self {
            Self::Unknown => None,
            Self::Later => Some("later"),
            Self::Checked => Some("checked"),
        };
        browser::remember(browser::lasting(), &key(account), value);
    }
}

/// Which of so many words are asked for: three places, from zero, in ascending order, each drawn from these random bytes.
pub fn asked_places(count: usize, random: [u8; ASKED]) -> [usize; ASKED] {
    // One of each third, so that no two are the same.
    let third = (count / ASKED).max(1);
    let mut first = 0;
    random.map(|byte| {
        let place = first + usize::from(byte) % third;
        first += third;
        place
    })
}

/// The first of these places for which another word was said than stands there.
pub fn first_wrong(words: &[&str], said: &[(usize, String)]) -> Option<usize> {
    let is_right = |(place, word): &&(usize, String)| {
        words
            .get(*place)
            .is_some_and(|right| word.trim().eq_ignore_ascii_case(right))
    };
    said.iter().find(|said| !is_right(said)).map(|(place, _)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_different_words_are_asked_for_in_their_order() {
        for random in [[0, 0, 0], [255, 255, 255], [23, 22, 21], [7, 7, 130]] {
            let places = asked_places(24, random);
            assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
            assert!(places.iter().all(|place| *place < 24), "{places:?}");
        }
    }

    #[test]
    fn a_word_counts_only_in_its_place() {
        let words = ["legal", "winner", "thank", "year"];
        let said = |words: [&str; 3]| [(0, words[0].into()), (2, words[1].into()), (3, words[2].into())];
        assert_eq!(first_wrong(&words, &said(["legal", " Thank ", "YEAR"])), None);
        assert_eq!(first_wrong(&words, &said(["legal", "winner", "year"])), Some(2));
        assert_eq!(first_wrong(&words, &said(["", "thank", "year"])), Some(0));
        assert_eq!(first_wrong(&words, &[(4, "legal".into())]), Some(4));
    }
}
