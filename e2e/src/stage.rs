//! One test: relay and driver up, browsers opened as the test asks, all cleared away at its end.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use futures_util::FutureExt;

use crate::{Browser, Cable, Driver, Member, Relay, Tab, nats::Nats, places};

/// What a test plays on: a relay with the web app, and a browser.
pub struct Stage {
    /// The relay, serving the web app.
    pub relay: Relay,
    /// The WebDriver program that opens browsers.
    pub driver: Driver,
    /// The first browser; more are opened with [`Browser::open`].
    pub browser: Browser,
    sibling: Option<Sibling>,
}

/// A second relay that shares all rooms with the first.
struct Sibling {
    relay: Relay,
    /// The next tab is to be on the second relay.
    is_next: AtomicBool,
    _nats: Nats,
}

impl Sibling {
    /// With the relay whose sibling it is.
    async fn start() -> Result<(Relay, Self)> {
        let nats = Nats::start().await?;
        let first = Relay::start_with(&["--backplane", &nats.url()]).await?;
        let sibling = Self {
            relay: Relay::start_with(&["--backplane", &nats.url()]).await?,
            is_next: AtomicBool::new(false),
            _nats: nats,
        };
        Ok((first, sibling))
    }

    /// Leads every other tab to the second relay, but those that choose their relay themselves.
    fn lead(&self, rest: &str) -> String {
        if rest.contains("relay=") || !self.is_next.fetch_xor(true, Ordering::Relaxed) {
            return rest.to_owned();
        }
        let relay = self.relay.address();
        match rest.strip_prefix('?') {
            Some(query) => format!("?relay=ws://{relay}&{query}"),
            None => format!("?relay=ws://{relay}{rest}"),
        }
    }
}

impl Stage {
    async fn set() -> Result<Self> {
        let (relay, sibling) = if env::var("TING_E2E_RELAYS").is_ok_and(|number| number == "2") {
            let (relay, sibling) = Sibling::start().await?;
            (relay, Some(sibling))
        } else {
            (Relay::start().await?, None)
        };
        let driver = Driver::start().await?;
        let browser = Browser::open(&driver).await?;
        Ok(Self {
            relay,
            driver,
            browser,
            sibling,
        })
    }

    /// Opens a page of the web app in the first browser; `rest` is what follows the address's slash.
    ///
    /// # Errors
    /// When the page does not open.
    pub async fn open_tab(&self, rest: &str) -> Result<Tab> {
        let rest = self
            .sibling
            .as_ref()
            .map_or_else(|| rest.to_owned(), |sibling| sibling.lead(rest));
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

    /// What every relay of the stage counts, one text for each.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn metrics(&self) -> Result<Vec<String>> {
        let sibling = self.sibling.as_ref().map(|sibling| &sibling.relay);
        let mut texts = Vec::new();
        for relay in std::iter::once(&self.relay).chain(sibling) {
            texts.push(relay.metrics().await?);
        }
        Ok(texts)
    }

    /// Kills every relay of the stage, as a crash would.
    ///
    /// # Errors
    /// When a process cannot be ended.
    pub async fn kill_relays(&mut self) -> Result<()> {
        for relay in self.relays() {
            relay.kill().await?;
        }
        Ok(())
    }

    /// Starts them again where they were.
    ///
    /// # Errors
    /// As [`Relay::start`].
    pub async fn restart_relays(&mut self) -> Result<()> {
        for relay in self.relays() {
            relay.restart().await?;
        }
        Ok(())
    }

    fn relays(&mut self) -> impl Iterator<Item = &mut Relay> {
        let sibling = self.sibling.as_mut().map(|sibling| &mut sibling.relay);
        std::iter::once(&mut self.relay).chain(sibling)
    }

    /// Lays a cable to the stage's relay.
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

/// Sets a stage and plays a test on it.
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
