//! Plain HTTP to a relay, by hand.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::soon;

/// An answer as it came over the wire.
pub struct Answer {
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

pub async fn get(relay: SocketAddr, path: &str, headers: &str) -> Answer {
    let mut stream = TcpStream::connect(relay).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_answer(stream).await
}

/// The one answer that still comes.
pub async fn read_answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A relay that hangs up on what it does not read may end the stream hard.
    let read = soon(stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok() || !bytes.is_empty(), "{read:?}");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    Answer {
        head: String::from_utf8(bytes[..end].to_vec()).unwrap(),
        body: bytes[end + 4..].to_vec(),
    }
}

/// The whole text of the metrics.
pub async fn metrics(relay: SocketAddr) -> String {
    let answer = get(relay, "/metrics", "").await;
    assert_eq!(answer.status(), 200);
    String::from_utf8(answer.body).unwrap()
}

/// One value of the metrics; 0 for one that was never counted.
pub async fn metric(relay: SocketAddr, name: &str) -> u64 {
    let text = metrics(relay).await;
    let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let value = lines
        .find(|(key, _)| *key == name)
        .map_or("0", |(_, value)| value);
    value.parse().unwrap()
}

/// Waits until a metric has reached a value.
pub async fn until_metric(relay: SocketAddr, name: &str, value: u64) {
    soon(async { while metric(relay, name).await != value {} }).await;
}
