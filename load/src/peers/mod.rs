//! What the bench has to know about each kind of server: how to start it, and how one talks to it.
//!
//! Every payload begins with the time it was sent, in letters, so that it survives JSON, MQTT and lines of text alike.

mod mosquitto;
mod nats;
mod nostr;
mod plain;
mod relay;
mod socket_io;
mod y_websocket;

use std::{ffi::OsString, path::Path, rc::Rc};

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

/// Length of the time at the beginning of each payload.
pub const STAMP_BYTES: usize = 8;

/// The servers that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerName {
    /// Ting's relay
    Relay,
    /// A loop around tokio-tungstenite, without rooms or limits
    BareLoop,
    /// The chat example of axum: one broadcast channel
    AxumChat,
    /// The broadcast example of ws, for Node.js
    Ws,
    /// The server of y-websocket, its awareness messages
    YWebsocket,
    /// A room of socket.io
    SocketIo,
    /// A subject of NATS, by WebSocket
    Nats,
    /// A topic of Mosquitto, by WebSocket
    Mosquitto,
    /// A tag of nostr-rs-relay
    Nostr,
}

impl PeerName {
    /// How to start this server and talk to it.
    pub fn peer(self) -> Result<Rc<dyn Peer>> {
        Ok(match self {
            Self::Relay => Rc::new(relay::Relay),
            Self::BareLoop => Rc::new(plain::Plain::program(false)),
            Self::AxumChat => Rc::new(plain::Plain::program(true)),
            Self::Ws => Rc::new(plain::Plain::script()),
            Self::YWebsocket => Rc::new(y_websocket::YWebsocket),
            Self::SocketIo => Rc::new(socket_io::SocketIo),
            Self::Nats => Rc::new(nats::Nats),
            Self::Mosquitto => Rc::new(mosquitto::Mosquitto),
            Self::Nostr => Rc::new(nostr::Nostr::new()?),
        })
    }
}

/// A kind of server: how to start it, and how clients talk to it.
pub trait Peer {
    /// The words that start it on this loopback port; `folder` is an empty one of its own.
    fn command(&self, file: &Path, port: u16, folder: &Path) -> Result<Vec<OsString>>;

    /// Path that the upgrade to WebSocket asks for.
    fn path(&self, room: u64) -> String;

    /// The subprotocol that the upgrade asks for.
    fn subprotocol(&self) -> Option<&'static str> {
        None
    }

    /// What is said after the upgrade to be in the room.
    fn greetings(&self, _room: u64) -> Vec<Step> {
        Vec::new()
    }

    /// The wire bytes that carry a payload to the room.
    fn frame(&self, room: u64, source: Source, payload: &[u8]) -> Vec<u8>;

    /// Takes in the payload of one frame from the server.
    fn hear(&self, payload: &[u8], heard: &mut Heard);

    /// Whether members hear their own frames as well.
    fn echoes(&self) -> bool {
        false
    }
}

/// The sender of a frame, and the frame's place among all.
#[derive(Clone, Copy)]
pub struct Source {
    /// Number of the client.
    pub client: u64,
    /// Number of frames that all clients sent before.
    pub number: u64,
}

/// One thing to say, and what to wait for then.
pub struct Step {
    /// Bytes to put on the wire.
    pub say: Vec<u8>,
    /// A part of the frame that answers; `None` if nothing does.
    pub until: Option<&'static [u8]>,
}

/// What a client heard and has not dealt with yet.
#[derive(Default)]
pub struct Heard {
    /// Times at which the delivered payloads were sent, as they carry them.
    pub stamps: Vec<u32>,
    /// Wire bytes to answer with.
    pub replies: Vec<u8>,
    /// True once the server has said goodbye.
    pub closed: bool,
    /// The beginning of what is not whole yet, for servers that speak a stream of their own in frames.
    stream: Vec<u8>,
}

/// One message of a server's own stream.
struct Unit {
    /// Its length with all that surrounds it.
    bytes: usize,
    /// When it was sent, if it is a delivery.
    stamp: Option<u32>,
    /// Whether it is a question that wants an answer.
    is_ping: bool,
}

impl Heard {
    /// Counts a delivery by the beginning of its payload.
    fn delivery(&mut self, payload: &[u8]) {
        self.stamps.extend(stamp(payload));
    }

    /// Cuts a stream into units, and keeps what is not whole.
    fn stream(&mut self, bytes: &[u8], pong: &[u8], next: impl Fn(&[u8]) -> Option<Unit>) {
        let mut kept = std::mem::take(&mut self.stream);
        let mut rest = if kept.is_empty() {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        while let Some(unit) = next(rest) {
            self.stamps.extend(unit.stamp);
            if unit.is_ping {
                self.replies.extend_from_slice(pong);
            }
            rest = rest.get(unit.bytes..).unwrap_or_default();
        }
        self.stream = rest.to_vec();
    }
}

/// A payload of this length that tells its time.
pub fn payload(bytes: usize, now_us: u32) -> Vec<u8> {
    let mut payload = vec![b'x'; bytes];
    for (place, letter) in payload.iter_mut().take(STAMP_BYTES).enumerate() {
        *letter = b'a' + (now_us >> (4 * place) & 15) as u8;
    }
    payload
}

fn stamp(payload: &[u8]) -> Option<u32> {
    let letters: &[u8; STAMP_BYTES] = payload.first_chunk()?;
    let digit = |letter: u8| u32::from(letter.wrapping_sub(b'a') & 15);
    let digits = letters.iter().enumerate();
    Some(digits.fold(0, |number, (place, letter)| {
        number | digit(*letter) << (4 * place)
    }))
}

/// Place at which a part of some bytes begins.
fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_tells_its_time() {
        for time in [0, 1, 0xdead_beef, u32::MAX] {
            assert_eq!(stamp(&payload(256, time)), Some(time));
        }
        assert_eq!(stamp(b"short"), None);
    }

    #[test]
    fn every_peer_hears_what_it_would_forward() {
        use crate::wire;
        for name in PeerName::value_variants() {
            let peer = name.peer().unwrap();
            let source = Source {
                client: 3,
                number: 200,
            };
            let wire_bytes = peer.frame(7, source, &payload(256, 77));
            // A client's frame is masked with zeros behind a header of eight bytes.
            let mut forwarded = wire_bytes[8..].to_vec();
            match name {
                PeerName::Relay => forwarded[..8].copy_from_slice(&5_u64.to_le_bytes()),
                PeerName::Nats => {
                    let at = find(&forwarded, b"\r\n").unwrap();
                    forwarded.splice(..at, *b"MSG room.7 1 256");
                }
                _ => {}
            }
            assert_eq!(wire_bytes[0] & 0xf0, 0x80);
            assert!(wire::next_frame(&forwarded).is_none() || !forwarded.is_empty());
            let mut heard = Heard::default();
            peer.hear(&forwarded, &mut heard);
            assert_eq!(heard.stamps, [77], "{name:?}");
        }
    }
}
