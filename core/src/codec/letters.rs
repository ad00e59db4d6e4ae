//! What letters do on a screen: which of them show nothing, which turn the text around them, and where a text may be cut.
//!
//! The letters are listed here, not looked up, so that every peer agrees whatever version of Unicode its libraries know.

/// Letters that are looked at before a text is cut somewhere all the same.
const MAX_CLUSTER_CHARS: usize = 64;

/// Control characters, foreign spaces, letters of no width, line separators, and what turns the direction of text. The joiner U+200D and
/// the selector U+FE0F are among them, though emoji are made with them.
pub const fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}'
        | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}'
        | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether there is anything to see in a text.
pub fn shows_something(text: &str) -> bool {
    text.chars()
        .any(|letter| !letter.is_whitespace() && !is_invisible(letter))
}

/// Letters that override the direction of what follows, so that it reads in another order than it was written.
pub const fn is_override(letter: char) -> bool {
    matches!(letter, '\u{202d}' | '\u{202e}')
}

/// Pictures that may be joined to one another: emoji and the symbols that become some. Flags and keys are made otherwise.
pub const fn is_picture(letter: char) -> bool {
    matches!(letter, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// A letter that is drawn upon the one before it.
pub const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}'
        | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// The beginning of a text, at most so many characters, never cut within what shows as one: a letter with its marks, a family, a flag.
pub fn beginning(text: &str, max_chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(max_chars) else {
        return text;
    };
    let ends = text.char_indices().map(|(place, _)| place).take(max_chars + 1);
    let near: Vec<usize> = ends.skip(max_chars.saturating_sub(MAX_CLUSTER_CHARS)).collect();
    let fits = near
        .into_iter()
        .rev()
        .find(|&place| place > 0 && may_be_cut(text, place));
    text.get(..fits.unwrap_or(end)).unwrap_or_default()
}

/// Whether nothing that shows as one reaches over this place. Careful: in scripts whose letters form syllables it says yes at white space only.
fn may_be_cut(text: &str, place: usize) -> bool {
    let Some((before, after)) = text.split_at_checked(place) else {
        return false;
    };
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return true;
    };
    let is_flag = |letter: &char| matches!(letter, '\u{1f1e6}'..='\u{1f1ff}');
    let is_joined = last == '\u{200d}' || is_mark(next) || (is_invisible(next) && !next.is_whitespace());
    let splits_flag = is_flag(&next) && before.chars().rev().take_while(is_flag).count() % 2 == 1;
    let splits_line_end = last == '\r' && next == '\n';
    !(is_joined || splits_flag || splits_line_end || (is_of_syllables(next) && !last.is_whitespace()))
}

/// Scripts of South and South-East Asia, and Hangul written by its parts.
const fn is_of_syllables(letter: char) -> bool {
    matches!(letter, '\u{900}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1700}'..='\u{1aaf}' | '\u{1b00}'..='\u{1cff}'
        | '\u{a800}'..='\u{abff}' | '\u{d7b0}'..='\u{d7ff}' | '\u{11000}'..='\u{11fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_what_shows_as_one() {
        let family = "👨\u{200d}👩\u{200d}👧";
        for (text, max_chars, cut) in [
            ("hello", 9, "hello"),
            ("hello", 5, "hello"),
            ("hello", 2, "he"),
            (&format!("ab{family}c"), 4, "ab"),
            (&format!("ab{family}c"), 7, &format!("ab{family}")),
            ("a🇸🇪🇫🇮", 2, "a"),
            ("a🇸🇪🇫🇮", 4, "a🇸🇪"),
            ("cafe\u{301}s", 4, "caf"),
            ("ok 👍🏽!", 4, "ok "),
            ("❤\u{fe0f}x", 1, "❤"),
            ("नमस्ते दुनिया", 9, "नमस्ते "),
        ] {
            assert_eq!(beginning(text, max_chars), cut, "{text:?} at {max_chars}");
        }
    }

    #[test]
    fn what_never_may_be_cut_is_cut_at_a_character_all_the_same() {
        let joined = "e\u{301}".to_owned() + &"\u{301}".repeat(300);
        assert_eq!(beginning(&joined, 200).chars().count(), 200);
    }

    #[test]
    fn letters_that_show_nothing_are_known() {
        for letter in [
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{34f}',
            '\u{fe0f}',
            '\u{3164}',
            '\u{a0}',
            '\u{202e}',
            '\u{2066}',
            '\u{e0041}',
        ] {
            assert!(is_invisible(letter), "{letter:?}");
        }
        for letter in ['a', 'é', '中', '😀', 'ا', ' '] {
            assert!(!is_invisible(letter), "{letter:?}");
        }
    }
}
