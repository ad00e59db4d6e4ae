//! An account on several devices, and the keys of one device in two places (docs/protocol.md, sections 6 and 8).

use crate::common::net::{Net, identity};
use ting_core::{
    chain::checkpoint::{Pair, Vote},
    chain::watermark::is_slashable,
    crypto::keys::{Address, PublicKey},
    gossip::message::Message,
    peer::{
        command::{Command, CommandResult},
        event::{Event, Warning},
        record::Record,
        view::{Condition, SigningDevice, SigningView},
    },
    time::Slot,
};

fn device(net: &Net, tab: usize) -> SigningDevice {
    net.peer(tab).pulse_view(net.clock(tab)).signing_device
}

fn condition(net: &Net, tab: usize) -> Condition {
    net.peer(tab).pulse_view(net.clock(tab)).condition
}

fn signing(net: &Net, tab: usize) -> SigningView {
    net.peer(tab).network_view(net.clock(tab)).signing
}

/// The key that the first tab's books have for this account.
fn registered(net: &Net, account: &Address) -> PublicKey {
    let operator = net.network(0).head_state().unwrap().ledger.operator(account);
    operator.unwrap().signing_key
}

/// Blocks and votes that a tab sent since the list was cleared.
fn signed_by(net: &Net, tab: usize) -> usize {
    let is_signed = |message: &Message| matches!(message, Message::Block(_) | Message::Votes(_));
    let own = net.heard.iter().filter(|(from, _)| *from == tab);
    own.filter(|(_, message)| is_signed(message)).count()
}

/// Two voters, the second of whom has another device: the third tab.
fn room_with_twin() -> Net {
    let mut net = Net::of_voters(2);
    assert_eq!(net.invite_twin(1), 2);
    assert_eq!(net.peer(1).account(), net.peer(2).account());
    net.listens = true;
    net
}

#[test]
fn a_second_device_of_an_account_observes_says_so_and_leaves_the_keys_of_the_first_alone() {
    let mut net = room_with_twin();
    net.run(180_000);
    assert_eq!(device(&net, 1), SigningDevice::Here);
    assert_eq!(device(&net, 2), SigningDevice::Elsewhere);
    assert_eq!(condition(&net, 2), Condition::OtherDeviceSigns);
    assert_eq!(signing(&net, 2), SigningView::OtherDevice);
    let account = net.peer(1).account();
    assert_eq!(registered(&net, &account), identity(1).signing_public());
    assert_eq!(signed_by(&net, 2), 0);
    assert!(signed_by(&net, 1) > 0);
}

#[test]
fn at_the_users_word_a_device_takes_over_and_the_other_one_steps_back_to_observing_and_says_so() {
    let mut net = room_with_twin();
    net.run(30_000);
    let stepped_back = Event::Warning(Warning::OtherDeviceSigns);
    assert!(!net.events(1).contains(&stepped_back));
    assert!(matches!(net.submit(2, Command::SignHere), CommandResult::Sent(_)));
    let is_chosen = |net: &Net| device(net, 2) == SigningDevice::ComingHere;
    assert!(net.until(20_000, is_chosen));
    assert_eq!(device(&net, 1), SigningDevice::LeavingHere);
    assert_eq!(signing(&net, 1), SigningView::HandingOver);
    assert_eq!(signing(&net, 2), SigningView::TakingOver);
    assert!(net.events(1).contains(&stepped_back));
    assert!(!net.events(2).contains(&stepped_back), "it observed before");

    let is_done = |net: &Net| {
        let both = (device(net, 1), device(net, 2));
        both == (SigningDevice::Elsewhere, SigningDevice::Here)
    };
    assert!(net.until(120_000, is_done));
    assert_eq!(condition(&net, 1), Condition::OtherDeviceSigns);
    assert_eq!(signing(&net, 2), SigningView::Signing);
    assert_eq!(net.submit(2, Command::SignHere), CommandResult::Done);
    net.heard.clear();
    let before = net.network(0).chain().final_height();
    net.post(0, "who signs now?");
    net.run(60_000);
    assert!(net.network(0).chain().final_height() > before);
    assert_eq!(signed_by(&net, 1), 0);
    assert!(signed_by(&net, 2) > 0);
}

/// A block every ten seconds would need minutes for the two terms that a change of keys takes.
#[test]
fn an_idle_room_hurries_a_change_of_keys() {
    let mut net = room_with_twin();
    net.run(60_000);
    net.submit(2, Command::SignHere);
    let began_ms = net.now_ms;
    let is_done =
        |net: &Net| device(net, 2) == SigningDevice::Here && device(net, 1) == SigningDevice::Elsewhere;
    assert!(net.until(600_000, is_done));
    let took_ms = net.now_ms - began_ms;
    println!("keys changed after {took_ms} ms");
    assert!(took_ms < 75_000, "{took_ms} ms");
    let height = net.network(0).chain().height();
    net.run(120_000);
    let idle = net.network(0).chain().height() - height;
    assert!(idle <= 20, "{idle} blocks in two minutes: it does not idle again");
}

/// What is in blocks under this account.
fn votes_in_blocks(records: &[Record], account: Address) -> Vec<Pair> {
    let blocks = records.iter().filter_map(|record| match record {
        Record::Block(block) => Some(block),
        _ => None,
    });
    let votes = blocks.flat_map(|block| block.testimony.votes.iter());
    votes
        .filter(|vote| vote.voter == account)
        .map(Vote::pair)
        .collect()
}

fn newest_own_block(records: &[Record], account: Address) -> Slot {
    let slots = records.iter().filter_map(|record| match record {
        Record::Block(block) if block.header.content.proposer == account => Some(block.header.content.slot),
        _ => None,
    });
    slots.max().unwrap()
}

#[test]
fn a_restored_profile_is_bound_by_what_its_keys_signed_since_before_it_signs_and_after_a_restart() {
    let mut net = Net::of_voters(3);
    let account = net.peer(2).account();
    let (saved, old_mark) = (net.records(2).to_vec(), net.network(2).signing().watermark());
    for number in 0..30 {
        net.post(0, &format!("meanwhile {number}"));
        net.run(2_000);
    }
    net.stop(2);
    net.run(5_000);
    let length = saved.len();
    let restored = net.invite_tab_with(saved);
    let has_voted = |net: &Net| {
        let new = &net.records(restored)[length..];
        new.iter().any(|record| matches!(record, Record::Vote(_)))
    };
    assert!(net.until(60_000, has_voted));
    let warning = Event::Warning(Warning::SignedElsewhere);
    let warned = net.events(restored).iter().filter(|event| **event == warning);
    assert_eq!(warned.count(), 1);

    let records = net.records(restored);
    let is_vote = |record: &Record| matches!(record, Record::Vote(_));
    let first_vote = length + records[length..].iter().position(is_vote).unwrap();
    // The vote's own watermark stands right before it.
    let before_signing = records[..first_vote - 1].to_vec();
    let signed_since = votes_in_blocks(&before_signing[length..], account);
    assert!(
        signed_since
            .iter()
            .any(|pair| old_mark.covering(pair) != old_mark)
    );
    let last_block = newest_own_block(&before_signing, account);

    // Whoever starts from what was stored until then is bound as well, before it has heard anything.
    net.stop(restored);
    let again = net.invite_tab_with(before_signing);
    let network = net.network(again);
    let mark = network.signing().watermark();
    assert!(signed_since.iter().all(|pair| mark.covering(pair) == mark));
    assert!(network.signing().last_slot() >= last_block);
}

#[test]
fn a_device_restored_from_older_copies_again_and_again_signs_nothing_that_contradicts() {
    let mut net = Net::of_voters(3);
    net.listens = true;
    let account = net.peer(2).account();
    let mut running = 2;
    for round in 0..8 {
        let saved = net.records(running).to_vec();
        net.post(0, &format!("round {round}"));
        net.run(7_300);
        net.stop(running);
        running = net.invite_tab_with(saved);
        net.run(5_700);
    }
    let votes = net.heard.iter().filter_map(|(_, message)| match message {
        Message::Votes(votes) => Some(votes.iter()),
        _ => None,
    });
    let own = votes.flatten().filter(|vote| vote.voter == account);
    let pairs: Vec<Pair> = own.map(Vote::pair).collect();
    assert!(pairs.len() > 20);
    for (index, pair) in pairs.iter().enumerate() {
        let other = pairs[..index].iter().find(|other| is_slashable(other, pair));
        assert_eq!(other, None, "{pair:?}");
    }
}
