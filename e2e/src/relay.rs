//! A relay of the release build, serving the web app on a free port.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{PATIENCE, eventually, places, process};

/// A running relay; it ends when dropped.
pub struct Relay {
    address: SocketAddr,
    web_root: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    child: Child,
}

impl Relay {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When it is not built or does not answer.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts one with more arguments, such as a limit.
    ///
    /// # Errors
    /// As [`Relay::start`].
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self::start_at(process::free_address()?, places::web_root()?, arguments).await
    }

    /// Starts one that serves another copy of the web app.
    ///
    /// # Errors
    /// As [`Relay::start`].
    pub async fn start_serving(web_root: &Path) -> Result<Self> {
        Self::start_at(process::free_address()?, web_root.to_path_buf(), Vec::new()).await
    }

    async fn start_at(address: SocketAddr, web_root: PathBuf, arguments: Vec<String>) -> Result<Self> {
        let log = places::artefacts()?.join(format!("relay-{}.log", address.port()));
        let file = File::create(&log)?;
        let mut command = Command::new(places::relay()?);
        command
            .arg("--listen")
            .arg(address.to_string())
            .arg("--web-root")
            .arg(&web_root)
            .args(&arguments);
        command
            .stdout(Stdio::from(file.try_clone()?))
            .stderr(Stdio::from(file))
            .kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the relay")?;
        eventually("the relay's /healthz", PATIENCE, async || {
            if let Some(status) = child.try_wait()? {
                bail!("the relay ended ({status}): {}", fs::read_to_string(&log)?);
            }
            Ok(is_healthy(address).await?.then_some(()))
        })
        .await?;
        Ok(Self {
            address,
            web_root,
            arguments,
            log,
            child,
        })
    }

    /// Address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address of the web app that it serves.
    pub fn page(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What it counts, as text for Prometheus.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn metrics(&self) -> Result<String> {
        get(self.address, "/metrics").await
    }

    /// Kills the relay, as a crash would.
    ///
    /// # Errors
    /// When the process cannot be ended.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Tells it to stop, as a service manager does; it says goodbye to its clients first.
    ///
    /// # Errors
    /// When the process is gone already.
    pub fn terminate(&self) -> Result<()> {
        let process = self.child.id().context("the relay has ended")?;
        let status = std::process::Command::new("kill")
            .args(["-TERM", &process.to_string()])
            .status()?;
        ensure!(status.success(), "the relay cannot be told to stop");
        Ok(())
    }

    /// Starts the relay again at the same address.
    ///
    /// # Errors
    /// As [`Relay::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.kill().await?;
        *self = Self::start_at(self.address, self.web_root.clone(), self.arguments.clone()).await?;
        Ok(())
    }

    /// Reads all that it has logged.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }
}

async fn is_healthy(address: SocketAddr) -> Result<bool> {
    Ok(get(address, "/healthz").await?.starts_with("HTTP/1.1 200"))
}

/// The whole answer to a plain question.
async fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let question = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
