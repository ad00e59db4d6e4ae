//! One test: relay and driver up, browsers opened as the test asks, all cleared away at its end.

use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};

use anyhow::Result;
use futures_util::FutureExt;

use crate::{Browser, Cable, Driver, Member, Relay, Tab, places};

/// What a test plays on.
pub struct Stage {
    /// The relay, serving the web app.
    pub relay: Relay,
    /// The browsers' driver.
    pub driver: Driver,
    /// The first browser; more are opened with [`Browser::open`].
    pub browser: Browser,
}

impl Stage {
    async fn set() -> Result<Self> {
        let relay = Relay::start().await?;
        let driver = Driver::start().await?;
        let browser = Browser::open(&driver).await?;
        Ok(Self {
            relay,
            driver,
            browser,
        })
    }

    /// Opens a page of the web app in the first browser; `rest` is what follows the address's slash.
    ///
    /// # Errors
    /// When the page does not open.
    pub async fn open_tab(&self, rest: &str) -> Result<Tab> {
        self.browser
            .open_tab(&format!("{}{rest}", self.relay.page()))
            .await
    }

    /// Opens a page of the web app in the first browser, as a person in the room.
    ///
    /// # Errors
    /// When the page does not open, or nothing can be written in it in time.
    pub async fn open_member(&self, rest: &str) -> Result<Member> {
        Member::arrive(self.open_tab(rest).await?).await
    }

    /// Lays a cable to the relay.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn lay_cable(&self) -> Result<Cable> {
        Cable::lay(self.relay.address()).await
    }

    /// Keeps what the windows show and wrote, to find out why a test failed.
    async fn keep_evidence(&self, name: &str) -> Result<()> {
        for (number, tab) in self.browser.tabs().await?.iter().enumerate() {
            let _ = tab.screenshot(&format!("{name}-{number}")).await;
        }
        let console = self.browser.console().await?;
        let lines: Vec<String> = console
            .iter()
            .map(|line| format!("{} {}", line.level, line.message))
            .collect();
        fs::write(
            places::artefacts()?.join(format!("{name}-console.txt")),
            lines.join("\n"),
        )?;
        fs::write(
            places::artefacts()?.join(format!("{name}-relay.txt")),
            self.relay.log()?,
        )?;
        Ok(())
    }
}

/// Plays a test.
///
/// # Errors
/// When the stage cannot be set or the test fails; pictures and consoles are then under `target/e2e/<name>-*`.
pub async fn scene(name: &str, play: impl AsyncFnOnce(&mut Stage) -> Result<()>) -> Result<()> {
    let mut stage = Stage::set().await?;
    let played = AssertUnwindSafe(play(&mut stage)).catch_unwind().await;
    if let Ok(Err(error)) = &played {
        eprintln!("{name} failed: {error:#}");
    }
    if !matches!(played, Ok(Ok(()))) && stage.keep_evidence(name).await.is_ok() {
        eprintln!("{name}: pictures, consoles and the relay's log are in target/e2e/{name}-*");
    }
    let Stage { browser, .. } = stage;
    let _ = browser.close().await;
    match played {
        Ok(result) => result,
        Err(panic) => resume_unwind(panic),
    }
}
