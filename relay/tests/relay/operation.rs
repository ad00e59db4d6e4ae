//! What an operator sees and does: health, readiness, metrics, drain.

use ting_frame::{CloseReason, ConnectionId, Destination};
use ting_relay::{Config, Limits};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    http::{get, metric, metrics, until_metric},
    process::free_address,
    support::{Heard, ROOM, TestRelay, close_reason, soon},
};

#[tokio::test]
async fn a_draining_relay_is_alive_but_not_ready_and_closes_one_after_the_other() {
    let config = Config {
        // Nobody hangs up in this test, so the drain lasts as long as its deadline.
        drain_deadline_ms: 3_600_000,
        ..Config::default()
    };
    let mut relay = TestRelay::start(config).await;
    assert_eq!(get(relay.address, "/readyz", "").await.status(), 200);
    let mut members = Vec::new();
    for _ in 0..10 {
        members.push(relay.join().await);
    }
    relay.stop();
    soon(async { while get(relay.address, "/readyz", "").await.status() != 503 {} }).await;
    assert_eq!(get(relay.address, "/healthz", "").await.status(), 200);
    let mut late = relay.connect(ROOM, None).await.unwrap();
    assert_eq!(soon(close_reason(&mut late)).await, Some(CloseReason::Draining));
    for member in &mut members {
        assert_eq!(member.hear_close().await, Some(CloseReason::Draining));
    }
    assert_eq!(metric(relay.address, "ting_relay_drains_total").await, 1);
    drop((members, late));
    relay.stopped().await;
}

#[tokio::test]
async fn the_closes_of_a_drain_are_spread() {
    let relay_config = Config {
        drain_spread_ms: 1_000,
        ..Config::default()
    };
    let mut relay = TestRelay::start(relay_config).await;
    let mut members = Vec::new();
    for _ in 0..50 {
        members.push(relay.join().await);
    }
    let stopped_at = std::time::Instant::now();
    relay.stop();
    let mut closed_after_ms = Vec::new();
    let closes = members.into_iter().map(|mut member| async move {
        assert_eq!(member.hear_close().await, Some(CloseReason::Draining));
        stopped_at.elapsed().as_millis()
    });
    closed_after_ms.extend(futures_util::future::join_all(closes).await);
    closed_after_ms.sort_unstable();
    assert!(
        closed_after_ms[49] - closed_after_ms[0] >= 500,
        "{closed_after_ms:?}"
    );
    relay.stopped().await;
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    a.send_to_all(b"one").await;
    b.hear_payload().await;
    let nobody = ConnectionId::new(u64::MAX).unwrap();
    a.send(Destination::One(nobody), b"two").await;
    a.send_to_all(b"three").await;
    b.hear_payload().await;
    for (name, value) in [
        ("ting_relay_rooms", 1),
        ("ting_relay_connections", 2),
        ("ting_relay_frames_in_total", 3),
        ("ting_relay_bytes_in_total", 3 * 8 + 11),
        ("ting_relay_dropped_frames_total{reason=\"to-nobody\"}", 1),
        ("ting_relay_queued_frames", 0),
        ("ting_relay_latency_seconds_count", 1),
        // Two welcomes, one Joined, two payloads.
        ("ting_relay_frames_out_total", 5),
    ] {
        until_metric(relay.address, name, value).await;
    }
    b.send_message(Message::text("no")).await.unwrap();
    assert_eq!(b.hear_close().await, Some(CloseReason::BadFrame));
    drop(b);
    let closed = "ting_relay_closed_connections_total{reason=\"bad-frame\"}";
    until_metric(relay.address, closed, 1).await;
    let text = metrics(relay.address).await;
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE ting_relay_latency_seconds histogram"));
}

#[tokio::test]
async fn metrics_are_for_loopback_unless_they_are_public() {
    let relay = TestRelay::start(Config::default()).await;
    assert_eq!(get(relay.address, "/metrics", "").await.status(), 200);
    for forwarded in [
        "X-Forwarded-For: 198.51.100.1\r\n",
        "Forwarded: for=198.51.100.1\r\n",
    ] {
        assert_eq!(get(relay.address, "/metrics", forwarded).await.status(), 404);
    }
    let public = Config {
        metrics_public: true,
        ..Config::default()
    };
    let relay = TestRelay::start(public).await;
    let answer = get(relay.address, "/metrics", "X-Forwarded-For: 198.51.100.1\r\n").await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let address = free_address();
    let config = Config {
        metrics_listen: Some(address),
        ..Config::default()
    };
    let relay = TestRelay::start(config).await;
    soon(async { while TcpStream::connect(address).await.is_err() {} }).await;
    assert_eq!(metric(address, "ting_relay_connections").await, 0);
    assert_eq!(get(address, "/readyz", "").await.status(), 200);
    assert_eq!(get(address, &format!("/room/{ROOM}"), "").await.status(), 404);
    assert_eq!(get(relay.address, "/metrics", "").await.status(), 404);
}

#[tokio::test]
async fn the_document_at_a_rooms_url_holds_every_limit() {
    let relay = TestRelay::with_limits(Limits::default()).await;
    let body = get(relay.address, &format!("/room/{ROOM}"), "").await.body;
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
    for name in [
        "frames_per_s_per_address",
        "room_linger_ms",
        "max_queued_bytes",
        "idle_timeout_ms",
    ] {
        assert!(document[name].is_u64(), "{name}");
    }
}

#[tokio::test]
async fn what_waits_for_a_reader_is_seen_and_what_is_lost_is_counted() {
    let limits = Limits {
        max_queued_bytes: 1024 * 1024,
        bytes_per_s: u32::MAX,
        burst_bytes: u32::MAX,
        burst_frames: 100_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut stalled) = (relay.join().await, relay.join().await);
    let closed = "ting_relay_closed_connections_total{reason=\"slow-reader\"}";
    let mut seen_waiting = false;
    soon(async {
        while metric(relay.address, closed).await == 0 {
            for _ in 0..8 {
                a.send_to_all(&[0; 16 * 1024]).await;
            }
            seen_waiting |= metric(relay.address, "ting_relay_queued_bytes").await > 0;
        }
    })
    .await;
    assert!(seen_waiting);
    let lost = "ting_relay_dropped_frames_total{reason=\"reader-cut\"}";
    assert!(metric(relay.address, lost).await > 0);
    assert_eq!(stalled.hear_close().await, Some(CloseReason::SlowReader));
    assert!(matches!(a.hear().await, Heard::Control(_)));
}
