//! What the relay writes about its users: nothing that they said, no room's name, no address.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use ting_frame::CloseReason;
use ting_relay::Limits;
use tokio_tungstenite::tungstenite::Message;
use tracing_subscriber::filter::LevelFilter;

use crate::{
    http::metrics,
    support::{ROOM, TestRelay, connect_with, soon, welcomed},
};

const SECRET: &[u8] = b"a secret payload";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn logs_and_metrics_hold_no_payload_no_room_name_and_no_address() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let relay = TestRelay::with_limits(Limits {
        max_members: 2,
        ..Limits::default()
    })
    .await;
    let source = Ipv4Addr::new(127, 9, 8, 7);
    let socket = connect_with(relay.address, source, ROOM, &[]).await.unwrap();
    let (mut a, mut b) = (relay.join().await, welcomed(socket).await);
    a.send_to_all(SECRET).await;
    assert_eq!(b.hear_payload().await.1, SECRET);
    b.send_message(Message::text("a secret payload")).await.unwrap();
    assert_eq!(b.hear_close().await, Some(CloseReason::BadFrame));
    drop((a, b));
    let mut numbers = String::new();
    soon(async {
        while !log.text().contains("reason=\"bad-frame\"") {
            numbers = metrics(relay.address).await;
        }
    })
    .await;
    for text in [log.text(), numbers] {
        for secret in ["secret", &ROOM[..8], &source.to_string()] {
            assert!(!text.contains(secret), "{secret} is in\n{text}");
        }
    }
    assert!(log.text().contains("room=") && log.text().contains("client="));
}
