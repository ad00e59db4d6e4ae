//! The server as a process of its own, on its own core, stopped when dropped.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Sub,
    path::Path,
    process::{Child, Command, Stdio},
    rc::Rc,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::peers::Peer;

/// The unit of processor time in `/proc/<pid>/stat`, which Linux fixes for programs.
const TICKS_PER_S: f64 = 100.0;

/// A server to start, and how to talk to it.
pub struct Program<'a> {
    /// Kind of server.
    pub peer: Rc<dyn Peer>,
    /// File of its program or script.
    pub file: &'a Path,
}

/// Processor time: a program's own, and the kernel's on its behalf.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    pub user_s: f64,
    pub system_s: f64,
}

impl Cpu {
    /// Both together, in seconds.
    pub fn total_s(self) -> f64 {
        self.user_s + self.system_s
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            user_s: self.user_s - before.user_s,
            system_s: self.system_s - before.system_s,
        }
    }
}

/// A running server, which ends when dropped.
pub struct Server {
    process: Child,
    /// Address at which it listens.
    pub address: SocketAddr,
    _folder: TempDir,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(program: &Program<'_>) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        Self::start_at(program, address)
    }

    /// Starts a server on this port.
    pub fn start_at(program: &Program<'_>, address: SocketAddr) -> Result<Self> {
        let folder = TempDir::new()?;
        let words = program
            .peer
            .command(program.file, address.port(), folder.path())?;
        // Started on its core, not moved there later: servers fit their threads to the cores they see.
        let mut command = match Command::new("taskset")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
        {
            Ok(status) if status.success() => {
                let mut taskset = Command::new("taskset");
                taskset.args(["-c", "0"]).args(&words);
                taskset
            }
            _ => {
                let (first, rest) = words.split_first().context("a server has a program")?;
                let mut plain = Command::new(first);
                plain.args(rest);
                plain
            }
        };
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {words:?}"))?;
        Ok(Self {
            process,
            address,
            _folder: folder,
        })
    }

    /// Processor time that it has used so far.
    pub fn cpu(&self) -> Result<Cpu> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("no process name")?;
        let mut seconds = fields
            .split_whitespace()
            .skip(11)
            .map(|ticks| Ok(ticks.parse::<u64>()? as f64 / TICKS_PER_S));
        let mut next = || {
            seconds
                .next()
                .unwrap_or_else(|| bail!("the server's times are missing"))
        };
        Ok(Cpu {
            user_s: next()?,
            system_s: next()?,
        })
    }

    /// Memory that it uses now, in KiB.
    pub fn rss_kib(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// Most memory that it has used at any time, in KiB.
    pub fn peak_kib(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with(name));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(number.context("the server is gone")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Keeps all threads of a process on one core, where that can be had.
pub fn pin_to_core(process: u32, core: u32) {
    let _ = Command::new("taskset")
        .args(["-acp", &core.to_string(), &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
