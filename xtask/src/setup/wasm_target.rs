//! The standard library for wasm32-unknown-unknown, by the first way that works:
//!
//! 1. the active toolchain has it;
//! 2. `rustup target add` downloads it;
//! 3. on Debian and Ubuntu, the distribution's Rust for the web with its library's source, built once and linked into
//!    rustup under a name of our own, so that the user's toolchains stay as they are;
//! 4. otherwise one sentence says what to install.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    step::{Had, had},
    tools,
};
use crate::shell;

/// The name under which the distribution's Rust is linked into rustup.
pub const LINKED_TOOLCHAIN: &str = "ting-wasm";

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
];

/// The toolchain that builds for wasm32.
#[derive(Clone, Copy)]
pub enum WasmToolchain {
    /// The one that builds everything else.
    Active,
    /// The distribution's, linked as [`LINKED_TOOLCHAIN`].
    Linked,
}

/// Finds the compiler's WASM target, or installs it.
pub fn ensure() -> Result<Had<WasmToolchain>> {
    if has_target(shell::command("rustc")) {
        return Ok(had(WasmToolchain::Active, "the active toolchain has it"));
    }
    if linked_toolchain_works() {
        return Ok(had(
            WasmToolchain::Linked,
            format!("toolchain {LINKED_TOOLCHAIN}, built earlier"),
        ));
    }
    let has_rustup = shell::which("rustup").is_some();
    if has_rustup {
        println!("set-up  the wasm32 target is missing: trying rustup");
        let added = shell::run(shell::command("rustup").args(["target", "add", TARGET]));
        if added.is_ok() && has_target(shell::command("rustc")) {
            return Ok(had(WasmToolchain::Active, "added by rustup"));
        }
    }
    if has_rustup && shell::has_apt() {
        println!("set-up  rustup cannot download it: building it from the distribution's Rust");
        install_from_debian()?;
        return Ok(had(
            WasmToolchain::Linked,
            format!("the distribution's Rust, linked as {LINKED_TOOLCHAIN}"),
        ));
    }
    bail!(
        "the Rust target {TARGET} is missing and cannot be installed from here: \
         run `rustup target add {TARGET}` while online, or install rustup first"
    )
}

fn has_target(mut rustc: std::process::Command) -> bool {
    shell::output(rustc.args(["--print", "target-libdir", "--target", TARGET]))
        .and_then(|folder| fs::read_dir(folder).ok())
        .is_some_and(|files| {
            files
                .flatten()
                .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
        })
}

fn linked_toolchain_works() -> bool {
    let version = |stamp: &Path| fs::read_to_string(stamp).ok();
    let linked = || {
        let mut rustc = shell::command("rustc");
        rustc.env("RUSTUP_TOOLCHAIN", LINKED_TOOLCHAIN);
        rustc
    };
    let Ok(stamp) = stamp() else { return false };
    has_target(linked()) && shell::output(linked().arg("-vV")) == version(&stamp)
}

/// The version that the library was built with: another compiler refuses it, so an upgrade builds it anew.
fn stamp() -> Result<PathBuf> {
    Ok(tools::folder()?.join("wasm-std-rustc"))
}

fn install_from_debian() -> Result<()> {
    shell::apt_install(&DEBIAN_PACKAGES)?;
    let rustc = installed_file("rustc-web", "/bin/rustc")?;
    let cargo = installed_file("cargo-web", "/bin/cargo")?;
    shell::apt_install(&[&linker_package(&rustc)?])?;
    let sysroot = shell::output(shell::command(&rustc).args(["--print", "sysroot"]))
        .context("the distribution's rustc does not run")?;
    build_standard_library(&rustc, &cargo, Path::new(&sysroot))?;
    shell::run(shell::command("rustup").args(["toolchain", "link", LINKED_TOOLCHAIN, &sysroot]))?;
    let version = shell::output(shell::command(&rustc).arg("-vV")).unwrap_or_default();
    fs::write(stamp()?, version)?;
    if !linked_toolchain_works() {
        bail!("the linked toolchain {LINKED_TOOLCHAIN} does not find its wasm32 library");
    }
    Ok(())
}

fn installed_file(package: &str, ending: &str) -> Result<String> {
    let files = shell::output(shell::command("dpkg").args(["-L", package]))
        .with_context(|| format!("dpkg does not know {package}"))?;
    let found = files
        .lines()
        .find(|file| file.ends_with(ending) && !file.starts_with("/usr/share"));
    found
        .map(str::to_owned)
        .with_context(|| format!("{package} has no {ending}"))
}

/// The linker of the LLVM that this rustc was built with: `lld-22` for LLVM 22.
fn linker_package(rustc: &str) -> Result<String> {
    let version = shell::output(shell::command(rustc).arg("-vV")).context("rustc -vV failed")?;
    let llvm = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "));
    let major = llvm
        .and_then(|llvm| llvm.split('.').next())
        .context("rustc does not tell its LLVM version")?;
    Ok(format!("lld-{major}"))
}

/// Builds std once as a dependency of an empty crate and copies the libraries to where rustc looks for them.
fn build_standard_library(rustc: &str, cargo: &str, sysroot: &Path) -> Result<()> {
    let folder = tools::folder()?.join("wasm-std");
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    let manifest = "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;

    let mut build = shell::command(cargo);
    build.args(["build", "--release", "--target", TARGET]);
    build.arg("-Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test");
    build
        .current_dir(&folder)
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1");
    build.env("CARGO_TARGET_DIR", folder.join("target"));
    // Without bitcode in the libraries, link-time optimisation fails later.
    build.env("RUSTFLAGS", "-Cembed-bitcode=yes");
    build.env_remove("RUSTUP_TOOLCHAIN");
    shell::run(&mut build)?;

    let libraries = fs::read_dir(folder.join("target").join(TARGET).join("release/deps"))?.flatten();
    let libraries = libraries.map(|file| file.path().to_string_lossy().into_owned());
    let libraries: Vec<String> = libraries
        .filter(|file| file.ends_with(".rlib") && !file.contains("/libempty"))
        .collect();
    let destination = sysroot
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .to_string_lossy()
        .into_owned();
    // Libraries of an older compiler would be found beside the new ones.
    shell::run_as_root("rm", &["-rf", &destination])?;
    shell::run_as_root("mkdir", &["-p", &destination])?;
    let mut arguments: Vec<&str> = libraries.iter().map(String::as_str).collect();
    arguments.push(&destination);
    shell::run_as_root("cp", &arguments)?;
    fs::remove_dir_all(&folder).context("cannot remove the build folder")
}
