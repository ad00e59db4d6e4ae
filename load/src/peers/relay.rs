//! Ting's relay: a room is a path, a frame begins with whom it is for.

use std::{ffi::OsString, path::Path};

use anyhow::Result;

use super::{Heard, Peer, Source, Step};
use crate::wire;

/// Limits that a bench exceeds on purpose: what one client sends, and what comes from one address.
const LIFTED_LIMITS: [&str; 11] = [
    "frames-per-s",
    "burst-frames",
    "bytes-per-s",
    "burst-bytes",
    "frames-per-s-per-address",
    "burst-frames-per-address",
    "bytes-per-s-per-address",
    "burst-bytes-per-address",
    "max-connections-per-address",
    "max-connections",
    "max-members",
];

/// Speaks the envelope of `ting-frame`.
pub struct Relay;

impl Peer for Relay {
    fn command(&self, file: &Path, port: u16, _folder: &Path) -> Result<Vec<OsString>> {
        let mut words = vec![file.into(), "--listen".into(), format!("127.0.0.1:{port}").into()];
        for limit in LIFTED_LIMITS {
            words.extend([format!("--{limit}").into(), "1000000000".into()]);
        }
        Ok(words)
    }

    fn path(&self, room: u64) -> String {
        format!("/room/{room:064x}")
    }

    /// Welcome comes by itself, from source 0.
    fn greetings(&self, _room: u64) -> Vec<Step> {
        vec![Step {
            say: Vec::new(),
            until: Some(&[0; 8]),
        }]
    }

    fn frame(&self, _room: u64, _source: Source, payload: &[u8]) -> Vec<u8> {
        wire::frame(wire::BINARY, &[&[0; 8], payload].concat())
    }

    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        match payload.split_first_chunk::<8>() {
            Some((source, payload)) if *source != [0; 8] => heard.delivery(payload),
            _ => {}
        }
    }
}
