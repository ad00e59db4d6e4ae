//! Vectors of RFC 9381, and everything that a forger may try.

use curve25519_dalek::constants::EIGHT_TORSION;
use proptest::prelude::*;

use super::*;
use crate::codec::{decode, encode, text::decode_hex_vec};

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
    for encoding in crate::crypto::batch::small_order_encodings() {
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
    for encoding in crate::crypto::batch::small_order_encodings() {
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
