//! The composer's field: what it takes in, and where its caret is.

use ting_core::params::MAX_TEXT_BYTES;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlTextAreaElement};
use yew::prelude::*;

use crate::{
    amount::thousands,
    browser,
    drafts::Reply,
    store::{Tone, use_dispatch},
};

/// Letters that the field takes: more than one message holds, so that what is a little too long can be cut by who wrote it, and so few
/// that no key waits.
pub const MAX_LETTERS: usize = 4 * MAX_TEXT_BYTES;
/// Lines that the field grows to.
const MAX_LINES: usize = 8;

/// The text of a field, and how many of its bytes are before the caret.
pub fn read(area: &HtmlTextAreaElement) -> (String, usize) {
    let text = area.value();
    let units = area.selection_end().ok().flatten().unwrap_or_default() as usize;
    let caret = byte_of_unit(&text, units);
    (text, caret)
}

/// Writes a text into a field, which gets the focus, with the caret behind its beginning.
pub fn write(area: &HtmlTextAreaElement, text: &str, before_caret: &str) {
    area.set_value(text);
    let units = before_caret.chars().map(char::len_utf16).sum::<usize>();
    let place = u32::try_from(units).ok();
    let _ = area.set_selection_start(place);
    let _ = area.set_selection_end(place);
    let _ = area.focus();
}

/// Lines that the field shows for a text.
pub fn lines_of(text: &str) -> usize {
    let count = text.lines().count();
    count.clamp(1, MAX_LINES) + usize::from(text.ends_with('\n') && count < MAX_LINES)
}

/// Who has just opened the page wants to write, and so does who answers.
#[hook]
pub fn use_focus(field: &NodeRef, reply: Option<Reply>) {
    use_effect_with((), {
        let field = field.clone();
        move |()| {
            // With fingers, the keyboard would cover what is to be read first.
            let is_free = browser::focused().is_none_or(|element| element.tag_name() == "BODY");
            if let (true, false, Some(area)) =
                (is_free, browser::is_touch(), field.cast::<HtmlTextAreaElement>())
            {
                let _ = area.focus();
            }
        }
    });
    use_effect_with(reply, {
        let field = field.clone();
        move |reply| {
            if let (Some(_), Some(area)) = (reply, field.cast::<HtmlTextAreaElement>()) {
                let _ = area.focus();
            }
        }
    });
}

/// Refuses in words what is far too long, before the field takes it in.
#[hook]
pub fn use_bounded_paste() -> Callback<Event> {
    let dispatch = use_dispatch();
    Callback::from(move |event: Event| {
        let data = event
            .dyn_ref::<ClipboardEvent>()
            .and_then(ClipboardEvent::clipboard_data);
        let bytes = data
            .and_then(|data| data.get_data("text").ok())
            .map_or(0, |text| text.len());
        if bytes > MAX_LETTERS {
            event.prevent_default();
            if let Some(dispatch) = &dispatch {
                dispatch.toast(Tone::Bad, too_long(bytes));
            }
        }
    })
}

fn too_long(bytes: usize) -> String {
    format!(
        "Nothing was pasted: it has {} bytes, and a message holds {}.",
        thousands(bytes as u64),
        thousands(MAX_TEXT_BYTES as u64)
    )
}

/// Byte position of a position in UTF-16 units, as the browser counts.
fn byte_of_unit(text: &str, units: usize) -> usize {
    let mut passed = 0;
    for (byte, letter) in text.char_indices() {
        if passed >= units {
            return byte;
        }
        passed += letter.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_that_is_far_too_long_is_told_with_its_size() {
        let said = too_long(5_000_000);
        assert!(said.contains("5\u{2009}000\u{2009}000 bytes"), "{said}");
    }

    #[test]
    fn positions_of_the_browser_are_understood_beyond_ascii() {
        assert_eq!(byte_of_unit("aä😀b", 0), 0);
        assert_eq!(byte_of_unit("aä😀b", 2), 3);
        assert_eq!(byte_of_unit("aä😀b", 4), 7);
        assert_eq!(byte_of_unit("aä😀b", 9), 8);
    }
}
