//! A subject of NATS, its text protocol in the frames of its WebSocket listener.

use std::{ffi::OsString, fs, path::Path, str};

use anyhow::Result;

use super::{Heard, Peer, Source, Step, Unit, find, stamp};
use crate::wire;

const LINE_END: &[u8] = b"\r\n";
const PONG: &[u8] = b"PONG\r\n";

/// Subscribes to one subject without echo.
pub struct Nats;

impl Peer for Nats {
    fn command(&self, file: &Path, port: u16, folder: &Path) -> Result<Vec<OsString>> {
        let settings = folder.join("nats.conf");
        let text = format!(
            "listen: \"127.0.0.1:-1\"\nwebsocket {{ listen: \"127.0.0.1:{port}\", no_tls: true, compression: false }}\n"
        );
        fs::write(&settings, text)?;
        Ok(vec![file.into(), "-c".into(), settings.into()])
    }

    fn path(&self, _room: u64) -> String {
        "/".to_owned()
    }

    fn greetings(&self, room: u64) -> Vec<Step> {
        let words = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"echo\":false,\"protocol\":1}}\r\nSUB room.{room} 1\r\nPING\r\n"
        );
        vec![Step {
            say: wire::frame(wire::BINARY, words.as_bytes()),
            until: Some(b"PONG"),
        }]
    }

    fn frame(&self, room: u64, _source: Source, payload: &[u8]) -> Vec<u8> {
        let line = format!("PUB room.{room} {}\r\n", payload.len());
        wire::frame(wire::BINARY, &[line.as_bytes(), payload, LINE_END].concat())
    }

    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        heard.stream(payload, &wire::frame(wire::BINARY, PONG), next_unit);
    }
}

/// `MSG subject id length` and a line for the payload, or a line alone.
fn next_unit(bytes: &[u8]) -> Option<Unit> {
    let end = find(bytes, LINE_END)?;
    let line = bytes.get(..end)?;
    let after_line = end + LINE_END.len();
    if !line.starts_with(b"MSG ") {
        return Some(Unit {
            bytes: after_line,
            stamp: None,
            is_ping: line == b"PING",
        });
    }
    let length = line.rsplit(|byte| *byte == b' ').next()?;
    let length: usize = str::from_utf8(length).ok()?.parse().ok()?;
    let payload = bytes.get(after_line..after_line + length)?;
    let bytes_in_all = after_line + length + LINE_END.len();
    (bytes.len() >= bytes_in_all).then(|| Unit {
        bytes: bytes_in_all,
        stamp: stamp(payload),
        is_ping: false,
    })
}
