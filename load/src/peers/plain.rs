//! Servers that forward a message as it is: those written for this bench, and the example of `ws`.

use std::{ffi::OsString, path::Path};

use anyhow::Result;

use super::{Heard, Peer, Source};
use crate::wire;

/// A server that takes and gives frames without any envelope.
pub struct Plain {
    is_script: bool,
    echoes: bool,
}

impl Plain {
    /// A server that is a program of this package.
    pub fn program(echoes: bool) -> Self {
        Self {
            is_script: false,
            echoes,
        }
    }

    /// A server that is a script for Node.js.
    pub fn script() -> Self {
        Self {
            is_script: true,
            echoes: false,
        }
    }
}

impl Peer for Plain {
    fn command(&self, file: &Path, port: u16, _folder: &Path) -> Result<Vec<OsString>> {
        let node = self.is_script.then(|| "node".into());
        Ok(node
            .into_iter()
            .chain([file.into(), port.to_string().into()])
            .collect())
    }

    fn path(&self, room: u64) -> String {
        format!("/{room}")
    }

    fn frame(&self, _room: u64, _source: Source, payload: &[u8]) -> Vec<u8> {
        wire::frame(wire::BINARY, payload)
    }

    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        heard.delivery(payload);
    }

    fn echoes(&self) -> bool {
        self.echoes
    }
}
