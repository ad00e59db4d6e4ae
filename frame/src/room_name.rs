//! The name of a room: a hash of the room's secret, so it says nothing about it.
//!
//! Whoever knows a name can sit in the room and count sealed frames: `Debug` and [`RoomName::short`] show only its
//! first eight digits, so logs do not hand it out.

use alloc::string::String;
use core::{fmt, str::FromStr};

use thiserror::Error;

/// 32 bytes, written as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName([u8; 32]);

/// The text is not a room name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a room's name is 64 lowercase hexadecimal digits")]
pub struct RoomNameError;

impl RoomName {
    /// The room with these bytes as its name.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The name as 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight digits, enough to tell rooms apart in a log.
    pub fn short(&self) -> String {
        let [first, second, third, fourth, ..] = self.0;
        alloc::format!("{first:02x}{second:02x}{third:02x}{fourth:02x}")
    }
}

impl FromStr for RoomName {
    type Err = RoomNameError;

    fn from_str(text: &str) -> Result<Self, RoomNameError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(RoomNameError);
        }
        let mut name = [0; 32];
        for (byte, [high, low]) in name.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(name))
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for RoomName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RoomName({}…)", self.short())
    }
}

fn digit(character: u8) -> Result<u8, RoomNameError> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        _ => Err(RoomNameError),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_64_lowercase_digits_are_a_name() {
        let good = "0123456789abcdef".repeat(4);
        assert_eq!(good.parse::<RoomName>().unwrap().to_string(), good);
        let uppercase = good.to_uppercase();
        let wrong_digit = good.replace('f', "g");
        for bad in ["", &good[1..], &uppercase, &wrong_digit, &(good.clone() + "0")] {
            assert_eq!(bad.parse::<RoomName>(), Err(RoomNameError));
        }
    }

    #[test]
    fn debug_output_hides_most_of_the_name() {
        let name = RoomName::from_bytes([0xab; 32]);
        assert_eq!(alloc::format!("{name:?}"), "RoomName(abababab…)");
    }

    proptest! {
        #[test]
        fn names_round_trip(bytes: [u8; 32]) {
            let name = RoomName::from_bytes(bytes);
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }
    }
}
