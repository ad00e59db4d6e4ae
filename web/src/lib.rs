//! The web app: what the page runs and what the node's worker runs, in one module.
//!
//! The page only draws. It shows text of other people as text nodes and whitelisted elements, never as markup, so a peer can write nothing
//! but words here.

mod amount;
mod announcement;
mod app;
pub mod bridge;
mod browser;
mod client;
mod clipboard;
mod direction;
mod drafts;
mod farewell;
mod files;
mod invite;
mod kept_drafts;
mod keys;
mod markup;
mod mention;
mod name;
pub mod node;
mod notify;
mod other_tab;
mod overlays;
mod pages;
mod palette;
mod parts;
mod passes;
mod people;
mod persistence;
mod pulse;
mod relay_words;
mod route;
mod seen;
mod shell;
mod shortcuts;
mod store;
mod theme;
mod unsent;
mod ways;
mod when;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Starts the page; `index.html` calls it.
#[wasm_bindgen]
pub fn run_page() {
    app::run();
}

/// Starts the node in its worker; `worker.js` calls it.
///
/// # Errors
/// What it is called in is no worker.
#[wasm_bindgen]
pub fn run_worker() -> Result<(), JsValue> {
    node::start()
}
