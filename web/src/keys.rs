//! Keyboard shortcuts that work on every page.
//!
//! A shortcut never takes a character away: where a keyboard writes something with Alt, Option or AltGr and a digit (`@` on Swedish,
//! Finnish and Spanish ones), that is what the keys do in a field. Nothing happens while letters are being composed or a dialog is open.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::{
    browser,
    overlays::{Overlay, Overlays},
    route::{LastChat, Section},
};

/// What a press of keys asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortcut {
    Palette,
    Shortcuts,
    Section(Section),
    Composer,
}

/// What has the focus when a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing that takes characters.
    Page,
    /// A field that takes characters.
    Field,
    /// A dialog lies over the page.
    Dialog,
}

/// A press, as far as shortcuts care.
struct Press<'a> {
    /// What the keyboard's layout makes of it.
    key: &'a str,
    /// Which key it is, whatever stands on it.
    code: &'a str,
    /// Alt or Option is held.
    alt: bool,
    /// Ctrl or Cmd is held.
    command: bool,
    /// Shift is held.
    shift: bool,
    /// AltGr is held.
    alt_graph: bool,
}

impl Press<'_> {
    fn shortcut(&self, place: Place) -> Option<Shortcut> {
        if self.alt_graph || place == Place::Dialog {
            return None;
        }
        match (self.alt, self.command, self.key) {
            (false, true, "k" | "K") => Some(Shortcut::Palette),
            (true, false, key) if !self.shift => section_of_digit(self.code)
                .filter(|(digit, _)| place == Place::Page || *digit == key)
                .map(|(_, section)| Shortcut::Section(section)),
            (false, false, "?") if place == Place::Page => Some(Shortcut::Shortcuts),
            (false, false, "/") if place == Place::Page => Some(Shortcut::Composer),
            _ => None,
        }
    }
}

fn section_of_digit(code: &str) -> Option<(&str, Section)> {
    let digit = code.strip_prefix("Digit")?;
    let number: usize = digit.parse().ok()?;
    let section = Section::ALL.get(number.checked_sub(1)?)?;
    Some((digit, *section))
}

fn place() -> Place {
    let is_field = |tag: String| matches!(tag.as_str(), "INPUT" | "TEXTAREA" | "SELECT");
    if browser::exists("dialog[open]") {
        Place::Dialog
    } else if browser::focused().is_some_and(|element| is_field(element.tag_name())) {
        Place::Field
    } else {
        Place::Page
    }
}

/// Listens for the keys that work on every page.
#[hook]
pub fn use_keys(overlays: Overlays, last_chat: LastChat) {
    let navigator = use_navigator();
    use_effect_with(last_chat, move |last_chat| {
        let last_chat = last_chat.clone();
        let pressed = move |event: &Event| {
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
                return;
            };
            if browser::is_composing(event) {
                return;
            }
            let press = Press {
                key: &event.key(),
                code: &event.code(),
                alt: event.alt_key(),
                command: event.ctrl_key() || event.meta_key(),
                shift: event.shift_key(),
                alt_graph: event.get_modifier_state("AltGraph"),
            };
            let Some(shortcut) = press.shortcut(place()) else {
                return;
            };
            event.prevent_default();
            match shortcut {
                Shortcut::Palette => overlays.show(Overlay::Palette),
                Shortcut::Shortcuts => overlays.show(Overlay::Shortcuts),
                Shortcut::Section(section) => navigator
                    .iter()
                    .for_each(|navigator| navigator.push(&section.route(&last_chat))),
                Shortcut::Composer => browser::focus("textarea[aria-label=Message]"),
            }
        };
        let listener = browser::document().map(|document| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&document, "keydown", options, pressed)
        });
        move || drop(listener)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING_HELD: Press<'_> = Press {
        key: "",
        code: "",
        alt: false,
        command: false,
        shift: false,
        alt_graph: false,
    };

    fn second_digit(key: &str) -> Press<'_> {
        Press {
            key,
            code: "Digit2",
            ..NOTHING_HELD
        }
    }

    #[test]
    fn a_sign_of_alt_gr_or_option_and_a_digit_is_written_and_opens_no_page() {
        let alt_gr_on_linux = Press {
            alt_graph: true,
            ..second_digit("@")
        };
        let alt_gr_on_windows = Press {
            alt: true,
            command: true,
            ..second_digit("@")
        };
        let option_on_a_mac = Press {
            alt: true,
            ..second_digit("@")
        };
        for press in [alt_gr_on_linux, alt_gr_on_windows, option_on_a_mac] {
            assert_eq!(press.shortcut(Place::Field), None);
        }
    }

    #[test]
    fn alt_and_a_digit_that_writes_nothing_opens_a_page() {
        let press = Press {
            alt: true,
            ..second_digit("2")
        };
        for place in [Place::Page, Place::Field] {
            assert_eq!(press.shortcut(place), Some(Shortcut::Section(Section::Wallet)));
        }
        let sixth = Press {
            key: "6",
            code: "Digit6",
            ..press
        };
        assert_eq!(sixth.shortcut(Place::Page), None);
    }

    #[test]
    fn a_key_without_alt_or_command_belongs_to_the_field_that_has_the_focus() {
        for key in ["?", "/"] {
            let press = Press { key, ..NOTHING_HELD };
            assert!(press.shortcut(Place::Page).is_some());
            assert_eq!(press.shortcut(Place::Field), None);
        }
    }

    #[test]
    fn no_shortcut_takes_the_place_of_an_open_dialog() {
        let palette = Press {
            key: "k",
            command: true,
            ..NOTHING_HELD
        };
        assert_eq!(palette.shortcut(Place::Field), Some(Shortcut::Palette));
        let wallet = Press {
            alt: true,
            ..second_digit("2")
        };
        for press in [palette, wallet] {
            assert_eq!(press.shortcut(Place::Dialog), None);
        }
    }
}
