//! One browser with its own profile, and its windows.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use fantoccini::{
    Client, ClientBuilder,
    wd::{Capabilities, WindowHandle},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::{Driver, Tab, places, process, webdriver};

/// What headless Chromium needs to run as root, without a screen and without calling home.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1280,900",
    "--host-resolver-rules=MAP ting.test 127.0.0.1",
];
/// A name of this machine that a browser takes for another one: over plain HTTP, a page from there is not to be trusted.
pub const ELSEWHERE: &str = "ting.test";

/// One line of a page's console.
#[derive(Clone, Debug)]
pub struct ConsoleLine {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// Source and text, as the browser printed them.
    pub message: String,
}

/// A running browser. Its process ends when it is dropped; its profile stays until then, so it can be opened again.
pub struct Browser {
    client: Client,
    /// The empty first window, from which the others are opened.
    home: WindowHandle,
    process: Option<u64>,
    profile: TempDir,
    /// WebDriver speaks to one window at a time: who holds this may choose which.
    turn: Arc<Mutex<()>>,
}

impl Browser {
    /// Starts a browser with an empty profile.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn open(driver: &Driver) -> Result<Self> {
        let profile = TempDir::with_prefix("ting-e2e-")?;
        let client = start(driver, profile.path()).await?;
        let home = client.window().await?;
        let process = process_of(&client);
        Ok(Self {
            client,
            home,
            process,
            profile,
            turn: Arc::default(),
        })
    }

    /// Kills the browser's process, as a crash would, and starts it again with the same profile. Old tabs are gone.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn kill_and_reopen(&mut self, driver: &Driver) -> Result<()> {
        self.kill();
        self.client = start(driver, self.profile.path()).await?;
        self.home = self.client.window().await?;
        self.process = process_of(&self.client);
        self.turn = Arc::default();
        Ok(())
    }

    /// Kills the browser's process.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process::kill(process);
        }
    }

    /// Opens a page in a window of its own.
    ///
    /// # Errors
    /// When the window or the page does not open.
    pub async fn open_tab(&self, url: &str) -> Result<Tab> {
        let tab = self.open_empty_tab().await?;
        tab.go_to(url).await?;
        Ok(tab)
    }

    /// Opens a window without a page.
    ///
    /// # Errors
    /// When the window does not open.
    pub async fn open_empty_tab(&self) -> Result<Tab> {
        let _turn = self.turn.lock().await;
        self.client.switch_to_window(self.home.clone()).await?;
        let handle = self.client.new_window(false).await?.handle;
        Ok(Tab::new(self.client.clone(), handle, Arc::clone(&self.turn)))
    }

    /// Every window that is open now, the empty first one too.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn tabs(&self) -> Result<Vec<Tab>> {
        let windows = self.client.windows().await?;
        let tab = |handle| Tab::new(self.client.clone(), handle, Arc::clone(&self.turn));
        Ok(windows.into_iter().map(tab).collect())
    }

    /// What all pages wrote to their consoles since the last call.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn console(&self) -> Result<Vec<ConsoleLine>> {
        let _turn = self.turn.lock().await;
        let lines = self.client.issue_cmd(webdriver::console()).await?;
        let text = |line: &Value, key: &str| {
            line.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let lines = lines.as_array().cloned().unwrap_or_default();
        Ok(lines
            .iter()
            .map(|line| ConsoleLine {
                level: text(line, "level"),
                message: text(line, "message"),
            })
            .collect())
    }

    /// Processor time of all its processes so far, in seconds.
    ///
    /// # Errors
    /// When the system does not tell; only Linux does.
    pub fn processor_time_s(&self) -> Result<f64> {
        process::time_of_all_with(&self.profile.path().display().to_string())
    }

    /// Closes the browser as a person would.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(mut self) -> Result<()> {
        self.client.clone().close().await?;
        self.process = None;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn start(driver: &Driver, profile: &Path) -> Result<Client> {
    let mut arguments: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let wishes = json!({
        "goog:chromeOptions": { "binary": places::chromium()?, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "script": 60_000, "pageLoad": 60_000 },
    });
    let capabilities: Capabilities = wishes.as_object().cloned().unwrap_or_default();
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    builder
        .connect(driver.url())
        .await
        .context("cannot start Chromium")
}

fn process_of(client: &Client) -> Option<u64> {
    client.capabilities()?.get("goog:processID")?.as_u64()
}
