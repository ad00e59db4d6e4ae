//! Builds the relay.

use std::path::PathBuf;

use anyhow::Result;

use crate::{setup, shell};

/// Builds the relay for release and returns the program.
///
/// # Errors
/// When it does not build.
pub fn build() -> Result<PathBuf> {
    shell::run(shell::command("cargo").args(["build", "--release", "-p", "ting-relay"]))?;
    Ok(setup::target_dir().join("release").join("ting-relay"))
}
