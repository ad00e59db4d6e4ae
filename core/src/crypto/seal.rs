//! Sealing of everything that passes a relay, under a key that only the room's members have.
//!
//! A sealed frame is `nonce (24) ‖ ciphertext ‖ tag (16)` of XChaCha20-Poly1305 over `length (u32) ‖ plaintext ‖ zeros`.
//!
//! All members share one key, so their nonces must never meet without their agreeing on anything: 24 random bytes
//! never do (2^-96 after 2^48 frames), where the 12 bytes of plain ChaCha20-Poly1305 would after some billions.
//!
//! The sealed size is a power of two from 256 bytes to 256 KiB, so a relay learns little from lengths. Opening costs
//! time linear in a size that the relay and the frame's reader bound; a forged frame is dropped before it is read.

use core::{fmt, str::FromStr};

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::AeadInOut};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hkdf32;
use crate::codec::text::{decode_base64url, encode_base64url};

/// Bytes of the smallest sealed frame.
pub const MIN_SEALED: usize = 256;
/// Bytes of the largest sealed frame.
pub const MAX_SEALED: usize = 256 * 1024;
/// Bytes of the longest text that can be sealed.
pub const MAX_PLAINTEXT: usize = MAX_SEALED - OVERHEAD;

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;
const OVERHEAD: usize = NONCE_BYTES + LENGTH_BYTES + TAG_BYTES;
const SALT: &[u8] = b"ting/room/1";

/// What makes somebody a member of a room: 32 random bytes, carried in an invite link's fragment, which browsers send
/// to nobody. Wiped from memory when dropped, and printed only on demand.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RoomSecret([u8; 32]);

impl RoomSecret {
    /// Takes 32 bytes, which must be random or come from an invite.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for storage.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The room's name at relays: derived one way, so the relay can neither read nor invite.
    pub fn room_name(&self) -> [u8; 32] {
        hkdf32(SALT, &self.0, &[b"name"])
    }

    /// The key under which the room's frames are sealed.
    pub fn room_key(&self) -> RoomKey {
        RoomKey(hkdf32(SALT, &self.0, &[b"key"]))
    }

    /// The secret as 43 characters of base64url, for links.
    pub fn to_text(&self) -> String {
        encode_base64url(&self.0)
    }
}

impl fmt::Debug for RoomSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("RoomSecret")
    }
}

/// Text is not 43 characters of base64url in their one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a room's secret: 43 characters of A-Z a-z 0-9 - _ expected")]
pub struct RoomSecretError;

impl FromStr for RoomSecret {
    type Err = RoomSecretError;
    fn from_str(text: &str) -> Result<Self, RoomSecretError> {
        decode_base64url(text).map(Self).ok_or(RoomSecretError)
    }
}

/// Why something was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The plaintext is longer than [`MAX_PLAINTEXT`].
    #[error("{len} bytes to seal, at most {MAX_PLAINTEXT} fit")]
    TooLong {
        /// Bytes of the plaintext.
        len: usize,
    },
    /// Not one of the sizes that sealing makes.
    #[error("{len} bytes is not the size of a sealed frame")]
    WrongSize {
        /// Bytes of the frame.
        len: usize,
    },
    /// Sealed under another key, or altered.
    #[error("sealed under another key, or altered")]
    Forged,
    /// Sealed by a member that does not pad as everybody must.
    #[error("wrong padding")]
    WrongPadding,
}

/// The key of a room. Wiped from memory when dropped, and never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RoomKey([u8; 32]);

impl RoomKey {
    /// Seals `plaintext`, padded to a size class. `nonce` must be random and never used before.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn seal(&self, nonce: [u8; 24], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let too_long = SealError::TooLong { len: plaintext.len() };
        let size = sealed_size(plaintext.len()).ok_or(too_long)?;
        let length = u32::try_from(plaintext.len()).map_err(|_| too_long)?;
        let mut sealed = Vec::with_capacity(size);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&length.to_le_bytes());
        sealed.extend_from_slice(plaintext);
        sealed.resize(size - TAG_BYTES, 0);
        let body = sealed.get_mut(NONCE_BYTES..).unwrap_or_default();
        let tag = self
            .cipher()
            .encrypt_inout_detached(&nonce.into(), b"", body.into())
            .map_err(|_| too_long)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what [`RoomKey::seal`] made with the same key.
    ///
    /// # Errors
    /// [`SealError`] when it did not.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let wrong_size = SealError::WrongSize { len: sealed.len() };
        if !is_size_class(sealed.len()) {
            return Err(wrong_size);
        }
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(wrong_size)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(wrong_size)?;
        let mut padded = ciphertext.to_vec();
        self.cipher()
            .decrypt_inout_detached(nonce.into(), b"", padded.as_mut_slice().into(), tag.into())
            .map_err(|_| SealError::Forged)?;
        unpad(padded, sealed.len())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("RoomKey")
    }
}

/// Bytes of the sealed form of `len` bytes: the least size class that holds them.
pub fn sealed_size(len: usize) -> Option<usize> {
    let size = len
        .checked_add(OVERHEAD)?
        .checked_next_power_of_two()?
        .max(MIN_SEALED);
    is_size_class(size).then_some(size)
}

fn is_size_class(size: usize) -> bool {
    size.is_power_of_two() && (MIN_SEALED..=MAX_SEALED).contains(&size)
}

fn unpad(mut padded: Vec<u8>, size: usize) -> Result<Vec<u8>, SealError> {
    let (length, rest) = padded
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(SealError::WrongPadding)?;
    let len = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| SealError::WrongPadding)?;
    let (_, padding) = rest.split_at_checked(len).ok_or(SealError::WrongPadding)?;
    if sealed_size(len) != Some(size) || padding.iter().any(|&byte| byte != 0) {
        return Err(SealError::WrongPadding);
    }
    padded.truncate(LENGTH_BYTES + len);
    padded.drain(..LENGTH_BYTES);
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::text::{decode_hex_vec, encode_hex};

    fn key() -> RoomKey {
        RoomSecret::new([9; 32]).room_key()
    }

    #[test]
    fn the_cipher_passes_the_vector_of_the_xchacha_draft() {
        // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
        let hex = |text: &str| decode_hex_vec(text).unwrap();
        let key: [u8; 32] = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")
            .try_into()
            .unwrap();
        let nonce: [u8; 24] = hex("404142434445464748494a4b4c4d4e4f5051525354555657")
            .try_into()
            .unwrap();
        let mut text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.".to_vec();
        let tag = XChaCha20Poly1305::new(&key.into())
            .encrypt_inout_detached(
                &nonce.into(),
                &hex("50515253c0c1c2c3c4c5c6c7"),
                text.as_mut_slice().into(),
            )
            .unwrap();
        assert_eq!(encode_hex(&text[..16]), "bd6d179d3e83d43b9576579493c0e939");
        assert_eq!(encode_hex(&tag), "c0875924c1c7987947deafd8780acf49");
    }

    #[test]
    fn golden_name_key_and_text() {
        let secret = RoomSecret::new([9; 32]);
        assert_eq!(
            encode_hex(&secret.room_name()),
            "389e5ae934bcad1f9e427ff6749175dcd256be0c6412e956ad2f295192798203"
        );
        assert_eq!(
            encode_hex(&secret.room_key().0),
            "400a0875baf0c442def3d85237b138b70f591278823847221eca528e841991b0"
        );
        assert_eq!(
            RoomSecret::new([0xfb; 32]).to_text(),
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"
        );
    }

    #[test]
    fn a_secret_has_one_text() {
        let secret = RoomSecret::new([0xfb; 32]);
        assert_eq!(secret.to_text().parse(), Ok(secret.clone()));
        let text = secret.to_text();
        for wrong in [
            "",
            "abc",
            &text[1..],
            &format!("{text}="),
            &text.replace('s', "t"),
            &text.replace('-', "+"),
        ] {
            assert_eq!(wrong.parse::<RoomSecret>(), Err(RoomSecretError), "{wrong}");
        }
    }

    #[test]
    fn secrets_and_keys_are_never_printed() {
        assert_eq!(
            format!("{:?} {:?}", RoomSecret::new([9; 32]), key()),
            "RoomSecret RoomKey"
        );
    }

    #[test]
    fn sealed_sizes_are_powers_of_two() {
        for (len, size) in [
            (0, 256),
            (212, 256),
            (213, 512),
            (468, 512),
            (469, 1024),
            (MAX_PLAINTEXT, MAX_SEALED),
        ] {
            assert_eq!(key().seal([1; 24], &vec![7; len]).unwrap().len(), size);
        }
        let len = MAX_PLAINTEXT + 1;
        assert_eq!(
            key().seal([1; 24], &vec![7; len]),
            Err(SealError::TooLong { len })
        );
        assert_eq!(sealed_size(usize::MAX), None);
    }

    #[test]
    fn another_rooms_frames_do_not_open() {
        let sealed = key().seal([1; 24], b"hello").unwrap();
        assert_eq!(
            RoomSecret::new([8; 32]).room_key().open(&sealed),
            Err(SealError::Forged)
        );
    }

    #[test]
    fn a_frame_of_no_size_class_is_refused_unopened() {
        for len in [0, 16, 255, 257, 300, 2 * MAX_SEALED] {
            assert_eq!(key().open(&vec![0; len]), Err(SealError::WrongSize { len }));
        }
    }

    #[test]
    fn a_member_that_pads_in_its_own_way_is_refused() {
        let seal_raw = |padded: &mut [u8]| {
            let tag = key()
                .cipher()
                .encrypt_inout_detached(&[1; 24].into(), b"", (&mut *padded).into())
                .unwrap();
            [&[1; 24], &*padded, &tag].concat()
        };
        let mut padded = vec![0; 512 - 24 - 16];
        assert_eq!(key().open(&seal_raw(&mut padded)), Err(SealError::WrongPadding));
        let mut padded = vec![0; 256 - 24 - 16];
        padded[..4].copy_from_slice(&213_u32.to_le_bytes());
        assert_eq!(key().open(&seal_raw(&mut padded)), Err(SealError::WrongPadding));
        let mut padded = vec![0; 256 - 24 - 16];
        padded[100] = 1;
        assert_eq!(key().open(&seal_raw(&mut padded)), Err(SealError::WrongPadding));
        let mut padded = vec![0; 256 - 24 - 16];
        assert_eq!(key().open(&seal_raw(&mut padded)), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_what_is_altered_does_not(
            nonce: [u8; 24],
            text in proptest::collection::vec(any::<u8>(), 0..2000),
            at: usize,
            bit in 0_u32..8,
        ) {
            let mut sealed = key().seal(nonce, &text).unwrap();
            prop_assert_eq!(key().open(&sealed), Ok(text));
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key().open(&sealed), Err(SealError::Forged));
        }
    }
}
