//! The relay as a process of its own, as it runs in earnest.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use tokio::net::TcpStream;

use crate::support::soon;

pub struct Program {
    pub address: SocketAddr,
    child: Child,
}

/// The program with a clean environment.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ting-relay"));
    command.env_clear();
    command
}

pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Program {
    /// Starts the relay with these flags and waits until it accepts sockets, those for metrics included.
    pub async fn start(flags: &[&str]) -> Self {
        let address = free_address();
        let mut command = program();
        command.args(["--listen", &address.to_string()]).args(flags);
        command.stderr(Stdio::null());
        let program = Self {
            address,
            child: command.spawn().unwrap(),
        };
        let second = flags.windows(2).find_map(|pair| match pair {
            ["--metrics-listen", address] => address.parse().ok(),
            _ => None,
        });
        soon(async {
            for address in [address].into_iter().chain(second) {
                while TcpStream::connect(address).await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
        program
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    pub async fn wait(&mut self) -> ExitStatus {
        soon(async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Memory that the process has in use.
    pub fn resident_bytes(&self) -> u64 {
        let path = Path::new("/proc")
            .join(self.child.id().to_string())
            .join("status");
        let status = std::fs::read_to_string(path).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kib * 1_024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
