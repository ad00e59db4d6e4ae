//! Many at once. Ten thousand connections need 10,100 file descriptors in each of two processes.

use std::net::SocketAddr;

use futures_util::stream::{self, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{
    http::{metric, until_metric},
    process::Program,
    support::{join_at, soon},
};

/// Connections that are opened side by side.
const AT_ONCE: usize = 64;
/// Members of each room.
const ROOM_SIZE: usize = 50;

fn room(number: usize) -> String {
    format!("{:064x}", number / ROOM_SIZE)
}

/// A member that has been welcomed and says nothing, on a bare socket: what is measured is the relay.
async fn sit_down(relay: SocketAddr, number: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let mut stream = soon(socket.connect(relay)).await.unwrap();
    let handshake = format!(
        "GET /room/{} HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        room(number)
    );
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    soon(async {
        while !heard.windows(5).any(|window| window == b"\r\n\r\n\x82") {
            assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "the relay hung up");
        }
    })
    .await;
    assert!(heard.starts_with(b"HTTP/1.1 101"));
    stream
}

async fn a_crowd_of(count: usize) {
    let allowed = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(
        allowed > count as u64 + 100,
        "only {allowed} file descriptors are allowed here"
    );
    let most = (count + 10).to_string();
    // Nobody in the crowd answers pings.
    let relay = Program::start(&[
        "--max-connections",
        &most,
        "--max-connections-per-address",
        &most,
        "--ping-interval-ms",
        "3600000",
        "--idle-timeout-ms",
        "7200000",
    ])
    .await;
    let before_bytes = relay.resident_bytes();
    let joining = stream::iter(0..count).map(|number| sit_down(relay.address, number));
    let crowd: Vec<_> = joining.buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(
        metric(relay.address, "ting_relay_connections").await,
        count as u64
    );
    assert_eq!(
        metric(relay.address, "ting_relay_rooms").await,
        count.div_ceil(ROOM_SIZE) as u64
    );
    let bytes_each = relay.resident_bytes().saturating_sub(before_bytes) / count as u64;
    println!("{count} connections, {bytes_each} bytes of memory for each");
    assert!(bytes_each < 8 * 1024, "{bytes_each} bytes for each connection");

    let (mut a, mut b) = (
        join_at(relay.address, &room(0)).await,
        join_at(relay.address, &room(0)).await,
    );
    a.send_to_all(b"hello, crowd").await;
    assert_eq!(b.hear_payload().await.1, b"hello, crowd");
    drop((a, b));
    drop(crowd);
    until_metric(relay.address, "ting_relay_connections", 0).await;
}

#[tokio::test]
async fn a_thousand_connections_are_served() {
    a_crowd_of(1_000).await;
}

#[tokio::test]
async fn ten_thousand_connections_are_served() {
    a_crowd_of(10_000).await;
}
