//! Settings: name, theme, notifications, relays, storage, export and import, forgetting.

mod data;
mod new_room;
mod notifications;
mod relays;

use ting_core::{
    params::MAX_NAME_BYTES,
    peer::{
        command::{Command, CommandResult},
        view::WalletView,
    },
};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use self::{data::Data, new_room::NewRoom, notifications::NotificationSettings, relays::RelaySettings};
use crate::{
    bridge::Watch,
    client::{use_client, use_watch},
    parts::{identicon::Identicon, key::Copied, signing::SigningDeviceLine},
    store::{Tone, use_dispatch, use_slice},
    theme::Theme,
};

/// The settings page: name, theme, notifications, relays, and the data that this browser keeps.
#[component]
pub fn SettingsPage() -> Html {
    use_watch(Watch::Nothing);
    html! {
        <div class="settings column">
            <h1 class="page-title">{"Settings"}</h1>
            <NameSettings />
            <ThemeSettings />
            <NotificationSettings />
            <RelaySettings />
            <NewRoom />
            <Data />
            <section class="card-section">
                <h2>{"About"}</h2>
                <p>{format!("Ting {}. A chat room that keeps its own books: every tab is a whole node.", env!("CARGO_PKG_VERSION"))}</p>
                <p class="quiet">{"Free under the MIT or the Apache 2.0 licence."}</p>
            </section>
        </div>
    }
}

#[component]
fn NameSettings() -> Html {
    let wallet = use_slice::<WalletView>();
    let client = use_client();
    let dispatch = use_dispatch();
    let typed = use_state_eq(|| None::<String>);
    let current = wallet
        .as_deref()
        .map(|wallet| wallet.name.clone())
        .unwrap_or_default();
    let name = (*typed).clone().unwrap_or_else(|| current.clone());
    let trimmed = name.trim().to_owned();
    let is_good = !trimmed.is_empty() && trimmed.len() <= MAX_NAME_BYTES && trimmed != current;
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()))
        })
    };
    let onsubmit = {
        let trimmed = trimmed.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let dispatch = dispatch.clone();
            let answered = Callback::from(move |result| {
                if !matches!(result, CommandResult::Refused(_)) {
                    dispatch.iter().for_each(|dispatch| {
                        dispatch.toast(Tone::Good, "Your new name is on its way into a block.")
                    });
                }
            });
            if is_good {
                client.submit_then(
                    Command::SetName {
                        name: trimmed.clone(),
                    },
                    answered,
                );
            }
        })
    };
    html! {
        <section class="card-section">
            <h2>{"Identity"}</h2>
            if let Some(wallet) = &wallet {
                <p class="identity"><Identicon account={wallet.account} class="large" />
                    <Copied what="address" whole={wallet.account.to_string()} short={wallet.account.short()} /></p>
            }
            <form {onsubmit}>
                <label class="label" for="name">{"Name"}</label>
                <div class="field-row">
                    <input id="name" class="field" aria-label="Name" autocomplete="off" value={name} {oninput} />
                    <button class="button primary" disabled={!is_good}>{"Save name"}</button>
                </div>
                <p class="field-note">
                    if trimmed.is_empty() && typed.is_some() { <span class="wrong">{"A name has a letter at least."}</span> }
                    else if trimmed.len() > MAX_NAME_BYTES { <span class="wrong">{format!("{} bytes too long.", trimmed.len() - MAX_NAME_BYTES)}</span> }
                    else { <span class="quiet">{"Everybody in the room sees it. Names are not unique: the woven pattern and the address tell people apart."}</span> }
                </p>
            </form>
            <SigningDeviceLine />
        </section>
    }
}

#[component]
fn ThemeSettings() -> Html {
    let chosen = use_state_eq(Theme::chosen);
    let choice = |theme: Theme| {
        let chosen_setter = chosen.setter();
        let onchange = Callback::from(move |_: Event| {
            theme.choose();
            chosen_setter.set(theme);
        });
        html! {
            <label key={theme.title()} class="choice"><input type="radio" name="theme" checked={*chosen == theme} {onchange} />{theme.title()}</label>
        }
    };
    html! {
        <section class="card-section">
            <h2 id="theme-title">{"Theme"}</h2>
            <div class="choices" role="radiogroup" aria-labelledby="theme-title">
                {Theme::ALL.into_iter().map(choice).collect::<Html>()}
            </div>
        </section>
    }
}
