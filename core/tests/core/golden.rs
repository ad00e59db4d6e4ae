//! The bytes of everything in a chain, fixed: a change here is a change of the protocol. And canonicity: whatever bytes decode at all are
//! the one encoding of what they decode to, so no third party can give a block, vote or transaction a second form.

use std::{fmt::Debug, sync::LazyLock};

use borsh::{BorshDeserialize, BorshSerialize};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use ting_core::{
    chain::{
        block::{Block, BlockHash, BodyError, Header, Seal, Testimony},
        checkpoint::{Checkpoint, Pair, Vote},
        statement::{Life, Statement, Step},
        watermark::Watermark,
    },
    codec::{decode, encode, text::encode_hex},
    crypto::{hash::Hash, pass::PassSecret},
    ledger::{
        genesis::Genesis,
        invite::Pass,
        transaction::{Action, Transaction},
    },
    params::{MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS},
    time::Slot,
};

fn pair() -> Pair {
    let checkpoint = |slot, byte| Checkpoint {
        slot: Slot(slot),
        block: BlockHash(Hash([byte; 32])),
    };
    Pair {
        target: checkpoint(0x0102, 2),
        source: checkpoint(0x30, 1),
    }
}

fn vote() -> Vote {
    let network = crate::common::genesis().network_id();
    Vote::sign(
        pair(),
        7,
        crate::common::address(0),
        &network,
        &crate::common::operator_keys().0,
    )
}

fn statement() -> Statement {
    let network = crate::common::genesis().network_id();
    let watermark = Watermark::default().raised_by(&pair()).unwrap();
    Statement::sign(
        crate::common::address(0),
        Life(9),
        Step::Rest(watermark),
        &network,
        &crate::common::operator_keys().0,
    )
}

/// A block with three transactions, a statement and a vote.
static BLOCK: LazyLock<Block> = LazyLock::new(|| {
    let transactions = crate::common::first_block().0.transactions.into_vec();
    let testimony = Testimony {
        statements: vec![statement()].try_into().unwrap(),
        votes: vec![vote()].try_into().unwrap(),
    };
    let network = crate::common::genesis().network_id();
    let content = crate::common::header(
        network,
        5,
        0x0102_0304,
        BlockHash(Hash([6; 32])),
        (&transactions, &testimony),
    );
    crate::common::block(content, transactions, testimony)
});

#[test]
fn a_statement_is_voter_life_step_and_signature() {
    let statement = statement();
    let voter = *crate::common::address(0).as_bytes();
    let watermark = [encode(&pair().source.slot), encode(&pair().target)].concat();
    let rest = [vec![0], watermark].concat();
    let parts = [
        voter.to_vec(),
        vec![9, 0, 0, 0],
        rest,
        statement.signature.0.to_vec(),
    ];
    assert_eq!(encode(&statement), parts.concat());
    assert_eq!(encode(&Step::Wake), [1]);
    assert_eq!(
        fingerprint(&statement),
        (
            149,
            "da473826c1a522e3beac308d431bfa397fee3232880355492c182e668fa242af".to_owned()
        )
    );
}

/// Length and SHA-256 of an encoding.
fn fingerprint(value: &impl BorshSerialize) -> (usize, String) {
    let bytes = encode(value);
    (bytes.len(), encode_hex(&Sha256::digest(&bytes)))
}

#[test]
fn a_checkpoint_is_its_slot_in_little_endian_and_its_block() {
    assert_eq!(
        encode(&pair().target),
        [&[2, 1, 0, 0, 0, 0, 0, 0][..], &[2; 32]].concat()
    );
}

#[test]
fn a_pair_is_target_then_source() {
    assert_eq!(
        encode(&pair()),
        [encode(&pair().target), encode(&pair().source)].concat()
    );
}

#[test]
fn a_vote_is_pair_term_voter_and_signature() {
    let vote = vote();
    let voter = *crate::common::address(0).as_bytes();
    let parts = [
        encode(&pair()),
        vec![7, 0, 0, 0, 0, 0, 0, 0],
        voter.to_vec(),
        vote.signature.0.to_vec(),
    ];
    assert_eq!(encode(&vote), parts.concat());
    assert_eq!(
        fingerprint(&vote),
        (
            184,
            "794c7b57ca442f154adb6e9d12e4096cdb7fd9e97a9c827b314109beb52bfa1f".to_owned()
        )
    );
}

#[test]
fn a_header_is_its_content_and_a_seal_of_kind_proof_and_signature() {
    let header = &BLOCK.header;
    let content = &header.content;
    let Seal::Stake { signature, .. } = &header.seal;
    let parts: [&[u8]; 11] = [
        content.network.0.as_bytes(),
        &[4, 3, 2, 1, 0, 0, 0, 0],
        &[5, 0, 0, 0, 0, 0, 0, 0],
        &[6; 32],
        content.proposer.as_bytes(),
        content.transactions_root.as_bytes(),
        content.testimony_hash.as_bytes(),
        &[3; 32],
        &[0],
        &[5; 80],
        &signature.0,
    ];
    assert_eq!(encode(header), parts.concat());
    assert_eq!(
        fingerprint(header),
        (
            353,
            "84c930d5c368a5fd252cf1ec84e0b6c6ddb8772364796c24a4129a0ac6bfd616".to_owned()
        )
    );
}

#[test]
fn a_block_is_header_transactions_statements_and_votes() {
    let counted = |count: u8, values: Vec<u8>| [vec![count, 0, 0, 0], values].concat();
    let transactions = counted(3, BLOCK.transactions.iter().flat_map(encode).collect());
    let statements = counted(1, encode(&statement()));
    let votes = counted(1, encode(&vote()));
    assert_eq!(
        encode(&*BLOCK),
        [encode(&BLOCK.header), transactions, statements, votes].concat()
    );
    assert_eq!(
        fingerprint(&*BLOCK),
        (
            1_237,
            "aa55ad438e944ad24e5b2009c7d8b6c6c8859b89ac9b9a17c3a5c7f28c428e47".to_owned()
        )
    );
    assert_eq!(
        BLOCK.hash().to_string(),
        "c22c7d0b90a6605707df59d6eadeaa9602a71e285b26a7caaf5abc14df9a324b"
    );
    assert_eq!(BLOCK.check_body(), Ok(()));
}

#[test]
fn the_first_block_leads_everywhere_to_the_same_state() {
    let (block, mut executed) = crate::common::first_block();
    assert_eq!(block.transactions.len(), 3);
    assert_eq!(block.hash().to_string(), crate::common::FIRST_BLOCK);
    assert_eq!(
        executed.state.ledger.root().to_string(),
        crate::common::FIRST_STATE_ROOT
    );
    assert_eq!(
        crate::common::execute_first(&block).map(|root| root.to_string()),
        Ok(crate::common::FIRST_STATE_ROOT.to_owned())
    );
}

#[test]
fn the_root_of_a_trie_is_fixed() {
    assert_eq!(crate::common::trie().root().to_string(), crate::common::TRIE_ROOT);
}

#[test]
fn a_block_with_another_body_is_told_from_its_header() {
    let mut fewer = BLOCK.transactions.to_vec();
    fewer.pop();
    let swapped = Block {
        transactions: fewer.try_into().unwrap(),
        ..BLOCK.clone()
    };
    assert_eq!(swapped.hash(), BLOCK.hash());
    assert_eq!(swapped.check_body(), Err(BodyError::Transactions));
    let silent = Block {
        testimony: Testimony::default(),
        ..BLOCK.clone()
    };
    assert_eq!(silent.check_body(), Err(BodyError::Testimony));
}

#[test]
fn a_list_that_claims_to_be_too_long_is_refused_before_it_is_read() {
    let mut bytes = encode(&BLOCK.header);
    let too_many = u32::try_from(MAX_BLOCK_TRANSACTIONS).unwrap() + 1;
    bytes.extend(too_many.to_le_bytes());
    let error = decode::<Block>(&bytes, MAX_BLOCK_BYTES).unwrap_err();
    assert!(error.to_string().contains("over the bound"), "{error}");
}

/// Overwrites, inserts and cuts.
fn mutate(bytes: &mut Vec<u8>, edits: &[(usize, u8, u8)]) {
    for &(at, byte, kind) in edits {
        let at = at % bytes.len().max(1);
        match kind {
            0 => bytes.insert(at, byte),
            1 if bytes.len() > 1 => bytes.truncate(at),
            2 if bytes.len() > 1 => {
                bytes.remove(at);
            }
            _ => bytes.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
        }
    }
}

fn assert_canonical<T>(value: &T, edits: &[(usize, u8, u8)]) -> Result<(), TestCaseError>
where
    T: BorshSerialize + BorshDeserialize + PartialEq + Debug,
{
    let mut bytes = encode(value);
    let back = decode::<T>(&bytes, MAX_BLOCK_BYTES);
    prop_assert_eq!(back.as_ref(), Ok(value));
    mutate(&mut bytes, edits);
    if let Ok(other) = decode::<T>(&bytes, MAX_BLOCK_BYTES) {
        prop_assert_eq!(encode(&other), bytes);
    }
    Ok(())
}

fn actions() -> [Action; 9] {
    let (signing_key, vrf_key) = crate::common::operator_keys();
    [
        Action::transfer(crate::common::address(2), 9, "for the boat").unwrap(),
        Action::post("hall", vec![1, 2, 3]).unwrap(),
        Action::Bond { amount_micro: 1 },
        Action::Unbond { amount_micro: 2 },
        Action::Operator {
            signing_key: signing_key.public(),
            vrf_key: vrf_key.public(),
        },
        Action::profile("Calm Otter").unwrap(),
        Action::Claim {
            anchor: Hash([8; 32]),
            work_nonce: 4,
            pass: None,
        },
        Action::Claim {
            anchor: Hash([8; 32]),
            work_nonce: 4,
            pass: Some(Pass::sign(
                &PassSecret::new([6; 32]),
                crate::common::address(2),
                &crate::common::genesis().network_id(),
                &crate::common::address(1),
            )),
        },
        Action::Invite {
            number: 5,
            key: PassSecret::new([6; 32]).public(),
            uses: 3,
            until: Slot(9),
        },
    ]
}

proptest! {
    #[test]
    fn mutated_bytes_never_decode_to_what_encodes_differently(
        edits in prop::collection::vec((any::<usize>(), prop_oneof![0_u8..4, any::<u8>()], 0_u8..8), 1..4)
    ) {
        let network = crate::common::genesis().network_id();
        assert_canonical::<Block>(&BLOCK, &edits)?;
        assert_canonical::<Header>(&BLOCK.header, &edits)?;
        assert_canonical::<Vote>(&vote(), &edits)?;
        assert_canonical::<Pair>(&pair(), &edits)?;
        assert_canonical::<Checkpoint>(&pair().source, &edits)?;
        assert_canonical::<Genesis>(&crate::common::genesis(), &edits)?;
        for action in actions() {
            assert_canonical::<Transaction>(&crate::common::transaction(network, 1, 3, 9, action), &edits)?;
        }
    }

    #[test]
    fn a_signed_thing_with_one_bit_changed_is_another_or_does_not_verify(bit in 0_usize..184 * 8) {
        let (network, key) = (crate::common::genesis().network_id(), crate::common::operator_keys().0.public());
        let mut bytes = encode(&vote());
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = decode::<Vote>(&bytes, 184) {
            prop_assert!(other.verify(&network, &key).is_err());
            prop_assert_ne!(other.id(), vote().id());
        }
    }
}
