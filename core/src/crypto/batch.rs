//! Many signatures checked at once, at about half the price, with the answer of single checks.
//!
//! ZIP 215 makes the two rules equal: a batch of valid signatures always passes, and one with an invalid signature
//! passes with a probability of 2^-128. The random factors come from the caller's entropy *and* everything in the
//! batch, so who writes signatures cannot fit them to the factors even if the entropy were known.

use core::convert::Infallible;

use ed25519_zebra::{
    VerificationKeyBytes,
    batch::{Item, Verifier},
};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::{
    hash::{Domain, Hash},
    keys::{Address, NetworkId, PublicKey, Signature, ed25519::signed_bytes},
};

/// Signatures waiting to be checked together.
#[derive(Default)]
pub struct BatchVerifier {
    /// Each with its index.
    items: Vec<(usize, Item)>,
    /// Number of signatures, those that are passed over included.
    count: usize,
    transcript: Sha256,
}

impl BatchVerifier {
    /// An empty batch, which is valid.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of signatures that are to be checked.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Passes over a signature that was checked before: it takes an index and no more.
    pub fn pass_over(&mut self) {
        self.count += 1;
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a signature as [`PublicKey::verify`] would check it. Its index is the number of those added or passed over before.
    pub fn push(
        &mut self,
        domain: Domain,
        network: &NetworkId,
        key: &PublicKey,
        message: &[u8],
        signature: &Signature,
    ) {
        self.push_raw(
            *key.as_bytes(),
            &signed_bytes(domain, network, message),
            signature,
        );
    }

    /// Adds a signature as [`Address::verify`] would check it. Its index is the number of those added or passed over before.
    pub fn push_of_account(
        &mut self,
        domain: Domain,
        network: &NetworkId,
        account: &Address,
        message: &[u8],
        signature: &Signature,
    ) {
        self.push_raw(
            *account.as_bytes(),
            &signed_bytes(domain, network, message),
            signature,
        );
    }

    fn push_raw(&mut self, key: [u8; 32], signed: &[u8], signature: &Signature) {
        self.transcript.update(key);
        self.transcript.update(signature.0);
        self.transcript.update((signed.len() as u64).to_le_bytes());
        self.transcript.update(signed);
        let item = Item::from((VerificationKeyBytes::from(key), signature.0.into(), signed));
        self.items.push((self.count, item));
        self.count += 1;
    }

    /// Checks all signatures. `entropy` is 32 bytes that nobody else knows; it decides nothing but the factors.
    ///
    /// # Errors
    /// The indices of all signatures that do not fit, in ascending order.
    pub fn verify(self, entropy: [u8; 32]) -> Result<(), Vec<usize>> {
        #[cfg(test)]
        super::tally::Checks::count_signatures(self.items.len());
        let transcript: [u8; 32] = self.transcript.finalize().into();
        let mut batch = Verifier::new();
        for (_, item) in &self.items {
            batch.queue(item.clone());
        }
        let factors = Factors::new(Hash::of(Domain::Batch, &[&entropy, &transcript]));
        if batch.verify(factors).is_ok() {
            return Ok(());
        }
        let wrong = |(index, item): (usize, Item)| item.verify_single().is_err().then_some(index);
        let culprits: Vec<usize> = self.items.into_iter().filter_map(wrong).collect();
        if culprits.is_empty() {
            Ok(())
        } else {
            Err(culprits)
        }
    }
}

/// A stream of bytes from a hash: SHA-256 of seed and counter.
struct Factors {
    seed: Hash,
    block_count: u64,
    block: [u8; 32],
    used: usize,
}

impl Factors {
    fn new(seed: Hash) -> Self {
        Self {
            seed,
            block_count: 0,
            block: [0; 32],
            used: 32,
        }
    }

    fn next_byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            self.block = Hash::of(Domain::Batch, &[&self.seed.0, &self.block_count.to_le_bytes()]).0;
            self.block_count += 1;
            self.used = 0;
        }
        let byte = self.block.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }

    fn next_array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.next_byte())
    }
}

impl TryRng for Factors {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.next_array()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.next_array()))
    }

    fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), Infallible> {
        output.fill_with(|| self.next_byte());
        Ok(())
    }
}

impl TryCryptoRng for Factors {}

/// All 14 encodings of points of small order: the canonical eight, and six that ZIP 215 also accepts.
#[cfg(test)]
pub(super) fn small_order_encodings() -> Vec<[u8; 32]> {
    let canonical = curve25519_dalek::constants::EIGHT_TORSION.map(|point| point.compress().to_bytes());
    let with_ends = |low: u8, middle: u8, high: u8| {
        let mut bytes = [middle; 32];
        bytes[0] = low;
        bytes[31] = high;
        bytes
    };
    // y = 1 and y = -1 with the sign of a zero x, and y = p and y = p + 1 with either sign.
    let others = [
        with_ends(1, 0, 0x80),
        with_ends(0xec, 0xff, 0xff),
        with_ends(0xed, 0xff, 0x7f),
        with_ends(0xed, 0xff, 0xff),
        with_ends(0xee, 0xff, 0x7f),
        with_ends(0xee, 0xff, 0xff),
    ];
    canonical.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use curve25519_dalek::{
        constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
        scalar::Scalar,
    };
    use proptest::prelude::*;
    use sha2::Sha512;

    use super::*;
    use crate::crypto::keys::{SecretKey, ed25519::verify_zip215};

    const NETWORK: NetworkId = NetworkId(Hash([5; 32]));

    fn batch_of(items: &[([u8; 32], &[u8], Signature)]) -> Result<(), Vec<usize>> {
        let mut batch = BatchVerifier::new();
        for (key, signed, signature) in items {
            batch.push_raw(*key, signed, signature);
        }
        batch.verify([3; 32])
    }

    fn signature(r: [u8; 32], s: &Scalar) -> Signature {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(s.as_bytes());
        Signature(bytes)
    }

    #[test]
    fn the_196_zip_215_cases_are_valid_alone_and_together() {
        let encodings = small_order_encodings();
        assert_eq!(encodings.iter().collect::<BTreeSet<_>>().len(), 14);
        let mut all = Vec::new();
        for key in &encodings {
            for r in &encodings {
                let case = (*key, b"Zcash".as_slice(), signature(*r, &Scalar::ZERO));
                assert_eq!(verify_zip215(case.0, case.1, &case.2), Ok(()));
                assert_eq!(batch_of(&[case]), Ok(()));
                all.push(case);
            }
        }
        assert_eq!(all.len(), 196);
        assert_eq!(batch_of(&all), Ok(()));
    }

    #[test]
    fn signatures_crafted_with_torsion_are_judged_alike_alone_and_together() {
        let scalar = Scalar::from(1_234_567_u64);
        let nonce = Scalar::from(7_654_321_u64);
        for key_torsion in EIGHT_TORSION {
            for nonce_torsion in EIGHT_TORSION {
                let key = (ED25519_BASEPOINT_POINT * scalar + key_torsion)
                    .compress()
                    .to_bytes();
                let r = (ED25519_BASEPOINT_POINT * nonce + nonce_torsion)
                    .compress()
                    .to_bytes();
                let challenge =
                    Scalar::from_hash(Sha512::new().chain_update(r).chain_update(key).chain_update(b"m"));
                let crafted = signature(r, &(nonce + challenge * scalar));
                assert_eq!(verify_zip215(key, b"m", &crafted), Ok(()));
                assert_eq!(batch_of(&[(key, b"m".as_slice(), crafted); 3]), Ok(()));
            }
        }
    }

    #[test]
    fn an_s_over_the_order_is_refused_alone_and_together() {
        let secret = SecretKey::from_seed([1; 32]);
        let honest = secret.sign(Domain::Vote, &NETWORK, b"m");
        let order = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10_u8,
        ];
        let mut malleated = honest;
        let mut carry = 0;
        for (byte, add) in malleated.0[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        let key = secret.public();
        assert_eq!(key.verify(Domain::Vote, &NETWORK, b"m", &honest), Ok(()));
        assert!(key.verify(Domain::Vote, &NETWORK, b"m", &malleated).is_err());
        let mut batch = BatchVerifier::new();
        batch.push(Domain::Vote, &NETWORK, &key, b"m", &honest);
        batch.push(Domain::Vote, &NETWORK, &key, b"m", &malleated);
        assert_eq!(batch.verify([0; 32]), Err(vec![1]));
    }

    #[test]
    fn an_empty_batch_is_valid() {
        assert!(BatchVerifier::new().is_empty());
        assert_eq!(BatchVerifier::new().verify([0; 32]), Ok(()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_batch_names_exactly_the_wrong_signatures(
            entropy: [u8; 32],
            spoiled in proptest::collection::vec((0_u8..4, any::<bool>()), 1..20),
        ) {
            let mut batch = BatchVerifier::new();
            let mut wrong = Vec::new();
            for (index, &(owner, spoil)) in spoiled.iter().enumerate() {
                let secret = SecretKey::from_seed([owner; 32]);
                let message = index.to_le_bytes();
                let mut signature = secret.sign(Domain::Transaction, &NETWORK, &message);
                if spoil {
                    signature.0[index] ^= 1;
                    wrong.push(index);
                }
                batch.push(Domain::Transaction, &NETWORK, &secret.public(), &message, &signature);
            }
            prop_assert_eq!(batch.len(), spoiled.len());
            let expected = if wrong.is_empty() { Ok(()) } else { Err(wrong) };
            prop_assert_eq!(batch.verify(entropy), expected);
        }
    }
}
