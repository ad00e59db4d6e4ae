//! A verifiable random function: ECVRF-EDWARDS25519-SHA512-ELL2 of RFC 9381.
//!
//! The owner of a key computes for every input one output that nobody can foresee, and proves that it is the one. An
//! Ed25519 signature would not do for a lottery: its signer can make many for the same message.
//!
//! Only the output is unique. A proof is not (its owner may choose another nonce), so proofs are never hashed into
//! anything that decides. A `s` at or over the group's order, a Gamma in another than its canonical encoding and keys
//! of small order are refused (RFC 9381, section 5.4.5), so no third party can alter a proof either.

use core::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::{
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::{Scalar, clamp_integer},
    traits::VartimeMultiscalarMul,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha512};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::keys::{KeyError, PublicKey};
use crate::codec::text::{byte_newtype, encode_hex, shorten};

const SUITE: u8 = 4;
const CHALLENGE_FRONT: u8 = 2;
const OUTPUT_FRONT: u8 = 3;
const BACK: u8 = 0;
const CURVE_DOMAIN: &[u8] = b"ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_\x04";
const CHALLENGE_BYTES: usize = 16;

/// A key that draws. Wiped from memory when dropped, and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct VrfSecretKey {
    seed: [u8; 32],
    #[zeroize(skip)]
    public: CompressedEdwardsY,
}

impl VrfSecretKey {
    /// The key of a 32-byte seed (RFC 8032, section 5.1.5). Use no seed for both signing and drawing.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let public = EdwardsPoint::mul_base(&expand(&seed).scalar).compress();
        Self { seed, public }
    }

    /// The seed, for storage.
    pub fn to_seed(&self) -> [u8; 32] {
        self.seed
    }

    /// Public key, by which others check the proofs.
    pub fn public(&self) -> VrfPublicKey {
        VrfPublicKey(PublicKey::of_secret(self.public.to_bytes()))
    }

    /// Output for `alpha`, with its proof (RFC 9381, section 5.1).
    pub fn prove(&self, alpha: &[u8]) -> (VrfOutput, VrfProof) {
        let Expanded { scalar, nonce_key } = expand(&self.seed);
        let base = encode_to_curve(&self.public, alpha);
        let gamma = *scalar * base;
        let nonce = Zeroizing::new(nonce_of(&nonce_key, &base.compress()));
        let points = [
            base,
            gamma,
            EdwardsPoint::mul_base(&nonce),
            *nonce * base,
            gamma.mul_by_cofactor(),
        ];
        let [base, gamma, u, v, cleared] = EdwardsPoint::compress_batch(&points);
        let challenge = challenge_of([&self.public, &base, &gamma, &u, &v]);
        let response = *nonce + scalar_of(&challenge) * *scalar;
        (
            output_of(&cleared),
            VrfProof::from_parts(&gamma, &challenge, &response),
        )
    }
}

impl fmt::Debug for VrfSecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "VrfSecretKey of {:?}", self.public())
    }
}

/// A key that verifies draws: a point in canonical encoding and not of small order.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct VrfPublicKey(PublicKey);

impl VrfPublicKey {
    /// Parses and validates 32 bytes (RFC 9381, section 5.4.5).
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with them.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        PublicKey::from_bytes(bytes).map(Self)
    }

    /// The key as 32 bytes, encoded by RFC 8032.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The output that `proof` proves for `alpha` (RFC 9381, section 5.3).
    ///
    /// # Errors
    /// [`VrfError`] when it proves none.
    pub fn verify(&self, alpha: &[u8], proof: &VrfProof) -> Result<VrfOutput, VrfError> {
        #[cfg(test)]
        super::tally::Checks::count_proof();
        let (gamma_bytes, challenge, response) = proof.parts();
        let public = CompressedEdwardsY(*self.as_bytes());
        let key = public.decompress().ok_or(VrfError::Mismatch)?;
        let gamma = gamma_bytes.decompress().ok_or(VrfError::BadGamma)?;
        let response =
            Option::<Scalar>::from(Scalar::from_canonical_bytes(response)).ok_or(VrfError::BadScalar)?;
        let factor = scalar_of(&challenge);
        let base = encode_to_curve(&public, alpha);
        let u = EdwardsPoint::vartime_double_scalar_mul_basepoint(&factor, &-key, &response);
        let v = EdwardsPoint::vartime_multiscalar_mul([response, factor], [base, -gamma]);
        let [base, gamma, u, v, cleared] =
            EdwardsPoint::compress_batch(&[base, gamma, u, v, gamma.mul_by_cofactor()]);
        if gamma != gamma_bytes {
            return Err(VrfError::BadGamma);
        }
        if challenge_of([&public, &base, &gamma, &u, &v]) != challenge {
            return Err(VrfError::Mismatch);
        }
        Ok(output_of(&cleared))
    }
}

impl fmt::Debug for VrfPublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

/// Why a VRF proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VrfError {
    /// Gamma is not the canonical encoding of a point.
    #[error("the proof's point is not well formed")]
    BadGamma,
    /// The response is not below the group's order.
    #[error("the proof's scalar is out of range")]
    BadScalar,
    /// A proof for another key or input, or an altered one.
    #[error("the proof does not fit the key and the input")]
    Mismatch,
}

/// `Gamma (32) ‖ c (16) ‖ s (32)`; only verification tells whether it proves anything.
#[derive(Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct VrfProof(pub [u8; 80]);

impl VrfProof {
    fn from_parts(gamma: &CompressedEdwardsY, challenge: &[u8; CHALLENGE_BYTES], response: &Scalar) -> Self {
        let mut bytes = [0; 80];
        let parts = gamma
            .as_bytes()
            .iter()
            .chain(challenge)
            .chain(response.as_bytes());
        bytes.iter_mut().zip(parts).for_each(|(byte, &part)| *byte = part);
        Self(bytes)
    }

    /// The output that this proof claims, unproved (RFC 9381, section 5.2): for proofs that were verified before.
    ///
    /// # Errors
    /// [`VrfError::BadGamma`] when there is no such output.
    pub fn claimed_output(&self) -> Result<VrfOutput, VrfError> {
        let (gamma, ..) = self.parts();
        let gamma = gamma.decompress().ok_or(VrfError::BadGamma)?;
        Ok(output_of(&gamma.mul_by_cofactor().compress()))
    }

    fn parts(&self) -> (CompressedEdwardsY, [u8; CHALLENGE_BYTES], [u8; 32]) {
        let mut bytes = self.0.iter().copied();
        let mut next = || bytes.next().unwrap_or_default();
        let gamma = CompressedEdwardsY(core::array::from_fn(|_| next()));
        (
            gamma,
            core::array::from_fn(|_| next()),
            core::array::from_fn(|_| next()),
        )
    }
}

byte_newtype!(VrfProof);

/// The 64 bytes drawn for a key and an input: beta of RFC 9381, the only ones there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VrfOutput(pub [u8; 64]);

impl VrfOutput {
    /// The output as 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for VrfOutput {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&shorten(&encode_hex(&self.0), 6, 4))
    }
}

/// Secret scalar and the key of the nonces.
struct Expanded {
    scalar: Zeroizing<Scalar>,
    nonce_key: Zeroizing<[u8; 32]>,
}

fn expand(seed: &[u8; 32]) -> Expanded {
    let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed)));
    let (low, high) = (hash.first_chunk().copied(), hash.last_chunk().copied());
    let scalar = Scalar::from_bytes_mod_order(clamp_integer(low.unwrap_or_default()));
    Expanded {
        scalar: Zeroizing::new(scalar),
        nonce_key: Zeroizing::new(high.unwrap_or_default()),
    }
}

/// RFC 9381, section 5.4.1.2, by RFC 9380's `edwards25519_XMD:SHA-512_ELL2_NU_`, salted with the public key.
fn encode_to_curve(public: &CompressedEdwardsY, alpha: &[u8]) -> EdwardsPoint {
    EdwardsPoint::encode_to_curve::<Sha512>(&[public.as_bytes(), alpha], &[CURVE_DOMAIN])
}

/// RFC 9381, section 5.4.2.2.
fn nonce_of(nonce_key: &[u8; 32], base: &CompressedEdwardsY) -> Scalar {
    let hash = Sha512::new()
        .chain_update(nonce_key)
        .chain_update(base.as_bytes());
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

/// RFC 9381, section 5.4.3: of public key, base, Gamma, U, V.
fn challenge_of(points: [&CompressedEdwardsY; 5]) -> [u8; CHALLENGE_BYTES] {
    let mut hasher = Sha512::new().chain_update([SUITE, CHALLENGE_FRONT]);
    points.iter().for_each(|point| hasher.update(point.as_bytes()));
    let hash: [u8; 64] = hasher.chain_update([BACK]).finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

/// RFC 9381, section 5.2: of Gamma with the cofactor cleared.
fn output_of(cleared: &CompressedEdwardsY) -> VrfOutput {
    let hasher = Sha512::new()
        .chain_update([SUITE, OUTPUT_FRONT])
        .chain_update(cleared.as_bytes());
    VrfOutput(hasher.chain_update([BACK]).finalize().into())
}

fn scalar_of(challenge: &[u8; CHALLENGE_BYTES]) -> Scalar {
    Scalar::from(u128::from_le_bytes(*challenge))
}

#[cfg(test)]
mod tests;
