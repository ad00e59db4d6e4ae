//! People to pay, whose names fit what is typed.

use std::rc::Rc;

use ting_core::crypto::keys::Address;
use yew::prelude::*;

use crate::{
    parts::{identicon::Identicon, said::Said},
    people::People,
};

/// Most people offered at once.
const MAX_OFFERED: usize = 5;

/// What [`Offered`] shows.
#[derive(PartialEq, Properties)]
pub struct OfferedProps {
    /// What was typed of a name so far.
    pub typed: String,
    /// People whose names are known here.
    pub people: Rc<People>,
    /// My own account, which is not offered.
    pub me: Option<Address>,
    /// Called with the address of whoever was chosen.
    pub on_choose: Callback<String>,
}

/// People whose names fit what is typed.
#[component]
pub fn Offered(props: &OfferedProps) -> Html {
    let typed = props.typed.trim().trim_start_matches('@').to_lowercase();
    let like = props.people.like(&typed);
    let fitting = props.people.iter().filter(|(account, name)| {
        let fits = name.to_lowercase().contains(&typed) || like.contains(account);
        Some(*account) != props.me && !name.is_empty() && fits
    });
    html! {
        <span class="offered-people">
            {fitting.take(MAX_OFFERED).map(|(account, name)| {
                let (on_choose, address, name) = (props.on_choose.clone(), account.to_string(), name.to_owned());
                html! {
                    <button key={account.to_string()} type="button" class="chip" title={address.clone()} onclick={move |_| on_choose.emit(address.clone())}>
                        <Identicon {account} class="small" /><Said text={name} /><code class="quiet">{account.short()}</code>
                    </button>
                }
            }).collect::<Html>()}
        </span>
    }
}
