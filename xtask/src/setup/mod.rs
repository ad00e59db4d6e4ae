//! Set-up on a bare machine: finds or installs what the web app and its tests need.
//!
//! Idempotent: what is there is used, what is missing is installed by the first way that works, and each line on the
//! screen says which way that was. Tools go to a folder of the user's cache, so a fresh clone does not build them again.

mod browser;
mod nats;
mod node;
mod peers;
mod step;
mod tools;
mod wasm_target;

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;
pub use browser::Browser;
pub use wasm_target::{LINKED_TOOLCHAIN, WasmToolchain};

use self::step::step;
use crate::shell;

/// Everything that building the web app takes.
#[derive(Clone)]
pub struct WebTools {
    /// The toolchain that has the standard library for wasm32.
    pub toolchain: WasmToolchain,
    /// Folders to put before the user's PATH, with trunk and what it needs.
    path: Vec<PathBuf>,
    /// The optimiser, where it could be had.
    pub wasm_opt: Option<PathBuf>,
}

impl WebTools {
    /// With trunk, and wasm-bindgen's program which it needs itself.
    ///
    /// # Errors
    /// When they are not there and cannot be installed.
    pub fn and_trunk(self) -> Result<Self> {
        self.and("wasm-bindgen", &tools::wasm_bindgen()?)?
            .and("trunk", &tools::trunk())
    }

    fn and(mut self, name: &str, tool: &tools::CargoTool) -> Result<Self> {
        let folder = tools::folder()?;
        let _alone = lock(&folder)?;
        let program = step(name, || tools::ensure_cargo_tool(&folder, tool))?;
        tools::remove_build_folder(&folder)?;
        self.find(&program);
        Ok(self)
    }

    /// With trunk and wasm-bindgen's program if both are there already, on PATH or installed by [`Self::and_trunk`].
    pub fn with_installed_trunk(&self) -> Option<Self> {
        let folder = tools::folder().ok()?;
        let mut found = self.clone();
        for tool in [tools::wasm_bindgen().ok()?, tools::trunk()] {
            found.find(&tools::installed(&folder, &tool)?);
        }
        Some(found)
    }

    fn find(&mut self, program: &Path) {
        self.path.extend(program.parent().map(Path::to_path_buf));
    }

    /// A command that finds these tools, builds with the wasm toolchain, and keeps its own target folder, so that native
    /// builds and web builds never throw away each other's work.
    pub fn command(&self, program: &str) -> Result<Command> {
        let path = shell::path_with(&self.path)?;
        let found = env::split_paths(&path)
            .map(|folder| folder.join(program))
            .find(|file| file.is_file());
        let mut command = shell::command(found.unwrap_or_else(|| program.into()));
        command
            .env("PATH", path)
            .env("CARGO_TARGET_DIR", web_target_dir());
        if let WasmToolchain::Linked = self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", LINKED_TOOLCHAIN);
        }
        Ok(command)
    }
}

/// Where web builds keep their artefacts.
pub fn web_target_dir() -> PathBuf {
    target_dir().join("web")
}

/// Where native builds keep their artefacts.
pub fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| shell::root().join("target"), |dir| shell::root().join(dir))
}

/// Finds or installs what building the web app takes.
///
/// # Errors
/// When something cannot be had, with one sentence that says what to install.
pub fn web() -> Result<WebTools> {
    let folder = tools::folder()?;
    let _alone = lock(&folder)?;
    let toolchain = step("wasm32 target", wasm_target::ensure)?;
    let wasm_opt = step("wasm-opt", || tools::ensure_wasm_opt(&folder))?;
    Ok(WebTools {
        toolchain,
        path: Vec::new(),
        wasm_opt,
    })
}

/// Finds or installs Chromium and its driver.
///
/// # Errors
/// When there is no browser and none can be installed, with one sentence that says what to install.
pub fn browser() -> Result<Browser> {
    let folder = tools::folder()?;
    let _alone = lock(&folder)?;
    step("browser", browser::ensure)
}

/// Finds or installs nats-server.
///
/// # Errors
/// When there is none and none can be installed, with one sentence that says what to install.
pub fn nats_server() -> Result<PathBuf> {
    let folder = tools::folder()?;
    let _alone = lock(&folder)?;
    step("nats-server", nats::ensure)
}

/// Finds or installs axe-core; returns its script.
///
/// # Errors
/// When npm cannot be had or cannot install it.
pub fn axe() -> Result<PathBuf> {
    let folder = tools::folder()?;
    let _alone = lock(&folder)?;
    let own = step("axe-core", || {
        node::ensure_packages("e2e/axe", folder.join("axe"))
    })?;
    Ok(own.join("node_modules/axe-core/axe.min.js"))
}

/// Finds cargo-deny or builds it.
///
/// # Errors
/// When it cannot be built.
pub fn cargo_deny() -> Result<PathBuf> {
    let folder = tools::folder()?;
    let _alone = lock(&folder)?;
    let program = step("cargo-deny", || {
        tools::ensure_cargo_tool(&folder, &tools::cargo_deny())
    })?;
    tools::remove_build_folder(&folder)?;
    Ok(program)
}

/// cargo-deny, if it is there: on PATH, whatever its version, or built by [`cargo_deny`].
pub fn cargo_deny_if_installed() -> Option<PathBuf> {
    let own = || tools::folder().ok().map(|folder| folder.join("bin/cargo-deny"));
    shell::which("cargo-deny")
        .or_else(own)
        .filter(|program| program.is_file())
}

/// Finds or installs the servers that the relay is measured beside: each one's name with its program, or why there is none.
///
/// # Errors
/// When there is no folder to install to.
pub fn peers() -> Result<Vec<(&'static str, Result<PathBuf>)>> {
    let folder = tools::folder()?;
    let _alone = lock(&folder)?;
    let peers = peers::ensure(&folder);
    tools::remove_build_folder(&folder)?;
    Ok(peers)
}

/// Two set-ups at once would install over each other: the second waits for the first.
fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("lock"))?;
    if file.try_lock().is_err() {
        println!("set-up  waiting for another set-up that is running");
        file.lock()?;
    }
    Ok(file)
}
