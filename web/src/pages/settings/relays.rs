//! The relays that carry this room's frames.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    bridge::{MAX_RELAYS, ToWorker},
    client::use_client,
    pages::network::relay_state,
    parts::{icon::Icon, ticker::use_now},
    store::{Relays, use_slice},
};

/// A relay's address as typed, made valid: `ws://` or `wss://`, no path.
fn address(typed: &str) -> Result<String, &'static str> {
    let (scheme, host) = typed.trim().split_once("://").unwrap_or(("wss", typed.trim()));
    let host = host.trim_end_matches('/');
    if !matches!(scheme, "ws" | "wss") {
        return Err("An address begins with wss:// or ws://.");
    }
    if host.is_empty() || host.contains(['/', ' ', '#', '?', '@']) {
        return Err("Write only the host and port, such as wss://relay.example.");
    }
    Ok(format!("{scheme}://{host}"))
}

/// Relays with state; adding and removing.
#[component]
pub fn RelaySettings() -> Html {
    let client = use_client();
    let relays = use_slice::<Relays>();
    let now_ms = use_now();
    let own: Vec<String> = relays
        .iter()
        .flat_map(|relays| relays.links.iter().map(|link| link.address.clone()))
        .collect();
    let typed = use_state_eq(String::new);
    let problem = if typed.trim().is_empty() {
        None
    } else {
        address(&typed).err()
    };
    let save = Callback::from(move |relays: Vec<String>| client.post(&ToWorker::Relays(relays)));
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let onsubmit = {
        let (own, typed, save) = (own.clone(), typed.clone(), save.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Ok(relay) = address(&typed)
                && !own.contains(&relay)
                && own.len() < MAX_RELAYS
            {
                save.emit(own.iter().cloned().chain([relay]).collect());
                typed.set(String::new());
            }
        })
    };
    html! {
        <section class="card-section">
            <h2>{"Relays"}</h2>
            <p class="hint">{"Two relays are better than one: what one withholds, the other brings. Everybody in the room needs at least one in common."}</p>
            <ul class="relays">
                {relays.iter().flat_map(|relays| relays.links.iter().map(|link| (link, relays.heard_at_ms))).map(|(link, heard_at_ms)| {
                    let relay = &link.address;
                    let remove = {
                        let (own, save, relay) = (own.clone(), save.clone(), relay.clone());
                        Callback::from(move |_: MouseEvent| save.emit(own.iter().filter(|kept| **kept != relay).cloned().collect()))
                    };
                    html! {
                        <li key={relay.clone()}><code>{relay.clone()}</code>{relay_state(link, heard_at_ms, now_ms)}
                            if own.len() > 1 { <button class="icon-button" aria-label={format!("Remove {relay}")} onclick={remove}><Icon name="close" /></button> }
                        </li>
                    }
                }).collect::<Html>()}
            </ul>
            <form class="field-row" {onsubmit}>
                <input class="field mono" aria-label="Relay address" placeholder="wss://relay.example" autocomplete="off" spellcheck="false"
                    aria-invalid={problem.is_some().to_string()} value={(*typed).clone()} {oninput} />
                <button class="button" disabled={typed.trim().is_empty() || problem.is_some() || own.len() >= MAX_RELAYS}>{"Add relay"}</button>
            </form>
            <p class="field-note">if let Some(problem) = problem { <span class="wrong">{problem}</span> }</p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relay_addresses_have_a_host_and_no_path() {
        assert_eq!(address("relay.example"), Ok("wss://relay.example".into()));
        assert_eq!(
            address(" ws://127.0.0.1:4040/ "),
            Ok("ws://127.0.0.1:4040".into())
        );
        for wrong in [
            "https://relay.example",
            "wss://",
            "wss://a/b",
            "javascript://x",
            "wss://user@host",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
