//! nats-server for the tests of relays that are joined: what is on PATH, else the distribution's package.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::step::{Had, had};
use crate::shell;

/// Finds nats-server, or installs it.
pub fn ensure() -> Result<Had<PathBuf>> {
    if let Some(server) = shell::which("nats-server") {
        let how = format!("{} on PATH", server.display());
        return Ok(had(server, how));
    }
    if shell::has_apt()
        && shell::apt_install(&["nats-server"]).is_ok()
        && let Some(server) = shell::which("nats-server")
    {
        return Ok(had(server, "nats-server installed with apt"));
    }
    bail!("the relay's tests need nats-server on PATH: install it")
}
