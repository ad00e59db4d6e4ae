//! The four ways into a room, by whole peers: who gets a grant, what a flood of claims does, and what newcomers are.

use crate::common::net::Net;
use ting_core::{
    codec::BoundedVec,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, SecretKey},
        pass::PassSecret,
        work::WorkSearch,
    },
    gossip::message::Message,
    ledger::{
        anchor::Anchor,
        claim::claim_challenge,
        genesis::{ClaimMode, MICRO_PER_COIN},
        invite::Pass,
        transaction::{Action, Transaction},
    },
    peer::{
        command::{Command, CommandError, CommandResult},
        record::Record,
        view::{InviteView, PassView, WalletView},
    },
};

/// How soon a newcomer should have its grant.
const SOON_MS: u64 = 10_000;
/// The work that a claim takes here.
const WORK_BITS: u8 = 8;

fn room(claim_mode: ClaimMode) -> Net {
    let mut net = Net::new(WORK_BITS);
    net.rules.claim_mode = claim_mode;
    net.open_tab();
    net.run(8_000);
    net
}

fn wallet(net: &Net, tab: usize) -> WalletView {
    net.peer(tab).wallet_view(net.clock(tab))
}

/// A member opens an invite for so many; its pass, once it is in a block.
fn open_invite(net: &mut Net, tab: usize, uses: u8) -> PassSecret {
    let before = wallet(net, tab).invites;
    let answer = net.submit(tab, Command::OpenInvite { uses, slots: 3_600 });
    assert!(matches!(answer, CommandResult::Sent(_)), "{answer:?}");
    let new = |net: &Net| -> Option<InviteView> {
        let open = wallet(net, tab)
            .invites
            .into_iter()
            .filter(|invite| invite.is_open);
        let mut new = open.filter(|invite| before.iter().all(|old| old.pass != invite.pass));
        new.next()
    };
    assert!(
        net.until(SOON_MS, |net| new(net).is_some()),
        "no block with the invite"
    );
    let invite = new(net).unwrap();
    assert_eq!(invite.uses_left, uses);
    invite.pass.unwrap().parse().unwrap()
}

fn with_pass(net: &mut Net, pass: &PassSecret) -> usize {
    let tab = net.invite_tab();
    net.give_pass(tab, pass.clone());
    tab
}

fn gets_in(net: &mut Net, tab: usize) -> bool {
    net.until(SOON_MS, |net| net.has_grant(tab))
}

/// 64 claims of made-up accounts that show so much work on a final block, and these passes.
fn flood(net: &Net, bits: u32, pass: impl Fn(&Address) -> Option<Pass>) -> Message {
    let network = net.network(0);
    let slot = network.slot(net.clock(0));
    let anchors = network.head_state().unwrap().anchors();
    let anchor = Anchor::for_new_work(anchors, slot).unwrap().block;
    let claims = (0..64).map(|number| {
        let key = SecretKey::from_seed([number ^ 0x5a; 32]);
        let challenge = claim_challenge(&network.id(), &key.address(), &anchor);
        let mut search = WorkSearch::new(Domain::ClaimWork, challenge, bits);
        let action = Action::Claim {
            anchor,
            work_nonce: search.step(u32::MAX).unwrap(),
            pass: pass(&key.address()),
        };
        Transaction::sign(&key, network.id(), 1, slot.plus(3_590), 0, action)
    });
    Message::Transactions(BoundedVec::try_from(claims.collect::<Vec<_>>()).unwrap())
}

#[test]
fn a_pass_leads_in_beside_64_claims_of_more_work_that_have_none() {
    let mut net = room(ClaimMode::Invite);
    let pass = open_invite(&mut net, 0, 1);
    let (network, founder) = (net.network(0).id(), net.peer(0).account());
    let nobody = SecretKey::from_seed([200; 32]).address();
    let overheard = Pass::sign(&pass, founder, &network, &nobody);
    let bits = u32::from(WORK_BITS) + 6;
    let without = flood(&net, bits, |_| None);
    let made_up = PassSecret::new([9; 32]);
    let of_nobody = flood(&net, bits, |account| {
        Some(Pass::sign(&made_up, founder, &network, account))
    });
    let copied = flood(&net, bits, |_| Some(overheard));
    for worthless in [&without, &of_nobody, &copied] {
        net.say(worthless);
        net.run(300);
        assert_eq!(net.network(0).mempool().len(), 0, "they hold no place");
    }
    let newcomer = with_pass(&mut net, &pass);
    assert_eq!(wallet(&net, newcomer).pass, PassView::Held);
    assert!(gets_in(&mut net, newcomer));
}

#[test]
fn one_pass_keeps_out_nobody_who_comes_by_another() {
    let mut net = room(ClaimMode::Invite);
    let (leaked, own) = (open_invite(&mut net, 0, 3), open_invite(&mut net, 0, 1));
    let (network, founder) = (net.network(0).id(), net.peer(0).account());
    let crowd = flood(&net, u32::from(WORK_BITS) + 4, |account| {
        Some(Pass::sign(&leaked, founder, &network, account))
    });
    net.say(&crowd);
    net.run(100);
    assert!((1..=3).contains(&net.network(0).mempool().len()));
    let newcomer = with_pass(&mut net, &own);
    assert!(gets_in(&mut net, newcomer));
}

#[test]
fn who_comes_without_a_pass_works_for_nothing_until_one_is_there() {
    let mut net = room(ClaimMode::Invite);
    let newcomer = net.invite_tab();
    net.run(20_000);
    assert!(!net.has_grant(newcomer));
    assert_eq!(net.network(0).mempool().len(), 0);
    let told = wallet(&net, newcomer);
    assert_eq!((told.grant, told.pass), (None, PassView::None));
    assert!(matches!(
        net.post(newcomer, "hello?"),
        CommandResult::Refused(CommandError::InsufficientFunds { .. })
    ));
    let pass = open_invite(&mut net, 0, 1);
    net.give_pass(newcomer, pass);
    assert!(gets_in(&mut net, newcomer));
    assert!(matches!(net.post(newcomer, "hello"), CommandResult::Sent(_)));
}

#[test]
fn the_uses_of_a_pass_run_out_and_the_next_pass_leads_in() {
    let mut net = room(ClaimMode::Invite);
    let pass = open_invite(&mut net, 0, 2);
    for left in [Some(1), None] {
        let newcomer = with_pass(&mut net, &pass);
        assert!(gets_in(&mut net, newcomer));
        let invites = wallet(&net, 0).invites;
        assert_eq!(invites.first().map(|invite| invite.uses_left), left);
    }
    let late = with_pass(&mut net, &pass);
    net.run(60_000);
    assert!(!net.has_grant(late));
    let told = wallet(&net, late);
    assert_eq!((told.grant, told.pass), (None, PassView::Void));
    let next = open_invite(&mut net, 0, 1);
    net.give_pass(late, next);
    assert!(gets_in(&mut net, late));
}

#[test]
fn who_lost_the_last_use_of_a_pass_to_somebody_is_told_at_once() {
    let mut net = room(ClaimMode::Invite);
    let pass = open_invite(&mut net, 0, 1);
    let both = [(); 2].map(|()| with_pass(&mut net, &pass));
    let one_is_in = |net: &Net| both.iter().any(|tab| net.has_grant(*tab));
    assert!(net.until(SOON_MS, one_is_in));
    net.run(3_000);
    let late = both.into_iter().find(|tab| !net.has_grant(*tab)).unwrap();
    let told = wallet(&net, late);
    assert_eq!((told.grant, told.pass), (None, PassView::Void));
    let next = open_invite(&mut net, 0, 1);
    net.give_pass(late, next);
    assert!(gets_in(&mut net, late));
}

#[test]
fn a_pass_that_was_taken_before_its_invite_is_in_a_block_leads_in_once_it_is() {
    let mut net = room(ClaimMode::Invite);
    let newcomer = net.invite_tab();
    net.run(5_000);
    net.submit(0, Command::OpenInvite { uses: 1, slots: 60 });
    let waiting = wallet(&net, 0).invites.remove(0);
    assert!(!waiting.is_open);
    net.give_pass(newcomer, waiting.pass.unwrap().parse().unwrap());
    assert!(gets_in(&mut net, newcomer));
}

#[test]
fn who_was_let_in_becomes_an_operator_and_may_invite_in_turn() {
    let mut net = room(ClaimMode::Invite);
    let pass = open_invite(&mut net, 0, 1);
    let guest = with_pass(&mut net, &pass);
    assert!(!wallet(&net, guest).may_invite);
    assert!(gets_in(&mut net, guest));
    assert!(net.until(60_000, |net| wallet(net, guest).may_invite));
    let pass = open_invite(&mut net, guest, 1);
    let friend = with_pass(&mut net, &pass);
    assert!(gets_in(&mut net, friend));
}

#[test]
fn a_pass_outlives_a_restart_and_the_inviters_passes_need_no_storage() {
    let mut net = room(ClaimMode::Invite);
    let guest = net.invite_tab();
    net.run(5_000);
    // Taken, and closed before anything comes of it.
    net.submit(0, Command::OpenInvite { uses: 1, slots: 600 });
    let pass: PassSecret = wallet(&net, 0).invites.remove(0).pass.unwrap().parse().unwrap();
    net.give_pass(guest, pass.clone());
    net.give_pass(guest, pass.clone());
    let is_pass = |record: &&Record| matches!(record, Record::Pass(_));
    assert_eq!(net.records(guest).iter().filter(is_pass).count(), 1);
    net.stop(guest);
    let is_open = |net: &Net| wallet(net, 0).invites.iter().any(|invite| invite.is_open);
    assert!(net.until(SOON_MS, is_open));
    net.stop(0);
    net.start_compacted(0);
    let twin = net.invite_twin(0);
    net.run(8_000);
    for device in [0, twin] {
        let invites = wallet(&net, device).invites;
        let shown: Vec<_> = invites.into_iter().map(|invite| invite.pass).collect();
        assert_eq!(shown, [Some(pass.to_text())]);
    }
    net.start_compacted(guest);
    assert!(gets_in(&mut net, guest));
}

#[test]
fn in_an_open_room_newcomers_make_blocks_and_what_is_final_is_the_founders_word() {
    let mut net = room(ClaimMode::Open);
    for _ in 0..4 {
        let newcomer = net.invite_tab();
        assert!(gets_in(&mut net, newcomer));
    }
    let all_draw = |net: &Net| net.network(0).head_state().unwrap().term().operators.len() == 5;
    assert!(net.until(120_000, all_draw));
    let founder = net.peer(0).account();
    let of_newcomers = |net: &Net| {
        let beads = net.peer(0).pulse_view(net.clock(0)).beads;
        beads.iter().filter(|bead| bead.proposer != founder).count()
    };
    for word in 0..20 {
        net.post(0, &format!("word {word}"));
        net.run(4_000);
    }
    assert!(
        of_newcomers(&net) >= 3,
        "{} blocks of newcomers",
        of_newcomers(&net)
    );
    let term = net.network(0).head_state().unwrap().term().clone();
    let voters: Vec<Address> = term.voters.iter().map(|voter| voter.account).collect();
    assert_eq!(voters, [founder]);
    let before = net.network(1).chain().final_height();
    net.stop(0);
    for word in 0..40 {
        net.post(1, &format!("alone {word}"));
        net.run(5_000);
    }
    let chain = net.network(1).chain();
    assert!(chain.height() > before + 20, "blocks go on");
    assert!(chain.final_height() <= before + 2, "nothing more is final");
    net.start(0, None);
    let is_final = |net: &Net| net.network(1).chain().final_height() > before + 20;
    assert!(net.until(120_000, is_final));
}

#[test]
fn in_an_open_room_the_clocks_of_a_crowd_do_not_keep_the_founder_from_voting() {
    let mut net = room(ClaimMode::Open);
    for _ in 0..4 {
        let newcomer = net.invite_tab();
        assert!(gets_in(&mut net, newcomer));
    }
    let all_draw = |net: &Net| net.network(0).head_state().unwrap().term().operators.len() == 5;
    assert!(net.until(120_000, all_draw));
    (1..5).for_each(|newcomer| net.set_clock(newcomer, 5_000));
    net.run(60_000);
    net.post(0, "still here");
    let is_final = |net: &Net| net.final_texts(0).contains(&"still here".to_owned());
    assert!(net.until(60_000, is_final));
}

#[test]
fn without_grants_nobody_claims_and_a_payment_lets_a_newcomer_take_part() {
    let mut net = room(ClaimMode::None);
    let newcomer = net.invite_tab();
    net.run(30_000);
    assert_eq!(wallet(&net, newcomer).grant, None);
    assert_eq!(net.network(0).mempool().len(), 0);
    assert!(matches!(
        net.post(newcomer, "hello?"),
        CommandResult::Refused(CommandError::InsufficientFunds { .. })
    ));
    let to = net.peer(newcomer).account();
    let payment = Command::Transfer {
        to,
        amount_micro: 250 * MICRO_PER_COIN,
        memo: String::new(),
        fee_micro: None,
    };
    net.submit(0, payment);
    let is_paid = |net: &Net| net.account(newcomer, newcomer).is_some();
    assert!(net.until(SOON_MS, is_paid));
    assert!(matches!(net.post(newcomer, "hello"), CommandResult::Sent(_)));
    let is_final = |net: &Net| net.final_texts(0).contains(&"hello".to_owned());
    assert!(net.until(20_000, is_final));
    // Who bonds as much as elsewhere is granted takes part in everything.
    let amount_micro = net.rules.grant_bond_micro;
    net.submit(newcomer, Command::Bond { amount_micro });
    let both_vote = |net: &Net| net.network(0).head_state().unwrap().term().voters.len() == 2;
    assert!(net.until(120_000, both_vote));
}

#[test]
fn an_invite_is_refused_with_its_reason_where_it_means_nothing() {
    for mode in [ClaimMode::Link, ClaimMode::Open, ClaimMode::None] {
        let mut net = room(mode);
        let answer = net.submit(0, Command::OpenInvite { uses: 1, slots: 60 });
        assert!(matches!(answer, CommandResult::Refused(CommandError::Refused(_))));
    }
}

#[test]
fn a_claim_on_a_made_up_block_holds_no_place_in_any_mode() {
    for mode in ClaimMode::ALL {
        let mut net = room(mode);
        let network = net.network(0).id();
        let key = SecretKey::from_seed([3; 32]);
        let valid_until = net.network(0).slot(net.clock(0)).plus(600);
        let action = Action::Claim {
            anchor: Hash([9; 32]),
            work_nonce: 0,
            pass: None,
        };
        let claim = Transaction::sign(&key, network, 1, valid_until, 0, action);
        net.say(&Message::Transactions(BoundedVec::try_from(vec![claim]).unwrap()));
        net.run(500);
        assert_eq!(net.network(0).mempool().len(), 0);
    }
}
