//! Where the things under test are: told by `cargo xtask test e2e`, or found where a build by hand leaves them.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

/// Path of the relay's program, built for release.
pub fn relay() -> Result<PathBuf> {
    existing("TING_RELAY", &root().join("target/release/ting-relay"))
}

/// Folder of the built web app.
///
/// # Errors
/// When it is not built.
pub fn web_root() -> Result<PathBuf> {
    existing("TING_WEB_ROOT", &root().join("dist"))
}

/// Path of the browser's program.
pub fn chromium() -> Result<PathBuf> {
    existing("TING_CHROMIUM", Path::new("/usr/bin/chromium"))
}

/// Path of the browser's WebDriver program.
pub fn chromedriver() -> Result<PathBuf> {
    existing("TING_CHROMEDRIVER", Path::new("/usr/bin/chromedriver"))
}

/// Path of the accessibility check's script.
///
/// # Errors
/// When it is not installed.
pub fn axe() -> Result<PathBuf> {
    let cache = env::home_dir().unwrap_or_default().join(".cache");
    let script = "ting/tools/axe/node_modules/axe-core/axe.min.js";
    existing("TING_AXE", &cache.join(script))
}

/// Where pictures and logs of a test go.
pub fn artefacts() -> Result<PathBuf> {
    let folder = root().join("target/e2e");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

fn existing(variable: &str, usual: &Path) -> Result<PathBuf> {
    let place = env::var_os(variable).map_or_else(|| usual.to_path_buf(), PathBuf::from);
    if !place.exists() {
        bail!(
            "{} does not exist: run `cargo xtask test e2e`, which builds it",
            place.display()
        );
    }
    Ok(place)
}
