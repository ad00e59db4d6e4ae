//! Texts of people run in either direction; none may turn what stands beside it.

use ting_core::codec::letters;

/// Begins a stretch of text that reads in the direction of its first letter.
const ISOLATE: char = '\u{2068}';
/// Character that ends what an isolate began.
const END: char = '\u{2069}';

/// A person's text for the middle of a sentence that is no element: a notice, a tooltip.
pub fn isolated(text: &str) -> String {
    format!("{ISOLATE}{}{END}", readable(text))
}

/// What a person wrote as text that acts on itself only: letters that override the direction show instead of acting, and isolates are closed
/// here, none of them elsewhere.
pub fn readable(text: &str) -> String {
    let mut open = 0_usize;
    let mut read: String = text
        .chars()
        .map(|letter| match letter {
            '\u{2066}'..=ISOLATE => {
                open += 1;
                letter
            }
            END if open > 0 => {
                open -= 1;
                letter
            }
            END => char::REPLACEMENT_CHARACTER,
            letter if letters::is_override(letter) => char::REPLACEMENT_CHARACTER,
            letter => letter,
        })
        .collect();
    read.extend(std::iter::repeat_n(END, open));
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_acts_on_itself_only() {
        for (text, read) in [
            ("5\u{202e}21 TNG שלום", "5\u{fffd}21 TNG שלום"),
            ("a\u{2069}\u{2067}b", "a\u{fffd}\u{2067}b\u{2069}"),
            ("\u{2066}+46\u{2069} ok", "\u{2066}+46\u{2069} ok"),
            ("\u{2068}\u{2067}x", "\u{2068}\u{2067}x\u{2069}\u{2069}"),
            ("hello", "hello"),
        ] {
            assert_eq!(readable(text), read, "{text:?}");
        }
        assert_eq!(isolated("\u{2069}x"), "\u{2068}\u{fffd}x\u{2069}");
    }
}
