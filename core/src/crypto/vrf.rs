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
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use curve25519_dalek::traits::VartimeMultiscalarMul;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha512};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::keys::{KeyError, PublicKey};
use crate::codec::text::{encode_hex, serde_bytes, shorten};

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

    /// The key that verifies.
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

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The output that `proof` proves for `alpha` (RFC 9381, section 5.3).
    ///
    /// # Errors
    /// [`VrfError`] when it proves none.
    pub fn verify(&self, alpha: &[u8], proof: &VrfProof) -> Result<VrfOutput, VrfError> {
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

/// Why a proof proves nothing.
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

impl fmt::Debug for VrfProof {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&shorten(&encode_hex(&self.0), 6, 4))
    }
}

impl Serialize for VrfProof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_bytes::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for VrfProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_bytes::deserialize_array(deserializer).map(Self)
    }
}

/// The 64 bytes drawn for a key and an input: beta of RFC 9381, the only ones there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VrfOutput(pub [u8; 64]);

impl VrfOutput {
    /// The 64 bytes.
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
mod tests {
    use super::*;
    use crate::codec::text::decode_hex_vec;
    use crate::codec::{decode, encode};
    use curve25519_dalek::constants::EIGHT_TORSION;
    use proptest::prelude::*;

    struct Vector {
        seed: &'static str,
        public: &'static str,
        alpha: &'static str,
        base: &'static str,
        nonce: &'static str,
        u: &'static str,
        v: &'static str,
        proof: &'static str,
        output: &'static str,
    }

    /// RFC 9381, appendix B.4, examples 19 to 21.
    const RFC9381: [Vector; 3] = [
        Vector {
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            public: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            alpha: "",
            base: "b8066ebbb706c72b64390324e4a3276f129569eab100c26b9f05011200c1bad9",
            nonce: "55cbb247af9b8372259a97b2cfec656d78868deb33b203d51b9961c364522400",
            u: "762f5c178b68f0cddcc1157918edf45ec334ac8e8286601a3256c3bbf858edd9",
            v: "4652eba1c4612e6fce762977a59420b451e12964adbe4fbecd58a7aeff5860af",
            proof: "7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f14adf9a3cd8b8412d9038531e865c341cafa73589b023d14311c331a9ad15ff2fb37831e00f0acaa6d73bc9997b06501",
            output: "9d574bf9b8302ec0fc1e21c3ec5368269527b87b462ce36dab2d14ccf80c53cccf6758f058c5b1c856b116388152bbe509ee3b9ecfe63d93c3b4346c1fbc6c54",
        },
        Vector {
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            public: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            alpha: "72",
            base: "76ac3ccb86158a9104dff819b1ca293426d305fd76b39b13c9356d9b58c08e57",
            nonce: "9565956daeedf376cad61b829b2a4d21ba1b52e9b3e2457477a64630a9711003",
            u: "8ec26e77b8cb3114dd2265fe1564a4efb40d109aa3312536d93dfe3d8d80a061",
            v: "fe799eb5770b4e3a5a27d22518bb631db183c8316bb552155f442c62a47d1c8b",
            proof: "47b327393ff2dd81336f8a2ef10339112401253b3c714eeda879f12c509072ef055b48372bb82efbdce8e10c8cb9a2f9d60e93908f93df1623ad78a86a028d6bc064dbfc75a6a57379ef855dc6733801",
            output: "38561d6b77b71d30eb97a062168ae12b667ce5c28caccdf76bc88e093e4635987cd96814ce55b4689b3dd2947f80e59aac7b7675f8083865b46c89b2ce9cc735",
        },
        Vector {
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            alpha: "af82",
            base: "13d2a8b5ca32db7e98094a61f656a08c6c964344e058879a386a947a4e189ed1",
            nonce: "1fda4077f737098b3f361c33a36cccafd7e9e9b720e1f84011254e25f37eed02",
            u: "a012f35433df219a88ab0f9481f4e0065d00422c3285f3d34a8b0202f20bac60",
            v: "fb613986d171b3e98319c7ca4dc44c5dd8314a6e5616c1a4f16ce72bd7a0c25a",
            proof: "926e895d308f5e328e7aa159c06eddbe56d06846abf5d98c2512235eaa57fdce35b46edfc655bc828d44ad09d1150f31374e7ef73027e14760d42e77341fe05467bb286cc2c9d7fde29120a0b2320d04",
            output: "121b7f9b9aaaa29099fc04a94ba52784d44eac976dd1a3cca458733be5cd090a7b5fbd148444f17f8daf1fb55cb04b1ae85a626e30a54b4b0f8abf4a43314a58",
        },
    ];

    fn vector_key(vector: &Vector) -> VrfSecretKey {
        VrfSecretKey::from_seed(decode_hex_vec(vector.seed).unwrap().try_into().unwrap())
    }

    #[test]
    fn rfc_9381_vectors_with_all_intermediate_values() {
        for vector in &RFC9381 {
            let secret = vector_key(vector);
            let alpha = decode_hex_vec(vector.alpha).unwrap();
            assert_eq!(encode_hex(secret.public().as_bytes()), vector.public);
            let base = encode_to_curve(&secret.public, &alpha);
            assert_eq!(encode_hex(base.compress().as_bytes()), vector.base);
            let nonce = nonce_of(&expand(&secret.seed).nonce_key, &base.compress());
            assert_eq!(encode_hex(nonce.as_bytes()), vector.nonce);
            assert_eq!(
                encode_hex(EdwardsPoint::mul_base(&nonce).compress().as_bytes()),
                vector.u
            );
            assert_eq!(encode_hex((nonce * base).compress().as_bytes()), vector.v);
            let (output, proof) = secret.prove(&alpha);
            assert_eq!(encode_hex(&proof.0), vector.proof);
            assert_eq!(encode_hex(&output.0), vector.output);
            assert_eq!(secret.public().verify(&alpha, &proof), Ok(output));
        }
    }

    #[test]
    fn a_scalar_at_or_over_the_order_is_refused() {
        let secret = vector_key(&RFC9381[0]);
        let (_, mut proof) = secret.prove(b"");
        let minus_one = -Scalar::ONE;
        let mut carry = 1;
        for (byte, &add) in proof.0[48..].iter_mut().zip(minus_one.as_bytes()) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(secret.public().verify(b"", &proof), Err(VrfError::BadScalar));
    }

    #[test]
    fn a_gamma_in_another_encoding_or_off_the_curve_is_refused() {
        let secret = vector_key(&RFC9381[0]);
        let (_, proof) = secret.prove(b"");
        for encoding in super::super::batch::small_order_encodings() {
            let mut altered = proof;
            altered.0[..32].copy_from_slice(&encoding);
            assert!(secret.public().verify(b"", &altered).is_err());
            let canonical = CompressedEdwardsY(encoding)
                .decompress()
                .unwrap()
                .compress()
                .to_bytes()
                == encoding;
            let expected = if canonical {
                VrfError::Mismatch
            } else {
                VrfError::BadGamma
            };
            assert_eq!(secret.public().verify(b"", &altered), Err(expected));
        }
        let mut altered = proof;
        altered.0[..32].fill(0);
        altered.0[0] = 2;
        assert_eq!(secret.public().verify(b"", &altered), Err(VrfError::BadGamma));
    }

    #[test]
    fn a_small_order_key_is_refused() {
        for encoding in super::super::batch::small_order_encodings() {
            assert!(VrfPublicKey::from_bytes(encoding).is_err());
            assert!(decode::<VrfPublicKey>(&encoding, 32).is_err());
        }
    }

    #[test]
    fn a_gamma_moved_by_torsion_never_gives_another_output() {
        let secret = vector_key(&RFC9381[1]);
        let (output, proof) = secret.prove(b"alpha");
        let gamma = proof.parts().0.decompress().unwrap();
        for torsion in EIGHT_TORSION {
            let mut altered = proof;
            altered.0[..32].copy_from_slice((gamma + torsion).compress().as_bytes());
            let verified = secret.public().verify(b"alpha", &altered);
            assert!(verified == Err(VrfError::Mismatch) || verified == Ok(output));
        }
    }

    #[test]
    fn golden_bytes_are_the_rfcs() {
        let (_, proof) = vector_key(&RFC9381[2]).prove(&[0xaf, 0x82]);
        assert_eq!(encode_hex(&encode(&proof)), RFC9381[2].proof);
        assert_eq!(
            encode_hex(&encode(&vector_key(&RFC9381[2]).public())),
            RFC9381[2].public
        );
        assert_eq!(
            serde_json::from_str::<VrfProof>(&serde_json::to_string(&proof).unwrap()).unwrap(),
            proof
        );
        assert_eq!(
            postcard::from_bytes::<VrfProof>(&postcard::to_allocvec(&proof).unwrap()).unwrap(),
            proof
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn proofs_hold_for_their_key_and_input_alone(seed: [u8; 32], alpha: Vec<u8>, byte in 0_usize..80, bit in 0_u32..8) {
            let secret = VrfSecretKey::from_seed(seed);
            let (output, proof) = secret.prove(&alpha);
            prop_assert_eq!(secret.public().verify(&alpha, &proof), Ok(output));
            let mut longer = alpha.clone();
            longer.push(0);
            prop_assert_eq!(secret.public().verify(&longer, &proof), Err(VrfError::Mismatch));
            prop_assert_ne!(secret.prove(&longer).0, output);
            let mut altered = proof;
            altered.0[byte] ^= 1 << bit;
            prop_assert!(secret.public().verify(&alpha, &altered).is_err());
            let other = VrfSecretKey::from_seed(secret.seed.map(|byte| !byte)).public();
            prop_assert_eq!(other.verify(&alpha, &proof), Err(VrfError::Mismatch));
        }
    }
}
