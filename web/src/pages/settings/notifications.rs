//! Whether the system tells of mentions and payments while nobody looks at the page.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::notify::Notifying;

/// Turns notifications on and off.
#[component]
pub fn NotificationSettings() -> Html {
    // Drawn also when nothing changed: the browser has ticked the box already.
    let notifying = use_state(Notifying::now);
    let was_asked = use_state_eq(|| false);
    let turn = {
        let (notifying, was_asked) = (notifying.clone(), was_asked.setter());
        Callback::from(move |_: Event| {
            let (is_on, notifying) = (*notifying == Notifying::On, notifying.setter());
            let was_asked = was_asked.clone();
            spawn_local(async move {
                if is_on {
                    Notifying::turn_off();
                } else {
                    Notifying::turn_on().await;
                }
                was_asked.set(!is_on);
                notifying.set(Notifying::now());
            });
        })
    };
    let (is_possible, words) = match *notifying {
        Notifying::Off if *was_asked => (
            true,
            "The browser was not told to. Turn this on again, and say yes to what it asks.",
        ),
        Notifying::On | Notifying::Off => (true, "They say who and where, never what."),
        Notifying::Refused => (
            false,
            "This browser was told to show none of this page. Change that in the browser's own settings for it.",
        ),
        Notifying::Impossible => (false, "This browser shows none of pages."),
    };
    html! {
        <section class="card-section">
            <h2>{"Notifications"}</h2>
            <label class="choice"><input type="checkbox" checked={*notifying == Notifying::On} disabled={!is_possible} onchange={turn} />
                {"Tell me of mentions and payments while I do not look"}</label>
            <p class="hint">{words}</p>
        </section>
    }
}
