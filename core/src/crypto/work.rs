//! Proof of work: a number that was costly to find and is cheap to check.
//!
//! The caller binds a proof to one use by hashing everything it stands for into the challenge.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::hash::{Domain, Hash};

/// Zero bits before the first one of a hash, read as a big-endian number: 0 to 256.
pub fn leading_zero_bits(hash: &Hash) -> u32 {
    let zero_bytes = hash.0.iter().take_while(|&&byte| byte == 0).count() as u32;
    let next = hash.0.iter().find(|&&byte| byte != 0);
    zero_bytes * u8::BITS + next.map_or(0, |byte| byte.leading_zeros())
}

/// A solution. Hashed with its challenge it begins with as many zero bits as were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Work {
    /// Number that, hashed with the challenge, gives the zero bits.
    pub nonce: u64,
}

/// Too little work was done for this challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("proof of work has {found} zero bits, {wanted} wanted")]
pub struct WorkError {
    /// Leading zero bits that were asked for.
    pub wanted: u32,
    /// Leading zero bits that the work has.
    pub found: u32,
}

impl Work {
    /// How much work it shows for this purpose and challenge.
    pub fn zero_bits(&self, domain: Domain, challenge: &Hash) -> u32 {
        leading_zero_bits(&work_hash(domain, challenge, self.nonce))
    }

    /// Checks that the work was done for this purpose and challenge: about 2^`zero_bits` hashes.
    ///
    /// # Errors
    /// [`WorkError`] when it was not.
    pub fn check(&self, domain: Domain, challenge: &Hash, zero_bits: u32) -> Result<(), WorkError> {
        let found = self.zero_bits(domain, challenge);
        if found >= zero_bits {
            Ok(())
        } else {
            Err(WorkError {
                wanted: zero_bits,
                found,
            })
        }
    }
}

/// A search that is done in slices, so that whoever searches can do other things between them.
#[derive(Clone, Debug)]
pub struct WorkSearch {
    domain: Domain,
    challenge: Hash,
    zero_bits: u32,
    next_nonce: u64,
}

impl WorkSearch {
    /// A search for a nonce that gives `zero_bits`, beginning at 0.
    pub const fn new(domain: Domain, challenge: Hash, zero_bits: u32) -> Self {
        Self {
            domain,
            challenge,
            zero_bits,
            next_nonce: 0,
        }
    }

    /// Tries the next `tries` nonces; the first that solves the challenge.
    pub fn step(&mut self, tries: u32) -> Option<u64> {
        let first = self.next_nonce;
        let last = first.saturating_add(tries.into());
        let solves = |&nonce: &u64| {
            leading_zero_bits(&work_hash(self.domain, &self.challenge, nonce)) >= self.zero_bits
        };
        let found = (first..last).find(solves);
        self.next_nonce = found.map_or(last, |nonce| nonce.saturating_add(1));
        found
    }

    /// Asks for more from here on. What was tried before showed less than was asked for then, so it need not be tried again.
    pub const fn raise(&mut self, zero_bits: u32) {
        self.zero_bits = zero_bits;
    }

    /// Number of nonces that were tried.
    pub const fn tries(&self) -> u64 {
        self.next_nonce
    }
}

fn work_hash(domain: Domain, challenge: &Hash, nonce: u64) -> Hash {
    Hash::of(domain, &[&challenge.0, &nonce.to_le_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode;

    const CHALLENGE: Hash = Hash([4; 32]);

    #[test]
    fn zero_bits_are_counted_from_the_first_byte() {
        let mut bytes = [0; 32];
        assert_eq!(leading_zero_bits(&Hash(bytes)), 256);
        bytes[31] = 1;
        assert_eq!(leading_zero_bits(&Hash(bytes)), 255);
        bytes[1] = 0x20;
        assert_eq!(leading_zero_bits(&Hash(bytes)), 10);
        bytes[0] = 0xff;
        assert_eq!(leading_zero_bits(&Hash(bytes)), 0);
    }

    #[test]
    fn a_search_in_slices_finds_what_one_in_a_piece_finds() {
        let mut whole = WorkSearch::new(Domain::ClaimWork, CHALLENGE, 10);
        let nonce = whole.step(u32::MAX).unwrap();
        let mut sliced = WorkSearch::new(Domain::ClaimWork, CHALLENGE, 10);
        let found = core::iter::repeat_with(|| sliced.step(7)).flatten().next();
        assert_eq!(found, Some(nonce));
        assert_eq!(sliced.tries(), nonce + 1);
        assert_eq!(Work { nonce }.check(Domain::ClaimWork, &CHALLENGE, 10), Ok(()));
    }

    #[test]
    fn work_counts_for_its_own_challenge_and_purpose_only() {
        let nonce = WorkSearch::new(Domain::ClaimWork, CHALLENGE, 12)
            .step(u32::MAX)
            .unwrap();
        let work = Work { nonce };
        assert!(work.check(Domain::ClaimWork, &Hash([5; 32]), 12).is_err());
        assert!(work.check(Domain::Batch, &CHALLENGE, 12).is_err());
        let error = work.check(Domain::ClaimWork, &CHALLENGE, 200).unwrap_err();
        assert!(error.found >= 12 && error.wanted == 200);
    }

    #[test]
    fn golden_bytes() {
        assert_eq!(encode(&Work { nonce: 0x0102 }), [2, 1, 0, 0, 0, 0, 0, 0]);
    }
}
