//! A copy of the web app whose worker differs in a few lines: a clock that can be moved, a disk that can be full.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::places;

/// The app as it is, with this script at the end of its worker.
///
/// # Errors
/// When the app is not built or cannot be copied.
pub fn app_with(worker_script: &str) -> Result<TempDir> {
    let app = TempDir::with_prefix("ting-e2e-app-")?;
    copy(&places::web_root()?, app.path())?;
    let worker = app.path().join("worker.js");
    let code = fs::read_to_string(&worker).context("the app has no worker.js")?;
    fs::write(&worker, format!("{code}{worker_script}"))?;
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
