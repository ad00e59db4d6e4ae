//! Chromium and chromedriver for the tests: what is on PATH, else the distribution's packages.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::step::{Had, had};
use crate::shell;

const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A browser and the program that drives it.
pub struct Browser {
    /// Path of the browser's program.
    pub chromium: PathBuf,
    /// Its WebDriver server, of the same version.
    pub chromedriver: PathBuf,
}

/// Finds a browser and its driver, or installs them.
pub fn ensure() -> Result<Had<Browser>> {
    if let Some(browser) = find() {
        let how = format!(
            "{} and {} on PATH",
            browser.chromium.display(),
            browser.chromedriver.display()
        );
        return Ok(had(browser, how));
    }
    if shell::has_apt()
        && shell::apt_install(&["chromium", "chromium-driver"]).is_ok()
        && let Some(browser) = find()
    {
        return Ok(had(browser, "chromium and chromium-driver installed with apt"));
    }
    bail!("the tests need Chromium (or Chrome) and chromedriver of the same version on PATH: install both")
}

fn find() -> Option<Browser> {
    let chromium = BROWSERS.iter().find_map(|name| shell::which(name))?;
    Some(Browser {
        chromium,
        chromedriver: shell::which("chromedriver")?,
    })
}
