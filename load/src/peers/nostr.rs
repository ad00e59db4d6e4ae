//! A tag of nostr-rs-relay: events of an ephemeral kind, which a relay forwards and does not keep (NIP-01).
//!
//! Every event is hashed and signed by its sender, here by one key for all clients, and verified by the relay. Signing takes
//! the clients' core some tens of microseconds for each frame, and the server none of its own.

use std::{
    ffi::OsString,
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use secp256k1::{Keypair, schnorr};
use sha2::{Digest, Sha256};

use super::{Heard, Peer, Source, Step, find};
use crate::wire;

/// Kind of event that relays do not store.
const KIND: u16 = 20_001;
const CONTENT: &[u8] = b"\"content\":\"";

/// Subscribes to the events with one tag; whoever subscribes hears its own, too.
pub struct Nostr {
    keys: Keypair,
    author: String,
}

impl Nostr {
    pub fn new() -> Result<Self> {
        let keys = Keypair::from_secret_bytes([1; 32])?;
        let author = keys.x_only_public_key().0.to_string();
        Ok(Self { keys, author })
    }
}

impl Peer for Nostr {
    fn command(&self, file: &Path, port: u16, folder: &Path) -> Result<Vec<OsString>> {
        let settings = folder.join("nostr.toml");
        let text = format!(
            "[database]\ndata_directory = \"{}\"\n[network]\naddress = \"127.0.0.1\"\nport = {port}\n",
            folder.display()
        );
        fs::write(&settings, text)?;
        Ok(vec![file.into(), "--config".into(), settings.into()])
    }

    fn path(&self, _room: u64) -> String {
        "/".to_owned()
    }

    fn greetings(&self, room: u64) -> Vec<Step> {
        let words = format!("[\"REQ\",\"room\",{{\"kinds\":[{KIND}],\"#t\":[\"room{room}\"]}}]");
        vec![Step {
            say: wire::frame(wire::TEXT, words.as_bytes()),
            until: Some(b"EOSE"),
        }]
    }

    fn frame(&self, room: u64, source: Source, payload: &[u8]) -> Vec<u8> {
        let author = &self.author;
        let content = String::from_utf8_lossy(payload);
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let created_at = since_epoch.as_secs();
        // The number makes each event another one: relays forward the same one only once.
        let tags = format!("[[\"t\",\"room{room}\"],[\"n\",\"{}\"]]", source.number);
        let signed = format!("[0,\"{author}\",{created_at},{KIND},{tags},\"{content}\"]");
        let id: [u8; 32] = Sha256::digest(signed).into();
        let signature = schnorr::sign_no_aux_rand(&id, &self.keys);
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let event = format!(
            "[\"EVENT\",{{\"id\":\"{id}\",\"pubkey\":\"{author}\",\"created_at\":{created_at},\"kind\":{KIND},\
             \"tags\":{tags},\"content\":\"{content}\",\"sig\":\"{signature}\"}}]"
        );
        wire::frame(wire::TEXT, event.as_bytes())
    }

    fn hear(&self, payload: &[u8], heard: &mut Heard) {
        if payload.starts_with(b"[\"EVENT\"")
            && let Some(at) = find(payload, CONTENT)
        {
            heard.delivery(payload.get(at + CONTENT.len()..).unwrap_or_default());
        }
    }

    fn echoes(&self) -> bool {
        true
    }
}
