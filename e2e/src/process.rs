//! Small things about processes and ports.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use anyhow::Result;

/// An address on this machine that nobody listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Ends a process at once, as a crash or the system would.
pub fn kill(id: u64) {
    let _ = Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .stderr(Stdio::null())
        .status();
}
