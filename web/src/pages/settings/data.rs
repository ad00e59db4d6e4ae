//! What this browser keeps: how much, how safely, and how to take it along or away.

use gloo_events::EventListener;
use js_sys::Uint8Array;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::{
    amount::thousands,
    bridge::{StorageKind, StorageStatus, ToWorker},
    client::use_client,
    parts::{dialog::Dialog, icon::Icon},
    store::use_slice,
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
    let ask = {
        let is_forgetting = is_forgetting.setter();
        Callback::from(move |_: MouseEvent| is_forgetting.set(true))
    };
    let end = {
        let is_forgetting = is_forgetting.setter();
        Callback::from(move |()| is_forgetting.set(false))
    };
    let cancel = end.reform(|_: MouseEvent| ());
    let forget = Callback::from(move |_: MouseEvent| client.post(&ToWorker::ForgetMe));
    html! {
        <>
            <section class="card-section">
                <h2>{"Storage"}</h2>
                {storage.as_deref().map(storage_words)}
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
                <div class="actions start"><button class="button danger" onclick={ask}>{"Forget me"}</button></div>
            </section>
            if *is_forgetting {
                <Dialog title="Forget this identity?" on_close={end}>
                    <p>{"Its keys are deleted from this browser at once. Messages and payments stay in the room: they are everybody's."}</p>
                    <div class="actions">
                        <button class="button" onclick={cancel}>{"Keep me"}</button>
                        <button class="button danger" onclick={forget}>{"Forget for good"}</button>
                    </div>
                </Dialog>
            }
        </>
    }
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
                <p class="notice wrong" role="alert"><Icon name="warning" />{format!("The last write failed: {reason}. Free some space, then load the page again; nothing that was acknowledged is lost.")}</p>
            }
            <p>{format!("{} kB {kind}.", thousands(status.used_bytes.div_ceil(1_000)))}</p>
            <p class="quiet">{if status.persistent { "The browser promised to keep it." }
                else { "The browser may delete it when space runs out. Keep your backup words." }}</p>
        </>
    }
}

/// Sends a chosen file to the worker.
#[hook]
fn use_import(file: &NodeRef) {
    let client = use_client();
    let file = file.clone();
    use_effect_with((), move |()| {
        let listener = file.cast::<HtmlInputElement>().map(|input| {
            EventListener::new(&input.clone(), "change", move |_| {
                let Some(chosen) = input.files().and_then(|files| files.get(0)) else {
                    return;
                };
                input.set_value("");
                let client = client.clone();
                spawn_local(async move {
                    if let Ok(buffer) = JsFuture::from(chosen.array_buffer()).await {
                        client.post(&ToWorker::Import(Uint8Array::new(&buffer).to_vec()));
                    }
                });
            })
        });
        move || drop(listener)
    });
}
