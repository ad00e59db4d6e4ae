//! What two relays on NATS cost beside one: added latency and throughput.
//!
//! Starts nats-server and relays as processes, joins ten clients to one room over loopback, half of them on each relay
//! where there are two, and sends 256-byte frames from all of them in turn: at a steady 10,000 deliveries per second,
//! then as fast as they arrive. Latencies are told apart by whether sender and reader are on the same relay. All
//! processes share the machine's cores, so the figures are an upper bound of what a relay on a machine of its own costs.
//!
//! `cargo bench -p ting-relay --bench backplane -- [--connections 10] [--seconds 5]`
//! prints a table for people, then one line of JSON.

use std::{
    error::Error,
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use clap::Parser;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
    time::{sleep, timeout},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ROOM: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const FRAME_BYTES: usize = 256;
const STEADY_DELIVERIES_PER_S: f64 = 10_000.0;
/// Deliveries under way at most in the run that goes as fast as it can.
const WINDOW_DELIVERIES: u64 = 20_000;
const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Parser)]
struct Arguments {
    /// Connections in the room
    #[arg(long, default_value_t = 10)]
    connections: u64,
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

/// What one run showed; latencies are zero where there is nothing to measure.
#[derive(Serialize)]
struct Figures {
    relays: u64,
    pace: Pace,
    delivered_per_s: f64,
    lost: u64,
    same_relay_p50_us: u32,
    same_relay_p99_us: u32,
    other_relay_p50_us: u32,
    other_relay_p99_us: u32,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!(
        "256-byte frames, one room of {} connections, loopback",
        arguments.connections
    );
    println!("relays      pace  delivered/s   lost  same relay p50/p99 us  other relay p50/p99 us");
    let mut all = Vec::new();
    for relays in [1, 2] {
        for pace in [Pace::Steady, Pace::Saturated] {
            let figures = runtime.block_on(run(&arguments, relays, pace))?;
            let name = if pace == Pace::Steady {
                "steady"
            } else {
                "saturated"
            };
            println!(
                "{relays:>6} {name:>9} {:>12.0} {:>6} {:>14} {:>7} {:>15} {:>7}",
                figures.delivered_per_s,
                figures.lost,
                figures.same_relay_p50_us,
                figures.same_relay_p99_us,
                figures.other_relay_p50_us,
                figures.other_relay_p99_us,
            );
            all.push(figures);
        }
    }
    println!("{}", serde_json::to_string(&all)?);
    Ok(())
}

async fn run(arguments: &Arguments, relays: u64, pace: Pace) -> Outcome<Figures> {
    let nats = Process::nats()?;
    let backplane = (relays > 1).then_some(nats.address);
    let relays_running: Result<Vec<_>, _> = (0..relays).map(|_| Process::relay(backplane)).collect();
    let relays_running = relays_running?;
    let tally = Arc::new(Tally::default());
    let mut senders = Vec::new();
    for number in 0..arguments.connections {
        let home = number % relays;
        let relay = relays_running.get(home as usize).ok_or("no relay")?;
        let (reader, writer) = join(relay.address).await?.into_split();
        tokio::spawn(receive(reader, tally.clone(), relays, home));
        senders.push(writer);
    }
    let others = arguments.connections.saturating_sub(1).max(1);
    warm_up(&mut senders, &tally, others).await?;
    let start = Instant::now();
    let sent = send(
        &mut senders,
        &tally,
        pace,
        others,
        Duration::from_secs(arguments.seconds),
    )
    .await?;
    let _ = timeout(DEADLINE, tally.wait_for(sent * others)).await;
    let elapsed_s = start.elapsed().as_secs_f64();
    let Latencies { mut same, mut other } = std::mem::take(&mut *tally.lock());
    let delivered = (same.len() + other.len()) as u64;
    Ok(Figures {
        relays,
        pace,
        delivered_per_s: delivered as f64 / elapsed_s,
        lost: (sent * others).saturating_sub(delivered),
        same_relay_p50_us: percentile(&mut same, 0.5),
        same_relay_p99_us: percentile(&mut same, 0.99),
        other_relay_p50_us: percentile(&mut other, 0.5),
        other_relay_p99_us: percentile(&mut other, 0.99),
    })
}

/// One round of frames at a time until a round reaches everybody: all members are then known everywhere.
async fn warm_up(senders: &mut [OwnedWriteHalf], tally: &Tally, others: u64) -> Outcome<()> {
    let start = Instant::now();
    while start.elapsed() < DEADLINE {
        for (number, sender) in senders.iter_mut().enumerate() {
            sender.write_all(&frame(number as u64)).await?;
        }
        let all = senders.len() as u64 * others;
        let is_complete = timeout(Duration::from_secs(1), tally.wait_for(all)).await.is_ok();
        tally.lock().clear();
        if is_complete {
            return Ok(());
        }
    }
    Err("the room did not come together".into())
}

fn percentile(latencies_us: &mut [u32], share: f64) -> u32 {
    latencies_us.sort_unstable();
    let index = (latencies_us.len() as f64 * share) as usize;
    latencies_us.get(index).copied().unwrap_or_default()
}

/// Latencies of all deliveries so far.
#[derive(Default)]
struct Latencies {
    same: Vec<u32>,
    other: Vec<u32>,
}

impl Latencies {
    fn clear(&mut self) {
        self.same.clear();
        self.other.clear();
    }
}

#[derive(Default)]
struct Tally {
    latencies: Mutex<Latencies>,
    grown: Notify,
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Latencies> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> u64 {
        let latencies = self.lock();
        (latencies.same.len() + latencies.other.len()) as u64
    }

    async fn wait_for(&self, deliveries: u64) {
        while self.count() < deliveries {
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
        for (number, sender) in senders.iter_mut().enumerate() {
            let deliveries = sent * others;
            match pace {
                Pace::Steady => {
                    let due = start + Duration::from_secs_f64(deliveries as f64 / STEADY_DELIVERIES_PER_S);
                    if due > Instant::now() {
                        sleep(due - Instant::now()).await;
                    }
                }
                Pace::Saturated => {
                    let enough = tally.wait_for(deliveries.saturating_sub(WINDOW_DELIVERIES));
                    timeout(DEADLINE, enough).await?;
                }
            }
            sender.write_all(&frame(number as u64)).await?;
            sent += 1;
        }
    }
    Ok(sent)
}

/// A frame for everybody else with the time and the sender in it, masked with zeros, which a mask may be.
fn frame(sender: u64) -> Vec<u8> {
    let mut wire = vec![0x82, 0x80 | 126];
    wire.extend((FRAME_BYTES as u16).to_be_bytes());
    wire.extend([0; 4]);
    wire.extend([0; 8]);
    wire.extend(now_us().to_le_bytes());
    wire.extend(sender.to_le_bytes());
    wire.resize(8 + FRAME_BYTES, 0);
    wire
}

/// Counts what a member hears from the others, and how long it was under way.
async fn receive(mut reader: OwnedReadHalf, tally: Arc<Tally>, relays: u64, home: u64) -> Outcome<()> {
    let mut unread = BytesMut::with_capacity(64 * 1024);
    loop {
        if reader.read_buf(&mut unread).await? == 0 {
            return Ok(());
        }
        let now = now_us();
        let mut latencies = tally.lock();
        while let Some(message) = next_message(&mut unread) {
            if let [0x82, source, sent, sender] = message
                && source != 0
            {
                let latency_us = u32::try_from(now.saturating_sub(sent)).unwrap_or(u32::MAX);
                match sender % relays == home {
                    true => latencies.same.push(latency_us),
                    false => latencies.other.push(latency_us),
                }
            }
        }
        drop(latencies);
        tally.grown.notify_one();
        unread.reserve(64 * 1024);
    }
}

/// First byte, source, time and sender of the next message, once it is whole.
fn next_message(unread: &mut BytesMut) -> Option<[u64; 4]> {
    let mut rest = &unread[..];
    let first = rest.try_get_u8().ok()?;
    let length = match rest.try_get_u8().ok()? {
        126 => usize::from(rest.try_get_u16().ok()?),
        short => usize::from(short),
    };
    let message = rest.get(..length)?;
    let header_bytes = unread.len() - rest.len();
    let number = |at: usize| message.get(at..at + 8).map_or(0, |mut bytes| bytes.get_u64_le());
    let parts = [u64::from(first), number(0), number(8), number(16)];
    unread.advance(header_bytes + length);
    Some(parts)
}

fn now_us() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as u64
}

/// Connects as soon as somebody listens there.
async fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && start.elapsed() < DEADLINE => {
                sleep(Duration::from_millis(10)).await;
            }
            connected => return Ok(connected?),
        }
    }
}

/// Upgrades a connection and waits for the answer.
async fn join(address: SocketAddr) -> Outcome<TcpStream> {
    let mut stream = connect(address).await?;
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

/// A server of the bench's own, ended when dropped.
struct Process {
    address: SocketAddr,
    process: Child,
}

impl Process {
    fn nats() -> Outcome<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new("nats-server");
        command.args(["-a", "127.0.0.1", "-p", &address.port().to_string()]);
        let process = command.stderr(Stdio::null()).spawn().map_err(|error| {
            format!("nats-server does not start (`cargo xtask setup` installs it): {error}")
        })?;
        Ok(Self { address, process })
    }

    fn relay(nats: Option<SocketAddr>) -> Outcome<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let plenty = u32::MAX.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ting-relay"));
        command.args(["--listen", &address.to_string()]);
        if let Some(nats) = nats {
            command.args(["--backplane", &format!("nats://{nats}")]);
        }
        for limit in ["frames-per-s", "burst-frames", "bytes-per-s", "burst-bytes"] {
            command.args([&format!("--{limit}"), &plenty]);
        }
        let process = command.stderr(Stdio::null()).spawn()?;
        Ok(Self { address, process })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
