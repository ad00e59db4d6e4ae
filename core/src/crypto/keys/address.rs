//! Addresses: how people write accounts, as text with a checksum.
//!
//! The checksum of bech32m (BIP 350) finds any mistyped character; what parses is a key, with all that [`PublicKey`] promises.

use core::{fmt, str::FromStr};

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use super::ed25519::{KeyError, PublicKey, SecretKey};
use crate::codec::text::shorten;

/// An account: its public key, written as bech32m with the prefix `ting`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Address(pub PublicKey);

/// Human-readable part of an address.
pub(super) const ADDRESS_PREFIX: Hrp = Hrp::parse_unchecked("ting");

impl Address {
    /// Public key of the account, which the address is.
    pub const fn key(&self) -> &PublicKey {
        &self.0
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
        Address(self.public())
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
        bech32::encode_to_fmt::<Bech32m, _>(formatter, ADDRESS_PREFIX, self.0.as_bytes())
            .map_err(|_| fmt::Error)
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
        Ok(Self(PublicKey::from_bytes(bytes)?))
    }
}

impl From<PublicKey> for Address {
    fn from(key: PublicKey) -> Self {
        Self(key)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            Serialize::serialize(&self.0, serializer)
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
            <PublicKey as Deserialize>::deserialize(deserializer).map(Self)
        }
    }
}
