//! One test per reason for which a transaction that is no claim is refused.

use super::*;
use crate::{
    codec::{DecodeError, decode, encode},
    crypto::{keys::Signature, tally::Checks},
    ledger::{
        apply::{verify_new_signatures, verify_signatures},
        error::NameError,
        transaction::TransactionId,
    },
    params::{
        MAX_CHANNEL_BYTES, MAX_MEMO_BYTES, MAX_NAME_BYTES, MAX_POST_BYTES, MAX_TRANSACTION_BYTES,
        MAX_UNBONDINGS,
    },
};

#[test]
fn an_overspend_is_refused_and_changes_nothing() {
    let mut books = Books::new();
    let available_micro = books.balance(FOUNDER);
    let fee_micro = books.rules.fees.minimum_micro(&transfer(ALICE, 1));
    let error = books.refusal_of(FOUNDER, 1, transfer(ALICE, available_micro - fee_micro + 1));
    let needed_micro = available_micro + 1;
    assert_eq!(
        error,
        TransactionError::InsufficientFunds {
            needed_micro,
            available_micro
        }
    );
    books.act(FOUNDER, 1, transfer(ALICE, available_micro - fee_micro));
    assert_eq!(books.balance(ALICE), available_micro - fee_micro);
}

#[test]
fn an_account_without_coins_cannot_speak() {
    let error = Books::new().refusal_of(ALICE, 1, post("hello"));
    assert!(matches!(
        error,
        TransactionError::InsufficientFunds {
            available_micro: 0,
            ..
        }
    ));
}

#[test]
fn a_replay_on_another_network_is_refused() {
    let here = Books::new();
    let mut there = Books::with(|rules| rules.slot_ms = 2_000);
    let transaction = here.sign(FOUNDER, 1, transfer(ALICE, 5));
    let error = TransactionError::WrongNetwork {
        expected: there.network,
        found: here.network,
    };
    assert_eq!(there.refusal(&transaction), error);
}

#[test]
fn a_network_id_put_into_a_signed_transaction_breaks_the_signature() {
    let (here, there) = (Books::new(), Books::with(|rules| rules.slot_ms = 2_000));
    let mut bytes = encode(&here.sign(FOUNDER, 1, transfer(ALICE, 5)));
    bytes[..32].copy_from_slice(there.network.0.as_bytes());
    let forged = Transaction::from_bytes(&bytes).unwrap();
    assert_eq!(forged.check_form(&there.network, &there.rules), Ok(()));
    assert_eq!(forged.verify_signature(), Err(TransactionError::BadSignature));
}

#[test]
fn a_transaction_altered_anywhere_is_refused_by_its_signature() {
    let transaction = Books::new().sign(FOUNDER, 1, transfer(ALICE, 5));
    assert_eq!(transaction.verify_signature(), Ok(()));
    let bytes = encode(&transaction);
    for index in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[index] ^= 1;
        if let Ok(altered) = Transaction::from_bytes(&altered) {
            assert_eq!(
                altered.verify_signature(),
                Err(TransactionError::BadSignature),
                "byte {index}"
            );
            assert_ne!(altered.id(), transaction.id());
        }
    }
}

#[test]
fn a_batch_names_the_first_bad_signature() {
    let books = Books::new();
    let mut transactions: Vec<Transaction> = (1..20)
        .map(|nonce| books.sign(FOUNDER, nonce, post("hello")))
        .collect();
    assert_eq!(verify_signatures(&transactions, [1; 32]), Ok(()));
    for index in [7, 11] {
        let mut bytes = encode(&transactions[index]);
        let len = bytes.len();
        bytes[len - 64..].copy_from_slice(&Signature([3; 64]).0);
        transactions[index] = decode(&bytes, MAX_TRANSACTION_BYTES).unwrap();
    }
    assert_eq!(
        verify_signatures(&transactions, [1; 32]),
        Err((7, TransactionError::BadSignature))
    );
    assert_eq!(verify_signatures(&[], [1; 32]), Ok(()));
}

#[test]
fn among_known_signatures_a_bad_one_is_named_by_its_place_in_the_block() {
    let books = Books::new();
    let mut transactions: Vec<Transaction> = (1..10)
        .map(|nonce| books.sign(FOUNDER, nonce, post("hello")))
        .collect();
    let known: Vec<TransactionId> = transactions.iter().take(5).map(Transaction::id).collect();
    let is_known = |id: &TransactionId| known.contains(id);
    let before = Checks::now().signatures;
    assert_eq!(verify_new_signatures(&transactions, [1; 32], is_known), Ok(()));
    assert_eq!(Checks::now().signatures - before, 4);
    for index in [7, 2] {
        let mut bytes = encode(&transactions[index]);
        let len = bytes.len();
        bytes[len - 64..].copy_from_slice(&Signature([3; 64]).0);
        transactions[index] = decode(&bytes, MAX_TRANSACTION_BYTES).unwrap();
        assert_eq!(
            verify_new_signatures(&transactions, [1; 32], is_known),
            Err((index, TransactionError::BadSignature))
        );
    }
}

#[test]
fn coins_begin_no_account_that_nobody_can_have_the_key_of() {
    let to = Address::of_nobody();
    let action = Action::transfer(to, 5, "").unwrap();
    assert_eq!(
        Books::new().refusal_of(FOUNDER, 1, action),
        TransactionError::NoSuchKey
    );
    let signed_by_nobody = {
        let mut bytes = encode(&Books::new().sign(FOUNDER, 1, post("hello")));
        bytes[32..64].copy_from_slice(to.as_bytes());
        Transaction::from_bytes(&bytes).unwrap()
    };
    assert_eq!(
        signed_by_nobody.verify_signature(),
        Err(TransactionError::BadSignature)
    );
    assert_eq!(
        verify_signatures(&[signed_by_nobody], [1; 32]),
        Err((0, TransactionError::BadSignature))
    );
}

#[test]
fn a_used_nonce_is_refused() {
    let mut books = Books::new();
    let transaction = books.sign(FOUNDER, 1, transfer(ALICE, 5));
    books.apply(&transaction);
    assert_eq!(
        books.refusal(&transaction),
        TransactionError::NonceUsed { nonce: 1 }
    );
    assert_eq!(
        books.refusal_of(FOUNDER, 1, post("another")),
        TransactionError::NonceUsed { nonce: 1 }
    );
}

#[test]
fn a_nonce_out_of_the_window_is_refused() {
    let mut books = Books::new();
    for nonce in [0, 65] {
        let error = TransactionError::NonceOutOfWindow { nonce, highest: 0 };
        assert_eq!(books.refusal_of(FOUNDER, nonce, post("hello")), error);
    }
    books.act(FOUNDER, 64, post("hello"));
    books.act(FOUNDER, 3, post("later, but before"));
}

#[test]
fn an_expired_transaction_is_refused() {
    let mut books = Books::new();
    let transaction = books.sign(FOUNDER, 1, post("hello"));
    books.next_block(11);
    let (valid_until, slot) = (transaction.valid_until, books.slot);
    assert_eq!(valid_until.plus(1), slot);
    assert_eq!(
        books.refusal(&transaction),
        TransactionError::Expired { valid_until, slot }
    );
}

#[test]
fn a_transaction_is_valid_in_the_last_slot_it_names_and_up_to_an_hour_ahead() {
    let mut books = Books::new();
    let slot = books.slot;
    let until = |valid_until| {
        let fee_micro = Rules::default().fees.minimum_micro(&post("x"));
        Transaction::sign(
            &secret(FOUNDER),
            books.network,
            1,
            valid_until,
            fee_micro,
            post("x"),
        )
    };
    let (last, hour, longer) = (until(slot), until(slot.plus(3_600)), until(slot.plus(3_601)));
    assert!(books.try_apply(&last).is_ok());
    let mut books = Books::new();
    let error = TransactionError::ValidTooLong {
        valid_until: slot.plus(3_601),
        latest: slot.plus(3_600),
    };
    assert_eq!(books.refusal(&longer), error);
    assert!(books.try_apply(&hour).is_ok());
}

#[test]
fn a_fee_below_the_schedule_is_refused() {
    let mut books = Books::with(|rules| rules.fees.basis_points = 300);
    let action = transfer(ALICE, 1_000_000);
    let minimum_micro = books.rules.fees.minimum_micro(&action);
    let exact = books.sign(FOUNDER, 1, action.clone());
    assert_eq!(minimum_micro, 1_000 + 10 * exact.encoded_len() as u64 + 30_000);
    assert_eq!(exact.encoded_len(), encode(&exact).len());
    let fee_micro = minimum_micro - 1;
    let low = Transaction::sign(&secret(FOUNDER), books.network, 1, books.slot, fee_micro, action);
    assert_eq!(
        books.refusal(&low),
        TransactionError::FeeTooLow {
            fee_micro,
            minimum_micro
        }
    );
    books.apply(&exact);
}

#[test]
fn overflowing_amounts_are_refused() {
    let mut books = Books::new();
    assert_eq!(
        books.refusal_of(FOUNDER, 1, transfer(ALICE, u64::MAX)),
        TransactionError::AmountOverflow
    );
    let bond = books.refusal_of(
        FOUNDER,
        1,
        Action::Bond {
            amount_micro: u64::MAX,
        },
    );
    assert!(matches!(
        bond,
        TransactionError::BondExceedsBalance {
            amount_micro: u64::MAX,
            ..
        }
    ));
    let unbond = books.refusal_of(
        FOUNDER,
        1,
        Action::Unbond {
            amount_micro: u64::MAX,
        },
    );
    assert!(matches!(
        unbond,
        TransactionError::UnbondExceedsBond {
            amount_micro: u64::MAX,
            ..
        }
    ));
    let fee = Transaction::sign(
        &secret(FOUNDER),
        books.network,
        1,
        books.slot,
        u64::MAX,
        transfer(ALICE, 1),
    );
    assert_eq!(books.refusal(&fee), TransactionError::AmountOverflow);
    let fee = Transaction::sign(
        &secret(FOUNDER),
        books.network,
        1,
        books.slot,
        u64::MAX,
        post("x"),
    );
    assert!(matches!(
        books.refusal(&fee),
        TransactionError::InsufficientFunds {
            needed_micro: u64::MAX,
            ..
        }
    ));
}

#[test]
fn a_zero_amount_is_refused() {
    let mut books = Books::new();
    for action in [
        transfer(ALICE, 0),
        Action::Bond { amount_micro: 0 },
        Action::Unbond { amount_micro: 0 },
    ] {
        assert_eq!(books.refusal_of(FOUNDER, 1, action), TransactionError::ZeroAmount);
    }
}

#[test]
fn a_transfer_to_oneself_is_refused() {
    assert_eq!(
        Books::new().refusal_of(FOUNDER, 1, transfer(FOUNDER, 5)),
        TransactionError::SelfTransfer
    );
}

#[test]
fn an_empty_message_is_refused() {
    assert_eq!(
        Books::new().refusal_of(FOUNDER, 1, post("")),
        TransactionError::EmptyBody
    );
}

#[test]
fn an_over_long_message_is_refused_before_it_is_signed() {
    let (bytes, max) = (MAX_POST_BYTES + 1, MAX_POST_BYTES);
    assert_eq!(
        Action::post("hall", vec![0; bytes]),
        Err(TransactionError::BodyTooLong { bytes, max })
    );
    let (bytes, max) = (MAX_CHANNEL_BYTES + 1, MAX_CHANNEL_BYTES);
    assert_eq!(
        Action::post(&"x".repeat(bytes), vec![0]),
        Err(TransactionError::ChannelTooLong { bytes, max })
    );
    let (bytes, max) = (MAX_MEMO_BYTES + 1, MAX_MEMO_BYTES);
    let memo = Action::transfer(address(ALICE), 1, &"x".repeat(bytes));
    assert_eq!(memo, Err(TransactionError::MemoTooLong { bytes, max }));
}

#[test]
fn an_over_long_message_is_refused_in_decoding() {
    let mut bytes = encode(&Books::new().sign(FOUNDER, 1, post("hello")));
    let at = 32 + 32 + 8 + 8 + 8 + 1 + 4 + "hall".len();
    bytes[at..at + 4].copy_from_slice(&(MAX_POST_BYTES as u32 + 1).to_le_bytes());
    bytes.splice(at + 4..at + 4, vec![b'x'; MAX_POST_BYTES - 4]);
    assert!(matches!(
        Transaction::from_bytes(&bytes),
        Err(TransactionError::Malformed(DecodeError::Malformed(_)))
    ));
}

#[test]
fn the_longest_message_fits_into_a_transaction() {
    let mut books = Books::new();
    let action = Action::post(&"x".repeat(MAX_CHANNEL_BYTES), vec![0; MAX_POST_BYTES]).unwrap();
    let transaction = books.sign(FOUNDER, 1, action);
    assert!(transaction.encoded_len() <= MAX_TRANSACTION_BYTES);
    assert_eq!(
        Transaction::from_bytes(&encode(&transaction)),
        Ok(transaction.clone())
    );
    books.apply(&transaction);
}

#[test]
fn a_transaction_over_the_size_bound_is_refused_unread() {
    let error = TransactionError::TooLarge {
        bytes: MAX_TRANSACTION_BYTES + 1,
        max: MAX_TRANSACTION_BYTES,
    };
    assert_eq!(
        Transaction::from_bytes(&vec![0; MAX_TRANSACTION_BYTES + 1]),
        Err(error)
    );
}

#[test]
fn a_bad_name_is_refused() {
    for (name, error) in [
        ("", NameError::Empty),
        (" Ada", NameError::OuterSpace),
        ("Ada ", NameError::OuterSpace),
        ("Ada\nLovelace", NameError::Invisible),
        ("Ada\u{202e}", NameError::Invisible),
        ("\u{200b}", NameError::Invisible),
        ("\u{3000}", NameError::Invisible),
        ("Ada  Lovelace", NameError::DoubleSpace),
        ("A\u{200b}da", NameError::Invisible),
        ("A\u{200c}da", NameError::Invisible),
        ("A\u{200d}da", NameError::Invisible),
        ("A\u{34f}da", NameError::Invisible),
        ("Ada\u{fe0f}", NameError::Invisible),
        ("Ada\u{fe00}", NameError::Invisible),
        ("Ada\u{3164}", NameError::Invisible),
        ("Ada\u{2066}", NameError::Invisible),
        ("Ada\u{1d173}", NameError::Invisible),
        ("👩\u{200d}", NameError::Invisible),
        ("👩\u{200d}Ada", NameError::Invisible),
        ("Ada\u{200d}👩", NameError::Invisible),
        ("👩\u{fe0f}\u{fe0f}", NameError::Invisible),
        ("\u{301}Ada", NameError::LooseMark),
        ("Ada \u{301}", NameError::LooseMark),
    ] {
        assert_eq!(
            Action::profile(name),
            Err(TransactionError::BadName(error)),
            "{name:?}"
        );
    }
    let (bytes, max) = (MAX_NAME_BYTES + 1, MAX_NAME_BYTES);
    let error = TransactionError::BadName(NameError::TooLong { bytes, max });
    assert_eq!(Action::profile(&"x".repeat(bytes)), Err(error));
    for name in [
        "Ada 👩\u{200d}💻 Łöve",
        "Ada ❤\u{fe0f}",
        "👩🏽\u{200d}💻",
        "❤\u{fe0f}\u{200d}🔥",
        "Ada\u{301}",
        "דוד",
        "Zoë-Mae O'Neil",
        "安娜",
    ] {
        assert!(Action::profile(name).is_ok(), "{name:?}");
    }
}

#[test]
fn a_bad_name_in_a_signed_transaction_is_refused() {
    let name = "two\twords".try_into().unwrap();
    let error = TransactionError::BadName(NameError::Invisible);
    assert_eq!(
        Books::new().refusal_of(FOUNDER, 1, Action::Profile { name }),
        error
    );
}

#[test]
fn a_bond_beyond_the_balance_is_refused() {
    let mut books = Books::new();
    let amount_micro = books.balance(FOUNDER);
    let fee_micro = books.rules.fees.minimum_micro(&Action::Bond { amount_micro });
    let error = TransactionError::BondExceedsBalance {
        amount_micro,
        available_micro: amount_micro - fee_micro,
    };
    assert_eq!(books.refusal_of(FOUNDER, 1, Action::Bond { amount_micro }), error);
    books.act(
        FOUNDER,
        1,
        Action::Bond {
            amount_micro: amount_micro - fee_micro,
        },
    );
}

#[test]
fn granted_bond_never_unbonds() {
    let mut books = Books::new();
    let error = TransactionError::UnbondExceedsBond {
        amount_micro: 1,
        bond_micro: 0,
    };
    assert_eq!(
        books.refusal_of(FOUNDER, 1, Action::Unbond { amount_micro: 1 }),
        error
    );
    books.act(FOUNDER, 1, Action::Bond { amount_micro: 10 });
    let error = TransactionError::UnbondExceedsBond {
        amount_micro: 11,
        bond_micro: 10,
    };
    assert_eq!(
        books.refusal_of(FOUNDER, 2, Action::Unbond { amount_micro: 11 }),
        error
    );
}

#[test]
fn a_ninth_unbonding_is_refused_until_one_matures() {
    let mut books = Books::with(|rules| rules.unbonding_slots = 40);
    books.act(FOUNDER, 1, Action::Bond { amount_micro: 100 });
    for nonce in 2..10 {
        books.act(FOUNDER, nonce, Action::Unbond { amount_micro: 1 });
        books.next_block(1);
    }
    let error = TransactionError::TooManyUnbondings { max: MAX_UNBONDINGS };
    assert_eq!(
        books.refusal_of(FOUNDER, 10, Action::Unbond { amount_micro: 1 }),
        error
    );
    books.next_block(16);
    books.next_block(16);
    books.act(FOUNDER, 10, Action::Unbond { amount_micro: 1 });
}
