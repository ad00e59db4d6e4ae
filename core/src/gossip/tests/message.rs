use proptest::prelude::*;

use super::*;
use crate::{
    chain::block::BlockHash,
    codec::{decode, encode, text::encode_hex},
    crypto::seal::MAX_PLAINTEXT,
    gossip::{
        compact::CompactBlock,
        message::{Get, Give, Message, RequestId, pack_transactions},
    },
    params::{
        MAX_BLOCK_STATEMENTS, MAX_BLOCK_TRANSACTIONS, MAX_BLOCK_VOTES, MAX_GIVEN_BLOCKS, MAX_GIVEN_HEADERS,
        MAX_GOSSIP_STATEMENTS, MAX_GOSSIP_TRANSACTIONS, MAX_GOSSIP_VOTES, MAX_LOCATOR_HASHES, MAX_POST_BYTES,
    },
};

fn hash(number: u8) -> BlockHash {
    BlockHash(Hash([number; 32]))
}

fn get(what: Get) -> Message {
    Message::Get {
        to: 0x0304,
        request_id: RequestId(0x0102),
        what,
    }
}

fn give(what: Give) -> Message {
    Message::Give {
        request_id: RequestId(0x0102),
        what,
    }
}

/// One of each kind.
fn samples() -> Vec<(&'static str, Message)> {
    let transactions = vec![post(1, 1, vec![1, 2, 3]), post(2, 1, vec![4])];
    let block = block_after(hash(1), 7, 11, transactions.clone(), vec![vote(1)]);
    vec![
        ("hello", Message::Hello(Box::new(hello()))),
        ("presence", Message::Presence(Box::new(presence()))),
        (
            "transactions",
            Message::Transactions(transactions.clone().try_into().unwrap()),
        ),
        ("block", Message::Block(Box::new(CompactBlock::of(&block)))),
        (
            "votes",
            Message::Votes(vec![vote(1), vote(2)].try_into().unwrap()),
        ),
        (
            "statements",
            Message::Statements(vec![statement(1)].try_into().unwrap()),
        ),
        (
            "farewell",
            Message::Farewell {
                rest: statement(1),
                votes: vec![vote(1)].try_into().unwrap(),
            },
        ),
        ("get genesis", get(Get::Genesis)),
        (
            "get headers",
            get(Get::Headers {
                locator: vec![hash(1), hash(2)].try_into().unwrap(),
                limit: 512,
            }),
        ),
        (
            "get blocks",
            get(Get::Blocks {
                hashes: vec![hash(1)].try_into().unwrap(),
            }),
        ),
        (
            "get transactions",
            get(Get::Transactions {
                block: hash(1),
                indices: vec![0, 2].try_into().unwrap(),
            }),
        ),
        ("get certificate", get(Get::Certificate { above: Slot(5) })),
        ("get mempool", get(Get::Mempool)),
        ("give no genesis", give(Give::Genesis(None))),
        ("give genesis", give(Give::Genesis(Some(Box::new(genesis()))))),
        (
            "give headers",
            give(Give::Headers(vec![block.header.clone()].try_into().unwrap())),
        ),
        ("give blocks", give(Give::Blocks(vec![block].try_into().unwrap()))),
        (
            "give transactions",
            give(Give::Transactions {
                block: hash(1),
                transactions: transactions.clone().try_into().unwrap(),
            }),
        ),
        (
            "give certificate",
            give(Give::Certificate(vec![vote(1)].try_into().unwrap())),
        ),
        (
            "give mempool",
            give(Give::Mempool(transactions.try_into().unwrap())),
        ),
    ]
}

fn decoded(bytes: &[u8]) -> Option<Message> {
    decode(bytes, MAX_PLAINTEXT).ok()
}

#[test]
fn golden_bytes_of_every_kind() {
    let lines: Vec<String> = samples()
        .iter()
        .map(|(name, message)| format!("{name}: {}\n", encode_hex(&encode(message))))
        .collect();
    assert_eq!(lines.concat(), include_str!("golden_messages.txt"));
}

#[test]
fn every_kind_comes_back_as_it_was() {
    for (name, message) in samples() {
        assert_eq!(decoded(&encode(&message)), Some(message), "{name}");
    }
}

#[test]
fn the_fullest_message_of_every_kind_fits_a_frame() {
    let prefixed = block_after(
        hash(1),
        7,
        11,
        vec![post(1, 1, vec![1]); MAX_BLOCK_TRANSACTIONS],
        vec![vote(1); MAX_BLOCK_VOTES],
    );
    let mut compact = CompactBlock::of(&prefixed);
    compact.testimony.statements = vec![statement(1); MAX_BLOCK_STATEMENTS].try_into().unwrap();
    let fullest = [
        Message::Block(Box::new(compact)),
        Message::Statements(vec![statement(1); MAX_GOSSIP_STATEMENTS].try_into().unwrap()),
        Message::Votes(vec![vote(1); MAX_GOSSIP_VOTES].try_into().unwrap()),
        give(Give::Certificate(
            vec![vote(1); MAX_GOSSIP_VOTES].try_into().unwrap(),
        )),
        give(Give::Headers(
            vec![prefixed.header.clone(); MAX_GIVEN_HEADERS]
                .try_into()
                .unwrap(),
        )),
        get(Get::Headers {
            locator: vec![hash(1); MAX_LOCATOR_HASHES].try_into().unwrap(),
            limit: 1,
        }),
        get(Get::Blocks {
            hashes: vec![hash(1); MAX_GIVEN_BLOCKS].try_into().unwrap(),
        }),
        get(Get::Transactions {
            block: hash(1),
            indices: vec![7; MAX_BLOCK_TRANSACTIONS].try_into().unwrap(),
        }),
    ];
    for message in fullest {
        assert!(encode(&message).len() <= MAX_PLAINTEXT);
    }
}

#[test]
fn packed_transactions_keep_their_order_and_fit_frames() {
    let mut transactions = vec![post(1, 1, vec![1; MAX_POST_BYTES]); 100];
    transactions.extend(vec![post(1, 2, vec![2]); 600]);
    let packed = pack_transactions(&transactions);
    assert!(
        packed
            .iter()
            .all(|list| !list.is_empty() && list.len() <= MAX_GOSSIP_TRANSACTIONS)
    );
    assert!(
        packed
            .iter()
            .all(|list| encode(&Message::Transactions(list.clone())).len() <= MAX_PLAINTEXT)
    );
    let unpacked: Vec<Transaction> = packed.into_iter().flatten().collect();
    assert_eq!(unpacked, transactions);
    assert!(pack_transactions(&[]).is_empty());
}

#[test]
fn a_list_over_its_bound_is_refused() {
    let empty = Message::Votes(Vec::new().try_into().unwrap());
    let mut bytes = encode(&empty);
    let too_many = u32::try_from(MAX_GOSSIP_VOTES + 1).unwrap();
    bytes.splice(1..5, too_many.to_le_bytes());
    bytes.extend(encode(&vote(1)).repeat(MAX_GOSSIP_VOTES + 1));
    assert_eq!(decoded(&bytes), None);
    bytes.truncate(bytes.len() - encode(&vote(1)).len());
    bytes.splice(1..5, (too_many - 1).to_le_bytes());
    assert!(decoded(&bytes).is_some());
}

proptest! {
    #[test]
    fn whatever_decodes_is_the_one_encoding_of_its_message(
        kind in 0_usize..20,
        place: prop::sample::Index,
        byte: u8,
        cut: prop::sample::Index,
        whole: bool,
    ) {
        let mut bytes = encode(&samples()[kind].1);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Some(message) = decoded(&bytes) {
            prop_assert_eq!(encode(&message), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Some(message) = decoded(&bytes) {
            prop_assert_eq!(encode(&message), bytes);
        }
    }

    #[test]
    fn a_changed_greeting_is_not_believed(place: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = encode(&hello());
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(changed) = decode::<Hello>(&bytes, MAX_PLAINTEXT) {
            prop_assert!(changed.verify().is_err());
        }
    }

    #[test]
    fn a_changed_sign_of_life_is_not_believed(place: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = encode(&presence());
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Ok(changed) = decode::<Presence>(&bytes, MAX_PLAINTEXT) {
            prop_assert!(changed.verify(&NETWORK).is_err());
        }
    }
}
