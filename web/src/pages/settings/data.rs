//! What this browser keeps: how much, how safely, and how to take it along or away.

use gloo_events::EventListener;
use js_sys::Uint8Array;
use ting_core::peer::view::{PulseView, WalletView};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    amount::thousands,
    bridge::{StorageKind, StorageStatus, ToWorker},
    client::use_client,
    pages::wallet::kept::Kept,
    parts::{
        dialog::Dialog,
        icon::{Icon, Symbol},
    },
    persistence::{ask, was_asked},
    store::{Tone, use_dispatch, use_slice},
};

/// Storage, export, import, forgetting.
#[component]
pub fn Data() -> Html {
    let storage = use_slice::<StorageStatus>();
    let client = use_client();
    let is_forgetting = use_state_eq(|| false);
    let file = use_node_ref();
    use_import(&file);
    let export = {
        let client = client.clone();
        Callback::from(move |_: MouseEvent| client.post(&ToWorker::Export))
    };
    let import = {
        let file = file.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(input) = file.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    let begin = {
        let is_forgetting = is_forgetting.setter();
        Callback::from(move |_: MouseEvent| is_forgetting.set(true))
    };
    let end = {
        let is_forgetting = is_forgetting.setter();
        Callback::from(move |()| is_forgetting.set(false))
    };
    let cancel = end.reform(|_: MouseEvent| ());
    let wallet = use_slice::<WalletView>();
    let account = wallet.as_deref().map(|wallet| wallet.account);
    let forget = Callback::from(move |_: MouseEvent| {
        account.iter().for_each(|account| Kept::Unknown.remember(account));
        client.post(&ToWorker::ForgetMe);
    });
    let peers = use_slice::<PulseView>().map_or(0, |pulse| pulse.peers);
    let loss = wallet.and_then(|wallet| loss_to_the_room(wallet.stake_share_ppm, peers));
    html! {
        <>
            <section class="card-section">
                <h2>{"Storage"}</h2>
                {storage.as_deref().map(storage_words)}
                if storage.is_some_and(|storage| !storage.persistent && storage.kind != StorageKind::Memory) { <Promise /> }
                <div class="actions start">
                    <button class="button" onclick={export}>{"Export room"}</button>
                    <button class="button" onclick={import}>{"Import room"}</button>
                </div>
                <p class="hint">{"An export holds the room's chain for everybody to verify, and no keys."}</p>
                <input ref={file} type="file" class="hidden-file" tabindex="-1" aria-hidden="true" accept=".ting" />
            </section>
            <section class="card-section danger-zone">
                <h2>{"Forget me"}</h2>
                <p>{"Deletes this identity, its keys and its copy of the chain from this browser. Without the backup words its coins are gone for good."}</p>
                <div class="actions start"><button class="button danger" onclick={begin}>{"Forget me"}</button></div>
            </section>
            if *is_forgetting {
                <Dialog title="Forget this identity?" on_close={end}>
                    <p>{"Its keys are deleted from this browser at once. Messages and payments stay in the room: they are everybody's."}</p>
                    if let Some(loss) = loss { <p class="notice wrong" role="alert"><Icon symbol={Symbol::Warning} />{loss}</p> }
                    <div class="actions">
                        <button class="button" onclick={cancel}>{"Keep me"}</button>
                        <button class="button danger" onclick={forget}>{"Forget for good"}</button>
                    </div>
                </Dialog>
            }
        </>
    }
}

/// What the room loses with the keys of somebody with this share of all stake, while so many others are here.
fn loss_to_the_room(share_ppm: u32, peers: u32) -> Option<String> {
    // Final is what two thirds of the stake sign.
    const THIRD_PPM: u32 = 333_333;
    let percent = share_ppm / 10_000;
    let others = if peers == 0 { " Nobody else is here." } else { "" };
    (share_ppm > THIRD_PPM).then(|| format!(
        "You hold {percent} % of the room's stake. Without these keys nothing becomes final in this room again, for anybody.{others} \
         To leave and come back, keep your backup words, or unbond first and let others bond."
    ))
}

fn storage_words(status: &StorageStatus) -> Html {
    let kind = match status.kind {
        StorageKind::Opfs => "in this browser's private files",
        StorageKind::IndexedDb => "in this browser's database",
        StorageKind::Memory => "in memory only: everything is gone when this tab closes",
    };
    html! {
        <>
            if let Some(reason) = &status.failing {
                <p class="notice wrong" role="alert"><Icon symbol={Symbol::Warning} />{format!("The last write failed: {reason}. Free some space, then load the page again; nothing that was acknowledged is lost.")}</p>
            }
            <p>{format!("{} kB {kind}.", thousands(status.used_bytes.div_ceil(1_000)))}</p>
            if status.persistent { <p class="quiet">{"The browser promised to keep it, also when space runs out."}</p> }
        </>
    }
}

/// What the browser said when it was asked to keep everything, and the question once more.
#[component]
fn Promise() -> Html {
    let client = use_client();
    let dispatch = use_dispatch();
    if !was_asked() {
        return html! { <p class="quiet">{"After your first message or coins, the browser is asked to keep it."}</p> };
    }
    let onclick = Callback::from(move |_: MouseEvent| {
        let dispatch = dispatch.clone();
        let answered = Callback::from(move |is_promised| {
            let (tone, text) = if is_promised {
                (Tone::Good, "The browser promised to keep it.")
            } else {
                (Tone::Plain, "The browser does not promise it.")
            };
            dispatch.iter().for_each(|dispatch| dispatch.toast(tone, text));
        });
        ask(client.clone(), answered);
    });
    html! {
        <p class="quiet">{"The browser was asked to keep it and promised nothing: it may delete it when space runs out. Keep your backup words. "}
            <button class="text-button" {onclick}>{"Ask again"}</button></p>
    }
}

/// Sends a chosen file to the worker.
#[hook]
fn use_import(file: &NodeRef) {
    let client = use_client();
    let dispatch = use_dispatch();
    let file = file.clone();
    use_effect_with((), move |()| {
        let listener = file.cast::<HtmlInputElement>().map(|input| {
            EventListener::new(&input.clone(), "change", move |_| {
                let Some(chosen) = input.files().and_then(|files| files.get(0)) else {
                    return;
                };
                input.set_value("");
                let (client, dispatch) = (client.clone(), dispatch.clone());
                spawn_local(async move {
                    match JsFuture::from(chosen.array_buffer()).await {
                        Ok(buffer) => client.post(&ToWorker::Import(Uint8Array::new(&buffer).to_vec())),
                        Err(_) => dispatch.iter().for_each(|dispatch| {
                            dispatch.toast(Tone::Bad, "The browser cannot read this file.");
                        }),
                    }
                });
            })
        });
        move || drop(listener)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_could_stop_the_room_by_leaving_is_told() {
        assert_eq!(loss_to_the_room(333_333, 3), None);
        let said = loss_to_the_room(600_000, 0).unwrap();
        assert!(
            said.contains("60 %") && said.contains("Nobody else is here"),
            "{said}"
        );
        assert!(!loss_to_the_room(1_000_000, 1).unwrap().contains("Nobody else"));
    }
}
