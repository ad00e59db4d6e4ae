//! Who founds a room and who gives way: a greeting's word moves nobody.

use std::collections::BTreeSet;

use crate::common::net::Net;
use ting_core::{
    crypto::keys::{NetworkId, SecretKey},
    gossip::{
        greeting::{Hello, HelloContent, PeerName, SessionId},
        message::Message,
    },
    ledger::genesis::{Founder, Genesis},
    peer::{command::Command, record::Record, view::Condition},
    time::Timestamp,
};

const WORDS: [&str; 2] = ["words of the first", "words of the second"];

/// A room with its founder alone in it, who waited for so long before it began.
fn founded(pause_ms: u64) -> Net {
    let mut net = Net::new(1);
    net.now_ms += pause_ms;
    net.open_tab();
    net.run(8_000);
    net
}

/// Two who founded without hearing of each other, and did something; then both are there.
fn two_founders(pause_ms: u64, and_then: impl Fn(&mut Net, usize)) -> (Net, [NetworkId; 2]) {
    let mut net = founded(pause_ms);
    net.post(0, WORDS[0]);
    and_then(&mut net, 0);
    net.run(10_000);
    net.stop(0);
    net.open_tab();
    net.run(8_000);
    net.post(1, WORDS[1]);
    and_then(&mut net, 1);
    let of_second = net.network(1).id();
    net.start(0, None);
    let ids = [net.network(0).id(), of_second];
    assert_ne!(ids[0], ids[1]);
    (net, ids)
}

/// So many tabs are on one network.
fn is_one(net: &Net, tabs: usize) -> bool {
    let ids: BTreeSet<_> = (0..tabs)
        .map(|tab| net.peer(tab).network().map(|network| network.id()))
        .collect();
    ids.len() == 1 && !ids.contains(&None)
}

fn sorted_texts(net: &Net, tab: usize) -> Vec<String> {
    let mut texts = net.final_texts(tab);
    texts.sort();
    texts
}

fn is_network(record: &Record) -> bool {
    matches!(record, Record::Network { .. })
}

/// A greeting from a network that nobody founded, as the stranger makes it up.
fn made_up(net: &Net, seed: u8) -> Message {
    let key = SecretKey::from_seed([seed; 32]);
    let genesis = (*net.network(0).genesis()).clone();
    let founder = Founder {
        account: key.address(),
        ..genesis.founder.clone()
    };
    let genesis = Genesis { founder, ..genesis };
    let content = HelloContent {
        session: SessionId([seed; 16]),
        network: Some(genesis.network_id()),
        genesis: Some(Box::new(genesis)),
        pinned: true,
        account: key.address(),
        name: PeerName::default(),
        chain: None,
        sent_at: Timestamp(net.now_ms),
        answers: None,
        asks: None,
    };
    Message::Hello(Box::new(Hello::sign(content, &key)))
}

#[test]
fn made_up_greetings_cost_a_founder_nothing() {
    let mut net = founded(0);
    for line in 0..30 {
        net.post(0, &format!("line {line}"));
        net.run(2_000);
    }
    let (id, height) = (net.network(0).id(), net.network(0).chain().height());
    for seed in 1..30 {
        net.say(&made_up(&net, seed));
        net.run(1_000);
    }
    assert_eq!(net.network(0).id(), id);
    assert!(net.network(0).chain().height() > height);
    assert_ne!(
        net.peer(0).pulse_view(net.clock(0)).condition,
        Condition::SplitRoom
    );
}

#[test]
fn a_newcomer_to_a_bare_room_joins_the_network_that_has_blocks_and_none_that_is_made_up() {
    let mut net = founded(0);
    let newcomer = net.open_tab();
    for seed in 1..5 {
        let greeting = made_up(&net, seed);
        net.say_to(newcomer, &greeting);
    }
    assert!(net.until(30_000, |net| is_one(net, 2)), "they are apart");
    let founder_stayed = net.records(0).iter().filter(|record| is_network(record)).count();
    assert_eq!(founder_stayed, 2, "founded, and pinned once somebody came");
}

#[test]
fn words_alone_keep_nobody_from_founding_for_longer_than_ten_seconds() {
    let mut net = founded(0);
    let greetings: Vec<Message> = (1..60).map(|seed| made_up(&net, seed)).collect();
    net.stop(0);
    let late = net.open_tab();
    for greeting in &greetings {
        net.say_to(late, greeting);
        net.run(200);
    }
    net.run(3_000);
    assert!(net.network(late).chain().height() > 0 && net.network(late).is_founded());
}

#[test]
fn two_lone_founders_end_in_the_network_with_the_lower_id_and_say_their_words_again() {
    let mut orders = BTreeSet::new();
    for pause_ms in 0..6 {
        let (mut net, ids) = two_founders(pause_ms, |_, _| {});
        assert!(net.until(30_000, |net| is_one(net, 2)), "they are apart");
        assert_eq!(Some(&net.network(0).id()), ids.iter().min());
        assert!(net.until(120_000, |net| (0..2).all(|tab| sorted_texts(net, tab) == WORDS)));
        orders.insert(ids[0] < ids[1]);
    }
    assert_eq!(orders.len(), 2, "both orders of the ids");
}

#[test]
fn a_founder_whose_invite_was_shown_stays_also_after_a_restart_and_the_other_gives_way() {
    let mut orders = BTreeSet::new();
    for pause_ms in 0..6 {
        let (mut net, ids) = two_founders(pause_ms, |net, tab| {
            if tab == 0 {
                net.submit(0, Command::InviteShown);
            }
        });
        assert!(net.until(30_000, |net| is_one(net, 2)), "they are apart");
        assert_eq!(net.network(1).id(), ids[0]);
        assert!(net.until(120_000, |net| sorted_texts(net, 1) == WORDS));
        orders.insert(ids[0] < ids[1]);
    }
    assert_eq!(orders.len(), 2, "both orders of the ids");
}

#[test]
fn founders_who_both_showed_an_invite_stay_apart_and_say_so() {
    let (mut net, ids) = two_founders(0, |net, tab| {
        net.submit(tab, Command::InviteShown);
    });
    net.run(60_000);
    assert_eq!([net.network(0).id(), net.network(1).id()], ids);
    for tab in 0..2 {
        let condition = net.peer(tab).pulse_view(net.clock(tab)).condition;
        assert_eq!(condition, Condition::SplitRoom);
    }
}

#[test]
fn a_founder_whom_somebody_joined_stays_also_when_that_one_is_gone() {
    let mut net = founded(0);
    net.invite_tab();
    net.run(100);
    net.stop(1);
    let (id, records) = (net.network(0).id(), net.records(0).len());
    net.stop(0);
    net.start(0, None);
    net.run(3_000);
    assert!(net.network(0).is_pinned() && net.network(0).id() == id);
    assert!(net.records(0).len() > records, "it goes on");
}

#[test]
fn who_came_just_when_the_founder_left_for_good_moves_on_and_draws_nobody_along() {
    let mut net = founded(0);
    let joiner = net.open_tab();
    assert!(net.until(10_000, |net| net.peer(joiner).network().is_some()));
    let old = net.network(joiner).id();
    net.stop(0);
    net.stop(joiner);
    let other = net.open_tab();
    net.run(8_000);
    let new = net.network(other).id();
    net.start(joiner, None);
    assert_eq!(net.network(joiner).id(), old);
    assert!(net.until(60_000, |net| net.network(joiner).id() == new));
    assert_eq!(net.network(other).id(), new);
    assert!(net.until(60_000, |net| {
        net.account(joiner, other).is_some_and(|account| account.claimed)
    }));
}
