//! `cargo xtask deny`: licences, sources, duplicates and known vulnerabilities of the dependencies.

use anyhow::{Context, Result};

use crate::{setup, shell};

/// Whether cargo-deny is there already; building it takes minutes.
pub fn is_installed() -> bool {
    setup::cargo_deny_if_installed().is_some()
}

/// The checks that need no network.
///
/// # Errors
/// When a check fails.
pub fn check_offline() -> Result<()> {
    run(&["check", "bans", "licenses", "sources"])
}

/// All checks, the advisory database's too; builds cargo-deny if it is missing.
///
/// # Errors
/// When cargo-deny or the database cannot be had, or a check fails.
pub fn check() -> Result<()> {
    setup::cargo_deny()?;
    check_offline()?;
    run(&["check", "advisories"])
        .context("known vulnerabilities were found, or their database cannot be fetched")
}

fn run(arguments: &[&str]) -> Result<()> {
    let program = setup::cargo_deny_if_installed().unwrap_or_else(|| "cargo-deny".into());
    shell::run(shell::command(program).args(arguments))
}
