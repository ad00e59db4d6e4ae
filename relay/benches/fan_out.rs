//! How fast, how late and how dear the relay's fan-out is.
//!
//! Starts the relay as a process of its own, joins N clients to one room over loopback, and sends 256-byte frames from all
//! of them in turn: first at a steady 50,000 deliveries per second, then as fast as they arrive. The relay and the
//! clients each get a core where `taskset` allows it. The CPU time is the relay's own, from `/proc/<pid>/stat`.
//!
//! How to read the saturated run: up to 20,000 deliveries are under way at once, so each socket write carries many
//! frames and a delivery is cheap. It shows the ceiling of the relay, not what one frame costs on its own; the steady run
//! shows that. Figures of other servers compare only when taken by the same loop on the same machine.
//!
//! `cargo bench -p ting-relay --bench fan_out -- [--connections 10,100] [--seconds 5]`
//! prints a table for people, then one line of JSON.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use clap::Parser;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROOM: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const FRAME_BYTES: usize = 256;
const STEADY_DELIVERIES_PER_S: f64 = 50_000.0;
/// Deliveries under way at most in the run that goes as fast as it can.
const WINDOW_DELIVERIES: u64 = 20_000;
const DEADLINE: Duration = Duration::from_secs(20);
/// The unit of CPU time in `/proc/<pid>/stat`, which Linux fixes for programs.
const TICKS_PER_S: f64 = 100.0;

#[derive(Parser)]
struct Arguments {
    /// Connections in the room, one run for each number
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100])]
    connections: Vec<u64>,
    /// Time of each run
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// How fast the clients send.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Pace {
    Steady,
    Saturated,
}

/// What one run showed.
#[derive(Serialize)]
struct Figures {
    connections: u64,
    pace: Pace,
    delivered_per_s: f64,
    lost: u64,
    p50_us: u32,
    p99_us: u32,
    max_us: u32,
    relay_cpu_us_per_delivery: f64,
    relay_cpu_share: f64,
    idle_kib_per_connection: f64,
    relay_rss_kib: u64,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let pinned = pin_to_core(std::process::id(), 1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut all = Vec::new();
    println!(
        "256-byte frames, one room, loopback{}",
        if pinned { ", a core each" } else { "" }
    );
    println!(
        "{:>11} {:>9} {:>12} {:>5} {:>8} {:>8} {:>8} {:>11} {:>6} {:>9}",
        "connections",
        "pace",
        "delivered/s",
        "lost",
        "p50 us",
        "p99 us",
        "max us",
        "CPU us/del.",
        "CPU %",
        "RSS KiB"
    );
    for &connections in &arguments.connections {
        for pace in [Pace::Steady, Pace::Saturated] {
            let seconds = Duration::from_secs(arguments.seconds);
            let figures = runtime.block_on(run(connections, pace, seconds))?;
            print_row(&figures);
            all.push(figures);
        }
    }
    println!("{}", serde_json::to_string(&all)?);
    Ok(())
}

fn print_row(figures: &Figures) {
    println!(
        "{:>11} {:>9} {:>12.0} {:>5} {:>8} {:>8} {:>8} {:>11.2} {:>6.0} {:>9}",
        figures.connections,
        if figures.pace == Pace::Steady {
            "steady"
        } else {
            "saturated"
        },
        figures.delivered_per_s,
        figures.lost,
        figures.p50_us,
        figures.p99_us,
        figures.max_us,
        figures.relay_cpu_us_per_delivery,
        figures.relay_cpu_share * 100.0,
        figures.relay_rss_kib,
    );
}

async fn run(connections: u64, pace: Pace, duration: Duration) -> Outcome<Figures> {
    let relay = Relay::start()?;
    let rss_empty_kib = relay.rss_kib()?;
    let tally = Arc::new(Tally::default());
    let mut senders = Vec::new();
    for _ in 0..connections {
        let (reader, writer) = join(relay.address).await?.into_split();
        tokio::spawn(receive(reader, tally.clone()));
        senders.push(writer);
    }
    let others = connections.saturating_sub(1).max(1);
    let rss_idle_kib = relay.rss_kib()?;
    let cpu_before = relay.cpu_s()?;
    let start = Instant::now();
    let sent = send(&mut senders, &tally, pace, others, duration).await?;
    let _ = timeout(DEADLINE, tally.wait_for(sent * others)).await;
    let elapsed_s = start.elapsed().as_secs_f64();
    let cpu_s = relay.cpu_s()? - cpu_before;
    let mut latencies_us = std::mem::take(&mut *tally.lock());
    latencies_us.sort_unstable();
    let delivered = latencies_us.len() as u64;
    let percentile = |share: f64| {
        let index = (delivered as f64 * share) as usize;
        latencies_us
            .get(index)
            .or(latencies_us.last())
            .copied()
            .unwrap_or_default()
    };
    Ok(Figures {
        connections,
        pace,
        delivered_per_s: delivered as f64 / elapsed_s,
        lost: sent * others - delivered,
        p50_us: percentile(0.5),
        p99_us: percentile(0.99),
        max_us: percentile(1.0),
        relay_cpu_us_per_delivery: cpu_s * 1e6 / delivered as f64,
        relay_cpu_share: cpu_s / elapsed_s,
        idle_kib_per_connection: rss_idle_kib.saturating_sub(rss_empty_kib) as f64 / connections as f64,
        relay_rss_kib: relay.rss_kib()?,
    })
}

/// Latencies of all deliveries so far.
#[derive(Default)]
struct Tally {
    latencies_us: Mutex<Vec<u32>>,
    grown: Notify,
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Vec<u32>> {
        self.latencies_us.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait_for(&self, deliveries: u64) {
        while (self.lock().len() as u64) < deliveries {
            self.grown.notified().await;
        }
    }
}

/// Sends from all members in turn until the time is over; the number of frames sent.
async fn send(
    senders: &mut [OwnedWriteHalf],
    tally: &Tally,
    pace: Pace,
    others: u64,
    duration: Duration,
) -> Outcome<u64> {
    let start = Instant::now();
    let mut sent = 0;
    while start.elapsed() < duration {
        for sender in &mut *senders {
            match pace {
                Pace::Steady => wait_until_due(start, sent, others).await,
                Pace::Saturated => {
                    tally
                        .wait_for((sent * others).saturating_sub(WINDOW_DELIVERIES))
                        .await
                }
            }
            sender.write_all(&frame()).await?;
            sent += 1;
        }
    }
    Ok(sent)
}

async fn wait_until_due(start: Instant, sent: u64, others: u64) {
    let due = start + Duration::from_secs_f64((sent * others) as f64 / STEADY_DELIVERIES_PER_S);
    if due > Instant::now() {
        sleep(due - Instant::now()).await;
    }
}

/// A frame for everybody else with the time in it, masked with zeros, which a mask may be.
fn frame() -> Vec<u8> {
    let mut wire = vec![0x82, 0x80 | 126];
    wire.extend((FRAME_BYTES as u16).to_be_bytes());
    wire.extend([0; 4]);
    wire.extend([0; 8]);
    wire.extend(now_us().to_le_bytes());
    wire.resize(8 + FRAME_BYTES, 0);
    wire
}

/// Counts what a member hears from the others, and how long it was under way.
async fn receive(mut reader: OwnedReadHalf, tally: Arc<Tally>) -> Outcome<()> {
    let mut unread = BytesMut::with_capacity(64 * 1024);
    loop {
        if reader.read_buf(&mut unread).await? == 0 {
            return Ok(());
        }
        let now = now_us();
        let mut latencies_us = tally.lock();
        while let Some(message) = next_message(&mut unread) {
            if let [0x82, source, sent] = message
                && source != 0
            {
                latencies_us.push(u32::try_from(now.saturating_sub(sent)).unwrap_or(u32::MAX));
            }
        }
        drop(latencies_us);
        tally.grown.notify_one();
        unread.reserve(64 * 1024);
    }
}

/// First byte, source and time of the next message, once it is whole.
fn next_message(unread: &mut BytesMut) -> Option<[u64; 3]> {
    let mut rest = &unread[..];
    let first = rest.try_get_u8().ok()?;
    let length = match rest.try_get_u8().ok()? {
        126 => usize::from(rest.try_get_u16().ok()?),
        short => usize::from(short),
    };
    let message = rest.get(..length)?;
    let header_bytes = unread.len() - rest.len();
    let number = |at: usize| message.get(at..at + 8).map_or(0, |mut bytes| bytes.get_u64_le());
    let parts = [u64::from(first), number(0), number(8)];
    unread.advance(header_bytes + length);
    Some(parts)
}

fn now_us() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u64
}

/// Upgrades a connection and waits for the answer.
async fn join(address: SocketAddr) -> Outcome<TcpStream> {
    let start = Instant::now();
    let mut stream = loop {
        match TcpStream::connect(address).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && start.elapsed() < DEADLINE => {
                sleep(Duration::from_millis(10)).await;
            }
            connected => break connected?,
        }
    };
    stream.set_nodelay(true)?;
    let request = format!(
        "GET /room/{ROOM} HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if head.starts_with(b"HTTP/1.1 101") {
        Ok(stream)
    } else {
        Err("the relay refused to upgrade".into())
    }
}

/// The relay as a process of its own, stopped when dropped.
struct Relay {
    process: Child,
    address: SocketAddr,
}

impl Relay {
    fn start() -> Outcome<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let plenty = u32::MAX.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ting-relay"));
        command
            .args(["--listen", &address.to_string()])
            .stderr(Stdio::null());
        for limit in [
            "frames-per-s",
            "burst-frames",
            "bytes-per-s",
            "burst-bytes",
            "max-connections-per-address",
        ] {
            command.args([&format!("--{limit}"), &plenty]);
        }
        let process = command.spawn()?;
        pin_to_core(process.id(), 0);
        Ok(Self { process, address })
    }

    /// User and system time used so far.
    fn cpu_s(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("no process name")?;
        let (user, system) = (11, 12);
        let ticks = fields
            .split_whitespace()
            .enumerate()
            .filter(|(at, _)| [user, system].contains(at));
        let ticks: Result<Vec<u64>, _> = ticks.map(|(_, ticks)| ticks.parse()).collect();
        Ok(ticks?.into_iter().sum::<u64>() as f64 / TICKS_PER_S)
    }

    /// Memory in use now.
    fn rss_kib(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Keeps all threads of a process on one core; false where that cannot be had.
fn pin_to_core(process: u32, core: u32) -> bool {
    let arguments = ["-acp", &core.to_string(), &process.to_string()];
    Command::new("taskset")
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
