//! Bytes as text for people: lower-case hexadecimal, shortened forms, and serde in both manners.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use thiserror::Error;

/// Why text was refused as hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HexError {
    /// Not the number of digits that the value has.
    #[error("{digits} hexadecimal digits, expected {expected}")]
    WrongLength {
        /// Characters that the text has.
        digits: usize,
        /// Digits that it must have.
        expected: usize,
    },
    /// A character that is none of `0-9a-f`.
    #[error("not a lower-case hexadecimal digit at position {position}")]
    BadDigit {
        /// Byte position of the character, from zero.
        position: usize,
    },
}

/// `bytes` as lower-case hexadecimal.
pub fn encode_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Reads exactly `N` bytes of lower-case hexadecimal.
///
/// # Errors
/// [`HexError`] when the length differs or a character is no lower-case digit.
pub fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let wrong_length = HexError::WrongLength {
        digits: text.len(),
        expected: N.saturating_mul(2),
    };
    if text.len() / 2 != N {
        return Err(wrong_length);
    }
    decode_hex_vec(text)?.try_into().map_err(|_| wrong_length)
}

/// Reads lower-case hexadecimal of any even length.
///
/// # Errors
/// [`HexError`] when the length is odd or a character is no lower-case digit.
pub fn decode_hex_vec(text: &str) -> Result<Vec<u8>, HexError> {
    let digit = |position: usize, byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(HexError::BadDigit { position }),
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return Err(HexError::WrongLength {
            digits: text.len(),
            expected: text.len() - 1,
        });
    }
    let byte = |(index, &[high, low]): (usize, &[u8; 2])| {
        Ok(digit(2 * index, high)? << 4 | digit(2 * index + 1, low)?)
    };
    pairs.iter().enumerate().map(byte).collect()
}

/// 32 bytes as 43 characters of base64url, for links.
pub fn encode_base64url(bytes: &[u8; 32]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads 32 bytes from 43 characters of base64url in their one form.
pub fn decode_base64url(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let len = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (len == bytes.len()).then_some(bytes)
}

/// The first `head` and last `tail` characters of ASCII `text` with an ellipsis between, or all of a shorter text.
pub fn shorten(text: &str, head: usize, tail: usize) -> String {
    let parts = text.len().checked_sub(tail).filter(|&start| start > head);
    match parts.and_then(|start| Some((text.get(..head)?, text.get(start..)?))) {
        Some((first, last)) => format!("{first}…{last}"),
        None => text.to_owned(),
    }
}

/// Serde and `Debug` of a newtype around a public byte array: in full for programs (as in [`serde_bytes`]), shortened for people.
macro_rules! byte_newtype {
    ($name:ident) => {
        impl core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut core::fmt::Formatter) -> core::fmt::Result {
                formatter.write_str(&$crate::codec::text::shorten(
                    &$crate::codec::text::encode_hex(&self.0),
                    6,
                    4,
                ))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::codec::text::serde_bytes::serialize(&self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::codec::text::serde_bytes::deserialize_array(deserializer).map(Self)
            }
        }
    };
}
pub(crate) use byte_newtype;

/// Serde of byte strings: hexadecimal in formats for people, plain bytes in others.
pub(crate) mod serde_bytes {
    use serde::{
        de::{Deserializer, Error, SeqAccess, Visitor},
        ser::Serializer,
    };

    use super::{decode_hex_vec, encode_hex, fmt};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&encode_hex(bytes))
        } else {
            serializer.serialize_bytes(bytes)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
        max_len: usize,
    ) -> Result<Vec<u8>, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(BytesVisitor { max_len })
        } else {
            deserializer.deserialize_bytes(BytesVisitor { max_len })
        }
    }

    /// Reads exactly `N` bytes.
    pub(crate) fn deserialize_array<'de, const N: usize, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let bytes = deserialize(deserializer, N)?;
        let len = bytes.len();
        bytes
            .try_into()
            .map_err(|_| D::Error::custom(format_args!("{len} bytes, expected {N}")))
    }

    struct BytesVisitor {
        max_len: usize,
    }

    impl<'de> Visitor<'de> for BytesVisitor {
        type Value = Vec<u8>;

        fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            write!(formatter, "at most {} bytes", self.max_len)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
            if text.len() / 2 > self.max_len {
                return Err(E::invalid_length(text.len() / 2, &self));
            }
            decode_hex_vec(text).map_err(E::custom)
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            if bytes.len() > self.max_len {
                return Err(E::invalid_length(bytes.len(), &self));
            }
            Ok(bytes.to_vec())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Vec<u8>, A::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = values.next_element()? {
                if bytes.len() == self.max_len {
                    return Err(A::Error::invalid_length(self.max_len + 1, &self));
                }
                bytes.push(byte);
            }
            Ok(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_back() {
        assert_eq!(encode_hex(&[0, 0x1f, 0xff]), "001fff");
        assert_eq!(decode_hex::<3>("001fff"), Ok([0, 0x1f, 0xff]));
    }

    #[test]
    fn hexadecimal_has_one_form() {
        assert_eq!(decode_hex::<1>("FF"), Err(HexError::BadDigit { position: 0 }));
        assert_eq!(decode_hex::<1>("0g"), Err(HexError::BadDigit { position: 1 }));
        assert_eq!(
            decode_hex::<1>("123"),
            Err(HexError::WrongLength {
                digits: 3,
                expected: 2
            })
        );
        assert_eq!(
            decode_hex::<1>(""),
            Err(HexError::WrongLength {
                digits: 0,
                expected: 2
            })
        );
        assert!(decode_hex::<1>("é").is_err());
    }

    #[test]
    fn long_text_is_shortened_in_the_middle() {
        assert_eq!(shorten("0123456789abcdef", 6, 4), "012345…cdef");
        assert_eq!(shorten("0123456789", 6, 4), "0123456789");
    }
}
