//! All chance of a host, drawn from one seed, so that a test can repeat it.

use ting_core::crypto::seed::Seed;

/// Draws that never repeat; whoever does not have the seed can foresee none.
pub(crate) struct Chance {
    seed: Seed,
    drawn: u64,
}

impl Chance {
    pub(crate) fn new(seed: Seed) -> Self {
        Self { seed, drawn: 0 }
    }

    /// 32 bytes that nobody else knows, fit for a key.
    pub(crate) fn key(&mut self) -> [u8; 32] {
        self.drawn = self.drawn.saturating_add(1);
        self.seed.derive("chance", self.drawn)
    }

    /// `count` bytes that nobody else knows.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count.next_multiple_of(32));
        while bytes.len() < count {
            bytes.extend(self.key());
        }
        bytes.truncate(count);
        bytes
    }

    /// A number in `0..bound` for timing; 0 if there is none.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let drawn = self
            .key()
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        drawn.checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_draw_is_like_another_and_bounds_are_kept() {
        let mut chance = Chance::new(Seed::new([1; 32]));
        assert_ne!(chance.key(), chance.key());
        assert_ne!(chance.bytes(70), chance.bytes(70));
        assert_eq!(chance.bytes(70).len(), 70);
        assert!((0..100).all(|_| chance.below(7) < 7));
        assert_eq!(chance.below(0), 0);
    }
}
