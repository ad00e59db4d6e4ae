//! A copy of the web app that differs in a few lines of its worker (a clock that can be moved, a disk that can be full) or in one file
//! that was damaged on its way.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::places;

/// The app as it is, with this script at the end of its worker.
///
/// # Errors
/// When the app is not built or cannot be copied.
pub fn app_with(worker_script: &str) -> Result<TempDir> {
    let app = copied()?;
    let worker = app.path().join("worker.js");
    let code = fs::read_to_string(&worker).context("the app has no worker.js")?;
    fs::write(&worker, format!("{code}{worker_script}"))?;
    Ok(app)
}

/// The app with this instead of what the file holds.
///
/// # Errors
/// When the app is not built, has no such file, or cannot be copied.
pub fn app_with_file(name: &str, content: &str) -> Result<TempDir> {
    let app = copied()?;
    let file = app.path().join(name);
    ensure!(file.exists(), "the app has no {name}");
    fs::write(&file, content)?;
    Ok(app)
}

fn copied() -> Result<TempDir> {
    let app = TempDir::with_prefix("ting-e2e-app-")?;
    copy(&places::web_root()?, app.path())?;
    Ok(app)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
