//! What a key means in the composer, whose list of people may be open.

use crate::parts::listbox::List;

/// A key that was pressed in the composer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press<'a> {
    /// Its name, as the browser has it.
    pub key: &'a str,
    /// True if Shift was held.
    pub is_shifted: bool,
    /// On a screen that is touched, where Enter makes a line.
    pub is_touch: bool,
}

/// What the press means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// What it means in any field: nothing is to be done.
    Nothing,
    /// This one is marked.
    Mark(usize),
    /// The name of this one is written.
    Take(usize),
    /// The list closes.
    Close,
    /// No answer to a message after all.
    EndReply,
    /// The message is sent.
    Send,
}

/// What a press means while these people are offered.
pub fn pressed(press: Press<'_>, list: List) -> Pressed {
    let is_open = list.count > 0;
    match press.key {
        // Lines, steps back and selections are made with Shift, list or not.
        "Enter" | "Tab" | "ArrowDown" | "ArrowUp" if press.is_shifted => Pressed::Nothing,
        "ArrowDown" if is_open => Pressed::Mark(list.below()),
        "ArrowUp" if is_open => Pressed::Mark(list.above()),
        "Tab" if is_open => Pressed::Take(list.chosen.unwrap_or(0)),
        "Enter" => match list.chosen.filter(|_| is_open) {
            Some(chosen) => Pressed::Take(chosen),
            None if press.is_touch => Pressed::Nothing,
            None => Pressed::Send,
        },
        "Escape" if is_open => Pressed::Close,
        "Escape" => Pressed::EndReply,
        _ => Pressed::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHUT: List = List {
        count: 0,
        chosen: None,
    };
    const OPEN: List = List {
        count: 3,
        chosen: Some(0),
    };
    const EXACT: List = List {
        count: 3,
        chosen: None,
    };

    fn press(key: &str) -> Press<'_> {
        Press {
            key,
            is_shifted: false,
            is_touch: false,
        }
    }

    #[test]
    fn enter_takes_the_marked_name_and_sends_when_the_name_is_written_out() {
        assert_eq!(pressed(press("Enter"), OPEN), Pressed::Take(0));
        assert_eq!(pressed(press("Enter"), EXACT), Pressed::Send);
        assert_eq!(pressed(press("Enter"), SHUT), Pressed::Send);
        assert_eq!(pressed(press("Tab"), EXACT), Pressed::Take(0));
        assert_eq!(pressed(press("Tab"), SHUT), Pressed::Nothing);
    }

    #[test]
    fn shift_keeps_its_meaning_while_the_list_is_open() {
        for key in ["Enter", "Tab", "ArrowDown", "ArrowUp"] {
            let shifted = Press {
                is_shifted: true,
                ..press(key)
            };
            for list in [SHUT, OPEN, EXACT] {
                assert_eq!(pressed(shifted, list), Pressed::Nothing, "{key}");
            }
        }
    }

    #[test]
    fn arrows_go_round_the_list() {
        let at = |chosen| List {
            count: 3,
            chosen: Some(chosen),
        };
        assert_eq!(pressed(press("ArrowDown"), EXACT), Pressed::Mark(0));
        assert_eq!(pressed(press("ArrowUp"), EXACT), Pressed::Mark(2));
        assert_eq!(pressed(press("ArrowDown"), at(2)), Pressed::Mark(0));
        assert_eq!(pressed(press("ArrowUp"), at(0)), Pressed::Mark(2));
        assert_eq!(pressed(press("ArrowUp"), at(2)), Pressed::Mark(1));
        assert_eq!(pressed(press("ArrowDown"), SHUT), Pressed::Nothing);
    }

    #[test]
    fn escape_closes_the_list_before_it_ends_an_answer() {
        assert_eq!(pressed(press("Escape"), OPEN), Pressed::Close);
        assert_eq!(pressed(press("Escape"), SHUT), Pressed::EndReply);
    }

    #[test]
    fn where_a_screen_is_touched_enter_makes_a_line() {
        let touched = Press {
            is_touch: true,
            ..press("Enter")
        };
        assert_eq!(pressed(touched, SHUT), Pressed::Nothing);
        assert_eq!(pressed(touched, EXACT), Pressed::Nothing);
        assert_eq!(pressed(touched, OPEN), Pressed::Take(0));
    }
}
