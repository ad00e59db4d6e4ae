//! The only source of randomness in core: a seed from the host, and what is derived from it.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::hkdf32;

/// 32 secret random bytes. Wiped from memory when dropped, and never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of bytes that nobody else knows.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// 32 bytes for one purpose: HKDF-SHA-256 with the label's length (`u64`), label and counter as info. Different
    /// labels or counters give independent bytes; the same ones the same bytes.
    pub fn derive(&self, label: &str, counter: u64) -> [u8; 32] {
        let len = (label.len() as u64).to_le_bytes();
        hkdf32(
            b"ting/seed/1",
            &self.0,
            &[&len, label.as_bytes(), &counter.to_le_bytes()],
        )
    }

    /// A seed for one purpose, which tells nothing about this one.
    pub fn child(&self, label: &str, counter: u64) -> Self {
        Self(self.derive(label, counter))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Seed")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::codec::text::encode_hex;

    #[test]
    fn labels_and_counters_give_different_bytes() {
        let seed = Seed::new([7; 32]);
        let all = [("a", 0), ("a", 1), ("b", 0), ("ab", 0), ("", 0)].map(|(label, n)| seed.derive(label, n));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_ne!(seed.derive("a", 0), Seed::new([8; 32]).derive("a", 0));
    }

    #[test]
    fn golden_derivation() {
        assert_eq!(
            encode_hex(&Seed::new([7; 32]).derive("account", 1)),
            "f4c7d1ab487d5a48b6c250272d092ef443b70d7a0bd3b4003d9214c324278250"
        );
        assert_eq!(
            Seed::new([7; 32]).child("account", 1),
            Seed::new(Seed::new([7; 32]).derive("account", 1))
        );
    }

    #[test]
    fn a_seed_is_never_printed() {
        assert_eq!(format!("{:?}", Seed::new([7; 32])), "Seed");
    }
}
