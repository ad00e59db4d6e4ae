//! An account's seed as 24 English words (BIP-39), for a backup on paper.
//!
//! The words are the 256 bits of the seed and 8 bits of checksum; no password and no stretching is involved, so the
//! same words give the same account on every device.

use core::{fmt, str::FromStr};

use bip39::{Language, Mnemonic};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Number of words of a backup.
pub const WORD_COUNT: usize = 24;

/// Why a text is not the backup of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WordsError {
    /// The text does not have 24 words.
    #[error("{count} words, expected {WORD_COUNT}")]
    WrongCount {
        /// Words that the text has.
        count: usize,
    },
    /// A word that is not on the list of 2048.
    #[error("word {position} is not on the list")]
    UnknownWord {
        /// Position of the word, from 1.
        position: usize,
    },
    /// Words from the list that do not belong together: at least one is wrong, or their order is.
    #[error("the words do not fit together: one is wrong, or their order is")]
    WrongChecksum,
}

/// 24 words that stand for a seed. Wiped from memory when dropped, and printed only by [`fmt::Display`].
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Words(Mnemonic);

impl Words {
    /// Writes a 32-byte seed as words.
    #[expect(
        clippy::expect_used,
        reason = "BIP-39 refuses only other lengths than 32 bytes and their likes"
    )]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Mnemonic::from_entropy_in(Language::English, seed).expect("32 bytes"))
    }

    /// Reads 24 words as people write them down: in either case, numbered or not, separated by anything but letters.
    ///
    /// # Errors
    /// [`WordsError`] says what to look at.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let count = Self::split(text).count();
        if count != WORD_COUNT {
            return Err(WordsError::WrongCount { count });
        }
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        for word in Self::split(text) {
            plain.push_str(word);
            plain.push(' ');
        }
        plain.make_ascii_lowercase();
        let text = plain;
        Mnemonic::parse_in_normalized(Language::English, &text)
            .map(Self)
            .map_err(|error| match error {
                bip39::Error::UnknownWord(index) => WordsError::UnknownWord {
                    position: index.saturating_add(1),
                },
                bip39::Error::BadWordCount(count) => WordsError::WrongCount { count },
                _ => WordsError::WrongChecksum,
            })
    }

    /// The words that [`Words::parse`] sees in a text: the n-th of them is the one that [`WordsError::UnknownWord`] counts.
    pub fn split(text: &str) -> impl Iterator<Item = &str> {
        text.split(|letter: char| !letter.is_alphabetic())
            .filter(|word| !word.is_empty())
    }

    /// The words of the list that begin like this, in the list's order.
    pub fn beginning_with(letters: &str) -> impl Iterator<Item = &'static str> {
        Language::English.words_by_prefix_iter(letters)
    }

    /// The seed that the words stand for.
    pub fn to_seed(&self) -> [u8; 32] {
        let (entropy, _) = self.0.to_entropy_array();
        let entropy = Zeroizing::new(entropy);
        entropy.first_chunk().copied().unwrap_or_default()
    }

    /// All 24 words, first to last.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.words()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Words")
    }
}

impl FromStr for Words {
    type Err = WordsError;
    fn from_str(text: &str) -> Result<Self, WordsError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::text::decode_hex;

    /// Vectors of BIP-39 with 256 bits.
    const VECTORS: [(&str, &str); 4] = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art",
        ),
        (
            "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
            "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
        ),
        (
            "8080808080808080808080808080808080808080808080808080808080808080",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless",
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote",
        ),
    ];

    #[test]
    fn bip_39_vectors_hold_both_ways() {
        for (seed, text) in VECTORS {
            let seed = decode_hex(seed).unwrap();
            assert_eq!(Words::from_seed(&seed).to_string(), text);
            assert_eq!(Words::parse(text).unwrap().to_seed(), seed);
            assert_eq!(Words::from_seed(&seed).iter().count(), WORD_COUNT);
        }
    }

    #[test]
    fn case_and_white_space_do_not_matter() {
        let text = VECTORS[0].1.to_uppercase().replace(' ', "\n \t");
        assert_eq!(Words::parse(&text), Ok(Words::from_seed(&[0; 32])));
    }

    #[test]
    fn numbers_commas_line_breaks_and_hard_spaces_do_not_matter() {
        let expected = Words::from_seed(&decode_hex(VECTORS[1].0).unwrap());
        let words: Vec<&str> = VECTORS[1].1.split(' ').collect();
        let numbered = (1..).zip(&words);
        let forms = [
            words.join(", "),
            words.join("\u{a0}"),
            words.join("\r\n"),
            numbered
                .clone()
                .map(|(place, word)| format!("{place}. {word}\n"))
                .collect(),
            numbered
                .map(|(place, word)| format!("{place}){}; ", word.to_uppercase()))
                .collect(),
        ];
        for form in forms {
            assert_eq!(Words::parse(&form), Ok(expected.clone()), "{form}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(Words::parse(""), Err(WordsError::WrongCount { count: 0 }));
        assert_eq!(
            Words::parse("abandon art"),
            Err(WordsError::WrongCount { count: 2 })
        );
        let long = "abandon ".repeat(5000);
        assert_eq!(Words::parse(&long), Err(WordsError::WrongCount { count: 5000 }));
        let text = VECTORS[1].1.replacen("thank", "thanks", 1);
        assert_eq!(Words::parse(&text), Err(WordsError::UnknownWord { position: 3 }));
        let text = VECTORS[1].1.replacen("legal winner", "winner legal", 1);
        assert_eq!(Words::parse(&text), Err(WordsError::WrongChecksum));
    }

    #[test]
    fn words_are_never_printed_by_accident() {
        assert_eq!(format!("{:?}", Words::from_seed(&[0; 32])), "Words");
    }

    proptest! {
        #[test]
        fn every_seed_comes_back(seed: [u8; 32]) {
            prop_assert_eq!(Words::parse(&Words::from_seed(&seed).to_string()).unwrap().to_seed(), seed);
        }
    }
}
