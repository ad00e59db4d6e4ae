//! How values become bytes, for consensus and on the wire: borsh, strictly.
//!
//! One value has one encoding: integers are little-endian and of fixed size, maps and sets are in order, `Option` and
//! enums carry one exact tag byte, and bytes after the value are refused.
//!
//! A malicious peer cannot make a decoder allocate: the input's length is checked first, the containers here refuse
//! a length over their bound before reading an element, and grow only with elements that were really there.

mod bounded;
pub mod letters;
pub mod text;

use borsh::{BorshDeserialize, BorshSerialize};
pub use bounded::{BoundedBytes, BoundedString, BoundedVec};

pub use crate::error::DecodeError;

/// Encodes `value`; equal values give equal bytes, and every value has one encoding only.
#[expect(
    clippy::expect_used,
    reason = "writing to memory cannot fail, and every container is far below 2^32"
)]
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize(&mut bytes).expect("encoding to memory");
    bytes
}

/// Reads exactly one `T` from `bytes`, of which there may be at most `max_len`.
///
/// # Errors
/// [`DecodeError`] when `bytes` is longer than `max_len`, is not the one encoding of a value, or goes on after it.
pub fn decode<T: BorshDeserialize>(bytes: &[u8], max_len: usize) -> Result<T, DecodeError> {
    if bytes.len() > max_len {
        return Err(DecodeError::TooLong {
            len: bytes.len(),
            max: max_len,
        });
    }
    let mut rest = bytes;
    let value = T::deserialize(&mut rest).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    match rest.len() {
        0 => Ok(value),
        count => Err(DecodeError::TrailingBytes { count }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = encode(&7_u32);
        bytes.push(0);
        assert_eq!(
            decode::<u32>(&bytes, 100),
            Err(DecodeError::TrailingBytes { count: 1 })
        );
    }

    #[test]
    fn input_over_the_limit_is_refused_unread() {
        assert_eq!(
            decode::<u32>(&[0; 4], 3),
            Err(DecodeError::TooLong { len: 4, max: 3 })
        );
    }

    #[test]
    fn short_input_is_refused() {
        assert!(matches!(
            decode::<u64>(&[1, 2, 3], 100),
            Err(DecodeError::Malformed(_))
        ));
    }

    #[test]
    fn unordered_sets_and_repeated_map_keys_are_refused() {
        let unordered = encode(&vec![2_u8, 1]);
        assert!(decode::<BTreeSet<u8>>(&unordered, 100).is_err());
        let repeated = encode(&vec![(1_u8, 1_u8), (1, 1)]);
        assert!(decode::<BTreeMap<u8, u8>>(&repeated, 100).is_err());
    }

    #[test]
    fn a_boolean_or_option_tag_has_only_two_values() {
        assert!(decode::<bool>(&[2], 100).is_err());
        assert!(decode::<Option<u8>>(&[2, 0], 100).is_err());
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_to_the_same_bytes(bytes in proptest::collection::vec(0_u8..4, 0..24)) {
            type Sample = (Option<u8>, BoundedVec<u16, 3>, BTreeMap<u8, bool>, BoundedString<4>);
            if let Ok(value) = decode::<Sample>(&bytes, 100) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }
    }
}
