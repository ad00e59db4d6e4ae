//! Vectors of RFC 8032, and every text or byte string that is no key.

use bech32::{Bech32m, Hrp};
use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY};
use ed25519_dalek::Signer;
use proptest::prelude::*;
use sha2::{Digest, Sha512};

use super::{
    address::ADDRESS_PREFIX,
    ed25519::{signed_bytes, verify_zip215},
    *,
};
use crate::{
    codec::{
        decode, encode,
        text::{decode_hex_vec, encode_hex},
    },
    crypto::hash::{Domain, Hash},
};

const NETWORK: NetworkId = NetworkId(Hash([5; 32]));

/// RFC 8032, section 7.1: seed, public key, message, signature.
fn rfc8032() -> Vec<[Vec<u8>; 4]> {
    let abc = encode_hex(&Sha512::digest(b"abc"));
    [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
        [
            "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
            "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
            include_str!("../vectors/rfc8032_test_1024.hex").trim_end(),
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03",
        ],
        [
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            abc.as_str(),
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ],
    ]
    .map(|vector| vector.map(|text| decode_hex_vec(text).unwrap()))
    .into()
}

#[test]
fn rfc_8032_vectors_are_signed_and_verified() {
    for [seed, public, message, signature] in rfc8032() {
        let secret = SecretKey::from_seed(seed.try_into().unwrap());
        assert_eq!(secret.public().as_bytes()[..], public);
        let signed = Signature(secret.0.sign(&message).to_bytes());
        assert_eq!(signed.0[..], signature);
        assert_eq!(
            verify_zip215(*secret.public().as_bytes(), &message, &signed),
            Ok(())
        );
    }
}

#[test]
fn a_signature_is_worth_nothing_elsewhere() {
    let secret = SecretKey::from_seed([1; 32]);
    let key = secret.public();
    let signature = secret.sign(Domain::Vote, &NETWORK, b"message");
    assert_eq!(key.verify(Domain::Vote, &NETWORK, b"message", &signature), Ok(()));
    assert!(
        key.verify(Domain::Header, &NETWORK, b"message", &signature)
            .is_err()
    );
    assert!(
        key.verify(Domain::Vote, &NetworkId::default(), b"message", &signature)
            .is_err()
    );
    assert!(
        key.verify(Domain::Vote, &NETWORK, b"Message", &signature)
            .is_err()
    );
    let other = SecretKey::from_seed([2; 32]).public();
    assert!(
        other
            .verify(Domain::Vote, &NETWORK, b"message", &signature)
            .is_err()
    );
}

#[test]
fn signed_bytes_are_tag_network_and_message() {
    let mut bytes = b"\x0bting/vote/1".to_vec();
    bytes.extend([5; 32]);
    bytes.extend(b"message");
    assert_eq!(signed_bytes(Domain::Vote, &NETWORK, b"message"), bytes);
}

#[test]
fn a_small_order_key_is_refused_in_every_encoding() {
    for encoding in crate::crypto::batch::small_order_encodings() {
        let error = PublicKey::from_bytes(encoding).unwrap_err();
        assert!(matches!(error, KeyError::SmallOrder | KeyError::NotCanonical));
        assert!(decode::<PublicKey>(&encoding, 32).is_err());
        assert!(decode::<Address>(&encoding, 32).is_err());
        let text = bech32::encode::<Bech32m>(ADDRESS_PREFIX, &encoding).unwrap();
        assert_eq!(text.parse::<Address>(), Err(AddressError::Key(error)));
        assert!(serde_json::from_str::<PublicKey>(&format!("\"{}\"", encode_hex(&encoding))).is_err());
    }
}

#[test]
fn a_non_canonical_key_is_refused() {
    let from_low_byte = |low: u8, sign: u8| {
        let mut bytes = [0xff; 32];
        bytes[0] = low;
        bytes[31] = 0x7f | sign;
        PublicKey::from_bytes(bytes)
    };
    for low in 0xed..=0xff {
        assert_eq!(from_low_byte(low, 0), Err(KeyError::NotCanonical));
        assert_eq!(from_low_byte(low, 0x80), Err(KeyError::NotCanonical));
    }
    assert_ne!(from_low_byte(0xeb, 0), Err(KeyError::NotCanonical));
}

#[test]
fn a_key_off_the_curve_is_refused() {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert_eq!(PublicKey::from_bytes(bytes), Err(KeyError::NotOnCurve));
}

#[test]
fn every_accepted_key_is_the_encoding_of_its_point() {
    for torsion in EIGHT_TORSION {
        let honest = CompressedEdwardsY(*SecretKey::from_seed([1; 32]).public().as_bytes());
        let mixed = (honest.decompress().unwrap() + torsion).compress().to_bytes();
        assert_eq!(PublicKey::from_bytes(mixed).map(|key| *key.as_bytes()), Ok(mixed));
    }
}

#[test]
fn golden_address() {
    let address = SecretKey::from_seed([1; 32]).address();
    assert_eq!(
        address.to_string(),
        "ting132yw8ht5p8cetl2jmvknewjawt9xwzdlrk2pyxlnwjyqrdq0dawqvht6yh"
    );
    assert_eq!(address.short(), "ting132yw…t6yh");
    assert_eq!(address.to_string().to_uppercase().parse(), Ok(address));
    assert_eq!(encode(&address), address.as_bytes());
}

#[test]
fn a_mistyped_address_is_refused_with_its_reason() {
    let text = SecretKey::from_seed([1; 32]).address().to_string();
    let swapped = text.replacen('q', "p", 1);
    assert!(matches!(
        swapped.parse::<Address>(),
        Err(AddressError::Mistyped(_))
    ));
    assert!(matches!("".parse::<Address>(), Err(AddressError::Mistyped(_))));
    let other = bech32::encode::<Bech32m>(Hrp::parse_unchecked("tong"), &[0; 32]).unwrap();
    assert_eq!(other.parse::<Address>(), Err(AddressError::WrongPrefix));
    let short = bech32::encode::<Bech32m>(ADDRESS_PREFIX, &[0; 31]).unwrap();
    assert_eq!(
        short.parse::<Address>(),
        Err(AddressError::WrongLength { len: 31 })
    );
}

#[test]
fn keys_addresses_and_signatures_survive_json_and_postcard() {
    let secret = SecretKey::from_seed([1; 32]);
    let all = (
        secret.public(),
        secret.address(),
        secret.sign(Domain::Vote, &NETWORK, b""),
        NETWORK,
    );
    type All = (PublicKey, Address, Signature, NetworkId);
    assert_eq!(
        serde_json::from_str::<All>(&serde_json::to_string(&all).unwrap()).unwrap(),
        all
    );
    assert_eq!(
        postcard::from_bytes::<All>(&postcard::to_allocvec(&all).unwrap()).unwrap(),
        all
    );
    assert_eq!(decode::<All>(&encode(&all), 200), Ok(all));
    assert_eq!(all.0.to_string().parse(), Ok(all.0));
}

#[test]
fn a_secret_key_is_never_printed() {
    let printed = format!("{:?}", SecretKey::from_seed([0xab; 32]));
    assert!(!printed.contains("abab") && !printed.contains("171"));
}

proptest! {
    #[test]
    fn what_parses_is_one_point_in_its_one_encoding(bytes: [u8; 32]) {
        let point = CompressedEdwardsY(bytes).decompress();
        match PublicKey::from_bytes(bytes) {
            Ok(key) => prop_assert_eq!(point.map(|point| point.compress().to_bytes()), Some(*key.as_bytes())),
            Err(error) => prop_assert!(point.is_none() || error == KeyError::NotCanonical),
        }
    }

    #[test]
    fn bytes_are_an_address_if_they_may_be_a_key_and_only_a_key_has_signatures(bytes: [u8; 32]) {
        let (key, address) = (PublicKey::from_bytes(bytes), decode::<Address>(&bytes, 32));
        match key {
            Ok(key) => prop_assert_eq!(address, Ok(Address::from(key))),
            Err(KeyError::NotCanonical | KeyError::SmallOrder) => prop_assert!(address.is_err()),
            Err(KeyError::NotOnCurve) => {
                let address = address.unwrap();
                prop_assert!(!address.is_key());
                prop_assert!(address.to_string().parse::<Address>().is_err());
                prop_assert!(address.verify(Domain::Vote, &NETWORK, b"", &Signature([0; 64])).is_err());
            }
        }
    }

    #[test]
    fn an_altered_signature_is_refused(seed: [u8; 32], message: Vec<u8>, byte in 0_usize..64, bit in 0_u32..8) {
        let secret = SecretKey::from_seed(seed);
        let mut signature = secret.sign(Domain::Transaction, &NETWORK, &message);
        prop_assert_eq!(secret.public().verify(Domain::Transaction, &NETWORK, &message, &signature), Ok(()));
        signature.0[byte] ^= 1 << bit;
        prop_assert!(secret.public().verify(Domain::Transaction, &NETWORK, &message, &signature).is_err());
    }
}
