//! One frame by POST: what the room hears of it, and what becomes of those that are not to be heard.

use std::net::SocketAddr;

use ting_frame::{CloseReason, ConnectionId, Control};
use ting_relay::{Config, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    http::{Answer, get, metric, read_answer, until_metric},
    support::{Client, Heard, ROOM, TestRelay, soon, welcomed},
};

/// Leaves a frame in the room by POST, as a page does that closes.
pub async fn post(relay: SocketAddr, room: &str, headers: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(relay).await.unwrap();
    let length = body.len();
    let head = format!(
        "POST /room/{room} HTTP/1.1\r\nHost: {relay}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    // The relay may have refused and hung up before all of it is written.
    let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
    read_answer(stream).await
}

/// Hears somebody come, say one thing and go; who it was, and what it said.
pub async fn hear_passer_by(client: &mut Client) -> (ConnectionId, Vec<u8>) {
    let Heard::Control(Control::Joined(id)) = client.hear().await else {
        panic!("nobody came")
    };
    let Heard::Peer(source, payload) = client.hear().await else {
        panic!("nothing was said")
    };
    assert_eq!(source, id);
    assert_eq!(client.hear().await, Heard::Control(Control::Left(id)));
    (id, payload)
}

/// Two members who have heard of each other.
async fn two(relay: &TestRelay) -> (Client, Client) {
    let (mut a, b) = (relay.join().await, relay.join().await);
    assert_eq!(a.hear().await, Heard::Control(Control::Joined(b.id())));
    (a, b)
}

/// The POST is refused like this, and the room hears nothing before what is said next.
async fn is_refused(relay: &TestRelay, post: impl Future<Output = Answer>, status: u16, name: &str) {
    let (mut a, mut b) = two(relay).await;
    let answer = soon(post).await;
    assert_eq!(answer.status(), status);
    assert!(answer.body.starts_with(format!("{name}: ").as_bytes()));
    a.send_to_all(b"next").await;
    assert_eq!(b.hear().await, Heard::Peer(a.id(), b"next".to_vec()));
    let counted = format!("ting_relay_posted_frames_total{{result=\"{name}\"}}");
    assert_eq!(metric(relay.address, &counted).await, 1);
}

#[tokio::test]
async fn a_frame_by_post_reaches_everybody_as_from_a_connection_that_comes_and_goes() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = two(&relay).await;
    let first = soon(post(relay.address, ROOM, "", b"goodbye")).await;
    assert_eq!((first.status(), &first.body[..]), (204, &b""[..]));
    let (id, payload) = hear_passer_by(&mut a).await;
    assert_eq!(payload, b"goodbye");
    assert_eq!(hear_passer_by(&mut b).await, (id, payload));
    assert!(id != a.id() && id != b.id());
    soon(post(relay.address, ROOM, "", b"goodbye")).await;
    assert_ne!(hear_passer_by(&mut a).await.0, id, "each has a number of its own");
    for (name, value) in [
        ("ting_relay_posted_frames_total{result=\"handed-on\"}", 2),
        ("ting_relay_frames_in_total", 2),
        ("ting_relay_bytes_in_total", 2 * (8 + 7)),
        ("ting_relay_connections", 2),
    ] {
        assert_eq!(metric(relay.address, name).await, value, "{name}");
    }
}

#[tokio::test]
async fn a_frame_by_post_stays_in_its_room_and_makes_none() {
    const OTHER: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
    let relay = TestRelay::start(Config::default()).await;
    is_refused(
        &relay,
        post(relay.address, OTHER, "", b"anybody?"),
        404,
        "no-such-room",
    )
    .await;
    for name in ["ting_relay_rooms", "ting_relay_lingering_rooms"] {
        assert!(metric(relay.address, name).await <= 1, "{name}");
    }
    let late = relay.join_room(OTHER).await;
    assert_eq!(late.welcome.member_count, 1);
}

#[tokio::test]
async fn a_room_that_everybody_left_takes_no_frame_by_post() {
    let relay = TestRelay::start(Config::default()).await;
    drop(relay.join().await);
    until_metric(relay.address, "ting_relay_lingering_rooms", 1).await;
    assert_eq!(
        soon(post(relay.address, ROOM, "", b"goodbye")).await.status(),
        404
    );
}

#[tokio::test]
async fn a_frame_by_post_is_as_large_as_any_frame_may_be_and_no_larger() {
    let relay = TestRelay::start(Config::default()).await;
    let mut a = relay.join().await;
    let largest = vec![7; 256 * 1024];
    assert_eq!(soon(post(relay.address, ROOM, "", &largest)).await.status(), 204);
    assert_eq!(hear_passer_by(&mut a).await.1, largest);
    drop(a);
    let larger = vec![7; 256 * 1024 + 1];
    is_refused(
        &relay,
        post(relay.address, ROOM, "", &larger),
        413,
        "frame-too-large",
    )
    .await;
}

#[tokio::test]
async fn nothing_by_post_is_no_frame() {
    let relay = TestRelay::start(Config::default()).await;
    is_refused(&relay, post(relay.address, ROOM, "", b""), 400, "bad-frame").await;
}

#[tokio::test]
async fn a_bad_name_is_no_room_for_a_frame_by_post() {
    let relay = TestRelay::start(Config::default()).await;
    is_refused(
        &relay,
        post(relay.address, &"A".repeat(64), "", b"x"),
        400,
        "bad-room",
    )
    .await;
}

#[tokio::test]
async fn a_foreign_page_can_leave_no_frame_and_one_without_a_name_neither() {
    for origin in ["https://evil.example", "null"] {
        let relay = TestRelay::start(Config::default()).await;
        let headers = format!("Origin: {origin}\r\n");
        is_refused(
            &relay,
            post(relay.address, ROOM, &headers, b"x"),
            403,
            "bad-origin",
        )
        .await;
    }
}

#[tokio::test]
async fn the_relays_own_pages_and_listed_ones_can_leave_a_frame_and_may_read_the_answer() {
    let relay = TestRelay::start(Config {
        allowed_origins: vec!["https://friend.example".into()],
        ..Config::default()
    })
    .await;
    let mut a = relay.join().await;
    for origin in [
        format!("http://{}", relay.address),
        "https://friend.example".to_owned(),
    ] {
        // What a page's beacon sends: no type that a browser would ask about first.
        let headers = format!("Origin: {origin}\r\nContent-Type: text/plain;charset=UTF-8\r\n");
        let answer = soon(post(relay.address, ROOM, &headers, b"goodbye")).await;
        assert_eq!(answer.status(), 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(&origin[..]));
        assert_eq!(hear_passer_by(&mut a).await.1, b"goodbye");
    }
    let foreign = post(relay.address, ROOM, "Origin: https://evil.example\r\n", b"x");
    assert_eq!(soon(foreign).await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_flood_by_post_ends_at_the_rate_of_its_address_and_hurts_nobody_else() {
    let limits = Limits {
        frames_per_s: 1,
        burst_frames: 30,
        frames_per_s_per_address: 1,
        burst_frames_per_address: 30,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let listener = relay.connect_from([127, 0, 0, 2].into(), ROOM).await.unwrap();
    let mut listener = welcomed(listener).await;
    let (mut passed, mut refused) = (0, 0);
    for _ in 0..100 {
        let answer = soon(post(relay.address, ROOM, "", b"flood")).await;
        match answer.status() {
            204 => passed += 1,
            429 => {
                assert!(answer.body.starts_with(b"address-rate-exceeded: "));
                refused += 1;
            }
            status => panic!("{status}"),
        }
    }
    // Each costs three frames: ten are the burst, and one more comes back every three seconds.
    assert!((10..20).contains(&passed), "{passed} passed");
    assert_eq!(passed + refused, 100);
    for _ in 0..passed {
        hear_passer_by(&mut listener).await;
    }
    // The flooder's address has used up what its connections might send, too.
    let mut member = relay.join().await;
    for _ in 0..30 {
        let _ = member.send_message(Message::binary(vec![0; 9])).await;
    }
    assert_eq!(member.hear_close().await, Some(CloseReason::AddressRateExceeded));
    listener.send_to_all(b"still here").await;
}

#[tokio::test]
async fn bytes_by_post_count_for_their_address() {
    let limits = Limits {
        max_frame_bytes: 1_000,
        bytes_per_s: 1,
        burst_bytes: 2_100,
        bytes_per_s_per_address: 1,
        burst_bytes_per_address: 2_100,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let _member = relay.join().await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(soon(post(relay.address, ROOM, "", &[0; 992])).await.status());
    }
    assert_eq!(statuses, [204, 204, 429]);
}

#[tokio::test]
async fn a_frame_by_post_takes_a_place_of_its_address() {
    let relay = TestRelay::with_limits(Limits {
        max_connections_per_address: 1,
        ..Limits::default()
    })
    .await;
    let _only = relay.join().await;
    let answer = soon(post(relay.address, ROOM, "", b"goodbye")).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.body.starts_with(b"too-many-from-address: "));
}

#[tokio::test]
async fn a_frame_by_post_that_never_ends_is_cut() {
    let relay = TestRelay::with_limits(Limits {
        handshake_timeout_ms: 100,
        ..Limits::default()
    })
    .await;
    let endless = async {
        let mut stream = TcpStream::connect(relay.address).await.unwrap();
        let head = format!("POST /room/{ROOM} HTTP/1.1\r\nHost: relay\r\nContent-Length: 100\r\n\r\nbegun");
        stream.write_all(head.as_bytes()).await.unwrap();
        read_answer(stream).await
    };
    is_refused(&relay, endless, 408, "too-slow").await;
}

#[tokio::test]
async fn a_stopping_relay_takes_no_frame_by_post() {
    let mut relay = TestRelay::start(Config {
        drain_spread_ms: 5_000,
        ..Config::default()
    })
    .await;
    let mut members = Vec::new();
    for _ in 0..200 {
        members.push(relay.join().await);
    }
    relay.stop();
    soon(async { while get(relay.address, "/readyz", "").await.status() != 503 {} }).await;
    let answer = soon(post(relay.address, ROOM, "", b"goodbye")).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.body.starts_with(b"draining: "));
}

#[tokio::test]
async fn what_is_unread_of_a_refused_post_is_no_next_request() {
    let relay = TestRelay::start(Config::default()).await;
    let mut stream = TcpStream::connect(relay.address).await.unwrap();
    let hidden = format!("POST /room/{ROOM} HTTP/1.1\r\nHost: relay\r\nContent-Length: 1\r\n\r\nx");
    let request = format!(
        "POST /room/short HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{hidden}",
        hidden.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}
