//! What a relay refuses to start with.

use std::fs;

use ting_relay::Limits;
use tokio::net::TcpListener;

use crate::{
    backplane::cluster::{Nats, config},
    support::soon,
};

#[tokio::test]
async fn a_nats_that_takes_no_message_as_large_as_a_frame_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nats.conf");
    fs::write(&file, "max_payload: 64KB\n").unwrap();
    let nats = Nats::start_with(&["-c", file.to_str().unwrap()]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = ting_relay::serve(
        listener,
        config(&nats.url(), Limits::default()),
        std::future::pending(),
    );
    let error = soon(serving).await.unwrap_err().to_string();
    assert!(
        error.contains("max_payload") && error.contains("65536"),
        "{error}"
    );
}
