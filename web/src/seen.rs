//! The part of the page that a keyboard on the screen leaves free.
//!
//! Most browsers make the page smaller while such a keyboard is open, as `index.html` asks them to. iOS lays the keyboard over the page and
//! tells of it by the visual viewport only. Its height and place go into the custom properties `--screen` and `--above`, which the shell
//! and the dialogs follow.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, VisualViewport};
use yew::prelude::*;

use crate::browser;

/// Less than this is a browser's bar that comes or goes, in pixels.
const LEAST_COVERED_PX: f64 = 40.0;

/// What the person sees of the page, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    height_px: f64,
    above_px: f64,
}

impl Seen {
    /// What is left free of a page of this height; `None` if all of it, or if the person only looks closer.
    fn of(page_px: f64, height_px: f64, above_px: f64, scale: f64) -> Option<Self> {
        let is_covered = scale <= 1.01 && page_px - height_px >= LEAST_COVERED_PX;
        is_covered.then_some(Self { height_px, above_px })
    }

    fn now(viewport: &VisualViewport) -> Option<Self> {
        let page_px = f64::from(browser::document()?.document_element()?.client_height());
        Self::of(
            page_px,
            viewport.height(),
            viewport.offset_top(),
            viewport.scale(),
        )
    }
}

/// Keeps the page within what a keyboard leaves free.
#[hook]
pub fn use_seen() {
    use_effect_with((), |()| {
        let viewport = browser::window().and_then(|window| window.visual_viewport());
        let listeners = viewport.map(|viewport| {
            ["resize", "scroll"].map(|kind| {
                let seen = viewport.clone();
                EventListener::new(&viewport, kind, move |_| follow(Seen::now(&seen)))
            })
        });
        move || drop(listeners)
    });
}

fn follow(seen: Option<Seen>) {
    let root = browser::document().and_then(|document| document.document_element());
    let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let style = root.style();
    let (screen_px, above_px) = (seen.map(|seen| seen.height_px), seen.map(|seen| seen.above_px));
    for (name, length_px) in [("--screen", screen_px), ("--above", above_px)] {
        let _ = match length_px {
            Some(px) => style.set_property(name, &format!("{px}px")),
            None => style.remove_property(name).map(drop),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_keyboard_leaves_free_is_told_from_a_closer_look_and_from_bars() {
        let keyboard = Seen {
            height_px: 460.0,
            above_px: 30.0,
        };
        assert_eq!(Seen::of(800.0, 460.0, 30.0, 1.0), Some(keyboard));
        assert_eq!(Seen::of(800.0, 400.0, 0.0, 2.0), None);
        assert_eq!(Seen::of(800.0, 780.0, 0.0, 1.0), None);
        assert_eq!(Seen::of(800.0, 800.0, 0.0, 1.0), None);
    }
}
