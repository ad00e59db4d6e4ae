//! A nats-server on a free port, for relays that are joined.

use std::{net::SocketAddr, process::Stdio};

use anyhow::{Context, Result};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{PATIENCE, eventually, process};

/// A running nats-server; it ends when dropped.
pub struct Nats {
    address: SocketAddr,
    child: Child,
}

impl Nats {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// When it is not installed or does not listen in time.
    pub async fn start() -> Result<Self> {
        Self::start_at(process::free_address()?).await
    }

    async fn start_at(address: SocketAddr) -> Result<Self> {
        let mut command = Command::new("nats-server");
        command.args(["-a", &address.ip().to_string(), "-p", &address.port().to_string()]);
        command.stderr(Stdio::null()).kill_on_drop(true);
        let child = command
            .spawn()
            .context("nats-server does not start: `cargo xtask setup` installs it")?;
        eventually("nats-server", PATIENCE, async || {
            Ok(Some(TcpStream::connect(address).await.map(drop)?))
        })
        .await?;
        Ok(Self { address, child })
    }

    /// Address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills the server, as a crash would.
    ///
    /// # Errors
    /// When the process cannot be ended.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Starts the server again at the same address.
    ///
    /// # Errors
    /// As [`Nats::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.kill().await?;
        *self = Self::start_at(self.address).await?;
        Ok(())
    }

    /// What to give a relay as its backplane.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}
