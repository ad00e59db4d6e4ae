//! Files that somebody pastes or drops on the page: answered in words, because a room carries text only. Otherwise a pasted picture would
//! seem to be ignored, and a dropped one would open in the place of the room.

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ClipboardEvent, DataTransfer, DragEvent};
use yew::prelude::*;

use crate::{
    browser,
    store::{Tone, use_dispatch},
};

/// Says that files cannot be sent.
#[hook]
pub fn use_files_refused() {
    let dispatch = use_dispatch();
    use_effect_with((), move |()| {
        let listeners = browser::document().map(|document| {
            ["paste", "dragover", "drop"].map(|kind| {
                let dispatch = dispatch.clone();
                let options = EventListenerOptions::enable_prevent_default();
                EventListener::new_with_options(&document, kind, options, move |event| {
                    if !carried(event).is_some_and(|carried| is_files_only(&carried)) {
                        return;
                    }
                    event.prevent_default();
                    if let (Some(dispatch), "paste" | "drop") = (&dispatch, kind) {
                        let words = "Pictures and files cannot be sent here: a room carries text only.";
                        dispatch.toast(Tone::Bad, words);
                    }
                })
            })
        });
        move || drop(listeners)
    });
}

fn carried(event: &Event) -> Option<DataTransfer> {
    match event.dyn_ref::<ClipboardEvent>() {
        Some(pasted) => pasted.clipboard_data(),
        None => event.dyn_ref::<DragEvent>()?.data_transfer(),
    }
}

/// Cells of a table come as text and as a picture of it: then the text is meant.
fn is_files_only(carried: &DataTransfer) -> bool {
    let kinds = carried.types();
    let has = |kind: &str| kinds.includes(&JsValue::from_str(kind), 0);
    has("Files") && !has("text/plain")
}
