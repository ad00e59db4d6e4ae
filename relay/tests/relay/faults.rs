//! What the network and malicious clients do to a relay, and that the others do not notice.

use std::{net::Ipv4Addr, time::Duration};

use futures_util::{SinkExt, StreamExt, future::join_all};
use ting_frame::CloseReason;
use ting_relay::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    http::{metric, until_metric},
    process::Program,
    support::{Client, ROOM, TestRelay, close_reason, join_at, soon, welcomed},
};

/// Both members still hear each other, within the deadline.
async fn the_room_goes_on(a: &mut Client, b: &mut Client) {
    a.send_to_all(b"still here").await;
    while b.hear_payload().await.1 != b"still here" {}
    b.send_to_all(b"so am I").await;
    while a.hear_payload().await.1 != b"so am I" {}
}

/// Keeps hearing and answering pings until the future is done.
async fn while_listening<T>(client: &mut Client, future: impl Future<Output = T>) -> T {
    let listening = async {
        loop {
            if client.socket.next().await.is_none_or(|heard| heard.is_err()) {
                panic!("a bystander lost its connection");
            }
        }
    };
    tokio::select! {
        result = future => result,
        () = listening => unreachable!("listening never ends"),
    }
}

#[tokio::test]
async fn clients_that_vanished_without_a_word_are_closed_and_their_places_come_back() {
    let limits = Limits {
        ping_interval_ms: 50,
        idle_timeout_ms: 1_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let mut alive = relay.join().await;
    let mut vanished = Vec::new();
    for _ in 0..50 {
        // The socket stays open and nobody is behind it: as after a cable was pulled, no FIN ever comes.
        vanished.push(relay.join().await);
    }
    let closed = "ting_relay_closed_connections_total{reason=\"idle-timeout\"}";
    while_listening(&mut alive, until_metric(relay.address, closed, 50)).await;
    let connections = until_metric(relay.address, "ting_relay_connections", 1);
    while_listening(&mut alive, connections).await;
    drop(vanished);
}

#[tokio::test]
async fn five_readers_that_never_read_are_cut_and_memory_stays_bounded() {
    const READERS: u64 = 5;
    const QUEUE_BYTES: u64 = 1024 * 1024;
    let queue = QUEUE_BYTES.to_string();
    let plenty = "4000000000";
    let relay = Program::start(&[
        "--max-queued-bytes",
        &queue,
        "--bytes-per-s",
        plenty,
        "--burst-bytes",
        plenty,
        "--frames-per-s",
        "1000000",
        "--burst-frames",
        "1000000",
    ])
    .await;
    let (mut a, mut b) = (
        join_at(relay.address, ROOM).await,
        join_at(relay.address, ROOM).await,
    );
    let mut stalled = Vec::new();
    for _ in 0..READERS {
        stalled.push(join_at(relay.address, ROOM).await);
    }
    let before_bytes = relay.resident_bytes();
    let mut most_bytes = before_bytes;
    let closed = "ting_relay_closed_connections_total{reason=\"slow-reader\"}";
    let mut sent = 0_u32;
    let mut payload = vec![0; 16 * 1024];
    while metric(relay.address, closed).await < READERS {
        for _ in 0..16 {
            payload[..4].copy_from_slice(&sent.to_le_bytes());
            a.send_to_all(&payload).await;
            assert_eq!(
                b.hear_payload().await.1[..4],
                sent.to_le_bytes(),
                "no frame is lost"
            );
            sent += 1;
        }
        most_bytes = most_bytes.max(relay.resident_bytes());
        assert!(sent < 20_000, "the stalled readers were never cut");
    }
    let grown_bytes = most_bytes - before_bytes;
    let allowed_bytes = (READERS + 2) * QUEUE_BYTES + 4 * 1024 * 1024;
    assert!(grown_bytes < allowed_bytes, "grew by {grown_bytes} bytes");
    for mut reader in stalled {
        assert_eq!(reader.hear_close().await, Some(CloseReason::SlowReader));
    }
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn two_hundred_slow_handshakes_are_cut_while_others_come_and_go() {
    let relay = TestRelay::with_limits(Limits {
        handshake_timeout_ms: 1_000,
        max_connections_per_address: 1_000,
        ..Limits::default()
    })
    .await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let address = relay.address;
    let dribbling = (0..200).map(|_| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        for byte in "GET /room/".bytes().chain(std::iter::repeat(b'a')) {
            beat.tick().await;
            let mut space = [0; 256];
            if stream.write_all(&[byte]).await.is_err() || matches!(stream.try_read(&mut space), Ok(0)) {
                return;
            }
        }
    });
    let coming_and_going = async {
        for _ in 0..20 {
            let mut guest = relay.join().await;
            guest.send_to_all(b"hello").await;
        }
        the_room_goes_on(&mut a, &mut b).await;
    };
    soon(async { tokio::join!(join_all(dribbling), coming_and_going) }).await;
}

#[tokio::test]
async fn garbage_closes_each_of_its_senders_and_nobody_else() {
    let relay = TestRelay::with_limits(Limits::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let mut seed = 0x1234_5678_u32;
    for length in (1..60).map(|step| step * 37) {
        let mut raw = TcpStream::connect(relay.address).await.unwrap();
        let handshake = format!(
            "GET /room/{ROOM} HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        raw.write_all(handshake.as_bytes()).await.unwrap();
        // A linear congruential generator (Numerical Recipes): the same garbage in each run.
        let garbage: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .take(length)
        .collect();
        let _ = raw.write_all(&garbage).await;
        let _ = raw.shutdown().await;
        // Whatever the relay made of it, it ends the connection.
        let _ = soon(raw.read_to_end(&mut Vec::new())).await;
    }
    the_room_goes_on(&mut a, &mut b).await;
    until_metric(relay.address, "ting_relay_connections", 2).await;
}

#[tokio::test]
async fn oversized_frames_from_many_close_each_of_them_and_nobody_else() {
    let relay = TestRelay::with_limits(Limits::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let mut senders = Vec::new();
    for _ in 0..20 {
        senders.push(relay.join().await);
    }
    let sending = senders.into_iter().map(|mut sender| async move {
        let _ = sender.send_message(Message::binary(vec![0; 1024 * 1024])).await;
        sender.hear_close().await
    });
    let reasons = join_all(sending).await;
    assert!(
        reasons
            .iter()
            .all(|reason| *reason == Some(CloseReason::FrameTooLarge))
    );
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn a_flood_from_fifty_addresses_is_cut_and_the_room_goes_on() {
    let relay = TestRelay::with_limits(Limits {
        frames_per_s: 10,
        burst_frames: 20,
        frames_per_s_per_address: 10,
        burst_frames_per_address: 50,
        // With the members of the room, at most eight connections to an address.
        max_connections_per_address: 8,
        ..Limits::default()
    })
    .await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let flooding = (1..=50).map(|last| {
        let relay = &relay;
        async move {
            let source = Ipv4Addr::new(127, 0, 1, last);
            let mut reasons = Vec::new();
            for _ in 0..5 {
                let socket = relay.connect_from(source, ROOM).await.unwrap();
                let mut flooder = welcomed(socket).await;
                for _ in 0..100 {
                    if flooder.socket.feed(Message::binary(vec![0; 264])).await.is_err() {
                        break;
                    }
                }
                let _ = flooder.socket.flush().await;
                reasons.push(soon(close_reason(&mut flooder.socket)).await);
            }
            reasons
        }
    });
    let reasons = join_all(flooding).await.concat();
    let count = |reason| reasons.iter().filter(|given| **given == Some(reason)).count();
    let (by_connection, by_address) = (
        count(CloseReason::RateExceeded),
        count(CloseReason::AddressRateExceeded),
    );
    assert_eq!(by_connection + by_address, 250, "{reasons:?}");
    assert!(by_address >= 50, "reconnecting renews no address's budget");
    the_room_goes_on(&mut a, &mut b).await;
    // 50 addresses of 50 frames and what came back meanwhile, not 50 times 500.
    let frames_in = metric(relay.address, "ting_relay_frames_in_total").await;
    assert!(frames_in < 50 * 5 * 60, "{frames_in} frames were read");
}
