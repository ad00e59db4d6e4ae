//! A topic of Mosquitto: MQTT 3.1.1 at quality of service 0, in the frames of its WebSocket listener.

use std::{ffi::OsString, fs, path::Path};

use anyhow::Result;

use super::{Heard, Peer, Source, Step, Unit, stamp};
use crate::wire;

const CONNECT: u8 = 0x10;
const PUBLISH: u8 = 0x30;
const SUBSCRIBE: u8 = 0x82;
/// A clean session, which the server names, without keep-alive.
const CONNECT_BODY: &[u8] = b"\x00\x04MQTT\x04\x02\x00\x00\x00\x00";

/// Subscribes to one topic; MQTT 3.1.1 sends a member its own messages, too.
pub struct Mosquitto;

impl Peer for Mosquitto {
    fn command(&self, file: &Path, port: u16, folder: &Path) -> Result<Vec<OsString>> {
        let settings = folder.join("mosquitto.conf");
        // Version 2.0.11 gives up without any listener that is not a WebSocket one.
        let text = format!(
            "allow_anonymous true\npersistence false\nset_tcp_nodelay true\nuser root\nlistener 0 {}\n\
             listener {port} 127.0.0.1\nprotocol websockets\n",
            folder.join("socket").display()
        );
        fs::write(&settings, text)?;
        Ok(vec![file.into(), "-c".into(), settings.into()])
    }

    fn path(&self, _room: u64) -> String {
        "/mqtt".to_owned()
    }

    fn subprotocol(&self) -> Option<&'static str> {
        Some("mqtt")
    }

    fn greetings(&self, room: u64) -> Vec<Step> {
        let subscribe = [&[0, 1], &text(&topic(room))[..], &[0]].concat();
        vec![
            Step {
                say: wire::frame(wire::BINARY, &packet(CONNECT, CONNECT_BODY)),
                until: Some(b"\x20\x02\x00\x00"),
            },
            Step {
                say: wire::frame(wire::BINARY, &packet(SUBSCRIBE, &subscribe)),
                until: Some(b"\x90\x03\x00\x01"),
            },
        ]
    }

    fn frame(&self, room: u64, _source: Source, payload: &[u8]) -> Vec<u8> {
        let body = [&text(&topic(room))[..], payload].concat();
        wire::frame(wire::BINARY, &packet(PUBLISH, &body))
    }

    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        heard.stream(payload, &[], next_packet);
    }

    fn echoes(&self) -> bool {
        true
    }
}

fn topic(room: u64) -> String {
    format!("room/{room}")
}

/// A string as MQTT encodes it: its length, then its bytes.
fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![kind];
    let mut length = body.len();
    while length >= 0x80 {
        packet.push(length as u8 | 0x80);
        length >>= 7;
    }
    packet.push(length as u8);
    packet.extend(body);
    packet
}

fn next_packet(bytes: &[u8]) -> Option<Unit> {
    let mut length = 0;
    let mut head = 1;
    loop {
        let byte = *bytes.get(head)?;
        length |= usize::from(byte & 0x7f) << (7 * (head - 1));
        head += 1;
        if byte < 0x80 || head > 4 {
            break;
        }
    }
    let body = bytes.get(head..head + length)?;
    let is_delivery = bytes.first() == Some(&PUBLISH);
    let payload = body
        .split_first_chunk()
        .and_then(|(topic_bytes, rest)| rest.get(usize::from(u16::from_be_bytes(*topic_bytes))..));
    Some(Unit {
        bytes: head + length,
        stamp: payload.filter(|_| is_delivery).and_then(stamp),
        is_ping: false,
    })
}
