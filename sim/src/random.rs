//! All chance of a simulation, from one seed.

use std::ops::RangeInclusive;

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of chance. The same seed and purpose give the same stream.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of a seed for one purpose; different purposes give independent streams.
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut bytes = [0; 32];
        let words = seed.to_le_bytes().into_iter().chain(purpose.to_le_bytes());
        bytes.iter_mut().zip(words).for_each(|(byte, word)| *byte = word);
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// 64 uniform random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, or 0 if that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.bits()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// A uniform number in the range.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let span = range.end().saturating_sub(*range.start()).saturating_add(1);
        range.start().saturating_add(self.below(span))
    }

    /// A number from `-most` to `most`.
    pub fn around_zero(&mut self, most: u64) -> i64 {
        let drawn = i64::try_from(self.within(0..=most.saturating_mul(2))).unwrap_or_default();
        drawn.saturating_sub(i64::try_from(most).unwrap_or(i64::MAX))
    }

    /// True in so many of a thousand cases.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// 32 random bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// One of the items, each as likely; none if there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(items.len() as u64)).unwrap_or_default();
        items.get(index)
    }
}
