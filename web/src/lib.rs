//! The web app: what the page runs and what the node's worker runs, in one module.
//!
//! For now a page that sends what is typed through the relay and shows what other tabs sent.

pub mod bridge;
mod hello;
pub mod node;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Starts the page.
///
/// # Errors
/// When the browser lacks something the page is made of.
#[wasm_bindgen]
pub fn run_page() -> Result<(), JsValue> {
    hello::show()
}

/// Starts the node in its worker.
///
/// # Errors
/// When this is no worker.
#[wasm_bindgen]
pub fn run_worker() -> Result<(), JsValue> {
    node::start()
}
