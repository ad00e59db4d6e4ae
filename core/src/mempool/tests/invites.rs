//! Floods of claims in each of the ways into a room: what would never be applied holds no place.

use super::*;
use crate::{
    crypto::pass::PassSecret,
    ledger::{genesis::ClaimMode, invite::Pass},
};

const DAY: Slot = Slot(86_400);

fn pass(number: u8) -> PassSecret {
    PassSecret::new([number; 32])
}

fn room(claim_mode: ClaimMode) -> Fixture {
    Fixture::with(|rules| rules.claim_mode = claim_mode)
}

impl Fixture {
    /// The founder, with this nonce, invites so many by the pass of the same number.
    fn invite(&mut self, number: u8, uses: u8) {
        let action = Action::Invite {
            number: number.into(),
            key: pass(number).public(),
            uses,
            until: DAY,
        };
        self.apply(&self.sign(FOUNDER, number.into(), action));
    }

    /// A Claim by this pass of the founder that shows so many zero bits.
    fn claim_by(&self, by: u8, number: u8, bits: u32) -> Transaction {
        let shown = Pass::sign(&pass(number), address(FOUNDER), &self.network, &address(by));
        self.with_pass(by, bits, Some(shown))
    }

    fn with_pass(&self, by: u8, bits: u32, pass: Option<Pass>) -> Transaction {
        let claim = self.claim_on(by, 1, self.network.0, bits..=bits);
        let Action::Claim {
            anchor, work_nonce, ..
        } = claim.action
        else {
            unreachable!()
        };
        let action = Action::Claim {
            anchor,
            work_nonce,
            pass,
        };
        self.sign(by, 1, action)
    }
}

#[test]
fn where_a_pass_is_asked_for_no_claim_without_one_waits_whatever_work_it_shows() {
    let mut fixture = room(ClaimMode::Invite);
    fixture.invite(1, 1);
    for account in 10..74 {
        let without = fixture.with_pass(account, 6, None);
        assert_eq!(fixture.refusal(&without), TransactionError::PassMissing);
        let made_up = fixture.claim_by(account, 2, 6);
        assert_eq!(fixture.refusal(&made_up), TransactionError::UnknownInvite);
        let overheard = Pass::sign(&pass(1), address(FOUNDER), &fixture.network, &address(ALICE));
        let copied = fixture.with_pass(account, 6, Some(overheard));
        assert_eq!(fixture.refusal(&copied), TransactionError::BadPass);
    }
    assert!(fixture.mempool.is_empty());
    fixture.take(&fixture.claim_by(ALICE, 1, 2));
}

#[test]
fn where_there_are_no_grants_no_claim_waits() {
    let mut fixture = room(ClaimMode::None);
    assert_eq!(
        fixture.refusal(&fixture.with_pass(ALICE, 6, None)),
        TransactionError::NoGrants
    );
}

#[test]
fn in_an_open_room_claims_compete_by_work_as_with_the_link() {
    let mut fixture = room(ClaimMode::Open);
    for account in 10..74 {
        fixture.take(&fixture.with_pass(account, 3, None));
    }
    let newcomer = fixture.with_pass(ALICE, 4, None);
    assert_eq!(fixture.offer(&newcomer).unwrap().evicted.len(), 1);
}

#[test]
fn of_one_invite_no_more_claims_wait_than_it_admits() {
    let mut fixture = room(ClaimMode::Invite);
    fixture.invite(1, 2);
    fixture.invite(2, 1);
    fixture.take(&fixture.claim_by(10, 1, 3));
    fixture.take(&fixture.claim_by(11, 1, 4));
    let invite = |fixture: &Fixture, number: u8| {
        let inviter = fixture.state.inviter(&address(FOUNDER)).unwrap();
        *inviter.check(&pass(number).public(), NOW).unwrap()
    };
    let to_enter = |fixture: &Fixture, number| {
        let invite = invite(fixture, number);
        fixture
            .mempool
            .bits_to_enter(&address(12), Some((&address(FOUNDER), &invite)))
    };
    assert_eq!((to_enter(&fixture, 1), to_enter(&fixture, 2)), (4, 0));
    let third = fixture.claim_by(12, 1, 3);
    assert_eq!(fixture.offer(&third), Err(MempoolError::TooManyOfInvite));
    let weakest = fixture.claim_by(10, 1, 3).id();
    let third = fixture.claim_by(12, 1, 5);
    assert_eq!(fixture.offer(&third).unwrap().evicted, [weakest]);
    fixture.take(&fixture.claim_by(13, 2, 2));
}

#[test]
fn a_claim_that_shows_more_work_or_another_pass_replaces_the_own_one_of_a_full_invite() {
    let mut fixture = room(ClaimMode::Invite);
    fixture.invite(1, 1);
    fixture.invite(2, 1);
    let light = fixture.claim_by(ALICE, 1, 2);
    fixture.take(&light);
    let heavy = fixture.claim_by(ALICE, 1, 3);
    let outcome = fixture.offer(&heavy).unwrap();
    assert_eq!((outcome.replaced, outcome.evicted), (Some(light.id()), vec![]));
    let by_other = fixture.claim_by(ALICE, 2, 4);
    assert_eq!(fixture.offer(&by_other).unwrap().replaced, Some(heavy.id()));
    fixture.take(&fixture.claim_by(10, 1, 2));
}

#[test]
fn a_claim_that_replaces_the_own_one_takes_the_place_of_no_other() {
    let mut fixture = room(ClaimMode::Invite);
    fixture.invite(1, 2);
    let (light, heavy) = (fixture.claim_by(ALICE, 1, 2), fixture.claim_by(ALICE, 1, 5));
    fixture.take(&fixture.claim_by(10, 1, 3));
    fixture.offer_as(&light, true).unwrap();
    let outcome = fixture.offer_as(&heavy, true).unwrap();
    assert_eq!((outcome.replaced, outcome.evicted), (Some(light.id()), vec![]));
}

#[test]
fn claims_go_when_their_invite_is_used_up_or_over() {
    let mut fixture = room(ClaimMode::Invite);
    fixture.invite(1, 1);
    fixture.invite(2, 5);
    let (used, late) = (fixture.claim_by(10, 1, 3), fixture.claim_by(11, 2, 3));
    fixture.take(&used);
    fixture.take(&late);
    fixture.apply(&fixture.claim_by(ALICE, 1, 2));
    assert_eq!(fixture.prune(NOW), [(used.id(), TransactionError::InviteUsedUp)]);
    let action = late.action.clone();
    let slot = DAY.plus(1);
    let lasting = Transaction::sign(&secret(11), fixture.network, 1, slot.plus(9), 0, action);
    fixture.mempool.remove_included([late.id()]);
    let tip = Tip {
        ledger: &fixture.state,
        anchors: &fixture.anchors,
        slot: DAY,
    };
    let verified = VerifiedTransaction::verify(lasting.clone()).unwrap();
    assert!(fixture.mempool.insert(verified, tip, false).unwrap().new);
    let until = DAY;
    assert_eq!(
        fixture.prune(slot),
        [(lasting.id(), TransactionError::InviteExpired { until, slot })]
    );
}

#[test]
fn the_signature_of_a_pass_is_looked_at_only_when_the_work_is_done() {
    let mut fixture = room(ClaimMode::Invite);
    fixture.invite(1, 1);
    let overheard = Pass::sign(&pass(1), address(FOUNDER), &fixture.network, &address(10));
    let idle = fixture
        .claim_on(ALICE, 1, fixture.network.0, 0..=1)
        .action
        .clone();
    let Action::Claim {
        anchor, work_nonce, ..
    } = idle
    else {
        unreachable!()
    };
    let pass = Some(overheard);
    let idle = Action::Claim {
        anchor,
        work_nonce,
        pass,
    };
    assert!(matches!(
        fixture.refusal(&fixture.sign(ALICE, 1, idle)),
        TransactionError::WrongWork { .. }
    ));
}
