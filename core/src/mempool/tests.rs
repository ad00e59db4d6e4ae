mod invites;

use std::{collections::BTreeSet, ops::RangeInclusive};

use proptest::prelude::*;

use super::*;
use crate::{
    crypto::{keys::SecretKey, vrf::VrfSecretKey},
    ledger::{
        anchor::Anchor,
        apply::apply_transaction,
        claim::ClaimWork,
        context::{BlockContext, ClaimWindow},
        error::TransactionError,
        genesis::{Founder, GENESIS_VERSION, Genesis, MICRO_PER_COIN},
        transaction::{Action, Transaction},
    },
    params::{CLAIM_ANCHOR_SLOTS, MAX_MEMPOOL_BYTES, MAX_POST_BYTES, MAX_VALIDITY_SLOTS},
    time::{Slot, Timestamp},
};

const FOUNDER: u8 = 1;
const ALICE: u8 = 2;
const NOW: Slot = Slot(10);
const COIN: u64 = MICRO_PER_COIN;

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn address(number: u8) -> Address {
    secret(number).address()
}

fn post(text: &str) -> Action {
    Action::post("hall", text.as_bytes().to_vec()).unwrap()
}

fn transfer(to: u8, amount_micro: u64) -> Action {
    Action::transfer(address(to), amount_micro, "").unwrap()
}

/// A mempool on the state of a network whose founder has 800 coins.
struct Fixture {
    network: NetworkId,
    rules: Rules,
    state: LedgerState,
    anchors: Vec<Anchor>,
    mempool: Mempool,
}

impl Fixture {
    fn new() -> Self {
        Self::with_supply(Rules::default().supply_micro)
    }

    /// With so many coins in all.
    fn with_supply(supply_micro: u64) -> Self {
        Self::with(|rules| rules.supply_micro = supply_micro)
    }

    fn with(change: impl FnOnce(&mut Rules)) -> Self {
        let mut rules = Rules {
            claim_work_bits: 2,
            ..Rules::default()
        };
        change(&mut rules);
        let genesis = Genesis {
            version: GENESIS_VERSION,
            room: Hash([7; 32]),
            founded_at: Timestamp(0),
            rules: rules.clone(),
            founder: Founder {
                account: address(FOUNDER),
                signing_key: secret(101).public(),
                vrf_key: VrfSecretKey::from_seed([102; 32]).public(),
            },
        };
        let network = genesis.network_id();
        let (state, mempool) = (
            LedgerState::genesis(&genesis),
            Mempool::new(network, rules.clone()),
        );
        let anchors = vec![Anchor {
            slot: Slot::GENESIS,
            block: network.0,
        }];
        Self {
            network,
            rules,
            state,
            anchors,
            mempool,
        }
    }

    /// With so many coins in each of these accounts.
    fn with_coins(accounts: core::ops::Range<u8>, amount_micro: u64) -> Self {
        let mut fixture = Self::new();
        for (account, nonce) in accounts.zip(1..) {
            fixture.apply(&fixture.sign(FOUNDER, nonce, transfer(account, amount_micro)));
        }
        fixture
    }

    fn sign_with_fee(&self, by: u8, nonce: u64, fee_micro: u64, action: Action) -> Transaction {
        Transaction::sign(&secret(by), self.network, nonce, NOW.plus(100), fee_micro, action)
    }

    fn sign(&self, by: u8, nonce: u64, action: Action) -> Transaction {
        let fee_micro = self.rules.fees.minimum_micro(&action);
        self.sign_with_fee(by, nonce, fee_micro, action)
    }

    fn claim(&self, by: u8, nonce: u64) -> Transaction {
        self.claim_on(by, nonce, self.network.0, 2..=256)
    }

    /// A Claim whose work is bound to `anchor` and shows so many zero bits.
    fn claim_on(&self, by: u8, nonce: u64, anchor: Hash, bits: RangeInclusive<u32>) -> Transaction {
        let bits_of = |nonce: &u64| {
            let (anchor, nonce) = (&anchor, *nonce);
            ClaimWork { anchor, nonce }.bits(&self.network, &address(by))
        };
        let work_nonce = (0..).find(|nonce| bits.contains(&bits_of(nonce))).unwrap();
        self.sign(
            by,
            nonce,
            Action::Claim {
                anchor,
                work_nonce,
                pass: None,
            },
        )
    }

    /// Applies a transaction to the state, as in a block.
    fn apply(&mut self, transaction: &Transaction) {
        let block = BlockContext {
            network: self.network,
            rules: &self.rules,
            slot: NOW,
            proposer: address(FOUNDER),
            claims: ClaimWindow {
                period: 0,
                members: 1,
                anchors: &self.anchors,
            },
        };
        apply_transaction(&mut self.state, &block, transaction).unwrap();
    }

    fn offer(&mut self, transaction: &Transaction) -> Result<Inserted, MempoolError> {
        self.offer_as(transaction, false)
    }

    fn offer_as(&mut self, transaction: &Transaction, own: bool) -> Result<Inserted, MempoolError> {
        let verified = VerifiedTransaction::verify(transaction.clone()).unwrap();
        let before = self.mempool.clone();
        let tip = Tip {
            ledger: &self.state,
            anchors: &self.anchors,
            slot: NOW,
        };
        let result = self.mempool.insert(verified, tip, own);
        if result.is_err() {
            assert_eq!(
                self.mempool.entries.keys().collect::<Vec<_>>(),
                before.entries.keys().collect::<Vec<_>>()
            );
        }
        self.check_invariants();
        result
    }

    fn take(&mut self, transaction: &Transaction) {
        assert_eq!(
            self.offer(transaction),
            Ok(Inserted {
                new: true,
                ..Inserted::default()
            })
        );
    }

    fn refusal(&mut self, transaction: &Transaction) -> TransactionError {
        match self.offer(transaction) {
            Err(MempoolError::Refused(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    fn prune(&mut self, slot: Slot) -> Vec<(TransactionId, TransactionError)> {
        let tip = Tip {
            ledger: &self.state,
            anchors: &self.anchors,
            slot,
        };
        let dropped = self.mempool.prune(tip);
        self.check_invariants();
        dropped
            .into_iter()
            .map(|dropped| (dropped.transaction.id(), dropped.reason))
            .collect()
    }

    fn check_invariants(&self) {
        let mempool = &self.mempool;
        let entries = mempool.entries.values();
        assert_eq!(
            mempool.bytes,
            entries.clone().map(|entry| entry.bytes).sum::<usize>()
        );
        assert_eq!(
            mempool.claims.len(),
            entries.clone().filter(|entry| entry.is_claim()).count()
        );
        assert!(mempool.bytes <= MAX_MEMPOOL_BYTES && mempool.claims.len() <= MAX_MEMPOOL_CLAIMS);
        let evictable: BTreeSet<EvictionKey> = entries.clone().filter_map(Entry::eviction_key).collect();
        assert_eq!(mempool.evictable, evictable);
        assert_eq!(
            mempool.accounts.values().map(BTreeMap::len).sum::<usize>(),
            mempool.len()
        );
        for (account, nonces) in &mempool.accounts {
            assert!((1..=MAX_MEMPOOL_PER_ACCOUNT).contains(&nonces.len()));
            for (nonce, id) in nonces {
                let transaction = mempool.get(id).unwrap();
                assert_eq!((transaction.account, transaction.nonce), (*account, *nonce));
            }
        }
    }
}

#[test]
fn a_transaction_is_new_once() {
    let mut fixture = Fixture::new();
    let hello = fixture.sign(FOUNDER, 1, post("hello"));
    fixture.take(&hello);
    assert_eq!(fixture.offer(&hello), Ok(Inserted::default()));
    assert_eq!(
        (fixture.mempool.len(), fixture.mempool.bytes()),
        (1, hello.encoded_len())
    );
    assert_eq!(fixture.mempool.get(&hello.id()).unwrap().transaction(), &hello);
}

#[test]
fn only_signed_transactions_can_be_offered() {
    let fixture = Fixture::new();
    let good: Vec<Transaction> = (1..=3)
        .map(|nonce| fixture.sign(FOUNDER, nonce, post("hello")))
        .collect();
    let mut bytes = crate::codec::encode(&good[1]);
    *bytes.last_mut().unwrap() ^= 1;
    let forged = Transaction::from_bytes(&bytes).unwrap();
    assert_eq!(
        VerifiedTransaction::verify(forged.clone()),
        Err(TransactionError::BadSignature)
    );
    let mixed = vec![good[0].clone(), forged.clone(), good[2].clone()];
    let (verified, bad) = VerifiedTransaction::verify_all(mixed, [3; 32]);
    assert_eq!(bad, [forged]);
    assert_eq!(
        verified.iter().map(|verified| verified.nonce).collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(VerifiedTransaction::verify_all(good, [3; 32]).0.len(), 3);
}

#[test]
fn what_the_ledger_would_refuse_is_refused_with_its_reason() {
    let mut fixture = Fixture::new();
    fixture.apply(&fixture.sign(FOUNDER, 64, post("used")));
    let sign = |nonce, valid_until, network| {
        Transaction::sign(
            &secret(FOUNDER),
            network,
            nonce,
            valid_until,
            50_000,
            post("hello"),
        )
    };
    let (network, other) = (fixture.network, NetworkId::default());
    let slot = NOW;
    let valid_until = NOW.minus(1);
    let latest = NOW.plus(MAX_VALIDITY_SLOTS);
    let cases = [
        (
            sign(1, NOW, other),
            TransactionError::WrongNetwork {
                expected: network,
                found: other,
            },
        ),
        (
            sign(1, valid_until, network),
            TransactionError::Expired { valid_until, slot },
        ),
        (
            sign(1, latest.plus(1), network),
            TransactionError::ValidTooLong {
                valid_until: latest.plus(1),
                latest,
            },
        ),
        (sign(64, NOW, network), TransactionError::NonceUsed { nonce: 64 }),
        (
            sign(129, NOW, network),
            TransactionError::NonceOutOfWindow {
                nonce: 129,
                highest: 64,
            },
        ),
        (
            fixture.sign(FOUNDER, 1, transfer(FOUNDER, 1)),
            TransactionError::SelfTransfer,
        ),
        (
            fixture.sign(FOUNDER, 1, Action::transfer(Address::of_nobody(), 1, "").unwrap()),
            TransactionError::NoSuchKey,
        ),
    ];
    for (transaction, reason) in cases {
        assert_eq!(fixture.refusal(&transaction), reason);
    }
    let cheap = fixture.sign_with_fee(FOUNDER, 1, 1, post("hello"));
    assert!(matches!(
        fixture.refusal(&cheap),
        TransactionError::FeeTooLow { fee_micro: 1, .. }
    ));
    fixture.take(&sign(1, NOW, network));
    fixture.take(&sign(128, latest, network));
}

#[test]
fn all_that_an_account_has_waiting_can_be_paid_at_once() {
    let mut fixture = Fixture::with_coins(ALICE..3, 10 * COIN);
    fixture.take(&fixture.sign(ALICE, 1, transfer(FOUNDER, 6 * COIN)));
    let second = fixture.sign(ALICE, 2, transfer(FOUNDER, 4 * COIN));
    assert!(matches!(
        fixture.refusal(&second),
        TransactionError::InsufficientFunds { needed_micro, available_micro }
            if needed_micro > 10 * COIN && available_micro == 10 * COIN
    ));
    assert_eq!(fixture.mempool.pending_of(&address(ALICE)).count(), 1);
    let spent = fixture.mempool.pending_spending_micro(&address(ALICE));
    assert_eq!(
        fixture.mempool.spendable_micro(&address(ALICE), &fixture.state),
        10 * COIN - spent
    );
    fixture.take(&fixture.sign(ALICE, 2, transfer(FOUNDER, 3 * COIN)));
    fixture.take(&fixture.sign(ALICE, 3, post("still some coins left")));
}

#[test]
fn an_account_may_spend_its_last_coin_and_no_more() {
    let mut fixture = Fixture::with_coins(ALICE..3, 10 * COIN);
    let gift = |fixture: &Fixture, fee_micro| {
        fixture.sign_with_fee(ALICE, 1, fee_micro, transfer(FOUNDER, 9 * COIN))
    };
    let too_much = fixture.refusal(&gift(&fixture, COIN + 1));
    assert!(matches!(too_much, TransactionError::InsufficientFunds { .. }));
    fixture.take(&gift(&fixture, COIN));
}

#[test]
fn a_claim_waits_while_the_fund_holds_a_whole_grant() {
    let mut fixture = Fixture::with_supply(2 * Rules::default().grant_micro);
    fixture.take(&fixture.claim(ALICE, 1));
    fixture.apply(&fixture.claim(3, 1));
    let refused = fixture.refusal(&fixture.claim(4, 1));
    assert!(matches!(refused, TransactionError::FundEmpty { .. }));
}

#[test]
fn coins_to_come_from_others_do_not_count() {
    let mut fixture = Fixture::new();
    fixture.take(&fixture.sign(FOUNDER, 1, transfer(ALICE, COIN)));
    let post = fixture.sign(ALICE, 1, post("not yet"));
    assert!(matches!(
        fixture.refusal(&post),
        TransactionError::InsufficientFunds {
            available_micro: 0,
            ..
        }
    ));
}

#[test]
fn bonds_that_cannot_be_undone_hold_no_place() {
    let mut fixture = Fixture::new();
    let unbond = fixture.sign_with_fee(FOUNDER, 1, 700 * COIN, Action::Unbond { amount_micro: 1 });
    assert_eq!(
        fixture.refusal(&unbond),
        TransactionError::UnbondExceedsBond {
            amount_micro: 1,
            bond_micro: 0
        }
    );
    fixture.apply(&fixture.sign(FOUNDER, 1, Action::Bond { amount_micro: 10 }));
    for nonce in 2..10 {
        fixture.take(&fixture.sign(FOUNDER, nonce, Action::Unbond { amount_micro: 1 }));
    }
    let ninth = fixture.sign(FOUNDER, 10, Action::Unbond { amount_micro: 1 });
    assert_eq!(
        fixture.refusal(&ninth),
        TransactionError::TooManyUnbondings { max: 8 }
    );
}

#[test]
fn an_account_has_at_most_64_waiting() {
    let mut fixture = Fixture::new();
    fixture.apply(&fixture.sign(FOUNDER, 64, post("opens the window on both sides")));
    for nonce in (1..=63).chain(65..66) {
        fixture.take(&fixture.sign(FOUNDER, nonce, post("hello")));
    }
    let another = fixture.sign(FOUNDER, 66, post("hello"));
    assert_eq!(fixture.offer(&another), Err(MempoolError::TooManyOfAccount));
    let better = fixture.sign_with_fee(FOUNDER, 65, COIN, post("hello"));
    assert!(fixture.offer(&better).unwrap().replaced.is_some());
}

#[test]
fn the_same_nonce_is_replaced_by_ten_percent_more() {
    let mut fixture = Fixture::new();
    let first = fixture.sign_with_fee(FOUNDER, 1, 10_005, post("hello"));
    fixture.take(&first);
    let needed_micro = 11_006;
    let less = fixture.sign_with_fee(FOUNDER, 1, needed_micro - 1, post("hello!"));
    assert_eq!(
        fixture.offer(&less),
        Err(MempoolError::Underpriced { needed_micro })
    );
    let more = fixture.sign_with_fee(FOUNDER, 1, needed_micro, post("hello!"));
    assert_eq!(
        fixture.offer(&more),
        Ok(Inserted {
            new: true,
            replaced: Some(first.id()),
            evicted: Vec::new()
        })
    );
    assert_eq!(fixture.mempool.len(), 1);
    assert!(fixture.mempool.get(&first.id()).is_none());
}

#[test]
fn a_waiting_claim_pays_for_what_follows_it() {
    let mut fixture = Fixture::new();
    let hello = fixture.sign(ALICE, 2, post("hello"));
    assert!(matches!(
        fixture.refusal(&hello),
        TransactionError::InsufficientFunds { .. }
    ));
    let claim = fixture.claim(ALICE, 5);
    fixture.take(&claim);
    fixture.take(&hello);
    fixture.take(&fixture.sign(ALICE, 1, transfer(FOUNDER, 799 * COIN)));
    let bonded_part = fixture.sign(ALICE, 3, transfer(FOUNDER, COIN));
    assert!(matches!(
        fixture.refusal(&bonded_part),
        TransactionError::InsufficientFunds { .. }
    ));
    let order: Vec<u64> = fixture
        .mempool
        .candidates()
        .map(|candidate| candidate.nonce)
        .collect();
    assert_eq!(order, [5, 1, 2]);
    let usurper = fixture.sign(ALICE, 5, post("in place of the claim"));
    assert!(matches!(
        fixture.refusal(&usurper),
        TransactionError::InsufficientFunds { .. }
    ));
    fixture.mempool.remove_included([claim.id()]);
    assert_eq!(fixture.prune(NOW).len(), 2);
    assert!(fixture.mempool.is_empty());
}

#[test]
fn claims_are_checked_and_bounded() {
    let mut fixture = Fixture::new();
    let anchor = fixture.network.0;
    let no_work = fixture.claim_on(ALICE, 1, anchor, 0..=1);
    assert!(matches!(
        fixture.refusal(&no_work),
        TransactionError::WrongWork { needed: 2, .. }
    ));
    assert_eq!(
        fixture.refusal(&fixture.claim(FOUNDER, 1)),
        TransactionError::AlreadyClaimed
    );
    let lightest = |fixture: &Fixture, account| fixture.claim_on(account, 1, anchor, 2..=2);
    for account in ALICE..ALICE + 64 {
        fixture.take(&lightest(&fixture, account));
    }
    assert_eq!(
        fixture.offer(&fixture.claim(ALICE, 2)),
        Err(MempoolError::SecondClaim)
    );
    assert_eq!(
        fixture.offer(&lightest(&fixture, 100)),
        Err(MempoolError::TooManyClaims)
    );
    let alices = lightest(&fixture, ALICE);
    fixture.apply(&alices);
    let dropped = fixture.prune(NOW);
    assert_eq!(dropped, [(alices.id(), TransactionError::NonceUsed { nonce: 1 })]);
    fixture.take(&lightest(&fixture, 100));
}

#[test]
fn a_claim_on_a_block_that_is_no_anchor_is_refused_and_goes_when_its_anchor_goes() {
    let mut fixture = Fixture::new();
    let invented = fixture.claim_on(ALICE, 1, Hash([0xee; 32]), 10..=256);
    assert_eq!(fixture.refusal(&invented), TransactionError::UnknownAnchor);
    let action = fixture.claim(ALICE, 1).action.clone();
    let claim = Transaction::sign(&secret(ALICE), fixture.network, 1, NOW.plus(3_000), 0, action);
    fixture.take(&claim);
    let hello = fixture.sign(ALICE, 2, post("hello"));
    fixture.take(&hello);
    let newer = Anchor {
        slot: NOW,
        block: Hash([5; 32]),
    };
    fixture.anchors.push(newer);
    let old = NOW.plus(CLAIM_ANCHOR_SLOTS + 1);
    assert_eq!(fixture.prune(NOW), []);
    let (age_slots, max_slots) = (old.0, CLAIM_ANCHOR_SLOTS);
    let dropped = fixture.prune(old);
    assert!(dropped.contains(&(claim.id(), TransactionError::OldAnchor { age_slots, max_slots })));
    assert!(
        fixture.mempool.is_empty(),
        "nothing pays for what came after the claim"
    );
    fixture.take(&fixture.claim_on(ALICE, 1, newer.block, 2..=256));
    fixture.anchors.remove(1);
    assert_eq!(fixture.prune(NOW)[0].1, TransactionError::UnknownAnchor);
}

#[test]
fn a_full_set_of_claims_gives_way_to_one_with_more_work() {
    let mut fixture = Fixture::new();
    let anchor = fixture.network.0;
    for account in 10..74 {
        fixture.take(&fixture.claim_on(account, 1, anchor, 3..=3));
    }
    let hello = fixture.sign(73, 2, post("hello"));
    fixture.take(&hello);
    let newcomer = 100;
    assert_eq!(fixture.mempool.bits_to_enter(&address(newcomer), None), 4);
    assert_eq!(
        fixture.offer(&fixture.claim_on(newcomer, 1, anchor, 3..=3)),
        Err(MempoolError::TooManyClaims)
    );
    let (weakest, claim) = (
        fixture.claim_on(73, 1, anchor, 3..=3),
        fixture.claim_on(newcomer, 1, anchor, 4..=4),
    );
    let outcome = fixture.offer(&claim).unwrap();
    assert_eq!(outcome.evicted, [weakest.id(), hello.id()]);
    let first = fixture.mempool.candidates().next().unwrap().id();
    assert_eq!(first, claim.id(), "more work comes first");
}

#[test]
fn a_waiting_claim_is_replaced_by_one_with_more_work() {
    let mut fixture = Fixture::new();
    let anchor = fixture.network.0;
    let with_bits = |fixture: &Fixture, bits| fixture.claim_on(ALICE, 1, anchor, bits..=bits);
    let (light, heavy) = (with_bits(&fixture, 4), with_bits(&fixture, 6));
    fixture.take(&light);
    let less = MempoolError::LessWork { needed_bits: 5 };
    assert_eq!(fixture.offer(&with_bits(&fixture, 3)), Err(less));
    assert_eq!(fixture.offer(&heavy).unwrap().replaced, Some(light.id()));
    assert_eq!(fixture.mempool.claim_bits(&address(ALICE)), Some(6));
    for (account, bits) in (10..).zip([9, 8, 7]) {
        fixture.take(&fixture.claim_on(account, 1, anchor, bits..=bits));
        let to_be_next = fixture.mempool.bits_to_be_next(&address(ALICE));
        assert_eq!(to_be_next, 0, "a term admits four");
    }
    fixture.take(&fixture.claim_on(20, 1, anchor, 6..=6));
    assert_eq!(fixture.mempool.bits_to_be_next(&address(ALICE)), 7);
}

#[test]
fn a_full_mempool_drops_the_lowest_fee_rate_and_never_an_own_transaction() {
    let mut fixture = Fixture::with_coins(2..20, 40 * COIN);
    let large = "x".repeat(MAX_POST_BYTES);
    let own = fixture.sign(FOUNDER, 30, post(&large));
    fixture.offer_as(&own, true).unwrap();
    let claim = fixture.claim(90, 1);
    fixture.take(&claim);
    let mut taken: Vec<Transaction> = Vec::new();
    let mut refused = None;
    'filling: for account in 2..20 {
        for nonce in 1..=64 {
            let fee_micro = 100_000 + u64::from(account) * 1_000 + nonce;
            let transaction = fixture.sign_with_fee(account, nonce, fee_micro, post(&large));
            let verified = VerifiedTransaction::verify(transaction.clone()).unwrap();
            let before = fixture.mempool.len();
            let tip = Tip {
                ledger: &fixture.state,
                anchors: &fixture.anchors,
                slot: NOW,
            };
            fixture.mempool.insert(verified, tip, false).unwrap();
            taken.push(transaction);
            if fixture.mempool.len() == before {
                refused = Some((account, nonce));
                break 'filling;
            }
        }
    }
    fixture.check_invariants();
    let (account, nonce) = refused.unwrap();
    assert!(fixture.mempool.get(&taken[0].id()).is_none());
    assert!(fixture.mempool.get(&taken[1].id()).is_some());
    let cheap = fixture.sign_with_fee(account, nonce + 1, 60_000, post(&large));
    assert_eq!(fixture.offer(&cheap), Err(MempoolError::Full));
    let as_cheap_as_the_lowest = fixture.sign_with_fee(account, nonce + 1, taken[1].fee_micro, post(&large));
    assert_eq!(fixture.offer(&as_cheap_as_the_lowest), Err(MempoolError::Full));
    let own_cheap = fixture.sign(FOUNDER, 31, post(&large));
    let inserted = fixture.offer_as(&own_cheap, true).unwrap();
    assert_eq!(inserted.evicted, [taken[1].id()]);
    assert!(fixture.mempool.get(&taken[1].id()).is_none());
    for id in [own.id(), own_cheap.id(), claim.id()] {
        assert!(fixture.mempool.get(&id).is_some());
    }
}

#[test]
fn a_transaction_heard_first_and_then_found_to_be_own_is_kept_as_own() {
    let mut fixture = Fixture::new();
    let hello = fixture.sign(FOUNDER, 1, post("hello"));
    fixture.take(&hello);
    assert_eq!(fixture.mempool.evictable.len(), 1);
    assert!(!fixture.offer_as(&hello, true).unwrap().new);
    assert!(fixture.mempool.evictable.is_empty());
}

#[test]
fn what_expires_is_dropped_with_its_reason() {
    let mut fixture = Fixture::new();
    let hello = fixture.sign(FOUNDER, 1, post("hello"));
    fixture.take(&hello);
    assert!(fixture.prune(NOW.plus(100)).is_empty());
    let reason = TransactionError::Expired {
        valid_until: NOW.plus(100),
        slot: NOW.plus(101),
    };
    assert_eq!(fixture.prune(NOW.plus(101)), [(hello.id(), reason)]);
}

#[test]
fn what_can_no_longer_be_paid_is_dropped_highest_nonce_first() {
    let mut fixture = Fixture::with_coins(ALICE..3, 10 * COIN);
    let low = fixture.sign(ALICE, 1, transfer(FOUNDER, 4 * COIN));
    let high = fixture.sign(ALICE, 2, transfer(FOUNDER, 4 * COIN));
    fixture.take(&high);
    fixture.take(&low);
    fixture.apply(&fixture.sign(ALICE, 3, transfer(FOUNDER, 3 * COIN)));
    let dropped = fixture.prune(NOW);
    assert!(matches!(&dropped[..], [(id, TransactionError::InsufficientFunds { .. })] if *id == high.id()));
    assert!(fixture.mempool.get(&low.id()).is_some());
}

#[test]
fn transactions_of_undone_blocks_come_back() {
    let mut fixture = Fixture::new();
    let claim = fixture.claim(ALICE, 9);
    let hello = fixture.sign(ALICE, 1, post("hello"));
    let expired = Transaction::sign(
        &secret(FOUNDER),
        fixture.network,
        1,
        Slot(1),
        50_000,
        post("late"),
    );
    let undone = [hello.clone(), expired.clone(), claim.clone()]
        .map(|transaction| VerifiedTransaction::verify(transaction).unwrap());
    let tip = Tip {
        ledger: &fixture.state,
        anchors: &fixture.anchors,
        slot: NOW,
    };
    let outcomes = fixture.mempool.reinsert(undone, tip, Some(&address(ALICE)));
    fixture.check_invariants();
    assert_eq!(
        outcomes
            .iter()
            .filter(|(_, outcome)| outcome.is_err())
            .map(|(id, _)| *id)
            .collect::<Vec<_>>(),
        [expired.id()]
    );
    assert!(fixture.mempool.get(&hello.id()).is_some() && fixture.mempool.get(&claim.id()).is_some());
    assert!(fixture.mempool.evictable.is_empty());
}

#[test]
fn candidates_come_by_fee_rate_and_each_account_in_order_of_nonces() {
    let mut fixture = Fixture::with_coins(2..5, 10 * COIN);
    for (account, nonce, fee_micro) in [
        (2, 1, 10_000),
        (2, 2, 90_000),
        (3, 2, 50_000),
        (3, 1, 60_000),
        (4, 7, 55_000),
    ] {
        fixture.take(&fixture.sign_with_fee(account, nonce, fee_micro, post("hello")));
    }
    fixture.take(&fixture.claim(50, 1));
    let order: Vec<(Address, u64)> = fixture
        .mempool
        .candidates()
        .map(|candidate| (candidate.account, candidate.nonce))
        .collect();
    let expected =
        [(50, 1), (3, 1), (4, 7), (3, 2), (2, 1), (2, 2)].map(|(account, nonce)| (address(account), nonce));
    assert_eq!(order, expected);
}

#[test]
fn a_transaction_is_found_by_the_beginning_of_its_id() {
    let mut fixture = Fixture::new();
    let hello = fixture.sign(FOUNDER, 1, post("hello"));
    fixture.take(&hello);
    let prefix: [u8; 8] = hello.id().0.0[..8].try_into().unwrap();
    assert_eq!(fixture.mempool.by_prefix(&prefix).unwrap().id(), hello.id());
    for index in 0..8 {
        let mut other = prefix;
        other[index] ^= 1;
        assert!(fixture.mempool.by_prefix(&other).is_none());
    }
}

#[test]
fn unbondings_in_progress_hold_places_until_their_time_has_come() {
    let mut fixture = Fixture::new();
    let unbond = |fixture: &Fixture, nonce| fixture.sign(FOUNDER, nonce, Action::Unbond { amount_micro: 1 });
    fixture.apply(&fixture.sign(FOUNDER, 1, Action::Bond { amount_micro: 10 }));
    for nonce in 2..9 {
        fixture.apply(&unbond(&fixture, nonce));
    }
    fixture.take(&unbond(&fixture, 9));
    let ninth = fixture.refusal(&unbond(&fixture, 10));
    assert_eq!(ninth, TransactionError::TooManyUnbondings { max: 8 });
    let mut at_once = Fixture::new();
    at_once.rules.unbonding_slots = 0;
    at_once.apply(&at_once.sign(FOUNDER, 1, Action::Bond { amount_micro: 10 }));
    at_once.apply(&unbond(&at_once, 2));
    for nonce in 3..11 {
        at_once.take(&unbond(&at_once, nonce));
    }
}

#[test]
fn a_nonce_is_free_in_the_window_unless_it_is_used_or_waits() {
    let mut fixture = Fixture::new();
    fixture.apply(&fixture.sign(FOUNDER, 3, post("used")));
    fixture.take(&fixture.sign(FOUNDER, 5, post("waits")));
    let is_free = |nonce| {
        fixture
            .mempool
            .is_free_nonce(&address(FOUNDER), nonce, &fixture.state)
    };
    assert_eq!(
        [2, 3, 4, 5, 6, 67, 68].map(is_free),
        [true, false, true, false, true, true, false]
    );
}

#[test]
fn the_next_nonce_is_the_lowest_free_one_above_the_used_ones() {
    let mut fixture = Fixture::new();
    assert_eq!(
        fixture
            .mempool
            .next_nonce(&address(FOUNDER), &fixture.state, &BTreeSet::new()),
        Some(1)
    );
    fixture.apply(&fixture.sign(FOUNDER, 3, post("used")));
    fixture.take(&fixture.sign(FOUNDER, 4, post("waits")));
    fixture.take(&fixture.sign(FOUNDER, 6, post("waits")));
    assert_eq!(
        fixture
            .mempool
            .next_nonce(&address(FOUNDER), &fixture.state, &BTreeSet::new()),
        Some(5)
    );
    for nonce in (4..68).filter(|nonce| ![4, 6].contains(nonce)) {
        fixture.take(&fixture.sign(FOUNDER, nonce, post("waits")));
    }
    assert_eq!(
        fixture
            .mempool
            .next_nonce(&address(FOUNDER), &fixture.state, &BTreeSet::new()),
        None
    );
}

#[derive(Clone, Debug)]
enum Step {
    Offer {
        by: u8,
        nonce: u64,
        fee_micro: u64,
        amount_micro: u64,
        own: bool,
    },
    Claim {
        by: u8,
        nonce: u64,
    },
    Include {
        which: prop::sample::Index,
    },
    Prune {
        slots: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u8..5, 0_u64..70, 0_u64..60_000, 0..5 * COIN, any::<bool>()).prop_map(
            |(by, nonce, fee_micro, amount_micro, own)| Step::Offer { by, nonce, fee_micro, amount_micro, own }
        ),
        1 => (3_u8..8, 0_u64..70).prop_map(|(by, nonce)| Step::Claim { by, nonce }),
        1 => any::<prop::sample::Index>().prop_map(|which| Step::Include { which }),
        1 => (0_u64..120).prop_map(|slots| Step::Prune { slots }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_all_that_waits_is_bounded_indexed_and_payable(steps in prop::collection::vec(step(), 1..60)) {
        let mut fixture = Fixture::with_coins(2..4, 9 * COIN);
        for step in steps {
            match step {
                Step::Offer { by, nonce, fee_micro, amount_micro, own } => {
                    let action = transfer(by + 1, amount_micro);
                    let transaction = fixture.sign_with_fee(by, nonce, fee_micro, action);
                    let _ = fixture.offer_as(&transaction, own);
                }
                Step::Claim { by, nonce } => {
                    let claim = fixture.claim(by, nonce);
                    let _ = fixture.offer(&claim);
                }
                Step::Include { which } => {
                    let first = fixture.mempool.candidates().nth(which.index(3)).map(|entry| entry.id());
                    fixture.mempool.remove_included(first);
                    fixture.check_invariants();
                }
                Step::Prune { slots } => {
                    fixture.prune(NOW.plus(slots));
                }
            }
        }
        fixture.prune(NOW);
        let mut accounts = BTreeSet::new();
        for transaction in fixture.mempool.candidates() {
            accounts.insert(transaction.account);
        }
        for account in accounts {
            let state = &fixture.state;
            let pending = fixture.mempool.pending(&account, None);
            prop_assert!(pending.check(&account_of(state, &account), state.clock(), &fixture.rules).is_ok());
        }
    }
}
