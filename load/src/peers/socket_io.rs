//! A room of socket.io, protocol 5 on Engine.IO 4, by WebSocket alone: a digit of each protocol, then JSON.

use std::{ffi::OsString, path::Path};

use anyhow::Result;

use super::{Heard, Peer, Source, Step, find};
use crate::wire;

const PING: &[u8] = b"2";
const PONG: &[u8] = b"3";
const EVENT: &[u8] = b"42[\"frame\",\"";

/// Joins by an event, sends by another.
pub struct SocketIo;

impl Peer for SocketIo {
    fn command(&self, file: &Path, port: u16, _folder: &Path) -> Result<Vec<OsString>> {
        Ok(vec!["node".into(), file.into(), port.to_string().into()])
    }

    fn path(&self, _room: u64) -> String {
        "/socket.io/?EIO=4&transport=websocket".to_owned()
    }

    fn greetings(&self, room: u64) -> Vec<Step> {
        let say = |text: &str| wire::frame(wire::TEXT, text.as_bytes());
        vec![
            Step {
                say: say("40"),
                until: Some(b"40{"),
            },
            Step {
                say: say(&format!("42[\"join\",\"{room}\"]")),
                until: Some(b"joined"),
            },
        ]
    }

    fn frame(&self, _room: u64, _source: Source, payload: &[u8]) -> Vec<u8> {
        wire::frame(wire::TEXT, &[EVENT, payload, b"\"]"].concat())
    }

    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        if payload == PING {
            heard.replies.extend(wire::frame(wire::TEXT, PONG));
        } else if find(payload.get(..EVENT.len()).unwrap_or_default(), EVENT).is_some() {
            heard.delivery(payload.get(EVENT.len()..).unwrap_or_default());
        }
    }
}
