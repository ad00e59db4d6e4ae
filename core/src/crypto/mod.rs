//! Cryptography: hashes, keys and signatures, the lottery's VRF, sealing of frames, proof of work, and derivation from seeds.
//!
//! Everything here is a pure function of its arguments: the only randomness is a [`seed::Seed`] handed in by the host.
//! Types that come from peers are parsed once into values that cannot be wrong (a [`keys::PublicKey`] is a point on
//! the curve in its one encoding and of large order), so later code has nothing left to check.

pub mod batch;
pub mod hash;
pub mod keys;
mod pair;
pub mod pass;
pub mod seal;
pub mod seed;
#[cfg(test)]
pub(crate) mod tally;
pub mod vrf;
pub mod words;
pub mod work;

use hkdf::Hkdf;
pub(crate) use pair::{leaf_of, node_of};
use sha2::Sha256;

/// 32 bytes by HKDF-SHA-256 (RFC 5869) from secret `key`, for the purpose told by `salt` and `info`.
#[expect(
    clippy::expect_used,
    reason = "HKDF refuses only outputs over 255 hash lengths"
)]
fn hkdf32(salt: &[u8], key: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let mut output = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), key)
        .expand_multi_info(info, &mut output)
        .expect("32 bytes");
    output
}
