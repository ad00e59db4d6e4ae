//! Secret keys, public keys and signatures as types that cannot hold anything invalid.

use core::{fmt, str::FromStr};
use std::{
    io::{Error, ErrorKind, Read},
    sync::LazyLock,
};

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY};
use ed25519_dalek::{Signer, SigningKey};
use ed25519_zebra::VerificationKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use super::network_id::NetworkId;
#[cfg(test)]
use crate::crypto::tally;
use crate::{
    codec::text::{HexError, byte_newtype, decode_hex, encode_hex, serde_bytes, shorten},
    crypto::hash::Domain,
};

/// A key that signs. Wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct SecretKey(pub(super) SigningKey);

impl SecretKey {
    /// The key of a 32-byte seed (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The seed, for the owner's backup.
    pub fn to_seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Public key, by which others check signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` for one purpose in one network.
    pub fn sign(&self, domain: Domain, network: &NetworkId, message: &[u8]) -> Signature {
        Signature(self.0.sign(&signed_bytes(domain, network, message)).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "SecretKey of {:?}", self.public())
    }
}

/// What is signed: length of the tag (one byte), tag, network id, message.
pub(in crate::crypto) fn signed_bytes(domain: Domain, network: &NetworkId, message: &[u8]) -> Vec<u8> {
    domain
        .prefix()
        .chain(network.0.0)
        .chain(message.iter().copied())
        .collect()
}

/// Why 32 bytes are refused as a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The encoded coordinate is not below the field's prime.
    #[error("the key is not in canonical form")]
    NotCanonical,
    /// No point of the curve has this encoding.
    #[error("the key is not a point on the curve")]
    NotOnCurve,
    /// One of the eight points under which signatures mean nothing.
    #[error("the key is of small order")]
    SmallOrder,
}

/// A key that verifies: canonical, on the curve, not of small order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Parses the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with them.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        check_encoding(&bytes)?;
        let point = CompressedEdwardsY(bytes).decompress();
        point.map(|_| Self(bytes)).ok_or(KeyError::NotOnCurve)
    }

    /// The key of a secret one, which is a large multiple of the base point in its canonical encoding.
    pub(in crate::crypto) const fn of_secret(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as 32 bytes, encoded by RFC 8032.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks a signature by the rule of ZIP 215.
    ///
    /// # Errors
    /// [`SignatureError`] when this key did not sign these bytes for this purpose in this network.
    pub fn verify(
        &self,
        domain: Domain,
        network: &NetworkId,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        verify_zip215(self.0, &signed_bytes(domain, network, message), signature)
    }

    /// First six and last four digits, for people.
    pub fn short(&self) -> String {
        shorten(&encode_hex(&self.0), 6, 4)
    }
}

/// The rule of ZIP 215 on bytes as they came.
pub(in crate::crypto) fn verify_zip215(
    key: [u8; 32],
    signed: &[u8],
    signature: &Signature,
) -> Result<(), SignatureError> {
    #[cfg(test)]
    tally::Checks::count_signatures(1);
    let key = VerificationKey::try_from(key).map_err(|_| SignatureError)?;
    key.verify(&signature.0.into(), signed)
        .map_err(|_| SignatureError)
}

/// What can be said of a key without finding its point: it is in canonical form, and not one of small order. With a point its negative is of small order
/// too, so the sign bit decides nothing.
pub(super) fn check_encoding(bytes: &[u8; 32]) -> Result<(), KeyError> {
    static SMALL_ORDER: LazyLock<[[u8; 32]; 8]> =
        LazyLock::new(|| EIGHT_TORSION.map(|point| without_sign(&point.compress().to_bytes())));
    if !is_canonical(bytes) {
        Err(KeyError::NotCanonical)
    } else if SMALL_ORDER.contains(&without_sign(bytes)) {
        Err(KeyError::SmallOrder)
    } else {
        Ok(())
    }
}

fn without_sign(bytes: &[u8; 32]) -> [u8; 32] {
    let mut bytes = *bytes;
    let [.., high] = &mut bytes;
    *high &= 0x7f;
    bytes
}

/// Whether the encoded y coordinate is below p = 2^255 - 19. The two points whose x is zero, and whose sign bit could
/// therefore lie, are of small order.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    high & 0x7f != 0x7f || middle.iter().any(|&byte| byte != 0xff) || *low < 0xed
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.short())
    }
}

impl FromStr for PublicKey {
    type Err = KeyTextError;
    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        Ok(Self::from_bytes(decode_hex(text)?)?)
    }
}

/// Why a text is refused as a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyTextError {
    /// The text is not 64 lower-case hexadecimal digits.
    #[error(transparent)]
    Hex(#[from] HexError),
    /// The digits stand for bytes that are no valid key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl BorshDeserialize for PublicKey {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let bytes = <[u8; 32]>::deserialize_reader(reader)?;
        Self::from_bytes(bytes).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_bytes::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_bytes(serde_bytes::deserialize_array(deserializer)?).map_err(D::Error::custom)
    }
}

/// A signature does not fit key, purpose, network and message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the signature does not fit")]
pub struct SignatureError;

/// 64 bytes that may be a signature; only verification tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

byte_newtype!(Signature);
