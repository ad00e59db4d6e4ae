//! How newcomers draw their grant, and what stops a crowd of them.

use super::*;
use crate::{
    crypto::{
        hash::Domain,
        work::{Work, WorkSearch},
    },
    ledger::claim::claim_challenge,
    params::{CLAIM_ANCHOR_SLOTS, CLAIM_SPACING_SLOTS},
};

impl Books {
    fn work(&self, by: u8, anchor: &Hash, bits: u32) -> u64 {
        let challenge = claim_challenge(&self.network, &address(by), anchor);
        WorkSearch::new(Domain::ClaimWork, challenge, bits)
            .step(u32::MAX)
            .unwrap()
    }

    fn claim_on(&self, by: u8, anchor: Hash) -> Action {
        let bits = self.state.claims().needed_bits(&self.rules, self.slot);
        Action::Claim {
            anchor,
            work_nonce: self.work(by, &anchor, bits),
            pass: None,
        }
    }

    fn claim(&self, by: u8) -> Action {
        self.claim_on(by, self.anchors.last().unwrap().block)
    }
}

#[test]
fn a_claim_without_fee_draws_one_grant_of_which_a_part_is_bonded() {
    let mut books = Books::new();
    let fund = books.state.fund_micro();
    let claim = books.sign(ALICE, 1, books.claim(ALICE));
    assert_eq!(claim.fee_micro, 0);
    books.apply(&claim);
    let alice = books.state.account(&address(ALICE)).unwrap();
    assert_eq!(
        (alice.balance_micro, alice.granted_bond_micro),
        (800 * MICRO_PER_COIN, 200 * MICRO_PER_COIN)
    );
    assert_eq!((alice.bond_micro, alice.claimed), (0, true));
    assert_eq!(books.state.fund_micro(), fund - 1_000 * MICRO_PER_COIN);
}

#[test]
fn a_second_claim_of_an_account_is_refused() {
    let mut books = Books::new();
    books.act(ALICE, 1, books.claim(ALICE));
    books.next_block(1);
    assert_eq!(
        books.refusal_of(ALICE, 2, books.claim(ALICE)),
        TransactionError::AlreadyClaimed
    );
    assert_eq!(
        books.refusal_of(FOUNDER, 1, books.claim(FOUNDER)),
        TransactionError::AlreadyClaimed
    );
}

#[test]
fn a_claim_on_an_empty_fund_is_refused() {
    let mut books = Books::with(|rules| rules.supply_micro = 2 * rules.grant_micro);
    books.act(ALICE, 1, books.claim(ALICE));
    books.next_block(1);
    let error = TransactionError::FundEmpty {
        fund_micro: 0,
        grant_micro: 1_000 * MICRO_PER_COIN,
    };
    assert_eq!(books.refusal_of(BOB, 1, books.claim(BOB)), error);
}

#[test]
fn a_claim_with_too_little_work_is_refused() {
    let mut books = Books::with(|rules| rules.claim_work_bits = 8);
    let anchor = books.network.0;
    let challenge = claim_challenge(&books.network, &address(ALICE), &anchor);
    let lazy = (0..).find(|&nonce| bits_of(challenge, nonce) < 8).unwrap();
    let error = books.refusal_of(
        ALICE,
        1,
        Action::Claim {
            anchor,
            work_nonce: lazy,
            pass: None,
        },
    );
    assert!(matches!(
        error,
        TransactionError::WrongWork {
            bits: 0..8,
            needed: 8
        }
    ));
}

#[test]
fn the_work_of_another_account_or_network_is_refused() {
    let mut books = Books::with(|rules| rules.claim_work_bits = 16);
    let error = books.refusal_of(ALICE, 1, books.claim(BOB));
    assert!(matches!(error, TransactionError::WrongWork { needed: 16, .. }));
    let mut other = Books::with(|rules| (rules.claim_work_bits, rules.slot_ms) = (16, 2_000));
    other.anchors.push(books.anchors[0]);
    let error = other.refusal_of(ALICE, 1, books.claim(ALICE));
    assert!(matches!(error, TransactionError::WrongWork { needed: 16, .. }));
}

#[test]
fn a_claim_on_an_unknown_anchor_is_refused() {
    let mut books = Books::new();
    let error = books.refusal_of(ALICE, 1, books.claim_on(ALICE, Hash([9; 32])));
    assert_eq!(error, TransactionError::UnknownAnchor);
}

#[test]
fn a_claim_on_an_old_anchor_is_refused_unless_it_is_the_newest() {
    let mut books = Books::new();
    let genesis = books.network.0;
    books.next_block(1_000);
    let on_genesis = books.claim_on(ALICE, genesis);
    assert!(books.try_apply(&books.sign(ALICE, 1, on_genesis.clone())).is_ok());
    let mut books = Books::new();
    books.next_block(1_000);
    let age_slots = books.slot.0;
    books.anchors.push(Anchor {
        slot: Slot(16),
        block: Hash([5; 32]),
    });
    let error = TransactionError::OldAnchor {
        age_slots,
        max_slots: 600,
    };
    assert_eq!(books.refusal_of(ALICE, 1, on_genesis), error);
    books.act(ALICE, 1, books.claim(ALICE));
}

#[test]
fn an_anchor_is_good_for_600_slots() {
    let mut books = Books::new();
    books.anchors.push(Anchor {
        slot: Slot(590),
        block: Hash([5; 32]),
    });
    books.next_block(599);
    assert_eq!(books.slot, Slot(600));
    let (claim, late) = (
        books.claim_on(ALICE, books.network.0),
        books.claim_on(BOB, books.network.0),
    );
    books.act(ALICE, 1, claim);
    books.next_block(1);
    let error = TransactionError::OldAnchor {
        age_slots: 601,
        max_slots: 600,
    };
    assert_eq!(books.refusal_of(BOB, 1, late), error);
}

#[test]
fn a_second_claim_in_a_block_is_refused() {
    let mut books = Books::new();
    books.act(ALICE, 1, books.claim(ALICE));
    assert_eq!(
        books.refusal_of(BOB, 1, books.claim(BOB)),
        TransactionError::TooManyClaimsInBlock
    );
    books.next_block(1);
    books.act(BOB, 1, books.claim(BOB));
}

#[test]
fn a_term_admits_four_claims_or_a_quarter_of_its_operators() {
    for (operators, allowed) in [(1, 4), (19, 4), (24, 6)] {
        let mut books = Books::new();
        books.term_operators = operators;
        for number in 0..allowed {
            books.act(10 + number, 1, books.claim(10 + number));
            books.next_block(1);
        }
        let error = TransactionError::TooManyClaimsInTerm {
            allowed: allowed.into(),
        };
        assert_eq!(books.refusal_of(99, 1, books.claim(99)), error);
        books.term = 1;
        books.next_block(1);
        books.act(99, 1, books.claim(99));
    }
}

#[test]
fn in_a_term_that_cannot_end_claims_are_admitted_at_intervals() {
    let mut books = Books::new();
    for number in 0..4 {
        books.act(10 + number, 1, books.claim(10 + number));
        books.next_block(1);
    }
    books.next_block(CLAIM_SPACING_SLOTS - 2);
    let error = TransactionError::TooManyClaimsInTerm { allowed: 4 };
    assert_eq!(books.refusal_of(20, 1, books.claim(20)), error);
    for number in 20..40 {
        books.next_block(1);
        books.act(number, 1, books.claim(number));
        books.next_block(CLAIM_SPACING_SLOTS - 1);
        assert_eq!(books.refusal_of(99, 1, books.claim(99)), error);
    }
    let needed = books.state.claims().needed_bits(&books.rules, books.slot);
    assert_eq!(needed, 4, "so slowly that the work does not grow");
}

#[test]
fn new_work_is_bound_to_the_last_anchor_but_one_while_that_is_young() {
    let anchor = |slot: u64| Anchor {
        slot: Slot(slot),
        block: Hash([slot as u8; 32]),
    };
    let anchors = [anchor(0), anchor(20), anchor(40)];
    let chosen = |count: usize, slot| Anchor::for_new_work(&anchors[..count], Slot(slot));
    assert_eq!(chosen(0, 50), None);
    assert_eq!(chosen(1, 5_000), Some(anchor(0)));
    assert_eq!(chosen(3, 50), Some(anchor(20)));
    assert_eq!(chosen(3, 20 + CLAIM_ANCHOR_SLOTS / 2 + 1), Some(anchor(40)));
}

#[test]
fn every_eight_claims_in_64_slots_double_the_work() {
    let mut books = Books::new();
    books.term_operators = 1_000;
    let needed = |books: &Books| books.state.claims().needed_bits(&books.rules, books.slot);
    for number in 0..17 {
        assert_eq!(needed(&books), 4 + u32::from(number) / 8);
        books.act(10 + number, 1, books.claim(10 + number));
        books.next_block(1);
    }
    assert_eq!(needed(&books), 6);
    books.next_block(62);
    assert_eq!(needed(&books), 4);
}

#[test]
fn a_claim_in_every_slot_keeps_the_record_bounded() {
    let mut books = Books::with(|rules| rules.claim_work_bits = 0);
    books.term_operators = 1_000;
    for number in 10..90 {
        books.act(number, 1, books.claim(number));
        books.next_block(1);
    }
    assert_eq!(books.state.claims().needed_bits(&books.rules, books.slot), 7);
}

/// Leading zero bits of the work of a nonce.
fn bits_of(challenge: Hash, nonce: u64) -> u32 {
    Work { nonce }
        .check(Domain::ClaimWork, &challenge, 257)
        .unwrap_err()
        .found
}
