//! The servers that the relay is measured beside: NATS and Mosquitto from Debian, nostr-rs-relay from the crates registry, the
//! others from npm.
//!
//! One that cannot be had is told as such in the table; the bench goes on without it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{
    node,
    step::{Had, had, step},
    tools,
};
use crate::shell;

/// Where Debian puts servers; not on the PATH of users.
const SYSTEM_FOLDER: &str = "/usr/sbin";
/// Scripts for Node.js, named as the load tool names the servers.
const SCRIPTS: [&str; 3] = ["ws", "y-websocket", "socket-io"];
const PACKAGES: [&str; 2] = ["nats-server", "mosquitto"];

/// Each server's name with its program or script.
pub fn ensure(folder: &Path) -> Vec<(&'static str, Result<PathBuf>)> {
    let node = step("node peers", || {
        node::ensure_packages("load/peers", folder.join("peers"))
    })
    .map_err(|error| format!("{error:#}"));
    let scripts = SCRIPTS.map(|name| {
        let script = node
            .as_ref()
            .map(|folder| folder.join(name).with_extension("cjs"));
        (name, script.map_err(|error| anyhow::Error::msg(error.clone())))
    });
    let programs = PACKAGES.map(|package| {
        let name = package.split('-').next().unwrap_or(package);
        (name, step(package, || debian_program(package)))
    });
    let nostr = ("nostr", step("nostr-rs-relay", || nostr_relay(folder)));
    scripts.into_iter().chain(programs).chain([nostr]).collect()
}

/// Its build compiles a protocol description, for which it looks for `protoc`.
fn nostr_relay(folder: &Path) -> Result<Had<PathBuf>> {
    if shell::which("protoc").is_none() && shell::has_apt() {
        shell::apt_install(&["protobuf-compiler"])?;
    }
    tools::ensure_cargo_tool(folder, &tools::nostr_relay())
}

fn debian_program(package: &str) -> Result<Had<PathBuf>> {
    let system = Path::new(SYSTEM_FOLDER).join(package);
    let found = || {
        let on_path = shell::which(package);
        on_path.or_else(|| Some(system.clone()).filter(|file| file.is_file()))
    };
    if let Some(program) = found() {
        return Ok(had(program, "installed on this machine"));
    }
    if !shell::has_apt() {
        bail!("there is no {package} here, and no apt to install it");
    }
    shell::apt_install(&[package])?;
    let program = found().with_context(|| format!("the package {package} has no such program"))?;
    Ok(had(program, "installed with apt"))
}
