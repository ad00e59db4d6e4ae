//! Turns messages into sealed frames and back: no relay can read them or make one up.
//!
//! All members of a room share one key, so nonces must never repeat: 16 bytes are random per session, 8 count frames. A host that gives the
//! same seed to two sessions would break this; seeds are fresh random bytes at every start. What does not open, or does not decode, is
//! dropped and costs nobody anything, because a relay could blame anybody for it.

use thiserror::Error;

use crate::{
    codec::{decode, encode},
    crypto::{
        hash::{Domain, Hash},
        seal::{MAX_PLAINTEXT, RoomKey, RoomSecret, SealError},
        seed::Seed,
    },
    error::DecodeError,
    gossip::message::Message,
};

const NONCE_SESSION_BYTES: usize = 16;

/// A message that was sealed with the room's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The message, decoded.
    pub message: Message,
    /// Hash of its encoding, for telling duplicates whatever frame they come in.
    pub content: Hash,
}

/// What a member of the room sealed: its content can be told from others before it is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plaintext {
    bytes: Vec<u8>,
    content: Hash,
}

impl Plaintext {
    /// Hash of the bytes: a duplicate has the same, whatever frame it comes in.
    pub fn content(&self) -> Hash {
        self.content
    }

    /// How many bytes there are: what decoding costs.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it has no bytes; no message is that short.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Decodes the message.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are the encoding of none.
    pub fn decode(&self) -> Result<Message, DecodeError> {
        decode(&self.bytes, MAX_PLAINTEXT)
    }
}

/// Why a frame is not a message of this room.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Not sealed with the room's key, or altered.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Sealed by a member, but not a message.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Seals and opens the frames of one room in one session.
#[derive(Debug)]
pub struct RoomCodec {
    key: RoomKey,
    session: [u8; NONCE_SESSION_BYTES],
    frames: u64,
}

impl RoomCodec {
    /// A codec for the room of this secret. `seed` is random and was never used before.
    pub fn new(secret: &RoomSecret, seed: &Seed) -> Self {
        let [session @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = seed.derive("frame nonce", 0);
        Self {
            key: secret.room_key(),
            session,
            frames: 0,
        }
    }

    /// Seals a message into the smallest frame that holds it.
    ///
    /// # Errors
    /// [`SealError::TooLong`] when no frame holds it.
    pub fn seal(&mut self, message: &Message) -> Result<Vec<u8>, SealError> {
        let nonce = self.next_nonce();
        self.key.seal(nonce, &encode(message))
    }

    /// Opens a frame without decoding it.
    ///
    /// # Errors
    /// [`SealError`] when it was not sealed with the room's key, or altered.
    pub fn unseal(&self, frame: &[u8]) -> Result<Plaintext, SealError> {
        let bytes = self.key.open(frame)?;
        let content = content_id(&bytes);
        Ok(Plaintext { bytes, content })
    }

    /// Opens a frame and decodes it.
    ///
    /// # Errors
    /// [`OpenError`] when it is none of this room's.
    pub fn open(&self, frame: &[u8]) -> Result<Opened, OpenError> {
        let plaintext = self.unseal(frame)?;
        Ok(Opened {
            message: plaintext.decode()?,
            content: plaintext.content(),
        })
    }

    fn next_nonce(&mut self) -> [u8; 24] {
        let mut nonce = [0; 24];
        let (session, counter) = nonce.split_at_mut(NONCE_SESSION_BYTES);
        session.copy_from_slice(&self.session);
        counter.copy_from_slice(&self.frames.to_le_bytes());
        self.frames = self.frames.wrapping_add(1);
        nonce
    }
}

/// Identity of a message's content: the same for everybody who encodes it.
pub fn content_id(plaintext: &[u8]) -> Hash {
    Hash::of(Domain::Content, &[plaintext])
}
