//! Peers that forget what has been final for long, in a room with others that remember.

use crate::common::net::Net;
use ting_core::{
    chain::block::BlockHash,
    peer::{History, command::CommandResult, view::BlockStatus},
};

const KEPT_BLOCKS: u64 = 8;

/// A room that has gone on for a while, whose first tab remembers everything and whose other two little.
fn room() -> (Net, BlockHash, CommandResult) {
    let mut net = Net::new(1);
    net.open_tab();
    net.run(8_000);
    net.history = History::Newest { blocks: KEPT_BLOCKS };
    for _ in 0..2 {
        net.invite_tab();
        net.run(6_000);
    }
    let said = net.post(0, "long ago");
    net.run(10_000);
    let early = net.network(0).chain().hash_at(1).unwrap();
    for minute in 0..8 {
        net.post(1, &format!("minute {minute}"));
        net.run(30_000);
    }
    (net, early, said)
}

#[test]
fn who_forgets_old_blocks_is_on_the_same_chain_and_tells_the_same() {
    let (net, early, said) = room();
    let [whole, small] = [0, 1].map(|tab| net.network(tab).chain());
    assert_eq!(whole.final_checkpoint(), small.final_checkpoint());
    assert_eq!(whole.root_height(), 0);
    assert!(whole.height() > 40 && small.root_height() + 3 * KEPT_BLOCKS > small.final_height());
    assert_eq!(net.final_texts(0), net.final_texts(1));

    // What it made and earned, it goes on counting.
    let [mine, theirs] = [0, 1].map(|tab| net.peer(tab).wallet_view(net.clock(tab)));
    assert_eq!((mine.known_after_height, theirs.known_after_height), (0, 0));
    let made = whole
        .chosen_from(1)
        .filter(|node| node.proposer == net.peer(1).account());
    assert_eq!(theirs.blocks_made, made.count() as u64);

    // An old block and what is in it can be looked at where they are kept, and elsewhere are said to be unknown.
    let CommandResult::Sent(id) = said else {
        panic!("{said:?}")
    };
    for (tab, is_kept) in [(0, true), (1, false)] {
        assert_eq!(net.peer(tab).block_view(&early.0).is_some(), is_kept);
        assert_eq!(net.peer(tab).transaction_view(&id).is_some(), is_kept);
    }
    let pulse = net.peer(1).pulse_view(net.clock(1));
    assert_eq!(pulse.final_height, whole.final_height());
    let view = net.peer(1).chain_view(net.clock(1)).unwrap();
    let kept = small.height() - small.root_height() + 1;
    assert_eq!(
        view.blocks
            .iter()
            .filter(|block| block.status != BlockStatus::Side)
            .count() as u64,
        kept
    );
}

#[test]
fn a_newcomer_gets_the_whole_from_who_has_it_and_a_reload_from_what_was_stored() {
    let (mut net, ..) = room();
    let newcomer = net.invite_tab();
    net.run(20_000);
    net.stop(1);
    net.start_compacted(1);
    net.run(20_000);
    let last_final = net.network(0).chain().final_checkpoint();
    for tab in [1, newcomer] {
        assert_eq!(net.network(tab).chain().final_checkpoint(), last_final, "{tab}");
        assert!(net.network(tab).chain().root_height() > 0, "{tab}");
        assert_eq!(net.final_texts(tab), net.final_texts(0), "{tab}");
    }
}
