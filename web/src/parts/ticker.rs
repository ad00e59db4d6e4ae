//! The time, told again as it passes: every second to what counts down, and at midnight to what shows days.

use gloo_timers::callback::Interval;
use yew::prelude::*;

use crate::{browser, when};

/// A new day is noticed after so long at most.
const MIDNIGHT_MS: u32 = 15_000;

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

/// The number of the local day; draws anew when it turns.
#[hook]
pub fn use_today() -> u64 {
    let now = || when::day(browser::now_ms());
    let today = use_state_eq(now);
    use_effect_with((), {
        let today = today.setter();
        move |()| {
            let interval = Interval::new(MIDNIGHT_MS, move || today.set(now()));
            move || drop(interval)
        }
    });
    *today
}
