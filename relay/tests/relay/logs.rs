//! What the relay writes about its users: nothing that they said, and no room's whole name.

use std::io;
use std::sync::{Arc, Mutex};

use ting_frame::CloseReason;
use ting_relay::Limits;
use tokio_tungstenite::tungstenite::Message;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{ROOM, TestRelay};

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

#[tokio::test]
async fn logs_hold_no_payload_and_no_full_room_name() {
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
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    a.send_to_all(SECRET).await;
    assert_eq!(b.hear_payload().await.1, SECRET);
    b.send_message(Message::text("a secret payload")).await.unwrap();
    assert_eq!(b.hear_close().await, Some(CloseReason::BadFrame));
    drop(a);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("bad-frame") && log.contains("room="),
        "the log says what happened: {log}"
    );
    assert!(!log.contains("secret") && !log.contains(&ROOM[..8]), "{log}");
}
