//! What transactions do when they are applied.

use super::*;
use crate::{
    codec::encode,
    ledger::{
        account::Account,
        state::{OperatorRecord, Singleton, account_path},
        transaction::encoded_len_of,
    },
};

#[test]
fn genesis_gives_the_founder_one_grant_and_the_fund_the_rest() {
    let genesis = genesis_with(Rules::default());
    let state = LedgerState::genesis(&genesis);
    let founder = state.account(&address(FOUNDER)).unwrap();
    assert_eq!(
        (founder.balance_micro, founder.stake()),
        (800 * MICRO_PER_COIN, 200 * MICRO_PER_COIN)
    );
    assert!(founder.claimed);
    assert_eq!(state.fund_micro(), state.supply_micro() - 1_000 * MICRO_PER_COIN);
    assert_eq!(state.audit().total_micro(), u128::from(state.supply_micro()));
    let Founder {
        account,
        signing_key,
        vrf_key,
    } = genesis.founder;
    let operator = OperatorRecord {
        account,
        signing_key,
        vrf_key,
        since: Slot::GENESIS,
    };
    assert_eq!(state.operators().collect::<Vec<_>>(), [operator]);
    assert_eq!((state.accounts(), state.clock()), (1, 0));
}

#[test]
fn a_transfer_moves_the_amount_and_half_of_the_fee_goes_to_the_fund() {
    let mut books = Books::new();
    books.act(FOUNDER, 1, transfer(ALICE, 700_000));
    let (before, fund) = (books.balance(FOUNDER), books.state.fund_micro());
    let fee_micro = books.rules.fees.minimum_micro(&transfer(BOB, 5)) + 1;
    assert_eq!(fee_micro % 2, 1);
    let odd = Transaction::sign(
        &secret(ALICE),
        books.network,
        1,
        books.slot,
        fee_micro,
        transfer(BOB, 5),
    );
    books.apply(&odd);
    assert_eq!(books.balance(ALICE), 700_000 - 5 - fee_micro);
    assert_eq!(books.balance(BOB), 5);
    assert_eq!(books.state.fund_micro(), fund + fee_micro / 2);
    assert_eq!(books.balance(FOUNDER), before + fee_micro / 2 + 1);
    assert_eq!(books.state.accounts(), 3);
}

#[test]
fn a_post_changes_nothing_but_nonce_and_fee() {
    let mut books = Books::new();
    let before = books.state.account(&address(FOUNDER)).unwrap();
    let transaction = books.sign(FOUNDER, 5, post("hello"));
    let receipt = books.try_apply(&transaction).unwrap();
    assert_eq!(receipt.fee_micro, transaction.fee_micro);
    let mut expected = before;
    expected.balance_micro -= receipt.fee_micro;
    expected.nonces.take(5).unwrap();
    assert_eq!(books.state.account(&address(FOUNDER)), Some(expected));
}

#[test]
fn unbonded_coins_come_back_when_the_branch_clock_says_so() {
    let mut books = Books::with(|rules| rules.unbonding_slots = 20);
    books.act(FOUNDER, 1, Action::Bond { amount_micro: 100 });
    assert_eq!(
        books.state.account(&address(FOUNDER)).unwrap().stake(),
        200 * MICRO_PER_COIN + 100
    );
    books.act(FOUNDER, 2, Action::Unbond { amount_micro: 60 });
    let balance = books.balance(FOUNDER);
    let account = |books: &Books| books.state.account(&address(FOUNDER)).unwrap();
    assert_eq!(account(&books).stake(), 200 * MICRO_PER_COIN + 40);
    books.next_block(1_000);
    assert_eq!(account(&books).available(books.state.clock()), balance);
    books.next_block(4);
    assert_eq!(account(&books).available(books.state.clock()), balance + 60);
    assert_eq!(account(&books).balance_micro, balance);
    books.act(FOUNDER, 3, post("touched"));
    assert!(account(&books).unbonding.is_empty());
}

#[test]
fn a_block_adds_at_most_16_slots_to_the_branch_clock() {
    let mut books = Books::new();
    let clock = books.state.clock();
    for (slots, step) in [(1, 1), (16, 16), (17, 16), (100_000, 16)] {
        let before = books.state.clock();
        books.next_block(slots);
        assert_eq!(books.state.clock(), before + step);
    }
    assert_eq!(books.state.clock(), clock + 49);
}

#[test]
fn operator_keys_need_a_stake_and_replacing_them_begins_a_new_service() {
    let mut books = Books::new();
    books.act(FOUNDER, 1, transfer(ALICE, 201 * MICRO_PER_COIN));
    let keys = |number: u8| Action::Operator {
        signing_key: secret(number).public(),
        vrf_key: VrfSecretKey::from_seed([number; 32]).public(),
    };
    let early = books.sign(ALICE, 1, keys(50));
    let needed_micro = books.rules.grant_bond_micro;
    assert_eq!(
        books.try_apply(&early),
        Err(TransactionError::StakeTooSmall {
            stake_micro: 0,
            needed_micro
        })
    );
    books.act(
        ALICE,
        1,
        Action::Bond {
            amount_micro: needed_micro,
        },
    );
    books.act(ALICE, 2, keys(50));
    books.next_block(9);
    let since = books.slot;
    books.act(ALICE, 3, keys(51));
    let operator = books.state.operator(&address(ALICE)).unwrap();
    assert_eq!(
        (operator.since, operator.signing_key),
        (since, secret(51).public())
    );
    assert_eq!(books.state.operators().count(), 2);
}

#[test]
fn a_profile_names_the_account() {
    let mut books = Books::new();
    books.act(FOUNDER, 1, Action::profile("Ada").unwrap());
    assert_eq!(
        books.state.account(&address(FOUNDER)).unwrap().name.as_deref(),
        Some("Ada")
    );
}

#[test]
fn the_block_reward_comes_from_the_fund_and_ends_with_it() {
    let mut books = Books::with(|rules| {
        rules.supply_micro = 2_000 * MICRO_PER_COIN;
        rules.block_reward_micro = 600 * MICRO_PER_COIN;
    });
    for fund in [400, 0, 0] {
        let mut state = books.state.clone();
        settle_fees(&mut state, &books.block(), 0);
        books.state = state;
        assert_eq!(books.state.fund_micro(), fund * MICRO_PER_COIN);
        assert_eq!(
            books.state.audit().total_micro(),
            u128::from(books.state.supply_micro())
        );
    }
    assert_eq!(books.balance(FOUNDER), 1_800 * MICRO_PER_COIN);
}

#[test]
fn a_copy_of_the_state_is_not_changed_by_what_follows() {
    let mut books = Books::new();
    let mut before = books.state.clone();
    let root = before.root();
    books.act(FOUNDER, 1, transfer(ALICE, 5));
    assert_eq!(before.root(), root);
    assert_eq!(before.account(&address(ALICE)), None);
    assert_ne!(books.state.root(), root);
}

#[test]
fn the_root_does_not_depend_on_when_it_is_asked_for() {
    let (mut often, mut once) = (Books::new(), Books::new());
    for nonce in 1..20 {
        for books in [&mut often, &mut once] {
            books.act(FOUNDER, nonce, transfer(ALICE + (nonce % 3) as u8, nonce));
        }
        often.state.root();
        assert_eq!(often.state.accounts(), once.state.accounts());
    }
    assert_eq!(often.state.root(), once.state.root());
}

#[test]
fn an_account_is_proved_under_the_root_even_before_it_is_taken() {
    let mut books = Books::new();
    books.act(FOUNDER, 1, transfer(ALICE, 5));
    let proof = books.state.account_proof(&address(ALICE));
    let bytes = encode(&books.state.account(&address(ALICE)).unwrap());
    let root = books.state.root();
    assert_eq!(
        proof.verify(&root, &account_path(&address(ALICE)), Some(&bytes)),
        Ok(())
    );
    let absent = books.state.account_proof(&address(BOB));
    assert_eq!(absent.verify(&root, &account_path(&address(BOB)), None), Ok(()));
}

#[test]
fn leaves_of_consensus_are_part_of_the_root() {
    let mut state = Books::new().state;
    let mut roots = vec![state.root()];
    state.put_singleton(Singleton::Term, vec![1]);
    roots.push(state.root());
    state.put_singleton(Singleton::Consensus, vec![1]);
    roots.push(state.root());
    state.put_voter_leaf(&address(ALICE), vec![2]);
    roots.push(state.root());
    assert_eq!(roots.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(state.singleton(Singleton::Term), Some([1].as_slice()));
    assert_eq!(state.singleton(Singleton::Pending), None);
    assert_eq!(state.voter_leaf(&address(ALICE)), Some([2].as_slice()));
    assert_eq!(state.voter_leaf(&address(BOB)), None);
    assert_eq!((state.accounts(), state.operators().count()), (1, 1));
}

#[test]
fn spending_counts_what_leaves_the_balance() {
    let books = Books::new();
    for (action, leaving) in [
        (transfer(ALICE, 7), 7),
        (Action::Bond { amount_micro: 8 }, 8),
        (Action::Unbond { amount_micro: 9 }, 0),
        (post("x"), 0),
    ] {
        let fee_micro = 1_000 + 10 * encoded_len_of(&action) as u64;
        assert_eq!(
            books.sign(FOUNDER, 1, action).spending_micro(),
            fee_micro + leaving
        );
    }
}

/// Fees, the sums of what waits and the wallet follow from [`Action::demand`], and the books from applying the action: both have to agree.
#[test]
fn every_action_takes_from_its_account_what_it_says_that_it_asks() {
    let mut books = Books::new();
    books.act(FOUNDER, 1, transfer(ALICE, 500 * MICRO_PER_COIN));
    books.act(
        ALICE,
        1,
        Action::Bond {
            amount_micro: 300 * MICRO_PER_COIN,
        },
    );
    let unbonding = |account: &Account| {
        account
            .unbonding
            .iter()
            .map(|part| part.amount_micro)
            .sum::<u64>()
    };
    let actions = [
        transfer(BOB, 7),
        post("x"),
        Action::Bond { amount_micro: 8 },
        Action::Unbond { amount_micro: 9 },
        Action::profile("Alice").unwrap(),
        Action::Operator {
            signing_key: secret(ALICE).public(),
            vrf_key: VrfSecretKey::from_seed([ALICE; 32]).public(),
        },
    ];
    for (nonce, action) in (2..).zip(actions) {
        let demand = action.demand();
        let transaction = books.sign(ALICE, nonce, action);
        let before = books.state.account(&address(ALICE)).unwrap();
        books.apply(&transaction);
        let after = books.state.account(&address(ALICE)).unwrap();
        assert_eq!(
            before.balance_micro - after.balance_micro,
            transaction.fee_micro + demand.spent_micro
        );
        assert_eq!(
            unbonding(&after) - unbonding(&before),
            demand.unbonded_micro.unwrap_or(0)
        );
        assert!(!demand.draws_grant && !after.claimed);
    }
}
