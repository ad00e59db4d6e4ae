//! The worker's side of the bridge.

mod host;
mod identity;
mod inbox;
mod locks;
mod rooms;
mod sockets;
mod storage;

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);
