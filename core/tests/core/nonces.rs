//! Two devices of one account give the same nonce to different transactions: one of them gets into the chain, and what the other one says or pays
//! is not lost in silence (docs/protocol.md, section 11).

use crate::common::net::Net;
use ting_core::{
    crypto::{hash::Hash, keys::Address},
    ledger::genesis::MICRO_PER_COIN,
    peer::{
        command::{Command, CommandError, CommandResult},
        view::Delivery,
    },
};

/// The devices of the second voter.
const DEVICES: [usize; 2] = [1, 2];

/// Two voters, the second of whom has two devices.
fn room() -> Net {
    let mut net = Net::of_voters(2);
    net.invite_twin(1);
    net.run(8_000);
    net
}

fn sent(result: CommandResult) -> Hash {
    match result {
        CommandResult::Sent(id) => id,
        other => panic!("{other:?}"),
    }
}

fn pay(net: &mut Net, device: usize, to: Address, coins: u64) -> Hash {
    let payment = Command::Transfer {
        to,
        amount_micro: coins * MICRO_PER_COIN,
        memo: String::new(),
        fee_micro: None,
    };
    sent(net.submit(device, payment))
}

/// How far a tab says that a transaction of its account has come.
fn delivery(net: &Net, tab: usize, id: Hash) -> Option<Delivery> {
    let history = net.peer(tab).wallet_view(net.clock(tab)).history;
    let entry = history.iter().find(|entry| entry.id == id)?;
    Some(entry.delivery)
}

fn is_final(net: &Net, tab: usize, id: Hash) -> bool {
    matches!(delivery(net, tab, id), Some(Delivery::Final(_)))
}

/// All of this is final everywhere, each once.
fn all_read(net: &Net, wanted: &[&str]) -> bool {
    (0..3).all(|tab| {
        let mut texts = net.final_texts(tab);
        texts.sort();
        texts == wanted
    })
}

#[test]
fn what_one_device_says_while_the_other_takes_its_nonce_is_said_with_the_next_one_and_once() {
    let mut net = room();
    let ids = DEVICES.map(|device| sent(net.post(device, &format!("of device {device}"))));
    let nonces = [0, 1].map(|at| {
        let own = net
            .network(DEVICES[at])
            .told()
            .own()
            .iter()
            .find(|own| own.id().0 == ids[at]);
        own.unwrap().nonce
    });
    assert_eq!(nonces[0], nonces[1]);
    let wanted = ["of device 1", "of device 2"];
    let are_read = |net: &Net| all_read(net, &wanted);
    assert!(net.until(60_000, are_read), "{:?}", net.final_texts(0));
    // What was signed anew does not come back, neither from what was stored nor from what was compacted.
    for device in DEVICES {
        net.stop(device);
        net.start(device, None);
        net.run(20_000);
        net.stop(device);
        net.start_compacted(device);
        net.run(20_000);
        assert_eq!(net.network(device).told().own().iter().count(), 0);
    }
    assert!(are_read(&net), "{:?}", net.final_texts(0));
}

#[test]
fn a_message_that_a_dearer_one_of_the_other_device_pushes_out_is_shown_as_refused_and_said_again() {
    let mut net = room();
    let long = "long ".repeat(100);
    let short = sent(net.post(1, "short"));
    sent(net.post(2, &long));
    let is_told = |net: &Net| delivery(net, 1, short) == Some(Delivery::Expired);
    assert!(net.until(2_000, is_told), "{:?}", delivery(&net, 1, short));
    let are_read = |net: &Net| all_read(net, &[&long, "short"]);
    assert!(net.until(60_000, are_read), "{:?}", net.final_texts(0));
}

#[test]
fn a_payment_whose_nonce_the_other_device_took_is_not_paid_unasked_and_can_be_sent_again_once_that_is_final()
{
    let mut net = room();
    let to = net.peer(0).account();
    let before = net.account(0, 1).unwrap().balance_micro;
    // Nothing is final without the first voter.
    net.stop(0);
    let ids = [(1, 3), (2, 5)].map(|(device, coins)| pay(&mut net, device, to, coins));
    let is_told = |net: &Net| delivery(net, 2, ids[1]) == Some(Delivery::Expired);
    assert!(net.until(60_000, is_told), "{:?}", delivery(&net, 2, ids[1]));
    assert!(matches!(delivery(&net, 1, ids[0]), Some(Delivery::InBlock(_))));
    let page = net.peer(2).transaction_view(&ids[1]).unwrap();
    assert_eq!(page.transaction.delivery, Delivery::Expired);
    let again = Command::SendAgain { id: ids[1] };
    let refused = CommandResult::Refused(CommandError::NonceContested);
    assert_eq!(net.submit(2, again.clone()), refused);
    net.start(0, None);
    assert!(net.until(60_000, |net| is_final(net, 1, ids[0])));
    net.run(20_000);
    assert!(is_told(&net));
    let paid_coins = |net: &Net| (net.account(0, 1).unwrap().balance_micro - before) / MICRO_PER_COIN;
    assert_eq!(paid_coins(&net), 3);
    let new = sent(net.submit(2, again));
    assert_ne!(new, ids[1]);
    assert_eq!(delivery(&net, 2, ids[1]), None, "the new one stands for it");
    assert!(net.until(60_000, |net| is_final(net, 2, new)));
    net.stop(2);
    net.start(2, None);
    net.run(20_000);
    assert_eq!(delivery(&net, 2, ids[1]), None, "also after a restart");
    assert_eq!(paid_coins(&net), 3 + 5);
}
