//! A nats-server on a free port, for relays that are joined.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::{PATIENCE, eventually, process};

/// A running nats-server; it ends when dropped.
pub(crate) struct Nats {
    address: SocketAddr,
    _child: Child,
}

impl Nats {
    /// Starts one and waits until it listens.
    pub(crate) async fn start() -> Result<Self> {
        let address = process::free_address()?;
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
        Ok(Self {
            address,
            _child: child,
        })
    }

    /// What to give a relay as its backplane.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}
