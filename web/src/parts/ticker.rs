//! The time, for what counts down.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use crate::browser;

/// The time in milliseconds, renewed each second.
#[hook]
pub fn use_now() -> u64 {
    let now = use_state(browser::now_ms);
    use_effect_with((), {
        let now = now.setter();
        move |()| {
            let interval = Interval::new(1_000, move || now.set(browser::now_ms()));
            move || drop(interval)
        }
    });
    *now
}
