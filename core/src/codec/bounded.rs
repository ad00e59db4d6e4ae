//! Containers with a greatest length, refused in decoding before anything is allocated for them.

use core::{fmt, ops::Deref};
use std::io::{Error, ErrorKind, Read, Write};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{
    de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor},
    ser::{Serialize, Serializer},
};

use crate::error::BoundExceeded;

/// Bytes or elements set aside on the word of a length prefix alone; everything beyond grows with what was read.
const UNEARNED_CAPACITY: usize = 64;
/// Most bytes that are read at a time, so that memory grows with what really came.
const CHUNK_BYTES: usize = 4096;

/// A list of at most `MAX` values; decoding refuses a longer one before it reads an element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundedVec<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> BoundedVec<T, MAX> {
    /// An empty list.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a value at the end.
    ///
    /// # Errors
    /// [`BoundExceeded`] when there are `MAX` already; nothing changes then.
    pub fn push(&mut self, value: T) -> Result<(), BoundExceeded> {
        check_bound(self.0.len().saturating_add(1), MAX)?;
        self.0.push(value);
        Ok(())
    }

    /// The same values as a vector without a bound.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for BoundedVec<T, MAX> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const MAX: usize> Deref for BoundedVec<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for BoundedVec<T, MAX> {
    type Error = BoundExceeded;
    fn try_from(values: Vec<T>) -> Result<Self, BoundExceeded> {
        check_bound(values.len(), MAX)?;
        Ok(Self(values))
    }
}

impl<T, const MAX: usize> IntoIterator for BoundedVec<T, MAX> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T, const MAX: usize> IntoIterator for &'a BoundedVec<T, MAX> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: BorshSerialize, const MAX: usize> BorshSerialize for BoundedVec<T, MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(&self.0, writer)
    }
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for BoundedVec<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let len = read_len(reader, MAX)?;
        let mut values = Vec::with_capacity(len.min(UNEARNED_CAPACITY / size_of::<T>().max(1)));
        for _ in 0..len {
            values.push(T::deserialize_reader(reader)?);
        }
        Ok(Self(values))
    }
}

impl<T: Serialize, const MAX: usize> Serialize for BoundedVec<T, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(&self.0, serializer)
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for BoundedVec<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(VecVisitor::<T, MAX>(core::marker::PhantomData))
    }
}

struct VecVisitor<T, const MAX: usize>(core::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for VecVisitor<T, MAX> {
    type Value = BoundedVec<T, MAX>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "at most {MAX} values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut bounded = BoundedVec::new();
        while let Some(value) = values.next_element()? {
            bounded.push(value).map_err(A::Error::custom)?;
        }
        Ok(bounded)
    }
}

/// At most `MAX` bytes. Encodes as `BoundedVec<u8, MAX>` does, and is read in one go.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundedBytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> BoundedBytes<MAX> {
    /// The same bytes as a vector without a bound.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> fmt::Debug for BoundedBytes<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> Deref for BoundedBytes<MAX> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<Vec<u8>> for BoundedBytes<MAX> {
    type Error = BoundExceeded;
    fn try_from(bytes: Vec<u8>) -> Result<Self, BoundExceeded> {
        check_bound(bytes.len(), MAX)?;
        Ok(Self(bytes))
    }
}

impl<const MAX: usize> BorshSerialize for BoundedBytes<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(&self.0, writer)
    }
}

impl<const MAX: usize> BorshDeserialize for BoundedBytes<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let len = read_len(reader, MAX)?;
        let mut bytes = Vec::with_capacity(len.min(UNEARNED_CAPACITY));
        let mut chunk = [0; CHUNK_BYTES];
        while bytes.len() < len {
            let want = (len - bytes.len()).min(CHUNK_BYTES);
            let part = chunk.get_mut(..want).unwrap_or_default();
            reader.read_exact(part)?;
            bytes.extend_from_slice(part);
        }
        Ok(Self(bytes))
    }
}

impl<const MAX: usize> Serialize for BoundedBytes<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::text::serde_bytes::serialize(&self.0, serializer)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for BoundedBytes<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = super::text::serde_bytes::deserialize(deserializer, MAX)?;
        Self::try_from(bytes).map_err(D::Error::custom)
    }
}

/// Text of at most `MAX_BYTES` bytes of UTF-8.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundedString<const MAX_BYTES: usize>(String);

impl<const MAX_BYTES: usize> BoundedString<MAX_BYTES> {
    /// Borrows the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same text as a string without a bound.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX_BYTES: usize> fmt::Debug for BoundedString<MAX_BYTES> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl<const MAX_BYTES: usize> fmt::Display for BoundedString<MAX_BYTES> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl<const MAX_BYTES: usize> Deref for BoundedString<MAX_BYTES> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX_BYTES: usize> TryFrom<String> for BoundedString<MAX_BYTES> {
    type Error = BoundExceeded;
    fn try_from(text: String) -> Result<Self, BoundExceeded> {
        check_bound(text.len(), MAX_BYTES)?;
        Ok(Self(text))
    }
}

impl<const MAX_BYTES: usize> TryFrom<&str> for BoundedString<MAX_BYTES> {
    type Error = BoundExceeded;
    fn try_from(text: &str) -> Result<Self, BoundExceeded> {
        check_bound(text.len(), MAX_BYTES)?;
        Ok(Self(text.to_owned()))
    }
}

impl<const MAX_BYTES: usize> BorshSerialize for BoundedString<MAX_BYTES> {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(&self.0, writer)
    }
}

impl<const MAX_BYTES: usize> BorshDeserialize for BoundedString<MAX_BYTES> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let bytes = BoundedBytes::<MAX_BYTES>::deserialize_reader(reader)?;
        let text =
            String::from_utf8(bytes.into_vec()).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        Ok(Self(text))
    }
}

impl<const MAX_BYTES: usize> Serialize for BoundedString<MAX_BYTES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX_BYTES: usize> Deserialize<'de> for BoundedString<MAX_BYTES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(<String as Deserialize>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn check_bound(len: usize, max: usize) -> Result<(), BoundExceeded> {
    if len > max {
        Err(BoundExceeded { len, max })
    } else {
        Ok(())
    }
}

fn read_len<R: Read>(reader: &mut R, max: usize) -> std::io::Result<usize> {
    let len = u32::deserialize_reader(reader)?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    check_bound(len, max).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{decode, encode},
        *,
    };

    #[test]
    fn golden_bytes_are_borsh_lengths_and_elements() {
        let values: BoundedVec<u16, 3> = vec![1, 0x0203].try_into().unwrap();
        assert_eq!(encode(&values), [2, 0, 0, 0, 1, 0, 3, 2]);
        let bytes: BoundedBytes<3> = vec![9, 8].try_into().unwrap();
        assert_eq!(encode(&bytes), [2, 0, 0, 0, 9, 8]);
        let text: BoundedString<3> = "é".try_into().unwrap();
        assert_eq!(encode(&text), [2, 0, 0, 0, 0xc3, 0xa9]);
    }

    #[test]
    fn more_than_the_bound_is_refused_however_it_arrives() {
        assert!(BoundedVec::<u8, 2>::try_from(vec![0; 3]).is_err());
        assert!(BoundedBytes::<2>::try_from(vec![0; 3]).is_err());
        assert!(BoundedString::<2>::try_from("abc").is_err());
        let bytes = encode(&vec![0_u8; 3]);
        assert!(decode::<BoundedVec<u8, 2>>(&bytes, 100).is_err());
        assert!(decode::<BoundedBytes<2>>(&bytes, 100).is_err());
        assert!(decode::<BoundedString<2>>(&bytes, 100).is_err());
        assert!(serde_json::from_str::<BoundedVec<u8, 2>>("[1,2,3]").is_err());
        assert!(serde_json::from_str::<BoundedBytes<2>>("\"010203\"").is_err());
        assert!(serde_json::from_str::<BoundedString<2>>("\"abc\"").is_err());
    }

    #[test]
    fn a_claimed_length_without_the_bytes_is_refused() {
        let bytes = u32::MAX.to_le_bytes();
        assert!(decode::<BoundedVec<u64, { usize::MAX }>>(&bytes, 100).is_err());
        assert!(decode::<BoundedBytes<{ usize::MAX }>>(&bytes, 100).is_err());
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        assert!(decode::<BoundedString<9>>(&[1, 0, 0, 0, 0xff], 100).is_err());
    }

    #[test]
    fn bytes_longer_than_a_chunk_come_back_whole() {
        let long: BoundedBytes<10_000> = (0..9_999)
            .map(|i| (i % 251) as u8)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        assert_eq!(decode::<BoundedBytes<10_000>>(&encode(&long), 20_000), Ok(long));
    }

    #[test]
    fn containers_survive_json_and_postcard() {
        let values: BoundedVec<u16, 3> = vec![1, 2].try_into().unwrap();
        let bytes: BoundedBytes<3> = vec![9, 8].try_into().unwrap();
        let text: BoundedString<3> = "abc".try_into().unwrap();
        let all = (values, bytes, text);
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(json, r#"[[1,2],"0908","abc"]"#);
        assert_eq!(
            serde_json::from_str::<(BoundedVec<u16, 3>, BoundedBytes<3>, BoundedString<3>)>(&json).unwrap(),
            all
        );
        let post = postcard::to_allocvec(&all).unwrap();
        assert_eq!(
            postcard::from_bytes::<(BoundedVec<u16, 3>, BoundedBytes<3>, BoundedString<3>)>(&post).unwrap(),
            all
        );
    }
}
