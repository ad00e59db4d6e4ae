//! Copying text, and saying whether it worked.
//!
//! Browsers hand the clipboard to pages over HTTPS and on the machine itself only. Over plain HTTP, as in a workshop whose
//! relay is somebody's laptop, the old way is left: select the text in a field and have the document copy it.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Clipboard, HtmlDocument, HtmlTextAreaElement, Node};

use crate::{
    browser,
    store::{Dispatch, Tone},
};

/// Copies the text, then says so in these words, or that it could not be done.
pub fn copy(text: &str, dispatch: Option<&Dispatch>, done: impl Into<String>) {
    let (dispatch, done) = (dispatch.cloned(), done.into());
    let tell = move |is_copied: bool| {
        let (tone, words) = if is_copied {
            (Tone::Good, done)
        } else {
            (
                Tone::Bad,
                "This browser does not let the page copy. Select the text and copy it yourself.".to_owned(),
            )
        };
        if let Some(dispatch) = dispatch {
            dispatch.toast(tone, words);
        }
    };
    match clipboard() {
        Some(clipboard) => {
            let copying = JsFuture::from(clipboard.write_text(text));
            spawn_local(async move { tell(copying.await.is_ok()) });
        }
        None => tell(copy_by_selection(text).unwrap_or(false)),
    }
}

/// The clipboard, where the browser gives it to pages.
fn clipboard() -> Option<Clipboard> {
    let clipboard = browser::window()?.navigator().clipboard();
    let is_given = !AsRef::<JsValue>::as_ref(&clipboard).is_undefined();
    is_given.then_some(clipboard)
}

fn copy_by_selection(text: &str) -> Option<bool> {
    let document = browser::document()?;
    let focused = browser::focused();
    let field: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    field.set_value(text);
    field.set_read_only(true);
    field.set_class_name("for-ears");
    // Beside an open dialog nothing can be selected.
    let dialog: Option<Node> = document.query_selector("dialog[open]").ok()?.map(Into::into);
    let place = dialog.or_else(|| document.body().map(Into::into))?;
    place.append_child(&field).ok()?;
    field.select();
    let is_copied = document.unchecked_ref::<HtmlDocument>().exec_command("copy");
    field.remove();
    if let Some(focused) = focused {
        let _ = focused.focus();
    }
    Some(is_copied.unwrap_or(false))
}
