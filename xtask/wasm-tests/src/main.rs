//! What cargo runs tests with that were compiled to WASM: wasm-bindgen's own runner, as a program of this workspace.
//!
//! So it always has the version of the bindings that the tests were compiled with, and is built from what xtask's bundler is built from, which takes a
//! sixth of the time that installing the published program takes.

use std::env;

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(env::args_os())
}
