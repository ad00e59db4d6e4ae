//! One operator cannot set everybody's clock, and in a crowd everybody still learns what time it is.

use std::collections::BTreeMap;

use crate::common::net::{Net, identity};
use ting_core::{
    crypto::keys::SecretKey,
    gossip::{
        greeting::{Hello, HelloContent, PeerName, Presence, PresenceContent, ProbeNumber, SessionId},
        message::Message,
    },
    peer::view::SigningView,
    time::Timestamp,
};

/// How far the liar says that time has come.
const LIE_MS: u64 = 20_000;

/// Blocks of the first tab, and how long each took to be final, in milliseconds.
#[derive(Default)]
struct Finality {
    seen_ms: BTreeMap<u64, u64>,
    took_ms: Vec<u64>,
}

impl Finality {
    fn look(&mut self, net: &Net) {
        let tree = net.network(0).chain();
        let since = self
            .seen_ms
            .last_key_value()
            .map_or(tree.height(), |(height, _)| height + 1);
        for height in since..=tree.height() {
            self.seen_ms.insert(height, net.now_ms);
        }
        while let Some(first) = self.seen_ms.first_entry() {
            if *first.key() > tree.final_height() || self.seen_ms.len() == 1 {
                return;
            }
            let seen_ms = self.seen_ms.pop_first().unwrap().1;
            self.took_ms.push(net.now_ms - seen_ms);
        }
    }

    /// The median, and what 99 of 100 stay below.
    fn figures(mut self) -> (u64, u64) {
        self.took_ms.sort_unstable();
        let at = |percent: usize| self.took_ms[self.took_ms.len() * percent / 100];
        (at(50), at(99))
    }
}

/// A room that talks for so long; `every_second` is called once a second.
fn finality_of(net: &mut Net, seconds: u64, mut every_second: impl FnMut(&mut Net)) -> (u64, u64) {
    let mut finality = Finality::default();
    for second in 0..seconds {
        if second % 2 == 0 {
            net.post(0, &format!("word at {}", net.now_ms));
        }
        every_second(net);
        for _ in 0..20 {
            net.run(50);
            finality.look(net);
        }
    }
    finality.figures()
}

/// What an operator of the room says: any probe of anybody is answered, in a clock that is far ahead.
fn lies(net: &mut Net, liar: usize) {
    let network = net.network(0);
    let (id, status) = (network.id(), network.status());
    let heard = std::mem::take(&mut net.heard);
    let mut probes: Vec<(usize, ProbeNumber)> = Vec::new();
    for (tab, message) in heard {
        if let Message::Hello(hello) = message {
            let asks = hello.verify().unwrap().asks;
            probes.extend(asks.map(|question| (tab, question.probe)));
        }
    }
    // And numbers that nobody drew.
    probes.extend((0..6).map(|tab| (tab, ProbeNumber([tab as u8; 8]))));
    for (tab, probe) in probes {
        let content = HelloContent {
            session: SessionId([222; 16]),
            network: Some(id),
            genesis: None,
            pinned: true,
            account: identity(liar).address(),
            name: PeerName::default(),
            chain: status,
            sent_at: Timestamp(net.now_ms + LIE_MS),
            answers: Some(probe),
            asks: None,
        };
        let hello = Hello::sign(content, identity(liar).account_key());
        net.say_to(tab, &Message::Hello(Box::new(hello)));
    }
}

/// Sessions that a stranger makes up, from one connection.
fn crowd(net: &mut Net) {
    let stranger = SecretKey::from_seed([201; 32]);
    let chain = net.network(0).status().unwrap();
    for number in 0..128 {
        let content = PresenceContent {
            session: SessionId([number; 16]),
            account: stranger.address(),
            name: PeerName::default(),
            chain,
            typing: None,
        };
        let presence = Presence::sign(content, &net.network(0).id(), &stranger);
        net.say(&Message::Presence(Box::new(presence)));
    }
}

fn signing(net: &Net, tab: usize) -> SigningView {
    net.peer(tab).network_view(net.clock(tab)).signing
}

#[test]
fn an_operator_who_lies_about_the_time_stops_nobody() {
    let mut net = Net::of_voters(7);
    net.stop(6);
    net.run(20_000);
    let undisturbed = finality_of(&mut net, 120, |_| {});
    net.listens = true;
    let mut seconds = 0;
    let disturbed = finality_of(&mut net, 400, |net| {
        if seconds % 5 == 0 {
            crowd(net);
        }
        seconds += 1;
        lies(net, 6);
        for tab in 0..6 {
            assert_eq!(
                signing(net, tab),
                SigningView::Signing,
                "tab {tab} after {seconds} s"
            );
        }
    });
    println!("time to final, p50 and p99 in ms: {undisturbed:?} undisturbed, {disturbed:?} beside a liar");
    assert!(disturbed.0 <= undisturbed.0 + 500 && disturbed.1 <= undisturbed.1 + 2_000);
    let offset_ms = net.peer(0).network_view(net.clock(0)).clock_offset_ms;
    assert!(
        offset_ms.is_some_and(|offset_ms| offset_ms.abs() < 100),
        "{offset_ms:?}"
    );
}

#[test]
fn in_a_crowd_of_made_up_sessions_newcomers_still_learn_what_time_it_is() {
    let mut net = Net::of_voters(3);
    let mut right = None;
    let mut wrong = None;
    for second in 0..60 {
        crowd(&mut net);
        if second == 5 {
            right = Some(net.invite_tab());
            wrong = Some(net.invite_tab_with_clock(8_000));
        }
        net.run(1_000);
    }
    let (right, wrong) = (right.unwrap(), wrong.unwrap());
    assert_eq!(signing(&net, wrong), SigningView::ClockOff);
    let registered = |tab: usize| {
        let account = net.peer(tab).account();
        net.network(0)
            .head_state()
            .unwrap()
            .ledger
            .operator(&account)
            .is_some()
    };
    assert!(registered(right) && !registered(wrong));
    let offset_ms = net.peer(wrong).network_view(net.clock(wrong)).clock_offset_ms;
    assert!(
        offset_ms.is_some_and(|offset_ms| (offset_ms + 8_000).abs() < 100),
        "{offset_ms:?}"
    );
}
