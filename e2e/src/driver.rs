//! Starts chromedriver, the WebDriver server of Chromium, on a free port.

use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{PATIENCE, eventually, places};

/// A running chromedriver; it ends when dropped.
pub struct Driver {
    url: String,
    _child: Child,
}

impl Driver {
    /// Starts one. Where somebody else takes the port between its choice and its use, it ends, and another one starts.
    ///
    /// # Errors
    /// When it is missing or does not say its port in time.
    pub async fn start() -> Result<Self> {
        eventually("chromedriver", PATIENCE, async || {
            Self::try_to_start().await.map(Some)
        })
        .await
    }

    async fn try_to_start() -> Result<Self> {
        let mut command = Command::new(places::chromedriver()?);
        command
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().context("cannot start chromedriver")?;
        let mut lines = BufReader::new(child.stdout.take().context("chromedriver has no output")?).lines();
        let mut port = None;
        while port.is_none() {
            let line = lines
                .next_line()
                .await?
                .context("chromedriver ended before it said its port")?;
            port = line
                .split_once("started successfully on port ")
                .map(|(_, port)| port.to_owned());
        }
        let port = port.unwrap_or_default();
        // Read on, or the driver would block on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            url: format!("http://127.0.0.1:{}", port.trim_end_matches('.')),
            _child: child,
        })
    }

    /// Address at which it takes WebDriver sessions.
    pub fn url(&self) -> &str {
        &self.url
    }
}
