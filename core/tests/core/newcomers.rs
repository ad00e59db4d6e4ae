//! Newcomers get their grant soon, whatever the age of the room, whoever floods it with claims, and while finality stalls.

use crate::common::net::Net;
use ting_core::{
    codec::BoundedVec,
    crypto::{
        hash::{Domain, Hash},
        keys::SecretKey,
        work::WorkSearch,
    },
    gossip::message::Message,
    ledger::{
        anchor::Anchor,
        claim::claim_challenge,
        transaction::{Action, Transaction},
    },
    peer::{
        command::Command,
        view::{MessageContent, MessageView},
    },
};

/// The work that a claim takes by default: about half a second of a tab.
const WORK_BITS: u8 = 19;
/// How soon a newcomer should have its grant.
const SOON_MS: u64 = 10_000;

/// Somebody opens the link; how long it takes until it has its grant.
fn time_to_grant_ms(net: &mut Net, patience_ms: u64) -> u64 {
    let joined_ms = net.now_ms;
    let newcomer = net.invite_tab();
    assert!(
        net.until(patience_ms, |net| net.has_grant(newcomer)),
        "no grant after {} s in a room of {} s",
        (net.now_ms - joined_ms) / 1_000,
        (joined_ms - crate::common::net::BEGIN_MS) / 1_000,
    );
    net.now_ms - joined_ms
}

/// A room of three whose members say something now and then, or nothing.
fn grants_by_age(ages_s: &[u64], talks: bool) {
    let mut net = Net::new(WORK_BITS);
    net.open_tab();
    net.run(8_000);
    for _ in 1..3 {
        net.invite_tab();
        net.run(6_000);
    }
    for age_s in ages_s {
        let mut words = 0;
        while net.now_ms < crate::common::net::BEGIN_MS + age_s * 1_000 {
            if talks {
                words += 1;
                net.post(0, &format!("word {words} before {age_s}"));
            }
            net.run(5_000);
        }
        let took_ms = time_to_grant_ms(&mut net, SOON_MS);
        println!("room of {age_s} s: granted after {took_ms} ms");
    }
}

#[test]
fn at_every_age_of_a_room_that_talks_a_newcomer_has_its_grant_within_ten_seconds() {
    grants_by_age(&[30, 300, 590, 620, 650, 690, 730, 900, 1_800], true);
}

#[test]
fn at_every_age_of_a_quiet_room_a_newcomer_has_its_grant_within_ten_seconds() {
    grants_by_age(&[600, 640, 680, 720, 1_200], false);
}

/// Claims of made-up accounts, on a block that is final or on one that does not exist.
fn flood(net: &Net, anchor: Hash, bits: u32) -> Message {
    let network = net.network(0);
    let valid_until = network.slot(net.clock(0)).plus(3_590);
    let claims = (0..64).map(|number| {
        let key = SecretKey::from_seed([number ^ 0x5a; 32]);
        let challenge = claim_challenge(&network.id(), &key.address(), &anchor);
        let work_nonce = WorkSearch::new(Domain::ClaimWork, challenge, bits)
            .step(u32::MAX)
            .unwrap();
        Transaction::sign(
            &key,
            network.id(),
            1,
            valid_until,
            0,
            Action::Claim {
                anchor,
                work_nonce,
                pass: None,
            },
        )
    });
    Message::Transactions(BoundedVec::try_from(claims.collect::<Vec<_>>()).unwrap())
}

#[test]
fn claims_on_an_invented_block_hold_no_place_and_cost_a_newcomer_nothing() {
    let mut net = Net::of_voters(3);
    net.run(60_000);
    let undisturbed_ms = time_to_grant_ms(&mut net, SOON_MS);
    net.run(60_000);
    let invented = flood(&net, Hash([0xee; 32]), 8);
    net.say(&invented);
    net.run(1_000);
    assert_eq!(net.network(0).mempool().len(), 0);
    let took_ms = time_to_grant_ms(&mut net, SOON_MS);
    println!("granted after {undisturbed_ms} ms undisturbed, {took_ms} ms beside 64 invented claims");
}

#[test]
fn claims_that_took_work_are_outbid_by_more_work() {
    let mut net = Net::new(12);
    net.open_tab();
    net.run(8_000);
    net.invite_tab();
    net.run(60_000);
    let slot = net.network(0).slot(net.clock(0));
    let anchors = net.network(0).head_state().unwrap().anchors();
    let anchor = Anchor::for_new_work(anchors, slot).unwrap().block;
    let claims = flood(&net, anchor, 12);
    net.say(&claims);
    net.run(200);
    assert!(net.network(0).mempool().len() > 60);
    // The four claims of a term that is under way may all be the flood's.
    let took_ms = time_to_grant_ms(&mut net, 60_000);
    println!("granted after {took_ms} ms beside 64 claims with work");
    assert!(net.network(0).mempool().len() > 40, "the flood is still waiting");
}

#[test]
fn while_finality_stalls_newcomers_are_let_in_one_by_one() {
    let mut net = Net::of_patient_voters(2);
    net.stop(1);
    let stalled_at = net.network(0).chain().final_height();
    for hour in 0..2 {
        for word in 0..360 {
            net.post(0, &format!("alone {hour} {word}"));
            net.run(10_000);
        }
    }
    assert!(
        net.network(0).chain().final_height() <= stalled_at + 2,
        "finality goes on"
    );
    for _ in 0..8 {
        let took_ms = time_to_grant_ms(&mut net, 60_000);
        println!("granted after {took_ms} ms while finality stalls");
    }
    net.start(1, None);
    let is_final = |net: &Net| {
        let tree = net.network(0).chain();
        tree.height() - tree.final_height() < 20
    };
    assert!(net.until(300_000, is_final), "finality does not come back");
}

/// The name beside a text, as a tab shows it.
fn author_of(net: &Net, tab: usize, text: &str) -> Option<String> {
    let lines = net.peer(tab).chat_view(net.clock(tab), "hall", 100).messages;
    let is_it =
        |line: &MessageView| matches!(&line.content, MessageContent::Text { text: said, .. } if said == text);
    lines.into_iter().find(is_it).map(|line| line.author_name)
}

#[test]
fn the_name_of_somebody_who_was_paid_and_found_no_grant_is_known_when_they_are_away() {
    let mut net = Net::new(1);
    // One grant for the founder, and one for the first newcomer.
    net.rules.supply_micro = 2 * net.rules.grant_micro;
    net.open_tab();
    net.run(8_000);
    let member = net.invite_tab();
    net.run(60_000);
    assert!(net.has_grant(member));
    let guest = net.invite_tab();
    net.run(8_000);
    assert_eq!(net.account(guest, 0), None, "no grant, no coins, no name");
    let to = net.peer(guest).account();
    let payment = Command::Transfer {
        to,
        amount_micro: 5_000_000,
        memo: String::new(),
        fee_micro: None,
    };
    net.submit(0, payment);
    let has_name = |net: &Net| {
        net.account(guest, 0)
            .is_some_and(|account| account.name.is_some())
    };
    assert!(net.until(20_000, has_name));
    net.post(guest, "goodbye");
    net.run(5_000);
    net.stop(guest);
    net.run(60_000);
    assert_eq!(author_of(&net, 0, "goodbye").as_deref(), Some("p2"));
    let account = net.network(0).head_state().unwrap().ledger.account(&to).unwrap();
    assert!(
        !account.claimed && account.nonces.highest() == 2,
        "named once: {account:?}"
    );
}

#[test]
fn the_name_of_a_newcomer_who_left_before_its_claim_was_in_a_block_stands_beside_what_it_said() {
    let mut net = Net::new(1);
    net.open_tab();
    net.run(8_000);
    let member = net.invite_tab();
    assert!(net.until(SOON_MS, |net| net.has_grant(member)));
    let newcomer = net.invite_tab();
    let account = net.peer(newcomer).account();
    let claims = |net: &Net| {
        net.network(member)
            .mempool()
            .pending_of(&account)
            .next()
            .is_some()
    };
    assert!(net.until(SOON_MS, claims));
    net.post(newcomer, "am I here?");
    // Nobody makes another block.
    net.stop(0);
    net.run(50);
    net.stop(newcomer);
    net.run(1_000);
    let ledger = &net.network(member).head_state().unwrap().ledger;
    assert_eq!(ledger.account(&account), None);
    assert_eq!(author_of(&net, member, "am I here?").as_deref(), Some("p2"));
}
