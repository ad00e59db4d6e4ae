//! The relays that carry this room's frames.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    bridge::{MAX_RELAYS, ToWorker},
    client::use_client,
    pages::network::relay_state,
    parts::{
        icon::{Icon, Symbol},
        ticker::use_now,
    },
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

/// These relays with the typed one behind them.
///
/// # Errors
/// In words, why that one is not added.
fn added(own: &[String], typed: &str) -> Result<Vec<String>, &'static str> {
    let relay = address(typed)?;
    if own.contains(&relay) {
        Err("This relay is in the list.")
    } else if own.len() >= MAX_RELAYS {
        Err("A room has four relays at most. Remove one first.")
    } else {
        Ok(own.iter().cloned().chain([relay]).collect())
    }
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
        added(&own, &typed).err()
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
            if let Ok(relays) = added(&own, &typed) {
                save.emit(relays);
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
                            if own.len() > 1 { <button class="icon-button" aria-label={format!("Remove {relay}")} onclick={remove}><Icon symbol={Symbol::Close} /></button> }
                        </li>
                    }
                }).collect::<Html>()}
            </ul>
            <form class="field-row" {onsubmit}>
                <input class="field mono" aria-label="Relay address" placeholder="wss://relay.example" autocomplete="off" spellcheck="false"
                    aria-invalid={problem.is_some().to_string()} value={(*typed).clone()} {oninput} />
                <button class="button" disabled={typed.trim().is_empty() || problem.is_some()}>{"Add relay"}</button>
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

    #[test]
    fn a_relay_that_cannot_be_added_is_told_why() {
        let full: Vec<String> = (0..MAX_RELAYS)
            .map(|number| format!("wss://relay{number}.example"))
            .collect();
        assert_eq!(
            added(&full[1..], "relay0.example").map(|relays| relays.len()),
            Ok(MAX_RELAYS)
        );
        assert!(added(&full, "other.example").is_err_and(|words| words.contains("at most")));
        assert!(added(&full, "relay0.example").is_err_and(|words| words.contains("in the list")));
        assert_eq!(MAX_RELAYS, 4, "the words say so");
    }
}
