//! Many signatures checked at once, at about half the price, with the answer of single checks.
//!
//! ZIP 215 makes the two rules equal: a batch of valid signatures always passes, and one with an invalid signature
//! passes with a probability of 2^-128. The random factors come from the caller's entropy *and* everything in the
//! batch, so who writes signatures cannot fit them to the factors even if the entropy were known.

use core::convert::Infallible;

use ed25519_zebra::VerificationKeyBytes;
use ed25519_zebra::batch::{Item, Verifier};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::hash::{Domain, Hash};
use super::keys::{NetworkId, PublicKey, Signature, signed_bytes};

/// Signatures waiting to be checked together.
#[derive(Default)]
pub struct BatchVerifier {
    items: Vec<Item>,
    transcript: Sha256,
}

impl BatchVerifier {
    /// An empty batch, which is valid.
    pub fn new() -> Self {
        Self::default()
    }

    /// Signatures in the batch.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a signature as [`PublicKey::verify`] would check it. Its index is the number of those added before.
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

    fn push_raw(&mut self, key: [u8; 32], signed: &[u8], signature: &Signature) {
        self.transcript.update(key);
        self.transcript.update(signature.0);
        self.transcript.update((signed.len() as u64).to_le_bytes());
        self.transcript.update(signed);
        self.items.push(Item::from((
            VerificationKeyBytes::from(key),
            signature.0.into(),
            signed,
        )));
    }

    /// Checks all signatures. `entropy` is 32 bytes that nobody else knows; it decides nothing but the factors.
    ///
    /// # Errors
    /// The indices of all signatures that do not fit, in ascending order.
    pub fn verify(self, entropy: [u8; 32]) -> Result<(), Vec<usize>> {
        let transcript: [u8; 32] = self.transcript.finalize().into();
        let mut batch = Verifier::new();
        for item in &self.items {
            batch.queue(item.clone());
        }
        let factors = Factors::new(Hash::of(Domain::Batch, &[&entropy, &transcript]));
        if batch.verify(factors).is_ok() {
            return Ok(());
        }
        let wrong = |(index, item): (usize, Item)| item.verify_single().is_err().then_some(index);
        let culprits: Vec<usize> = self.items.into_iter().enumerate().filter_map(wrong).collect();
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
