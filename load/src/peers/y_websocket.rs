//! The server of y-websocket: awareness messages, the part of its protocol that is fan-out without history.
//!
//! The payload is the state of a client, JSON of which the server knows nothing but that it is JSON.

use std::{ffi::OsString, path::Path};

use anyhow::Result;

use super::{Heard, Peer, STAMP_BYTES, Source, find};
use crate::wire;

const AWARENESS: u64 = 1;
const STATE: &[u8] = b"{\"t\":\"";

/// A client's state changes with every frame.
pub struct YWebsocket;

impl Peer for YWebsocket {
    fn command(&self, file: &Path, port: u16, _folder: &Path) -> Result<Vec<OsString>> {
        Ok(vec!["node".into(), file.into(), port.to_string().into()])
    }

    fn path(&self, room: u64) -> String {
        format!("/{room}")
    }

    fn frame(&self, _room: u64, source: Source, payload: &[u8]) -> Vec<u8> {
        let state = [STATE, payload, b"\"}"].concat();
        let mut update = Vec::new();
        for number in [1, source.client + 1, source.number + 1, state.len() as u64] {
            push_varint(&mut update, number);
        }
        update.extend(state);
        let mut message = Vec::new();
        push_varint(&mut message, AWARENESS);
        push_varint(&mut message, update.len() as u64);
        message.extend(update);
        wire::frame(wire::BINARY, &message)
    }

    /// Numbers of changing length stand before the state: it is looked for, near the beginning.
    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        let is_awareness = payload.first().is_some_and(|kind| u64::from(*kind) == AWARENESS);
        let head = payload.get(..payload.len().min(64)).unwrap_or_default();
        if let Some(at) = find(head, STATE).filter(|_| is_awareness) {
            let time = at + STATE.len();
            heard.delivery(payload.get(time..time + STAMP_BYTES).unwrap_or_default());
        }
    }

    fn echoes(&self) -> bool {
        true
    }
}

/// LEB128, as lib0 writes unsigned numbers.
fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
