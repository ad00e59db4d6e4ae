//! Asks the browser to keep what is stored here, once there is something to lose: a message or coins. Asked before, a person could not
//! tell why; browsers that ask the person themselves do so only once.

use ting_core::peer::view::WalletView;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::{
    bridge::{StorageKind, StorageStatus, ToWorker},
    browser,
    client::{Client, use_client},
    node,
    store::use_slice,
};

/// Where it is remembered that the browser was asked in this tab.
const ASKED_KEY: &str = "ting.asked-to-keep";

/// Whether the browser has answered in this tab; what it promised then is in [`StorageStatus`].
pub fn was_asked() -> bool {
    browser::recall(browser::of_this_tab(), ASKED_KEY).is_some()
}

/// Asks, has the worker read the answer, and hands it on.
pub fn ask(client: Client, answered: Callback<bool>) {
    spawn_local(async move {
        let is_promised = node::ask_for_persistence().await;
        browser::remember(browser::of_this_tab(), ASKED_KEY, Some("yes"));
        // The worker looks again whenever it hears of the page.
        client.post(&ToWorker::Visible(browser::is_visible()));
        answered.emit(is_promised);
    });
}

/// Asks once in a tab, as soon as something is there.
#[hook]
pub fn use_persistence() {
    let client = use_client();
    let has_something = use_slice::<WalletView>()
        .is_some_and(|wallet| wallet.available_micro > 0 || !wallet.history.is_empty());
    let is_evictable = use_slice::<StorageStatus>()
        .is_some_and(|storage| !storage.persistent && storage.kind != StorageKind::Memory);
    use_effect_with(has_something && is_evictable, move |is_due| {
        if *is_due && !was_asked() {
            ask(client, Callback::noop());
        }
    });
}
