//! What cargo runs tests with that were compiled to WASM: wasm-bindgen's own runner, as a program of this workspace.
//!
//! So it always has the version of the bindings that the tests were compiled with, and shares with xtask's bundler most of what it is built from.

use std::env;

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(env::args_os())
}
