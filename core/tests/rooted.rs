//! A tree that begins at a later block goes on as one that has everything from genesis does.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

mod common;

use common::council::Council;
use ting_core::{
    chain::block::{Block, Header},
    consensus::{
        branch::BranchState,
        merit::Weight,
        transition::{self, BlockError, Surroundings, Verified},
        tree::{
            BlockTree, InsertError, Standing,
            root::{Root, RootError},
        },
    },
    time::Timestamp,
};

/// What somebody has to be given to begin at a block of the council's chain.
struct Given {
    headers: Vec<Header>,
    weight: Weight,
    state: BranchState,
    height: u64,
}

/// The tip, with the headers since the block that it records as final.
fn given_at_tip(council: &Council) -> Given {
    let chain = council.network.chain();
    let (head, state) = chain.head_node().unwrap();
    let last_final = chain.get(&state.final_checkpoint().block).unwrap();
    let headers = chain.chosen_from(last_final.height + 1);
    Given {
        headers: headers
            .map(|node| node.block.as_ref().unwrap().header.clone())
            .collect(),
        weight: head.merit.weight,
        state: state.clone(),
        height: head.height,
    }
}

fn tree_from(council: &Council, given: Given) -> Result<BlockTree, RootError> {
    let network = council.network.id();
    let root = Root::later(&given.headers, given.weight, given.state, &network)?;
    Ok(BlockTree::rooted(root, council.network.genesis()))
}

/// Checks a block in full and adds it.
fn add(council: &Council, tree: &mut BlockTree, block: &Block) -> Result<(), BlockError> {
    let parent = tree
        .get(&block.header.content.parent)
        .expect("the parent is there");
    let branch = tree.branch(parent.hash);
    let around = Surroundings {
        branch: &branch,
        parent: parent.as_parent(),
        state: parent.state().expect("its state is kept"),
        network: council.network.id(),
        rules: &council.network.genesis().rules,
    };
    let executed = transition::execute(&around, block, Verified::Nothing { entropy: [7; 32] })?;
    tree.insert(block.clone(), executed, Standing::Unasked, Timestamp(0))
        .expect("there is room");
    Ok(())
}

fn blocks_above(council: &Council, height: u64) -> Vec<Block> {
    let nodes = council.network.chain().chosen_from(height + 1);
    nodes
        .map(|node| (**node.block.as_ref().unwrap()).clone())
        .collect()
}

#[test]
fn a_tree_that_begins_at_a_later_block_leads_to_the_same_states_across_two_terms() {
    let mut council = Council::of_three();
    council.grow();
    let given = given_at_tip(&council);
    let (from, first_term) = (given.height, council.state().term().number);
    assert!(
        given.headers.len() > 1,
        "blocks before the root may still be voted on"
    );
    let mut tree = tree_from(&council, given).unwrap();
    assert_eq!(
        (tree.height(), tree.root_height(), tree.final_height()),
        (from, from, from)
    );
    assert_eq!((tree.at_height(from - 1), tree.at_height(0)), (None, None));

    council.go_on_until(|state| state.term().number == first_term + 2);
    for block in blocks_above(&council, from) {
        add(&council, &mut tree, &block).unwrap();
    }
    let (checkpoint, tip) = (council.head(), council.state());
    let node = tree.get(&checkpoint.block).expect("all of the chain was taken");
    assert_eq!(node.merit, council.network.head().unwrap().merit);
    let roots = [node.state().unwrap(), tip].map(|state| state.ledger.clone().root());
    assert_eq!(roots[0], roots[1]);
}

#[test]
fn what_was_voted_on_below_the_root_becomes_final_above_it() {
    let mut council = Council::of_three();
    council.grow();
    council.grow();
    let given = given_at_tip(&council);
    let (from, before) = (given.height, council.state().final_checkpoint());
    let mut tree = tree_from(&council, given).unwrap();
    // Voted on after the tree began, on a block that it does not have.
    let below = council.checkpoint(from - 1);
    council.finalize(below);
    council.grow();
    assert_eq!(council.state().final_checkpoint(), below);
    for block in blocks_above(&council, from) {
        add(&council, &mut tree, &block).unwrap();
    }
    let recorded = tree.get(&council.head().block).unwrap().state().unwrap();
    assert_ne!(before, below);
    assert_eq!(recorded.final_checkpoint(), below);
}

#[test]
fn a_late_root_prunes_and_refuses_as_one_at_genesis_does() {
    let mut council = Council::of_three();
    council.grow();
    let given = given_at_tip(&council);
    let from = given.height;
    let mut tree = tree_from(&council, given).unwrap();
    council.grow();
    council.grow();
    for block in blocks_above(&council, from) {
        add(&council, &mut tree, &block).unwrap();
    }
    let root = council.checkpoint(from);
    let _ = tree.choose(&root, &root);
    assert_eq!(tree.height(), from + 2);
    tree.finalize(&council.checkpoint(from + 1).block);
    assert_eq!(tree.final_height(), from + 1);
    let has_state = |height| {
        tree.get(&council.checkpoint(height).block)
            .unwrap()
            .state()
            .is_some()
    };
    assert_eq!([from, from + 1, from + 2].map(has_state), [false, true, true]);
    let known = council.network.chain().at_height(from).unwrap();
    let below = known.block.as_ref().unwrap();
    let refused = tree.admits(below, &below.hash(), Standing::Referred);
    assert_eq!(refused, Err(InsertError::Known));
    let older = council.network.chain().at_height(from - 1).unwrap();
    let older = older.block.as_ref().unwrap();
    let refused = tree.admits(older, &older.hash(), Standing::Referred);
    assert_eq!(refused, Err(InsertError::UnknownParent));
}

#[test]
fn headers_and_state_that_do_not_belong_together_are_no_root() {
    let mut council = Council::of_three();
    council.grow();
    let error = |change: &dyn Fn(&mut Given)| {
        let mut given = given_at_tip(&council);
        change(&mut given);
        tree_from(&council, given).map(|_| ()).unwrap_err()
    };
    assert_eq!(error(&|given| given.headers.clear()), RootError::Unlinked);
    assert_eq!(
        error(&|given| given.headers = given.headers.split_off(1)),
        RootError::Unlinked
    );
    assert_eq!(
        error(&|given| given.headers.truncate(given.headers.len() - 1)),
        RootError::WrongState
    );
    let other = BranchState::genesis(council.network.genesis());
    assert_eq!(error(&|given| given.state = other.clone()), RootError::Unlinked);
}
