//! The build tools: trunk and wasm-bindgen from the crates registry, wasm-opt from npm's `binaryen`.
//!
//! A tool of the right version on PATH is used as it is; else one is fetched ready-made by `cargo binstall`, where that is; else it is built.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::step::{Had, had};
use crate::shell;

const TRUNK_VERSION: &str = "0.21.14";
const CARGO_DENY_VERSION: &str = "0.20.2";
const NOSTR_RELAY_VERSION: &str = "0.8.12";
const BINARYEN_VERSION: &str = "132.0.0";

/// `$XDG_CACHE_HOME/ting/tools`, or `~/.cache/ting/tools`.
pub fn folder() -> Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("neither XDG_CACHE_HOME nor a home folder is known: set XDG_CACHE_HOME")?;
    let folder = cache.join("ting").join("tools");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// A program that `cargo install` builds.
pub struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: String,
    features: &'static [&'static str],
    build: Build,
}

impl CargoTool {
    fn own(&self, folder: &Path) -> PathBuf {
        folder.join("bin").join(self.program)
    }

    fn is_version_of(&self, file: &Path) -> bool {
        let printed = shell::output(shell::command(file).arg("--version"));
        printed.is_some_and(|text| text.split_whitespace().any(|word| word == self.version))
    }

    fn found(&self, folder: &Path) -> Option<Had<PathBuf>> {
        let (program, version, own) = (self.program, &self.version, self.own(folder));
        if let Some(file) = shell::which(program).filter(|file| self.is_version_of(file)) {
            return Some(had(file, format!("{program} {version} on PATH")));
        }
        self.is_version_of(&own)
            .then(|| had(own, format!("{program} {version} installed earlier")))
    }
}

/// What a program is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Build {
    /// It runs for seconds and need not be optimised for minutes.
    Quick,
    /// It is measured, so it is optimised as its authors have it; with today's dependencies, because a compiler may have left
    /// those of its own time behind.
    Measured,
}

/// The web app's bundler.
pub fn trunk() -> CargoTool {
    let features = &["--no-default-features", "--features", "rustls"];
    CargoTool {
        package: "trunk",
        program: "trunk",
        version: TRUNK_VERSION.to_owned(),
        features,
        build: Build::Quick,
    }
}

/// The check of licences, sources and advisories.
pub fn cargo_deny() -> CargoTool {
    let version = CARGO_DENY_VERSION.to_owned();
    CargoTool {
        package: "cargo-deny",
        program: "cargo-deny",
        version,
        features: &[],
        build: Build::Quick,
    }
}

/// A relay of signed events, which the bench measures beside ours.
pub fn nostr_relay() -> CargoTool {
    CargoTool {
        package: "nostr-rs-relay",
        program: "nostr-rs-relay",
        version: NOSTR_RELAY_VERSION.to_owned(),
        features: &[],
        build: Build::Measured,
    }
}

/// The bindings generator; it must have exactly the version of the crate that the workspace pins.
pub fn wasm_bindgen() -> Result<CargoTool> {
    let manifest = fs::read_to_string(shell::root().join("Cargo.toml"))?;
    let pin = manifest
        .lines()
        .find_map(|line| line.strip_prefix("wasm-bindgen = \"="));
    let version = pin.and_then(|rest| rest.strip_suffix('"'));
    let version = version.context("Cargo.toml does not pin wasm-bindgen as `wasm-bindgen = \"=x.y.z\"`")?;
    Ok(CargoTool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: version.to_owned(),
        features: &[],
        build: Build::Quick,
    })
}

/// The tool's program, if it is there already and of the right version.
pub fn installed(folder: &Path, tool: &CargoTool) -> Option<PathBuf> {
    tool.found(folder).map(Had::into_thing)
}

/// Finds the tool on PATH or in our folder, or has it installed there.
pub fn ensure_cargo_tool(folder: &Path, tool: &CargoTool) -> Result<Had<PathBuf>> {
    if let Some(found) = tool.found(folder) {
        return Ok(found);
    }
    let own = tool.own(folder);
    if tool.build == Build::Quick && install_prebuilt(folder, tool) && tool.is_version_of(&own) {
        let how = format!("{} {} from cargo binstall", tool.program, tool.version);
        return Ok(had(own, how));
    }
    println!(
        "set-up  building {} {} once (some minutes)",
        tool.package, tool.version
    );
    let mut install = shell::command("cargo");
    install.args(["install", "--force", tool.package, "--version", &tool.version]);
    install.args(tool.features).arg("--root").arg(folder);
    install
        .arg("--target-dir")
        .arg(build_folder(folder))
        .current_dir(folder);
    if tool.build == Build::Quick {
        install.arg("--locked");
        install
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off");
        install
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    }
    shell::run(&mut install).with_context(|| {
        format!(
            "{} cannot be built: install {} {} yourself and put it on PATH",
            tool.package, tool.program, tool.version
        )
    })?;
    Ok(had(
        own,
        format!("{} {} built with cargo install", tool.program, tool.version),
    ))
}

/// Fetches what somebody built already, where there is `cargo binstall` and it knows of such a build; true if it did.
fn install_prebuilt(folder: &Path, tool: &CargoTool) -> bool {
    if shell::which("cargo-binstall").is_none() {
        return false;
    }
    let mut install = shell::command("cargo");
    install.args([
        "binstall",
        "--no-confirm",
        "--force",
        "--disable-strategies",
        "compile",
    ]);
    install.arg("--root").arg(folder).current_dir(folder);
    install.arg(format!("{}@{}", tool.package, tool.version));
    shell::run(&mut install).is_ok()
}

/// Finds wasm-opt on PATH or in our folder, or installs it there with npm; the app also builds without it.
pub fn ensure_wasm_opt(folder: &Path) -> Result<Had<Option<PathBuf>>> {
    if let Some(file) = shell::which("wasm-opt") {
        return Ok(had(Some(file), "wasm-opt on PATH"));
    }
    let own = folder.join("npm/node_modules/.bin/wasm-opt");
    if own.exists() {
        return Ok(had(Some(own), "binaryen from npm, installed earlier"));
    }
    if shell::which("npm").is_none() {
        return Ok(had(
            None,
            "no npm here: the web app is built without wasm-opt and is about a third larger",
        ));
    }
    let mut install = shell::command("npm");
    install.args([
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--prefix",
    ]);
    install
        .arg(folder.join("npm"))
        .arg(format!("binaryen@{BINARYEN_VERSION}"));
    if shell::run(&mut install).is_err() || !own.exists() {
        return Ok(had(
            None,
            "npm cannot install binaryen: the web app is built without wasm-opt",
        ));
    }
    Ok(had(Some(own), "binaryen installed with npm"))
}

/// Removes what building the tools left behind.
pub fn remove_build_folder(folder: &Path) -> Result<()> {
    let build = build_folder(folder);
    if build.exists() {
        fs::remove_dir_all(build).context("cannot remove the tools' build folder")
    } else {
        Ok(())
    }
}

fn build_folder(folder: &Path) -> PathBuf {
    folder.join("build")
}
