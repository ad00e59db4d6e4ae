//! Small things about processes and ports.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Command, Stdio},
};

use anyhow::Result;

/// The unit of processor time in `/proc/<pid>/stat`, which Linux fixes for programs.
const TICKS_PER_S: f64 = 100.0;

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

/// User and system time of all processes that have this word among their arguments, in seconds.
pub fn time_of_all_with(word: &str) -> Result<f64> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        // What is no process, or has just ended, is passed over.
        let Ok(arguments) = fs::read(folder.join("cmdline")) else {
            continue;
        };
        if String::from_utf8_lossy(&arguments).contains(word) {
            let stat = fs::read_to_string(folder.join("stat")).unwrap_or_default();
            let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
            let times = fields.split_whitespace().skip(11).take(2);
            ticks += times.filter_map(|time| time.parse::<u64>().ok()).sum::<u64>();
        }
    }
    Ok(ticks as f64 / TICKS_PER_S)
}
