//! What stands for a room between relays: a hash of its name, so neither NATS nor its logs learn the name.

use std::fmt;

use sha2::{Digest, Sha256};
use ting_frame::RoomName;

/// Half of the SHA-256 of the cluster's and the room's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomKey([u8; 16]);

impl RoomKey {
    /// The key of a room in a cluster of relays.
    pub(crate) fn new(cluster: &str, room: &RoomName) -> Self {
        let hash = Sha256::new()
            .chain_update(b"ting backplane 1\0")
            .chain_update(cluster.as_bytes())
            .chain_update([0])
            .chain_update(room.as_bytes())
            .finalize();
        let mut key = [0; 16];
        for (to, from) in key.iter_mut().zip(hash.iter()) {
            *to = *from;
        }
        Self(key)
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for RoomKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RoomKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_nothing_of_the_name_and_depends_on_the_cluster() {
        let room = RoomName::from_bytes([0xab; 32]);
        let key = RoomKey::new("ting", &room).to_string();
        assert_eq!(key.len(), 32);
        assert!(!key.contains("abab"));
        assert_ne!(key, RoomKey::new("other", &room).to_string());
        assert_ne!(
            key,
            RoomKey::new("ting", &RoomName::from_bytes([0; 32])).to_string()
        );
    }
}
