//! The browser's Back closes what lies over the page, and leaves the page.
//!
//! While something lies over the page, the history holds a step for it at the page's own address, numbered by how many things lie over each
//! other. One rule keeps both in line ([`settle`]): steps that miss are added, steps that nothing needs any more are walked back. It runs
//! after each change, once everything that closes and opens at the same moment has done so. Going back to a lower number closes what lies
//! above it. A page that is opened from a dialog leaves a step behind; going back to it goes on to the page before.

use std::cell::{Cell, RefCell};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::History;
use yew::Callback;

use crate::browser;

/// Where a step's number is in the history's state.
const NUMBER: &str = "over";

#[derive(Default)]
struct Over {
    open: RefCell<Vec<(u32, Callback<()>)>>,
    next_id: Cell<u32>,
    /// The step that comes is our own.
    is_stepping: Cell<bool>,
    listener: RefCell<Option<EventListener>>,
}

thread_local! {
    static OVER: Over = Over::default();
}

/// Something lies over the page, until this is dropped.
pub struct Step(u32);

impl Step {
    /// Something opens; Back closes it by this.
    pub fn take(on_back: Callback<()>) -> Self {
        OVER.with(|over| {
            listen(over);
            let id = over.next_id.get();
            over.next_id.set(id.wrapping_add(1));
            over.open.borrow_mut().push((id, on_back));
            settle_soon();
            Self(id)
        })
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        OVER.with(|over| over.open.borrow_mut().retain(|(id, _)| *id != self.0));
        settle_soon();
    }
}

fn listen(over: &Over) {
    let mut listener = over.listener.borrow_mut();
    if let (None, Some(window)) = (&*listener, browser::window()) {
        *listener = Some(EventListener::new(&window, "popstate", |_| OVER.with(went)));
    }
}

/// Closes what lies over the page when the person goes back in the browser's history.
fn went(over: &Over) {
    if !over.is_stepping.replace(false) {
        let above: Vec<_> = over.open.borrow().iter().skip(number()).cloned().collect();
        above.iter().rev().for_each(|(_, on_back)| on_back.emit(()));
    }
    settle_soon();
}

fn settle_soon() {
    Timeout::new(0, || OVER.with(settle)).forget();
}

fn settle(over: &Over) {
    let (wanted, number) = (over.open.borrow().len(), number());
    let Some(history) = history() else { return };
    for missing in number + 1..=wanted {
        let state = Object::new();
        let _ = Reflect::set(&state, &NUMBER.into(), &JsValue::from_f64(missing as f64));
        let _ = history.push_state(&state, "");
    }
    if number > wanted && !over.is_stepping.replace(true) {
        let steps = i32::try_from(number - wanted).unwrap_or(1);
        let _ = history.go_with_delta(-steps);
    }
}

fn history() -> Option<History> {
    browser::window()?.history().ok()
}

/// The number of the present step; zero is the page itself.
fn number() -> usize {
    let state = history().and_then(|history| history.state().ok());
    let number = state.and_then(|state| Reflect::get(&state, &NUMBER.into()).ok());
    number.and_then(|number| number.as_f64()).unwrap_or_default() as usize
}
