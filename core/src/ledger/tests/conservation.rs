//! Whatever is signed, coins are neither made nor lost, and what is refused leaves no trace.

use proptest::prelude::*;

use super::*;

/// An attempt at a transaction by one of a few accounts; most fields are as often wrong as right.
#[derive(Clone, Debug)]
struct Attempt {
    by: u8,
    nonce: u64,
    extra_fee_micro: u64,
    action: Action,
    slots_before: u64,
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..2_000_000, 2 => 0_u64..200_000_000, 1 => any::<u64>()]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (1_u8..6, amount()).prop_map(|(to, amount_micro)| transfer(to, amount_micro)),
        1 => "[a-z]{0,20}".prop_map(|text| post(&text)),
        2 => amount().prop_map(|amount_micro| Action::Bond { amount_micro }),
        2 => amount().prop_map(|amount_micro| Action::Unbond { amount_micro }),
        1 => (1_u8..6).prop_map(|number| Action::Operator {
            signing_key: secret(number).public(),
            vrf_key: VrfSecretKey::from_seed([number; 32]).public(),
        }),
        2 => (any::<bool>(), any::<u64>()).prop_map(|(known, work_nonce)| Action::Claim {
            anchor: Hash([u8::from(known); 32]),
            work_nonce,
            pass: None,
        }),
    ]
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let extra_fee = prop_oneof![4 => Just(0), 1 => 0_u64..1_000_000];
    (1_u8..6, 0_u64..70, extra_fee, action(), 0_u64..20).prop_map(
        |(by, nonce, extra_fee_micro, action, slots_before)| Attempt {
            by,
            nonce,
            extra_fee_micro,
            action,
            slots_before,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn coins_are_conserved_and_refused_transactions_leave_no_trace(
        attempts in proptest::collection::vec(attempt(), 1..60),
    ) {
        let mut books = Books::with(|rules| {
            rules.claim_work_bits = 1;
            rules.unbonding_slots = 30;
            rules.block_reward_micro = 77;
            rules.fees.basis_points = 100;
        });
        books.anchors.push(Anchor { slot: Slot(1), block: Hash([1; 32]) });
        for number in ALICE..6 {
            books.act(FOUNDER, u64::from(number), transfer(number, 100 * MICRO_PER_COIN));
            books.act(number, 1, Action::Bond { amount_micro: 10 * MICRO_PER_COIN });
        }
        let supply = u128::from(books.state.supply_micro());
        for attempt in attempts {
            books.next_block(attempt.slots_before);
            let minimum_micro = books.rules.fees.minimum_micro(&attempt.action);
            let fee_micro = minimum_micro.saturating_add(attempt.extra_fee_micro);
            let valid_until = books.slot.plus(5);
            let transaction = Transaction::sign(
                &secret(attempt.by), books.network, attempt.nonce, valid_until, fee_micro, attempt.action,
            );
            let root = books.state.clone().root();
            match books.try_apply(&transaction) {
                Ok(receipt) => {
                    let burning = books.state.audit().total_micro() + u128::from(receipt.fee_micro);
                    prop_assert_eq!(burning, supply);
                    let mut state = books.state.clone();
                    settle_fees(&mut state, &books.block(), receipt.fee_micro);
                    books.state = state;
                    prop_assert!(books.try_apply(&transaction).is_err());
                }
                Err(_) => prop_assert_eq!(books.state.root(), root),
            }
            prop_assert_eq!(books.state.audit().total_micro(), supply);
        }
    }
}
