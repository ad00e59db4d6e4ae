//! A start reads the peer's own snapshot and executes only what came after: nothing that people saw is gone, and nothing that was stored is lost.

use std::time::Instant;

use crate::common::net::Net;
use ting_core::{
    peer::{History, record::Record, stored},
    store::log,
};

/// A room of one whose founder has said so much that so many blocks were made.
fn room_of(blocks: u64) -> Net {
    let mut net = Net::new(1);
    net.open_tab();
    net.run(8_000);
    let mut said = 0;
    while net.network(0).chain().height() < blocks {
        said += 1;
        net.post(0, &format!("line {said}"));
        net.run(1_000);
    }
    net.run(20_000);
    net
}

fn without_snapshots(records: &[Record]) -> Vec<Record> {
    let others = records.iter();
    others
        .filter(|record| !matches!(record, Record::Snapshot(_)))
        .cloned()
        .collect()
}

/// Number of snapshots in records, and whether one stands before all blocks.
fn snapshots(records: &[Record]) -> (usize, bool) {
    let first_block = records
        .iter()
        .position(|record| matches!(record, Record::Block(_)));
    let begins = |record: &Record| matches!(record, Record::Snapshot(part) if part.index == 0);
    let first = records.iter().position(begins);
    let count = records.iter().filter(|record| begins(record)).count();
    (count, first.is_some_and(|first| Some(first) < first_block))
}

fn log_of(records: &[Record]) -> Vec<u8> {
    [&log::header(1)[..], &stored::entries(records).unwrap()].concat()
}

/// What a person sees of a tab, and what it can be held to.
fn seen(net: &Net, tab: usize) -> impl PartialEq + std::fmt::Debug {
    let network = net.network(tab);
    let (head, state) = network.chain().head_node().unwrap();
    let wallet = net.peer(tab).wallet_view(net.clock(tab));
    (
        (head.hash, head.merit, network.chain().final_checkpoint()),
        (state.ledger.clone().root(), network.chain().root_height()),
        net.final_texts(tab),
        (wallet.known_after_height, wallet.blocks_made, wallet.earned_micro),
        net.peer(tab).chain_view(net.clock(tab)).unwrap().blocks,
    )
}

#[test]
fn a_start_from_a_snapshot_shows_what_the_one_from_genesis_shows_and_executes_the_newest_blocks_only() {
    let mut net = room_of(600);
    let stored = net.records(0).to_vec();
    assert_eq!(snapshots(&stored), (2, false));
    net.stop(0);
    let mut whole = Net::new(1);
    whole.now_ms = net.now_ms;
    whole.add_stored(stored::compact(without_snapshots(&stored)));
    let mut again = Net::new(1);
    again.now_ms = net.now_ms;
    let compacted = stored::compact(stored);
    assert!(snapshots(&compacted).1);
    assert_eq!(stored::compact(compacted.clone()), compacted);
    again.add_stored(compacted);
    assert_eq!(seen(&again, 0), seen(&whole, 0));
    let executed = |net: &Net| net.network(0).chain().nodes().count();
    assert!(executed(&whole) > 600, "{}", executed(&whole));
    assert!((160..420).contains(&executed(&again)), "{}", executed(&again));

    // Both go on, and are final again.
    for net in [&mut whole, &mut again] {
        let before = net.network(0).chain().final_height();
        net.run(10_000);
        net.post(0, "after");
        let is_final = |net: &Net| net.network(0).chain().final_height() > before;
        assert!(net.until(60_000, is_final));
        net.run(10_000);
        assert_eq!(net.final_texts(0).last().unwrap(), "after");
    }
}

#[test]
fn who_began_at_a_snapshot_gives_a_newcomer_the_whole_history() {
    let mut net = room_of(600);
    net.stop(0);
    net.start_compacted(0);
    assert!(net.network(0).chain().settled_height() > 0);
    net.run(10_000);
    let newcomer = net.invite_tab();
    assert!(net.until(120_000, |net| net.has_grant(newcomer)));
    net.run(20_000);
    let [old, new] = [0, newcomer].map(|tab| net.network(tab).chain());
    assert_eq!(old.final_checkpoint(), new.final_checkpoint());
    assert_eq!(net.final_texts(0), net.final_texts(newcomer));
    let early = [1, 300].map(|height| new.hash_at(height));
    assert_eq!([1, 300].map(|height| old.hash_at(height)), early);
    let all = old.blocks().map(|block| block.header.content.height);
    assert!(all.eq(1..=old.height()));
}

#[test]
fn a_peer_that_is_started_again_and_again_begins_later_each_time_and_keeps_two_snapshots_at_most() {
    let mut net = room_of(600);
    let mut begun = 0;
    for _ in 0..3 {
        net.stop(0);
        net.start_compacted(0);
        let settled = net.network(0).chain().settled_height();
        assert!(settled > begun, "{settled} {begun}");
        begun = settled;
        assert!((1..=2).contains(&snapshots(net.records(0)).0));
        let height = net.network(0).chain().height() + 300;
        while net.network(0).chain().height() < height {
            net.post(0, "more");
            net.run(1_000);
        }
    }
}

#[test]
fn a_snapshot_that_comes_behind_its_blocks_is_not_begun_with_and_not_stored_again() {
    let mut net = room_of(600);
    let stored = snapshots(net.records(0)).0;
    net.stop(0);
    net.start(0, None);
    let chain = net.network(0).chain();
    assert_eq!((chain.settled_height(), chain.root_height()), (0, 0));
    assert!(chain.height() >= 600);
    net.run(10_000);
    assert_eq!(snapshots(net.records(0)).0, stored);
}

#[test]
fn a_founder_whose_room_somebody_entered_below_the_snapshot_stays_in_it() {
    let mut net = Net::new(1);
    net.open_tab();
    net.run(8_000);
    let guest = net.invite_tab();
    assert!(net.until(60_000, |net| net.has_grant(guest)));
    net.run(20_000);
    while net.network(0).chain().height() < 600 {
        net.post(0, "on and on");
        net.run(1_000);
    }
    let mut stored = stored::compact(net.records(0).to_vec());
    for record in &mut stored {
        if let Record::Network { pinned, .. } = record {
            *pinned = false;
        }
    }
    let blocks = stored.iter_mut().filter_map(|record| match record {
        Record::Block(block) => Some(block),
        _ => None,
    });
    let founder = net.peer(0).account();
    let is_of_guest = |block: &&mut Box<ting_core::chain::block::Block>| {
        let accounts = block.transactions.iter().map(|transaction| transaction.account);
        block.header.content.proposer != founder || accounts.into_iter().any(|account| account != founder)
    };
    let highest = blocks
        .filter(is_of_guest)
        .map(|block| block.header.content.height)
        .max();
    let mut again = Net::new(1);
    again.now_ms = net.now_ms;
    again.add_stored(stored);
    let network = again.network(0);
    assert!(highest > Some(0) && network.chain().settled_height() > 0);
    assert!(network.is_founded() && network.is_pinned());
}

#[test]
fn a_network_that_is_never_given_up_is_not_after_a_start_from_a_snapshot() {
    let net = room_of(600);
    let mut stored = stored::compact(net.records(0).to_vec());
    for record in &mut stored {
        if let Record::Network { pinned, .. } = record {
            *pinned = true;
        }
    }
    let mut again = Net::new(1);
    again.now_ms = net.now_ms;
    again.add_stored(stored);
    assert!(again.network(0).chain().settled_height() > 0 && again.network(0).is_pinned());
}

#[test]
fn who_forgets_old_blocks_starts_from_a_snapshot_and_forgets_on() {
    let mut net = room_of(600);
    net.stop(0);
    net.history = History::Newest { blocks: 8 };
    net.start_compacted(0);
    net.run(30_000);
    net.post(0, "on");
    net.run(30_000);
    let chain = net.network(0).chain();
    assert!(chain.root_height() > 590 && chain.nodes().count() < 60);
    assert_eq!(chain.settled_height(), 0);
}

#[test]
fn a_log_cut_anywhere_in_a_snapshot_starts_as_one_without_it() {
    let mut net = room_of(600);
    let stored = net.records(0).to_vec();
    net.stop(0);
    let is_part = |record: &Record| matches!(record, Record::Snapshot(_));
    let place = stored.iter().rposition(is_part).unwrap();
    let (before, with) = (log_of(&stored[..place]), log_of(&stored[..=place]));
    let expected = stored::compact(stored[..place].to_vec());
    for at in (before.len()..with.len()).step_by(61).chain([with.len() - 1]) {
        let read = stored::read(&with[..at]).unwrap();
        assert!(!read.signing_state_lost);
        assert_eq!(stored::compact(read.records), expected);
    }
    assert!(snapshots(&expected).1, "the one before stands");
}

#[test]
fn a_snapshot_without_all_blocks_below_it_or_of_another_state_is_not_begun_with() {
    let mut net = room_of(600);
    let stored = net.records(0).to_vec();
    net.stop(0);
    let is_early =
        |record: &Record| matches!(record, Record::Block(block) if block.header.content.height == 9);
    let torn: Vec<Record> = stored
        .iter()
        .filter(|record| !is_early(record))
        .cloned()
        .collect();
    assert_eq!(snapshots(&stored::compact(torn)), (0, false));

    // Whole, and wrong in one bit of its last leaf.
    let mut wrong = stored::compact(stored);
    for record in &mut wrong {
        if let Record::Snapshot(part) = record {
            let mut bytes = part.bytes.to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            part.bytes = bytes.try_into().unwrap();
        }
    }
    let mut again = Net::new(1);
    again.now_ms = net.now_ms;
    again.add_stored(wrong);
    let chain = again.network(0).chain();
    assert_eq!((chain.settled_height(), chain.root_height()), (0, 0));
    assert!(chain.height() >= 600);
}

#[test]
#[ignore = "measures, and takes minutes"]
fn how_long_a_start_takes() {
    for blocks in [100, 1_000, 10_000] {
        let mut net = room_of(blocks);
        let stored = net.records(0).to_vec();
        net.stop(0);
        for (name, records) in [
            ("from genesis", without_snapshots(&stored)),
            ("from a snapshot", stored.clone()),
        ] {
            let bytes = log_of(&stored::compact(records));
            let mut again = Net::new(1);
            again.now_ms = net.now_ms;
            let begin = Instant::now();
            let read = stored::read(&bytes).unwrap().records;
            let read_ms = begin.elapsed().as_millis();
            let compacted = stored::compact(read);
            let compacted_ms = begin.elapsed().as_millis();
            again.add_stored(compacted);
            println!(
                "{blocks} blocks, {} KiB, {name}: read after {read_ms} ms, compacted after {compacted_ms} ms, started after {} ms",
                bytes.len() / 1024,
                begin.elapsed().as_millis(),
            );
        }
    }
}
