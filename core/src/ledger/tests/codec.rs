//! Bytes: golden ones for every action and for genesis, and one encoding for each value.

use proptest::prelude::*;

use super::*;
use crate::{
    codec::{decode, encode, text::encode_hex},
    crypto::pass::PassSecret,
    ledger::{
        genesis::{ClaimMode, GENESIS_VERSION, RulesError},
        invite::Pass,
    },
    params::MAX_TRANSACTION_BYTES,
};

const NETWORK: NetworkId = NetworkId(Hash([5; 32]));

fn pass() -> PassSecret {
    PassSecret::new([103; 32])
}

fn one_of_each() -> [(&'static str, Action); 9] {
    [
        (
            "transfer",
            Action::transfer(address(BOB), 1_500_000, "for the coffee").unwrap(),
        ),
        ("post", post("hello")),
        (
            "bond",
            Action::Bond {
                amount_micro: 1_000_000,
            },
        ),
        (
            "unbond",
            Action::Unbond {
                amount_micro: 2_000_000,
            },
        ),
        (
            "operator",
            Action::Operator {
                signing_key: secret(101).public(),
                vrf_key: VrfSecretKey::from_seed([102; 32]).public(),
            },
        ),
        ("profile", Action::profile("Ada").unwrap()),
        (
            "claim",
            Action::Claim {
                anchor: Hash([6; 32]),
                work_nonce: 0x0102_0304,
                pass: None,
            },
        ),
        (
            "claim-by-invite",
            Action::Claim {
                anchor: Hash([6; 32]),
                work_nonce: 0x0102_0304,
                pass: Some(Pass::sign(&pass(), address(BOB), &NETWORK, &address(ALICE))),
            },
        ),
        (
            "invite",
            Action::Invite {
                number: 0x0a0b,
                key: pass().public(),
                uses: 32,
                until: Slot(86_400),
            },
        ),
    ]
}

fn sample(action: Action) -> Transaction {
    Transaction::sign(&secret(ALICE), NETWORK, 7, Slot(3_600), 2_500, action)
}

#[test]
fn golden_bytes_and_ids_of_one_transaction_per_action() {
    let lines: Vec<String> = one_of_each()
        .into_iter()
        .map(|(name, action)| {
            let transaction = sample(action);
            assert_eq!(transaction.verify_signature(), Ok(()));
            format!(
                "{name} {} {}\n",
                transaction.id(),
                encode_hex(&encode(&transaction))
            )
        })
        .collect();
    assert_eq!(lines.concat(), include_str!("golden_transactions.txt"));
}

#[test]
fn golden_bytes_of_the_default_genesis() {
    let genesis = genesis_with(Rules::default());
    assert_eq!(
        format!("{} {}\n", genesis.network_id(), encode_hex(&encode(&genesis))),
        include_str!("golden_genesis.txt")
    );
    assert_eq!(decode(&encode(&genesis), 1_000), Ok(genesis.clone()));
    let root = LedgerState::genesis(&genesis).root();
    assert_eq!(
        root.to_string(),
        "1ee832c252d5f0836e07eb60721bda1ec259bd84263c942db62a20c188ff67e3"
    );
}

#[test]
fn each_way_into_a_room_is_a_network_of_its_own() {
    let encoded = |claim_mode| {
        let genesis = genesis_with(Rules {
            claim_mode,
            ..Rules::default()
        });
        let bytes = encode(&genesis);
        assert_eq!(decode(&bytes, 1_000), Ok(genesis.clone()));
        (bytes, genesis.network_id())
    };
    let all = ClaimMode::ALL.map(encoded);
    let (link, _) = &all[0];
    for (number, (bytes, id)) in all.iter().enumerate() {
        let changed: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != link[*at]).collect();
        assert_eq!(changed.len(), usize::from(number > 0), "the mode is one byte");
        assert!(changed.iter().all(|at| usize::from(bytes[*at]) == number));
        assert_eq!(all.iter().filter(|(_, other)| other == id).count(), 1);
    }
}

#[test]
fn a_genesis_of_another_version_is_refused() {
    let genesis = Genesis {
        version: GENESIS_VERSION + 1,
        ..genesis_with(Rules::default())
    };
    assert!(genesis.validate().is_err());
    assert_eq!(genesis_with(Rules::default()).validate(), Ok(()));
}

#[test]
fn a_genesis_whose_founder_nobody_can_be_is_refused() {
    let mut genesis = genesis_with(Rules::default());
    genesis.founder.account = Address::of_nobody();
    assert_eq!(genesis.validate(), Err(RulesError::FounderKey));
}

#[test]
fn a_genesis_counts_slots_from_its_founding() {
    let clock = genesis_with(Rules::default()).clock();
    assert_eq!(clock.slot_at(Timestamp(1_700_000_007_500)), Slot(7));
}

fn any_action() -> impl Strategy<Value = Action> {
    (
        proptest::sample::select(one_of_each().to_vec()),
        any::<u64>(),
        "\\PC{0,8}",
        0_usize..300,
    )
        .prop_map(|((_, action), number, text, len)| match action {
            Action::Transfer { to, .. } => Action::transfer(to, number, &text).unwrap(),
            Action::Post { .. } => Action::post("", vec![number as u8; len]).unwrap(),
            Action::Bond { .. } => Action::Bond { amount_micro: number },
            Action::Unbond { .. } => Action::Unbond { amount_micro: number },
            Action::Profile { .. } => Action::Profile {
                name: text.as_str().try_into().unwrap_or_default(),
            },
            Action::Claim { anchor, pass, .. } => Action::Claim {
                anchor,
                work_nonce: number,
                pass,
            },
            Action::Invite { key, .. } => Action::Invite {
                number,
                key,
                uses: len as u8,
                until: Slot(number),
            },
            operator @ Action::Operator { .. } => operator,
        })
}

proptest! {
    #[test]
    fn a_transaction_survives_its_encoding(action in any_action(), nonce: u64, slot: u64, fee_micro: u64) {
        let transaction = Transaction::sign(&secret(ALICE), NETWORK, nonce, Slot(slot), fee_micro, action);
        let bytes = encode(&transaction);
        prop_assert_eq!(transaction.encoded_len(), bytes.len());
        let back = Transaction::from_bytes(&bytes).unwrap();
        prop_assert_eq!(back.id(), transaction.id());
        prop_assert_eq!(back.verify_signature(), Ok(()));
        prop_assert_eq!(back, transaction);
    }

    #[test]
    fn altered_bytes_are_refused_or_are_the_one_encoding_of_another_transaction(
        action in any_action(),
        changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        cut in prop_oneof![3 => Just(0_usize), 1 => 1_usize..80],
    ) {
        let transaction = sample(action);
        let mut bytes = encode(&transaction);
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(bytes.len() - cut);
        if let Ok(altered) = decode::<Transaction>(&bytes, MAX_TRANSACTION_BYTES) {
            prop_assert_eq!(altered.id() == transaction.id(), altered == transaction);
            prop_assert_eq!(encode(&altered), bytes);
        }
    }
}
