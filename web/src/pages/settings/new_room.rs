//! A new room, and the way in by which others will come: fixed for good when it is made.

use ting_core::ledger::genesis::ClaimMode;
use yew::prelude::*;

use crate::{bridge::new_room, browser, ways};

/// The choice of a way in, and the link that makes the room in another tab: this one stays where it is, for the sake of its room.
#[component]
pub fn NewRoom() -> Html {
    let chosen = use_state_eq(ClaimMode::default);
    let choice = |mode: ClaimMode| {
        let setter = chosen.setter();
        let onchange = Callback::from(move |_: Event| setter.set(mode));
        let id = new_room(mode);
        html! {
            <label key={id} class="choice tall">
                <input type="radio" name="way-in" checked={*chosen == mode} aria-label={ways::title(mode)} aria-describedby={id} {onchange} />
                <span><strong>{ways::title(mode)}</strong><span class="choice-note" {id}>{ways::meaning(mode)}</span></span>
            </label>
        }
    };
    let href = format!("/{}#{}", browser::query(), new_room(*chosen));
    html! {
        <section class="card-section">
            <h2 id="new-room-title">{"New room"}</h2>
            <p>{"How do others get in? This cannot be changed later."}</p>
            <div class="choice-list" role="radiogroup" aria-labelledby="new-room-title">
                {ClaimMode::ALL.into_iter().map(choice).collect::<Html>()}
            </div>
            <div class="actions start">
                <a class="button primary" {href} target="_blank" rel="noopener">{"Make the room in a new tab"}</a>
            </div>
        </section>
    }
}
