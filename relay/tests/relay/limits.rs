//! What happens to those who exceed a limit, and that nothing happens to the others.

use futures_util::{SinkExt, StreamExt};
use ting_frame::{CloseReason, Control};
use ting_relay::{Config, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{
    Bytes, Error, Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{Client, Heard, ROOM, TestRelay, close_reason, soon};

/// Both members still hear each other.
async fn the_room_goes_on(a: &mut Client, b: &mut Client) {
    a.send_to_all(b"still here").await;
    assert_eq!(b.hear_payload().await, (a.id(), b"still here".to_vec()));
    b.send_to_all(b"so am I").await;
    assert_eq!(a.hear_payload().await, (b.id(), b"so am I".to_vec()));
}

async fn closes_the_sender_only(message: Message, reason: CloseReason) {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b, mut bad) = (relay.join().await, relay.join().await, relay.join().await);
    // A large message may not get through whole before the relay has closed.
    let _ = bad.send_message(message).await;
    assert_eq!(bad.hear_close().await, Some(reason));
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn a_frame_one_byte_over_the_limit_closes_its_sender_only() {
    let message = Message::binary(vec![0; 256 * 1024 + 8 + 1]);
    closes_the_sender_only(message, CloseReason::FrameTooLarge).await;
}

#[tokio::test]
async fn a_frame_many_times_the_limit_closes_its_sender_only() {
    closes_the_sender_only(
        Message::binary(vec![0; 16 * 1024 * 1024]),
        CloseReason::FrameTooLarge,
    )
    .await;
}

#[tokio::test]
async fn a_frame_of_exactly_the_limit_passes() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    a.send_to_all(&[7; 256 * 1024]).await;
    assert_eq!(b.hear_payload().await, (a.id(), vec![7; 256 * 1024]));
}

#[tokio::test]
async fn a_text_frame_closes_its_sender_only() {
    closes_the_sender_only(Message::text("hello"), CloseReason::BadFrame).await;
}

#[tokio::test]
async fn a_frame_without_a_whole_header_closes_its_sender_only() {
    closes_the_sender_only(Message::binary(vec![0; 7]), CloseReason::BadFrame).await;
}

#[tokio::test]
async fn a_frame_without_a_payload_closes_its_sender_only() {
    closes_the_sender_only(Message::binary(vec![0; 8]), CloseReason::BadFrame).await;
}

#[tokio::test]
async fn bytes_that_are_no_websocket_close_their_sender_only() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let mut raw = TcpStream::connect(relay.address).await.unwrap();
    let handshake = format!(
        "GET /room/{ROOM} HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    raw.write_all(handshake.as_bytes()).await.unwrap();
    raw.write_all(&[0xff; 1_000]).await.unwrap();
    let mut answer = Vec::new();
    soon(raw.read_to_end(&mut answer)).await.unwrap();
    let [high, low] = CloseReason::BadFrame.code().to_be_bytes();
    let sentence = CloseReason::BadFrame.sentence().as_bytes();
    let close = [&[0x88, sentence.len() as u8 + 2, high, low], sentence].concat();
    assert!(
        answer.ends_with(&close),
        "the last thing on the wire is the close frame"
    );
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn ten_thousand_frames_at_once_close_the_flooder_only() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b, mut flooder) = (relay.join().await, relay.join().await, relay.join().await);
    let flooder_id = flooder.id();
    let flooding = async {
        for _ in 0..10_000 {
            let frame = Message::binary(vec![0; 264]);
            if flooder.socket.feed(frame).await.is_err() {
                break;
            }
        }
        let _ = flooder.socket.flush().await;
        flooder.hear_close().await
    };
    let chatting = async {
        a.send_to_all(b"ping").await;
        while b.hear_payload().await != (a.id(), b"ping".to_vec()) {}
        b.send_to_all(b"pong").await;
        let (mut from_flooder, mut answered, mut left) = (0, false, false);
        while !(answered && left) {
            match a.hear().await {
                Heard::Peer(source, _) if source == flooder_id => from_flooder += 1,
                Heard::Peer(_, payload) => answered = payload == b"pong",
                Heard::Control(control) => left |= control == Control::Left(flooder_id),
                Heard::Closed(reason) => panic!("a bystander was closed by {reason:?}"),
            }
        }
        a.send_to_all(b"after").await;
        while b.hear_payload().await != (a.id(), b"after".to_vec()) {}
        from_flooder
    };
    let (reason, from_flooder) = tokio::join!(flooding, chatting);
    assert_eq!(reason, Some(CloseReason::RateExceeded));
    assert!(
        (1..=2_000).contains(&from_flooder),
        "{from_flooder} frames got through"
    );
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn a_flood_of_bytes_is_refused_like_one_of_frames() {
    let limits = Limits {
        bytes_per_s: 1_000,
        burst_bytes: 2_000,
        max_frame_bytes: 1_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let mut a = relay.join().await;
    for _ in 0..3 {
        a.send_to_all(&[0; 992]).await;
    }
    assert_eq!(a.hear_close().await, Some(CloseReason::RateExceeded));
}

#[tokio::test]
async fn connections_of_one_address_share_its_rate() {
    let limits = Limits {
        frames_per_s: 1,
        burst_frames: 30,
        frames_per_s_per_address: 1,
        burst_frames_per_address: 40,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    for _ in 0..30 {
        a.send_to_all(b"within the rate of one connection").await;
        b.hear_payload().await;
    }
    for _ in 0..30 {
        let _ = b.socket.feed(Message::binary(vec![0; 9])).await;
    }
    let _ = b.socket.flush().await;
    assert_eq!(b.hear_close().await, Some(CloseReason::AddressRateExceeded));
}

#[tokio::test]
async fn bytes_of_one_address_are_bounded_too() {
    let limits = Limits {
        max_frame_bytes: 1_000,
        bytes_per_s: 1,
        burst_bytes: 2_000,
        bytes_per_s_per_address: 1,
        burst_bytes_per_address: 3_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    for _ in 0..2 {
        a.send_to_all(&[0; 992]).await;
        b.hear_payload().await;
    }
    for _ in 0..2 {
        b.send_to_all(&[0; 992]).await;
    }
    assert_eq!(b.hear_close().await, Some(CloseReason::AddressRateExceeded));
}

#[tokio::test]
async fn members_find_their_room_again_though_rooms_are_full() {
    let relay = TestRelay::with_limits(Limits {
        max_rooms: 4,
        ..Limits::default()
    })
    .await;
    let names: Vec<_> = ["0a", "0b", "0c", "0d", "0e"].map(|byte| byte.repeat(32)).into();
    let observer = relay.join_room(&names[0]).await;
    let others = (relay.join_room(&names[1]).await, relay.join_room(&names[2]).await);
    drop(relay.join_room(&names[3]).await);
    crate::http::until_metric(relay.address, "ting_relay_lingering_rooms", 1).await;
    let mut late = relay.connect(&names[4], None).await.unwrap();
    assert_eq!(
        soon(close_reason(&mut late)).await,
        Some(CloseReason::TooManyRooms)
    );
    let back = relay.join_room(&names[3]).await;
    assert_eq!(back.welcome.member_count, 1);
    drop((observer, others));
}

#[tokio::test]
async fn too_many_frames_waiting_cut_a_reader_like_too_many_bytes() {
    let limits = Limits {
        max_queued_frames: 16,
        burst_frames: 1_000_000,
        frames_per_s: 1_000_000,
        bytes_per_s: u32::MAX,
        burst_bytes: u32::MAX,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut b, mut stalled) = (relay.join().await, relay.join().await, relay.join().await);
    while !has_left(&mut a, &stalled).await {
        a.send_to_all(&[0; 16 * 1024]).await;
        b.hear_payload().await;
    }
    assert_eq!(stalled.hear_close().await, Some(CloseReason::SlowReader));
}

#[tokio::test]
async fn a_flood_of_pings_is_refused_too() {
    let relay = TestRelay::start(Config::default()).await;
    let mut a = relay.join().await;
    for _ in 0..2_000 {
        if a.socket.feed(Message::Ping(Bytes::new())).await.is_err() {
            break;
        }
    }
    let _ = a.socket.flush().await;
    assert_eq!(a.hear_close().await, Some(CloseReason::RateExceeded));
}

#[tokio::test]
async fn a_reader_that_never_reads_is_cut_and_the_others_get_every_frame() {
    const FRAME_BYTES: usize = 16 * 1024;
    // What the kernel buffers for a loopback connection, and what is sent while word of the leave waits for company, generously.
    const MOST_FRAMES: u32 = 20_000;
    let limits = Limits {
        max_queued_bytes: 1024 * 1024,
        bytes_per_s: u32::MAX,
        burst_bytes: u32::MAX,
        burst_frames: 100_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut b, mut stalled) = (relay.join().await, relay.join().await, relay.join().await);
    let mut sent = 0_u32;
    let mut payload = vec![0; FRAME_BYTES];
    while !has_left(&mut a, &stalled).await {
        payload[..4].copy_from_slice(&sent.to_le_bytes());
        a.send_to_all(&payload).await;
        let (_, heard) = b.hear_payload().await;
        assert_eq!(heard[..4], sent.to_le_bytes());
        sent += 1;
        assert!(sent < MOST_FRAMES, "the stalled reader was never cut");
    }
    assert_eq!(stalled.hear_close().await, Some(CloseReason::SlowReader));
    the_room_goes_on(&mut a, &mut b).await;
}

/// Whether the relay has already said that the member left.
async fn has_left(observer: &mut Client, member: &Client) -> bool {
    let left = Message::binary(ting_frame::RelayFrame::Control(Control::Left(member.id())).encode());
    let next = futures_util::future::poll_immediate(observer.socket.next()).await;
    matches!(next, Some(Some(Ok(message))) if message == left)
}

#[tokio::test]
async fn a_full_room_says_so() {
    let relay = TestRelay::with_limits(Limits {
        max_members: 2,
        ..Limits::default()
    })
    .await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let mut third = relay.connect(ROOM, None).await.unwrap();
    assert_eq!(soon(close_reason(&mut third)).await, Some(CloseReason::RoomFull));
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn too_many_connections_from_one_address_are_refused() {
    let limits = Limits {
        max_connections_per_address: 2,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let mut third = relay.connect(ROOM, None).await.unwrap();
    assert_eq!(
        soon(close_reason(&mut third)).await,
        Some(CloseReason::TooManyFromAddress)
    );
    the_room_goes_on(&mut a, &mut b).await;
}

#[tokio::test]
async fn too_many_connections_or_rooms_in_all_are_refused() {
    let other_room = "ab".repeat(32);
    let relay = TestRelay::with_limits(Limits {
        max_connections: 1,
        ..Limits::default()
    })
    .await;
    let _first = relay.join().await;
    let mut second = relay.connect(&other_room, None).await.unwrap();
    assert_eq!(
        soon(close_reason(&mut second)).await,
        Some(CloseReason::TooManyConnections)
    );
    let relay = TestRelay::with_limits(Limits {
        max_rooms: 1,
        ..Limits::default()
    })
    .await;
    let _first = relay.join().await;
    let mut second = relay.connect(&other_room, None).await.unwrap();
    assert_eq!(
        soon(close_reason(&mut second)).await,
        Some(CloseReason::TooManyRooms)
    );
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_and_who_answers_stays() {
    let limits = Limits {
        ping_interval_ms: 100,
        idle_timeout_ms: 1_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let mut alive = relay.join().await;
    let mut deaf = relay.join().await;
    assert_eq!(alive.hear().await, Heard::Control(Control::Joined(deaf.id())));
    assert_eq!(alive.hear().await, Heard::Control(Control::Left(deaf.id())));
    assert_eq!(deaf.hear_close().await, Some(CloseReason::IdleTimeout));
    let mut next = relay.join().await;
    the_room_goes_on(&mut alive, &mut next).await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_cut() {
    let relay = TestRelay::with_limits(Limits {
        handshake_timeout_ms: 100,
        ..Limits::default()
    })
    .await;
    let one_request = "GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n";
    for beginning in ["", "GET /room/", one_request] {
        let mut raw = TcpStream::connect(relay.address).await.unwrap();
        raw.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = soon(raw.read_to_end(&mut answer)).await;
        assert_eq!(answer.starts_with(b"HTTP/1.1 200"), beginning == one_request);
    }
}

#[tokio::test]
async fn sockets_that_say_nothing_are_bounded_by_address() {
    let limits = Limits {
        max_connections_per_address: 2,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let mut silent = Vec::new();
    for _ in 0..66 {
        silent.push(TcpStream::connect(relay.address).await.unwrap());
    }
    let mut refused = TcpStream::connect(relay.address).await.unwrap();
    assert_eq!(soon(refused.read(&mut [0])).await.unwrap_or(0), 0);
    drop(silent);
}

#[tokio::test]
async fn a_bad_room_name_is_refused() {
    let relay = TestRelay::start(Config::default()).await;
    for bad in ["short", &"g".repeat(64), &"A".repeat(64), &"a".repeat(65)] {
        let Err(Error::Http(response)) = relay.connect(bad, None).await else {
            panic!("{bad} got in")
        };
        assert_eq!(response.status(), 400);
        let body = response.into_body().unwrap_or_default();
        assert!(body.starts_with(CloseReason::BadRoom.name().as_bytes()));
    }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_and_a_listed_one_is_not() {
    let config = Config {
        allowed_origins: vec!["https://friend.example".into()],
        ..Config::default()
    };
    let relay = TestRelay::start(config).await;
    let refused = relay.connect(ROOM, Some("https://evil.example")).await;
    let Err(Error::Http(response)) = refused else {
        panic!("a foreign page got in")
    };
    assert_eq!(response.status(), 403);
    assert!(relay.connect(ROOM, Some("https://friend.example")).await.is_ok());
    assert!(
        relay
            .connect(ROOM, Some(&format!("http://{}", relay.address)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_message_in_fragments_is_forwarded_whole() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let pieces = [
        (OpCode::Data(Data::Binary), false, &[0; 8][..]),
        (OpCode::Data(Data::Continue), true, b"whole"),
    ];
    for (opcode, is_final, piece) in pieces {
        let frame = Frame::message(piece.to_vec(), opcode, is_final);
        a.send_message(Message::Frame(frame)).await.unwrap();
    }
    assert_eq!(b.hear_payload().await, (a.id(), b"whole".to_vec()));
}
