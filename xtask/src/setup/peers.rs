//! The servers that the relay is measured beside: NATS and Mosquitto from Debian, nostr-rs-relay from the crates registry, the
//! others from npm.
//!
//! One that cannot be had is told as such in the table; the bench goes on without it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Had, had, step, tools};
use crate::shell;

/// Where Debian puts servers; not on the PATH of users.
const SYSTEM_FOLDER: &str = "/usr/sbin";
/// Scripts for Node.js, named as the load tool names the servers.
const SCRIPTS: [&str; 3] = ["ws", "y-websocket", "socket-io"];
const PACKAGES: [&str; 2] = ["nats-server", "mosquitto"];

/// Each server's name with its program or script.
pub fn ensure(folder: &Path) -> Vec<(&'static str, Result<PathBuf>)> {
    let node = step("node peers", || node_folder(folder)).map_err(|error| format!("{error:#}"));
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

/// A folder with the scripts and with what they need, from the committed lock file.
fn node_folder(folder: &Path) -> Result<Had<PathBuf>> {
    ensure!(
        shell::which("npm").is_some(),
        "there is no npm here: install Node.js"
    );
    let own = folder.join("peers");
    fs::create_dir_all(&own)?;
    let lock_before = fs::read(own.join("package-lock.json")).ok();
    let source = shell::root().join("load/peers");
    for entry in fs::read_dir(&source).with_context(|| format!("cannot read {}", source.display()))? {
        let entry = entry?;
        fs::copy(entry.path(), own.join(entry.file_name()))?;
    }
    let is_current = lock_before == fs::read(own.join("package-lock.json")).ok();
    if is_current && own.join("node_modules").exists() {
        return Ok(had(own, "packages from npm, installed earlier"));
    }
    let mut install = shell::command("npm");
    install.args([
        "ci",
        "--omit=optional",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]);
    shell::run(install.arg("--loglevel=error").arg("--prefix").arg(&own))?;
    Ok(had(own, "packages installed with npm"))
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
