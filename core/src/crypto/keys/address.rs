//! Addresses: the accounts' public keys, which people write as text with a checksum.
//!
//! The checksum of bech32m (BIP 350) finds any mistyped character; what parses is a key, with all that [`PublicKey`] promises.
//!
//! An address that came as bytes is canonical and not of small order; whether it is a point on the curve is looked at where that matters: a
//! signature by another never fits, and no account begins without it ([`Address::is_key`]). To find the point costs as much as to apply a
//! transaction, and most addresses in a block are of accounts that are there already.

use core::{fmt, str::FromStr};
use std::io::{Error, ErrorKind, Read};

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use super::{
    ed25519::{
        KeyError, PublicKey, SecretKey, Signature, SignatureError, check_encoding, signed_bytes,
        verify_zip215,
    },
    network_id::NetworkId,
};
use crate::{
    codec::text::{serde_bytes, shorten},
    crypto::hash::Domain,
};

/// An account: its public key, written as bech32m with the prefix `ting`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Address([u8; 32]);

/// Human-readable part of an address.
pub(super) const ADDRESS_PREFIX: Hrp = Hrp::parse_unchecked("ting");

impl Address {
    /// The address as 32 bytes: its key, encoded by RFC 8032.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether its bytes are a key at all: a point on the curve. Where not, nobody can sign for it.
    pub fn is_key(&self) -> bool {
        PublicKey::from_bytes(self.0).is_ok()
    }

    /// Checks a signature of the account, by the rule of ZIP 215.
    ///
    /// # Errors
    /// [`SignatureError`] when its key did not sign these bytes for this purpose in this network.
    pub fn verify(
        &self,
        domain: Domain,
        network: &NetworkId,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        verify_zip215(self.0, &signed_bytes(domain, network, message), signature)
    }

    /// Bytes that may be a key and are none.
    #[cfg(test)]
    pub(crate) fn of_nobody() -> Self {
        let by_low_byte = |low: u8| {
            let mut bytes = [0; 32];
            bytes[0] = low;
            Self(bytes)
        };
        let mut all = (2..=u8::MAX).map(by_low_byte);
        all.find(|address| !address.is_key()).unwrap_or(Self([2; 32]))
    }

    fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        check_encoding(&bytes).map(|()| Self(bytes))
    }

    /// Prefix, first four and last four characters, for people.
    pub fn short(&self) -> String {
        shorten(&self.to_string(), "ting1".len() + 4, 4)
    }

    /// Prefix, first six and last six characters, for people about to pay: to find a key that looks so is 2^60 tries of work, eight
    /// characters take 2^40.
    pub fn six_and_six(&self) -> String {
        shorten(&self.to_string(), "ting1".len() + 6, 6)
    }
}

impl SecretKey {
    /// The address that belongs to the key.
    pub fn address(&self) -> Address {
        self.public().into()
    }
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Mistyped: wrong characters, mixed case or a wrong checksum.
    #[error("not an address: {0}")]
    Mistyped(String),
    /// A bech32m text that begins otherwise than an address.
    #[error("an address begins with ting1")]
    WrongPrefix,
    /// The text carries more or fewer than 32 bytes.
    #[error("{len} bytes in the address, expected 32")]
    WrongLength {
        /// Bytes that the text carries.
        len: usize,
    },
    /// The bytes are no valid public key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        bech32::encode_to_fmt::<Bech32m, _>(formatter, ADDRESS_PREFIX, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.short())
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parsed = CheckedHrpstring::new::<Bech32m>(text)
            .map_err(|error| AddressError::Mistyped(error.to_string()))?;
        if parsed.hrp() != ADDRESS_PREFIX {
            return Err(AddressError::WrongPrefix);
        }
        let data: Vec<u8> = parsed.byte_iter().collect();
        let len = data.len();
        let bytes = data.try_into().map_err(|_| AddressError::WrongLength { len })?;
        Ok(PublicKey::from_bytes(bytes)?.into())
    }
}

impl From<PublicKey> for Address {
    fn from(key: PublicKey) -> Self {
        Self(*key.as_bytes())
    }
}

impl BorshDeserialize for Address {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let bytes = <[u8; 32]>::deserialize_reader(reader)?;
        Self::from_bytes(bytes).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serde_bytes::serialize(&self.0, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            <String as Deserialize>::deserialize(deserializer)?
                .parse()
                .map_err(D::Error::custom)
        } else {
            Self::from_bytes(serde_bytes::deserialize_array(deserializer)?).map_err(D::Error::custom)
        }
    }
}
