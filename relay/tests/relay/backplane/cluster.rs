//! A nats-server, relays on it, and a cable between them that can go silent.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::StreamExt;
use ting_frame::{Control, NoticeKind, RelayFrame};
use ting_relay::{BackplaneSettings, Config, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::sleep,
};

use crate::support::{Client, Heard, ROOM, TestRelay, soon};

/// Short, so that tests need not wait, and long enough for a busy machine.
const HEARTBEAT_MS: u64 = 200;
const RETRY: Duration = Duration::from_millis(10);

pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}

/// A nats-server of the test's own, ended when dropped.
pub struct Nats {
    pub address: SocketAddr,
    arguments: Vec<String>,
    process: Child,
}

impl Nats {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub async fn start_with(arguments: &[&str]) -> Self {
        let address = free_address();
        let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let process = spawn(address, &arguments).await;
        Self {
            address,
            arguments,
            process,
        }
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it where it was.
    pub async fn start_again(&mut self) {
        self.process = spawn(self.address, &self.arguments).await;
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn spawn(address: SocketAddr, arguments: &[String]) -> Child {
    let mut command = Command::new("nats-server");
    command.args(["-a", &address.ip().to_string(), "-p", &address.port().to_string()]);
    let process = command
        .args(arguments)
        .stderr(Stdio::null())
        .spawn()
        .expect("nats-server is installed by `cargo xtask setup`");
    soon(async {
        while TcpStream::connect(address).await.is_err() {
            sleep(RETRY).await;
        }
    })
    .await;
    process
}

pub fn settings(url: &str) -> BackplaneSettings {
    BackplaneSettings {
        backplane: vec![url.to_owned()],
        backplane_heartbeat_ms: HEARTBEAT_MS,
        ..BackplaneSettings::default()
    }
}

pub fn config(url: &str, limits: Limits) -> Config {
    Config {
        backplane: settings(url),
        limits,
        ..Config::default()
    }
}

/// A relay in this process, with rates that no test meets by accident.
pub async fn relay(url: &str) -> TestRelay {
    TestRelay::start(config(url, fast())).await
}

pub fn fast() -> Limits {
    Limits {
        frames_per_s: 100_000,
        burst_frames: 100_000,
        bytes_per_s: u32::MAX,
        burst_bytes: u32::MAX,
        ..Limits::default()
    }
}

/// A relay as a process, which can be killed.
pub struct RelayProcess {
    pub address: SocketAddr,
    process: Child,
}

impl RelayProcess {
    pub fn start(nats: &Nats) -> Self {
        let address = free_address();
        let process = Command::new(env!("CARGO_BIN_EXE_ting-relay"))
            .args(["--listen", &address.to_string(), "--backplane", &nats.url()])
            .args(["--backplane-heartbeat-ms", &HEARTBEAT_MS.to_string()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { address, process }
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub async fn join(&self) -> Client {
        let url = format!("ws://{}/room/{ROOM}", self.address);
        soon(async {
            loop {
                if let Ok((mut socket, _)) = tokio_tungstenite::connect_async(&url).await {
                    let message = socket.next().await.unwrap().unwrap();
                    match RelayFrame::decode(&message.into_data()).unwrap() {
                        RelayFrame::Control(Control::Welcome(welcome)) => {
                            return Client { socket, welcome };
                        }
                        other => panic!("the first frame is {other:?}"),
                    }
                }
                sleep(RETRY).await;
            }
        })
        .await
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Skips all until the relay says this.
pub async fn hear_control(client: &mut Client, wanted: Control) {
    loop {
        match client.hear().await {
            Heard::Control(control) if control == wanted => return,
            Heard::Closed(reason) => panic!("closed by {reason:?} before {wanted:?}"),
            _ => {}
        }
    }
}

/// All that one member has heard.
#[derive(Default)]
pub struct Story(pub Vec<Heard>);

impl Story {
    /// Listens on until the story so far is as wanted.
    pub async fn listen_until(&mut self, client: &mut Client, wanted: impl Fn(&Self) -> bool) {
        while !wanted(self) {
            let heard = client.hear().await;
            assert!(!matches!(heard, Heard::Closed(_)), "closed after {:?}", self.0);
            self.0.push(heard);
        }
    }

    /// Listens on until a notice of this kind; its text.
    pub async fn listen_until_notice(&mut self, client: &mut Client, kind: NoticeKind) -> String {
        self.listen_until(client, |story| story.notice(kind).is_some())
            .await;
        self.notice(kind).unwrap()
    }

    pub fn notice(&self, kind: NoticeKind) -> Option<String> {
        self.0.iter().find_map(|heard| match heard {
            Heard::Control(Control::Notice(notice)) if notice.kind() == kind => {
                Some(notice.text().to_owned())
            }
            _ => None,
        })
    }

    /// The numbers that peers sent, as they came.
    pub fn numbers(&self) -> Vec<u32> {
        let numbers = self.0.iter().filter_map(|heard| match heard {
            Heard::Peer(_, payload) => Some(u32::from_le_bytes(payload.clone().try_into().unwrap())),
            _ => None,
        });
        numbers.collect()
    }

    pub fn has(&self, control: Control) -> bool {
        self.0.contains(&Heard::Control(control))
    }
}

pub async fn send_numbers(client: &mut Client, numbers: std::ops::Range<u32>) {
    for number in numbers {
        client.send_to_all(&number.to_le_bytes()).await;
    }
}

/// A proxy between a relay and NATS.
pub struct Cable {
    pub address: SocketAddr,
    is_silent: watch::Sender<bool>,
}

impl Cable {
    pub async fn lay(nats: &Nats) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_silent, watched) = watch::channel(false);
        let server = nats.address;
        tokio::spawn(async move {
            while let Ok((relay, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else {
                    continue;
                };
                let (relay_reads, relay_writes) = relay.into_split();
                let (server_reads, server_writes) = server.into_split();
                tokio::spawn(carry(relay_reads, server_writes, watched.clone()));
                tokio::spawn(carry(server_reads, relay_writes, watched.clone()));
            }
        });
        Self { address, is_silent }
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Connections stand, but no byte passes.
    pub fn silence(&self) {
        self.is_silent.send_replace(true);
    }

    /// What was held back flows on, late.
    pub fn heal(&self) {
        self.is_silent.send_replace(false);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut is_silent: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if is_silent.wait_for(|is_silent| !is_silent).await.is_err()
            || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
    }
}
