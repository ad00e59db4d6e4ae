//! One of two voters is away, for a while or for a night: the other one goes on, and nothing that it said is lost.

use crate::common::net::Net;
use ting_core::{
    ledger::transaction::Action,
    params::{MAX_RESTORED_STATES, OWN_VALIDITY_SLOTS, RECENT_STATES, SPARSE_STATES},
    peer::command::CommandResult,
};

/// Posts in the chain that the first tab has chosen.
fn posts_in_chain(net: &Net) -> usize {
    let chain = net.network(0).chain();
    chain
        .chosen_from(1)
        .filter_map(|node| node.block.clone())
        .flat_map(|block| block.transactions.to_vec())
        .filter(|transaction| matches!(transaction.action, Action::Post { .. }))
        .count()
}

#[test]
fn while_the_other_voter_is_away_one_may_say_as_much_as_blocks_take() {
    let mut net = Net::of_voters(2);
    net.stop(1);
    for line in 0..400 {
        let answer = net.post(0, &format!("alone {line}"));
        assert!(
            matches!(answer, CommandResult::Sent(_)),
            "line {line}: {answer:?}"
        );
        net.run(5_000);
    }
    let has_all = |net: &Net| posts_in_chain(net) == 400;
    assert!(net.until(60_000, has_all), "{} of 400", posts_in_chain(&net));
    assert_eq!(net.network(0).told().own().iter().count(), 0, "blocks keep them");
}

#[test]
fn without_finality_few_states_are_kept_and_all_goes_on_once_the_other_is_back() {
    let mut net = Net::of_patient_voters(2);
    net.stop(1);
    net.run(2 * 3_600_000);
    let chain = net.network(0).chain();
    let height = chain.height();
    assert!(height - chain.final_height() > 1_000, "height {height}");
    let states = chain.nodes().filter(|node| node.state().is_some()).count() as u64;
    assert!(
        states <= RECENT_STATES + height / SPARSE_STATES + 2 + MAX_RESTORED_STATES as u64,
        "{states} states of {height} blocks"
    );
    // That of the last final block, or not far below: nonces are settled by it.
    let settled = chain.settled_state().unwrap().ledger.clone().root();
    let is_settled = |below| {
        let node = chain.at_height(chain.final_height().checked_sub(below)?)?;
        Some(node.state_root == settled)
    };
    assert!((0..SPARSE_STATES).any(|below| is_settled(below) == Some(true)));
    net.start(1, None);
    let goes_on = |net: &Net| (0..2).all(|tab| net.network(tab).chain().final_height() > height + 20);
    assert!(net.until(300_000, goes_on));
    let is_known = |net: &Net| {
        net.network(0)
            .chain()
            .nodes()
            .filter(|node| node.state().is_some())
            .count()
            < 100
    };
    assert!(net.until(60_000, is_known), "what is final needs no states");
}

#[test]
fn what_was_said_in_a_night_whose_chain_is_lost_is_said_again_by_itself_once_and_in_order() {
    const LINES: usize = 150;
    let mut net = Net::of_patient_voters(2);
    net.stop(1);
    for line in 0..LINES {
        let answer = net.post(0, &format!("line {line:03}"));
        assert!(
            matches!(answer, CommandResult::Sent(_)),
            "line {line}: {answer:?}"
        );
        net.run(4_000);
    }
    net.run(20_000);
    assert_eq!(posts_in_chain(&net), LINES);
    let lost = net.network(0).chain().head();
    net.stop(0);
    // The other one is alone for so long that its chain weighs more, and that no block can hold the old words any more.
    net.start(1, None);
    net.run(2 * OWN_VALIDITY_SLOTS * 1_000);
    net.start_compacted(0);
    assert_eq!(net.network(0).chain().head(), lost);
    assert_eq!(
        net.network(0).told().own().iter().count(),
        0,
        "blocks hold them, after a restart as well"
    );
    let wanted: Vec<String> = (0..LINES).map(|line| format!("line {line:03}")).collect();
    let is_all_there = |net: &Net| (0..2).all(|tab| net.final_texts(tab) == wanted);
    assert!(
        net.until(180_000, is_all_there),
        "{} and {} lines",
        net.final_texts(0).len(),
        net.final_texts(1).len()
    );
    assert!(!net.network(0).chain().is_chosen(&lost));
    assert_eq!(posts_in_chain(&net), LINES, "each once");
}
