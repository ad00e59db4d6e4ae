//! Clients that mean harm, or that are simply very many. Each comes from an address of its own, 127.0.x.y, as far as a
//! relay's limit for one address asks for it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use ting_e2e::eventually;
use ting_frame::RoomName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// A frame for everybody else with garbage in it, masked with zeros.
const GARBAGE: [u8; 20] = [
    0x82, 0x8e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'b', b'o', b'g', b'u', b's', b'!',
];
/// The head of a masked frame that announces a gigabyte.
const HUGE_FRAME: [u8; 14] = [0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4];
/// Between two attempts of one attacker.
const PAUSE: Duration = Duration::from_millis(100);
/// Connections of the crowd that is only large: rooms, and members of each.
const ROOMS: u64 = 50;
const MEMBERS: u64 = 200;
/// Handshakes under way at once.
const JOINING: usize = 64;

/// What an attacker does, again and again.
#[derive(Clone, Copy)]
pub enum Attack {
    /// Sends garbage as fast as the relay takes it, and never reads.
    Garbage,
    /// Sends its request letter by letter.
    SlowHandshake,
    /// Announces a frame of a gigabyte.
    OversizedFrame,
}

/// Attackers at work; they end when dropped.
pub struct Crowd {
    size: u64,
    cut: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Crowd {
    /// So many attackers, each from its own address.
    pub fn attack(size: u8, relay: SocketAddr, room: RoomName, attack: Attack) -> Self {
        let cut = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for number in 1..=size {
            let source = SocketAddr::from(([127, 0, 1 + attack as u8, number], 0));
            let cut = Arc::clone(&cut);
            tasks.spawn(async move {
                loop {
                    if commit(attack, source, relay, room).await.is_err() {
                        cut.fetch_add(1, Ordering::Relaxed);
                    }
                    sleep(PAUSE).await;
                }
            });
        }
        Self {
            size: size.into(),
            cut,
            _tasks: tasks,
        }
    }

    /// Waits until the relay has ended as many connections as there are attackers.
    pub async fn is_cut_off(&self, limit: Duration) -> Result<()> {
        eventually("the attackers to be cut", limit, async || {
            let cut = self.cut.load(Ordering::Relaxed);
            ensure!(cut >= self.size, "{cut} of {} were cut", self.size);
            Ok(Some(()))
        })
        .await
    }
}

/// Ends with an error when the relay has had enough.
async fn commit(attack: Attack, source: SocketAddr, relay: SocketAddr, room: RoomName) -> Result<()> {
    match attack {
        Attack::Garbage => {
            let mut stream = join(source, relay, room).await?;
            loop {
                stream.write_all(&GARBAGE.repeat(20)).await?;
            }
        }
        Attack::SlowHandshake => {
            let mut stream = connect(source, relay).await?;
            for letter in request(relay, room).bytes() {
                stream.write_all(&[letter]).await?;
                sleep(PAUSE).await;
            }
            Ok(())
        }
        Attack::OversizedFrame => {
            let mut stream = join(source, relay, room).await?;
            stream.write_all(&HUGE_FRAME).await?;
            let mut rest = [0; 1024];
            loop {
                ensure!(stream.read(&mut rest).await? > 0, "the relay said goodbye");
            }
        }
    }
}

/// Connections that do nothing, in rooms of their own.
pub async fn ten_thousand_connections(relay: SocketAddr) -> Result<Vec<TcpStream>> {
    let joining = (0..ROOMS * MEMBERS).map(|number| {
        let address = u8::try_from(number / MEMBERS).unwrap_or(u8::MAX);
        let room = RoomName::from_bytes([address; 32]);
        join(
            SocketAddr::from(([127, 0, 9, address.saturating_add(1)], 0)),
            relay,
            room,
        )
    });
    stream::iter(joining)
        .buffer_unordered(JOINING)
        .try_collect()
        .await
}

async fn join(source: SocketAddr, relay: SocketAddr, room: RoomName) -> Result<TcpStream> {
    let mut stream = connect(source, relay).await?;
    stream.write_all(request(relay, room).as_bytes()).await?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await?;
    ensure!(answer == *b"HTTP/1.1 101", "refused: {}", answer.escape_ascii());
    Ok(stream)
}

async fn connect(source: SocketAddr, relay: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(source)?;
    Ok(socket.connect(relay).await?)
}

fn request(relay: SocketAddr, room: RoomName) -> String {
    format!(
        "GET /room/{room} HTTP/1.1\r\nHost: {relay}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}
