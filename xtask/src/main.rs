//! What developers run: `cargo xtask setup | play | serve | test | deny`.

mod setup;
mod shell;

use std::process::ExitCode;

use anyhow::Result;
use lexopt::prelude::*;

const USAGE: &str = "\
usage: cargo xtask <command>

  setup    install what is missing: wasm32 target, trunk, wasm-bindgen, wasm-opt, Chromium
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = lexopt::Parser::from_env();
    match arguments.next()? {
        Some(Value(command)) if command == "setup" => {
            setup::web()?;
            setup::browser()?;
        }
        _ => print!("{USAGE}"),
    }
    Ok(())
}
