//! Names of people: what may stand in one, so that two of them that differ also look different as far as their own letters go.
//!
//! Every peer checks the names in blocks, and those that are announced before it shows them. Letters of different scripts that look alike
//! pass: telling those apart is up to who shows names.

use crate::{
    codec::letters::{is_invisible, is_mark, is_picture},
    ledger::error::NameError,
};

/// The joiner that makes one picture of two.
const JOINER: char = '\u{200d}';
/// The selector that asks for a picture in colours.
const IN_COLOURS: char = '\u{fe0f}';

/// Checks that a name is fit to be shown.
///
/// # Errors
/// [`NameError`] when it is empty, or when something in it shows nothing or turns what stands beside it.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.starts_with(' ') || name.ends_with(' ') {
        return Err(NameError::OuterSpace);
    }
    if name.contains("  ") {
        return Err(NameError::DoubleSpace);
    }
    let mut before = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_shown = match letter {
            JOINER => before.is_some_and(ends_picture) && letters.peek().copied().is_some_and(is_picture),
            IN_COLOURS => before.is_some_and(is_picture),
            _ => !is_invisible(letter),
        };
        if !is_shown {
            return Err(NameError::Invisible);
        }
        if is_mark(letter) && before.is_none_or(|before| before == ' ') {
            return Err(NameError::LooseMark);
        }
        before = Some(letter);
    }
    Ok(())
}

/// A picture, its selector, or the tone of its skin.
fn ends_picture(letter: char) -> bool {
    letter == IN_COLOURS || is_picture(letter)
}
