//! The same results in a browser as on a server: cryptography, the state's root and the execution of a block, in WASM.
#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

#[path = "core/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the native program")]
mod common;

use ting_core::{
    chain::block::Block,
    codec::{
        decode, encode,
        text::{decode_hex_vec, encode_hex},
    },
    crypto::{
        hash::Domain,
        seal::{RoomSecret, SealError},
        vrf::VrfSecretKey,
    },
    params::MAX_BLOCK_BYTES,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn a_signature_fits_its_message_and_no_other() {
    let (key, network) = (common::person(1), common::genesis().network_id());
    let signature = key.sign(Domain::Vote, &network, b"aye");
    assert_eq!(
        key.public().verify(Domain::Vote, &network, b"aye", &signature),
        Ok(())
    );
    assert!(
        key.public()
            .verify(Domain::Vote, &network, b"nay", &signature)
            .is_err()
    );
    assert!(
        key.public()
            .verify(Domain::Header, &network, b"aye", &signature)
            .is_err()
    );
}

/// RFC 9381, appendix B.4, example 20.
#[wasm_bindgen_test]
fn the_vrf_gives_the_vector_of_rfc_9381() {
    let seed = decode_hex_vec("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
    let key = VrfSecretKey::from_seed(seed.try_into().unwrap());
    let (output, proof) = key.prove(&[0x72]);
    assert_eq!(
        encode_hex(&proof.0),
        "47b327393ff2dd81336f8a2ef10339112401253b3c714eeda879f12c509072ef055b48372bb82efbdce8e10c8cb9a2f9d60e9390\
         8f93df1623ad78a86a028d6bc064dbfc75a6a57379ef855dc6733801"
    );
    assert_eq!(
        encode_hex(&output.0),
        "38561d6b77b71d30eb97a062168ae12b667ce5c28caccdf76bc88e093e4635987cd96814ce55b4689b3dd2947f80e59aac7b7675\
         f8083865b46c89b2ce9cc735"
    );
    assert_eq!(key.public().verify(&[0x72], &proof), Ok(output));
}

#[wasm_bindgen_test]
fn a_trie_has_the_root_it_has_natively() {
    assert_eq!(common::trie().root().to_string(), common::TRIE_ROOT);
}

#[wasm_bindgen_test]
fn a_sealed_frame_opens_whole_and_altered_ones_do_not() {
    let key = RoomSecret::new([3; 32]).room_key();
    let mut frame = key.seal([5; 24], b"hello").unwrap();
    assert_eq!(key.open(&frame), Ok(b"hello".to_vec()));
    frame[40] ^= 1;
    assert_eq!(key.open(&frame), Err(SealError::Forged));
}

#[wasm_bindgen_test]
fn a_block_is_made_sent_and_executed_with_the_native_result() {
    let (block, _) = common::first_block();
    assert_eq!(block.hash().to_string(), common::FIRST_BLOCK);
    let received: Block = decode(&encode(&block), MAX_BLOCK_BYTES).unwrap();
    assert_eq!(
        common::execute_first(&received).map(|root| root.to_string()),
        Ok(common::FIRST_STATE_ROOT.to_owned())
    );
}
