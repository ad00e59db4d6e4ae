//! Packages from npm, pinned with their checksums by a committed lock file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::step::{Had, had};
use crate::shell;

/// A folder of ours with the files of `source`, a folder of the repository, and with the packages that its lock file names.
pub fn ensure_packages(source: &str, own: PathBuf) -> Result<Had<PathBuf>> {
    fs::create_dir_all(&own)?;
    let lock_before = fs::read(own.join("package-lock.json")).ok();
    let source = shell::root().join(source);
    for entry in fs::read_dir(&source).with_context(|| format!("cannot read {}", source.display()))? {
        let entry = entry?;
        fs::copy(entry.path(), own.join(entry.file_name()))?;
    }
    let is_current = lock_before == fs::read(own.join("package-lock.json")).ok();
    if is_current && own.join("node_modules").exists() {
        return Ok(had(own, "packages from npm, installed earlier"));
    }
    ensure_npm()?;
    let mut install = shell::command("npm");
    install.args([
        "ci",
        "--omit=optional",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]);
    let installed = shell::run(install.arg("--loglevel=error").arg("--prefix").arg(&own));
    if installed.is_err() {
        // Else the next set-up would take what is half there for whole.
        forget(&own)?;
    }
    installed.map(|()| had(own, "packages installed with npm"))
}

fn ensure_npm() -> Result<()> {
    if shell::which("npm").is_none() && shell::has_apt() {
        shell::apt_install(&["npm"])?;
    }
    if shell::which("npm").is_none() {
        bail!("there is no npm here: install Node.js");
    }
    Ok(())
}

fn forget(own: &Path) -> Result<()> {
    fs::remove_dir_all(own).with_context(|| format!("cannot remove {}", own.display()))
}
