//! The node: a whole peer in a worker, with its sockets and its storage, behind the bridge.
//!
//! ```text
//! page   ─ port ───┐                                ┌─ screen ─ views to the page
//! relays ─ socket ─┼─ inbox ─ driver ─ ting_host ─ ┼─ socket ─ frames to the relays
//! timer ───────────┘                                ├─ journal ─ storage
//!                                                   └─ keeper ─ the farewell, held by the page
//! ```
//! Browser callbacks only put events into the [`inbox`]; the [`driver`] is the one loop that owns everything else. What is here is the
//! browser's; what every host of a peer does is `ting_host`.

mod custody;
mod driver;
mod host;
mod identity;
mod inbox;
mod journal;
mod keeper;
mod locks;
mod port;
mod rooms;
mod screen;
mod socket;
mod storage;
mod timer;

pub use storage::ask_for_persistence;
use wasm_bindgen::JsValue;

/// Starts the node: it listens to the page at once, and opens a room when told to.
///
/// # Errors
/// What it is called in is no worker.
pub fn start() -> Result<(), JsValue> {
    let inbox = inbox::Inbox::default();
    let keeper = keeper::PageKeeper::default();
    let asked = keeper.clone();
    port::listen(&inbox, move |answer| asked.take(answer))?;
    wasm_bindgen_futures::spawn_local(driver::run(inbox, keeper));
    Ok(())
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
