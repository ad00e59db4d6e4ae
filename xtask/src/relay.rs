//! Builds the relay.

use std::path::PathBuf;

use anyhow::Result;

use crate::{setup, shell};

/// Builds the relay as tests have it, which takes a third of the time that [`build_for_release`] takes, and returns the program.
///
/// # Errors
/// When it does not build.
pub fn build() -> Result<PathBuf> {
    let mut cargo = shell::command("cargo");
    shell::run_quietly(cargo.args(["build", "-p", "ting-relay"]))?;
    Ok(setup::target_dir().join("debug").join("ting-relay"))
}

/// Builds the relay for release, to be measured, and returns the program.
///
/// # Errors
/// When it does not build.
pub fn build_for_release() -> Result<PathBuf> {
    shell::run(shell::command("cargo").args(["build", "--release", "-p", "ting-relay"]))?;
    Ok(setup::target_dir().join("release").join("ting-relay"))
}
