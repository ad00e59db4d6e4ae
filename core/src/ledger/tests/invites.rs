//! The ways into a room: who may draw a grant in each, what an invite admits, and what newcomers are in an open room.

use super::*;
use crate::{
    crypto::{keys::PublicKey, pass::PassSecret},
    ledger::{genesis::ClaimMode, invite::Pass},
    params::{MAX_INVITE_SLOTS, MAX_INVITE_USES, MAX_OPEN_INVITES},
};

fn room(claim_mode: ClaimMode) -> Books {
    Books::with(|rules| (rules.claim_mode, rules.claim_work_bits) = (claim_mode, 0))
}

fn secret_of(number: u8) -> PassSecret {
    PassSecret::new([number; 32])
}

fn key(number: u8) -> PublicKey {
    secret_of(number).public()
}

impl Books {
    fn bare_claim(&self, pass: Option<Pass>) -> Action {
        Action::Claim {
            anchor: self.network.0,
            work_nonce: 0,
            pass,
        }
    }

    /// A claim by the pass with this number, of an invite of the founder.
    fn claim_by(&self, by: u8, pass: u8) -> Action {
        let pass = Pass::sign(&secret_of(pass), address(FOUNDER), &self.network, &address(by));
        self.bare_claim(Some(pass))
    }

    /// An invite with this number, for so many, open for so many slots more.
    fn invite(&self, number: u8, uses: u8, slots: u64) -> Action {
        Action::Invite {
            number: number.into(),
            key: key(number),
            uses,
            until: self.slot.plus(slots),
        }
    }

    fn uses_left(&self, number: u8) -> Option<u8> {
        let inviter = self.state.inviter(&address(FOUNDER))?;
        let invite = inviter
            .open_in(self.slot)
            .find(|invite| invite.key == key(number))?;
        Some(invite.uses_left)
    }
}

#[test]
fn a_claim_shows_a_pass_where_one_is_asked_for_and_nowhere_else() {
    use ClaimMode::{Invite, Link, None as NoGrants, Open};
    let refused = |mode, with_pass: bool| {
        let mut books = room(mode);
        let action = if with_pass {
            books.claim_by(ALICE, 1)
        } else {
            books.bare_claim(None)
        };
        books.refusal_of(ALICE, 1, action)
    };
    assert_eq!(refused(Link, true), TransactionError::PassUnknown);
    assert_eq!(refused(Open, true), TransactionError::PassUnknown);
    assert_eq!(refused(Invite, false), TransactionError::PassMissing);
    assert_eq!(refused(NoGrants, false), TransactionError::NoGrants);
    assert_eq!(refused(NoGrants, true), TransactionError::NoGrants);
    for mode in [Link, Open] {
        let mut books = room(mode);
        books.act(ALICE, 1, books.bare_claim(None));
        assert!(books.state.account(&address(ALICE)).unwrap().claimed);
    }
}

#[test]
fn an_invite_admits_as_many_claims_as_it_has_uses() {
    let mut books = room(ClaimMode::Invite);
    books.act(FOUNDER, 1, books.invite(1, 2, 100));
    for (newcomer, left) in [(10, Some(1)), (11, None)] {
        books.act(newcomer, 1, books.claim_by(newcomer, 1));
        assert!(books.state.account(&address(newcomer)).unwrap().claimed);
        assert_eq!(books.uses_left(1), left);
        books.next_block(1);
    }
    let error = books.refusal_of(12, 1, books.claim_by(12, 1));
    assert_eq!(error, TransactionError::InviteUsedUp);
}

#[test]
fn a_refused_claim_takes_no_use() {
    let mut books = room(ClaimMode::Invite);
    books.act(FOUNDER, 1, books.invite(1, 1, 100));
    let pass = Pass::sign(&secret_of(1), address(FOUNDER), &books.network, &address(ALICE));
    let on_nothing = Action::Claim {
        anchor: Hash([9; 32]),
        work_nonce: 0,
        pass: Some(pass),
    };
    assert_eq!(
        books.refusal_of(ALICE, 1, on_nothing),
        TransactionError::UnknownAnchor
    );
    assert_eq!(books.uses_left(1), Some(1));
    books.act(ALICE, 1, books.claim_by(ALICE, 1));
}

#[test]
fn a_claim_by_an_invite_that_is_not_there_or_over_is_refused() {
    let mut books = room(ClaimMode::Invite);
    assert_eq!(
        books.refusal_of(ALICE, 1, books.claim_by(ALICE, 1)),
        TransactionError::UnknownInvite,
        "nobody has invited yet"
    );
    books.act(FOUNDER, 1, books.invite(1, 5, 10));
    assert_eq!(
        books.refusal_of(ALICE, 1, books.claim_by(ALICE, 2)),
        TransactionError::UnknownInvite,
        "another key"
    );
    let of_bob = Pass::sign(&secret_of(1), address(BOB), &books.network, &address(ALICE));
    assert_eq!(
        books.refusal_of(ALICE, 1, books.bare_claim(Some(of_bob))),
        TransactionError::UnknownInvite,
        "another inviter"
    );
    let until = books.slot.plus(10);
    books.next_block(10);
    books.act(10, 1, books.claim_by(10, 1));
    books.next_block(1);
    let slot = books.slot;
    assert_eq!(
        books.refusal_of(ALICE, 1, books.claim_by(ALICE, 1)),
        TransactionError::InviteExpired { until, slot }
    );
}

#[test]
fn a_pass_that_signed_another_account_or_network_is_refused() {
    let mut books = room(ClaimMode::Invite);
    books.act(FOUNDER, 1, books.invite(1, 5, 100));
    assert_eq!(
        books.refusal_of(ALICE, 1, books.claim_by(BOB, 1)),
        TransactionError::BadPass
    );
    let elsewhere = NetworkId(Hash([8; 32]));
    let pass = Pass::sign(&secret_of(1), address(FOUNDER), &elsewhere, &address(ALICE));
    assert_eq!(
        books.refusal_of(ALICE, 1, books.bare_claim(Some(pass))),
        TransactionError::BadPass
    );
    let by_other_key = Pass {
        key: key(1),
        ..Pass::sign(&secret_of(2), address(FOUNDER), &books.network, &address(ALICE))
    };
    assert_eq!(
        books.refusal_of(ALICE, 1, books.bare_claim(Some(by_other_key))),
        TransactionError::BadPass
    );
    assert_eq!(books.uses_left(1), Some(5));
}

#[test]
fn only_operators_with_a_grants_bond_invite() {
    let mut books = room(ClaimMode::Invite);
    books.act(FOUNDER, 1, transfer(ALICE, 300 * MICRO_PER_COIN));
    assert_eq!(
        books.refusal_of(ALICE, 1, books.invite(1, 1, 10)),
        TransactionError::NotAnOperator
    );
    let amount_micro = books.rules.grant_bond_micro;
    books.act(ALICE, 1, Action::Bond { amount_micro });
    assert_eq!(
        books.refusal_of(ALICE, 2, books.invite(1, 1, 10)),
        TransactionError::NotAnOperator
    );
    let keys = Action::Operator {
        signing_key: secret(103).public(),
        vrf_key: VrfSecretKey::from_seed([104; 32]).public(),
    };
    books.act(ALICE, 2, keys);
    books.act(ALICE, 3, books.invite(1, 1, 10));
    books.act(ALICE, 4, Action::Unbond { amount_micro: 1 });
    assert!(matches!(
        books.refusal_of(ALICE, 5, books.invite(2, 1, 10)),
        TransactionError::StakeTooSmall { .. }
    ));
}

#[test]
fn an_invite_is_for_1_to_32_people_and_a_day_at_most_and_pays_its_fee() {
    let mut books = room(ClaimMode::Invite);
    for uses in [0, MAX_INVITE_USES + 1, u8::MAX] {
        let max = MAX_INVITE_USES;
        let error = TransactionError::InviteUses { uses, max };
        assert_eq!(books.refusal_of(FOUNDER, 1, books.invite(1, uses, 10)), error);
    }
    let error = books.refusal_of(FOUNDER, 1, books.invite(1, 1, MAX_INVITE_SLOTS + 1));
    assert!(matches!(error, TransactionError::InviteTime { .. }));
    let over = Action::Invite {
        number: 1,
        key: key(1),
        uses: 1,
        until: Slot(books.slot.0 - 1),
    };
    let error = books.refusal_of(FOUNDER, 1, over);
    assert!(matches!(error, TransactionError::InviteTime { .. }));
    let before = books.balance(FOUNDER) + books.rules.grant_bond_micro;
    books.act(FOUNDER, 1, books.invite(1, MAX_INVITE_USES, MAX_INVITE_SLOTS));
    let fee_micro = books.rules.fees.minimum_micro(&books.invite(1, 1, 1));
    assert!(fee_micro > 0);
    // Half of the fee is the founder's again, who proposes the block.
    assert_eq!(
        books.balance(FOUNDER) + books.rules.grant_bond_micro,
        before - fee_micro / 2
    );
}

#[test]
fn nobody_invites_where_that_means_nothing() {
    for mode in [ClaimMode::Link, ClaimMode::Open, ClaimMode::None] {
        let mut books = room(mode);
        assert_eq!(
            books.refusal_of(FOUNDER, 1, books.invite(1, 1, 10)),
            TransactionError::PassUnknown
        );
    }
}

#[test]
fn an_account_has_eight_open_invites_and_used_and_expired_ones_make_room() {
    let mut books = room(ClaimMode::Invite);
    books.act(FOUNDER, 1, books.invite(1, 1, 100));
    assert_eq!(
        books.refusal_of(FOUNDER, 2, books.invite(1, 5, 50)),
        TransactionError::InviteTwice
    );
    books.act(FOUNDER, 2, books.invite(2, 1, 5));
    let max = MAX_OPEN_INVITES;
    for number in 3..=max as u8 {
        books.act(FOUNDER, number.into(), books.invite(number, 1, 100));
    }
    let too_many = TransactionError::TooManyInvites { max };
    assert_eq!(books.refusal_of(FOUNDER, 9, books.invite(9, 1, 100)), too_many);
    books.act(ALICE, 1, books.claim_by(ALICE, 1));
    books.act(FOUNDER, 9, books.invite(9, 1, 100));
    assert_eq!(books.refusal_of(FOUNDER, 10, books.invite(10, 1, 100)), too_many);
    books.next_block(6);
    books.act(FOUNDER, 10, books.invite(10, 1, 100));
    assert_eq!(books.refusal_of(FOUNDER, 11, books.invite(11, 1, 100)), too_many);
    assert_eq!(
        (books.uses_left(1), books.uses_left(2), books.uses_left(3)),
        (None, None, Some(1))
    );
}

#[test]
fn invites_of_others_with_the_same_key_are_others() {
    let mut books = room(ClaimMode::Invite);
    books.act(FOUNDER, 1, books.invite(1, 1, 100));
    books.act(ALICE, 1, books.claim_by(ALICE, 1));
    let keys = Action::Operator {
        signing_key: secret(103).public(),
        vrf_key: VrfSecretKey::from_seed([104; 32]).public(),
    };
    books.act(ALICE, 2, keys);
    books.act(ALICE, 3, books.invite(2, 1, 100));
    books.act(FOUNDER, 2, books.invite(2, 1, 100));
    assert_eq!(books.state.inviters().count(), 2);
    books.next_block(1);
    books.act(BOB, 1, books.claim_by(BOB, 2));
    assert_eq!(books.uses_left(2), None);
    let alice = books.state.inviter(&address(ALICE)).unwrap();
    assert_eq!(alice.open_in(books.slot).count(), 1);
}

#[test]
fn in_an_open_room_the_founders_bond_votes_and_granted_bonds_do_not() {
    let mut books = room(ClaimMode::Open);
    books.act(ALICE, 1, books.bare_claim(None));
    let bond = books.rules.grant_bond_micro;
    let stakes = |of: u8| {
        let account = books.state.account(&address(of)).unwrap();
        (
            account.stake(),
            ClaimMode::ALL.map(|mode| account.voting_stake(mode)),
        )
    };
    assert_eq!(stakes(FOUNDER), (bond, [bond; 4]));
    assert_eq!(stakes(ALICE), (bond, [bond, bond, 0, bond]));
}

#[test]
fn in_an_open_room_nobody_buys_votes_with_what_was_granted() {
    let mut books = room(ClaimMode::Open);
    books.act(ALICE, 1, books.bare_claim(None));
    let all = Action::Bond {
        amount_micro: 700 * MICRO_PER_COIN,
    };
    assert_eq!(
        books.refusal_of(ALICE, 2, all.clone()),
        TransactionError::NoBonding
    );
    for mode in [ClaimMode::Link, ClaimMode::Invite, ClaimMode::None] {
        let mut books = room(mode);
        books.act(FOUNDER, 1, all.clone());
    }
}

#[test]
fn without_grants_all_coins_are_the_founders_and_who_is_paid_can_post() {
    let mut books = room(ClaimMode::None);
    assert_eq!(books.state.fund_micro(), 0);
    assert_eq!(
        books.balance(FOUNDER) + books.rules.grant_bond_micro,
        books.rules.supply_micro
    );
    books.act(FOUNDER, 1, transfer(ALICE, MICRO_PER_COIN));
    books.act(ALICE, 1, post("thank you"));
}
