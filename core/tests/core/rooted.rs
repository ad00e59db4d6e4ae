//! A tree that begins at a later block goes on as one that has everything from genesis does.

use crate::common::council::Council;
use ting_core::{
    chain::{
        block::{Block, Header},
        checkpoint::Checkpoint,
    },
    chat::{HALL, body::ChatBody, view::MessageContent},
    consensus::{
        branch::BranchState,
        known::Nothing,
        merit::Weight,
        transition::{self, BlockError, Surroundings, Verified},
        tree::{
            BlockTree, History, InsertError, Standing,
            root::{Root, RootError},
        },
    },
    ledger::{state::LeavesError, transaction::Action, trie::Path},
    peer::network::{Network, Origin},
    time::Timestamp,
};

/// What somebody has to be given to begin at a block of the council's chain.
struct Given {
    headers: Vec<Header>,
    checkpoint: Checkpoint,
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
        checkpoint: council.head(),
        weight: head.merit.weight,
        // Nothing but leaves goes from peer to peer.
        state: BranchState::from_leaves(state.ledger.leaves(), &council.network.genesis().rules).unwrap(),
        height: head.height,
    }
}

fn tree_from(council: &Council, given: Given) -> Result<BlockTree, RootError> {
    let network = council.network.id();
    let root = Root::later(
        &given.headers,
        given.checkpoint,
        given.weight,
        given.state,
        &network,
    )?;
    Ok(BlockTree::new(root, council.network.genesis()))
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
    let executed = transition::execute(&around, block, Verified::Nothing { entropy: [7; 32] }, &Nothing)?;
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
fn leaves_of_which_one_is_missing_are_no_state() {
    let mut council = Council::of_three();
    council.grow();
    let (rules, mut state) = (&council.network.genesis().rules, council.state().clone());
    let leaves = state.ledger.leaves();
    let whole = BranchState::from_leaves(leaves.clone(), rules).unwrap();
    assert_eq!(whole.ledger.clone().root(), state.ledger.root());
    assert_eq!(whole.ledger.accounts(), state.ledger.accounts());
    assert_eq!(whole.ledger.audit(), state.ledger.audit());
    // Accounts, operators and votes may be missing in a state of another root; what is there once in every state may not.
    let is_one = |(path, _): &(Path, _)| path.0.first() == Some(&0);
    assert_eq!(leaves.iter().filter(|leaf| is_one(leaf)).count(), 6);
    for (place, leaf) in leaves.iter().enumerate() {
        let mut others = leaves.clone();
        others.remove(place);
        match BranchState::from_leaves(others, rules) {
            Ok(mut other) => assert!(!is_one(leaf) && other.ledger.root() != state.ledger.root()),
            Err(error) => assert_eq!((error, is_one(leaf)), (LeavesError::Incomplete, true)),
        }
    }
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
    let earlier = council.checkpoint(1);
    assert_eq!(
        error(&|given| given.checkpoint = earlier),
        RootError::WrongCheckpoint
    );
    assert_eq!(
        error(&|given| given.checkpoint.slot = given.checkpoint.slot.minus(1)),
        RootError::WrongCheckpoint
    );
}

/// A network that begins at the council's tip, which is final, as its founder sees it.
fn network_from_tip(council: &mut Council) -> Network {
    let tip = council.head();
    council.finalize(tip);
    assert_eq!(council.network.chain().final_checkpoint(), tip);
    let given = given_at_tip(council);
    let id = council.network.id();
    let root = Root::later(&given.headers, tip, given.weight, given.state, &id).unwrap();
    let genesis = council.network.genesis().clone();
    Network::rooted(genesis, council.address(0), Origin::Named, root)
}

/// Gives it the council's blocks above its own tip.
fn follow(network: &mut Network, council: &Council) {
    for block in blocks_above(council, network.chain().height()) {
        let now = network.clock().middle_of(block.header.content.slot);
        network
            .import(block, Verified::Nothing { entropy: [3; 32] }, now)
            .unwrap();
        let _ = network.settle(now);
    }
}

fn say(council: &mut Council, text: &str) {
    let body = ChatBody::text(text, None, Vec::new()).unwrap().encode();
    council.wish(1, Action::post(HALL, body).unwrap());
}

fn texts(network: &Network) -> Vec<String> {
    let page = network.told().chat().page(HALL, 100, |_| String::new());
    let text = |content| match content {
        MessageContent::Text { text, .. } => Some(text),
        MessageContent::Payment { .. } | MessageContent::Joined | MessageContent::Unreadable => None,
    };
    page.messages
        .into_iter()
        .filter_map(|message| text(message.content))
        .collect()
}

#[test]
fn a_network_that_begins_late_goes_on_to_finality_and_tells_of_what_came_since() {
    let mut council = Council::of_three();
    say(&mut council, "before");
    council.grow();
    let mut late = network_from_tip(&mut council);
    let from = council.head();
    assert_eq!(late.chain().final_checkpoint(), from);
    assert_eq!(late.chain().justified_checkpoint(), from);

    say(&mut council, "since");
    let term = council.state().term().number;
    council.go_on_until(|state| state.term().number == term + 1);
    follow(&mut late, &council);
    assert_eq!(late.chain().head(), council.head().block);
    let [mine, theirs] = [&late, &council.network].map(|network| network.chain().final_checkpoint());
    assert!(
        mine.slot > from.slot && mine.slot <= theirs.slot,
        "{mine:?} {theirs:?}"
    );
    assert_eq!(
        (texts(&council.network), texts(&late)),
        (vec!["before".into(), "since".into()], vec!["since".to_owned()])
    );

    let root = late.chain().at_height(late.chain().root_height()).unwrap();
    let whole = council.network.chain().get(&from.block).unwrap();
    assert_eq!((root.hash, root.proposer), (whole.hash, whole.proposer));
    let made = council.network.chain().chosen_from(whole.height + 1);
    let made = made.filter(|node| node.proposer == council.address(0)).count() as u64;
    let (earned, all) = (
        late.told().wallet().earnings(),
        council.network.told().wallet().earnings(),
    );
    assert_eq!((earned.after_height, earned.blocks), (whole.height, made));
    assert!(all.after_height == 0 && all.blocks > made && all.micro > earned.micro);
}

#[test]
fn a_chain_that_forgets_what_has_been_final_for_long_stays_small_and_leads_to_the_same_states() {
    const KEPT: u64 = 6;
    let mut council = Council::of_three();
    let mut small = network_from_tip(&mut council);
    small.keep(History::Newest { blocks: KEPT });
    let begin = small.chain().height();
    let mut most_nodes = 0;
    for _ in 0..40 {
        council.finalize(council.head());
        council.grow();
        follow(&mut small, &council);
        most_nodes = most_nodes.max(small.chain().nodes().count() as u64);
    }
    assert_eq!(small.chain().head(), council.head().block);
    let (root, last_final) = (small.chain().root_height(), small.chain().final_height());
    assert!(
        root > begin && last_final >= root + KEPT,
        "{begin} {root} {last_final}"
    );
    // Beyond what is kept there are those that are not final, and those that the lowest state may be asked about.
    assert!(most_nodes <= 2 * KEPT + 2, "{most_nodes}");
    assert!(small.chain().at_height(root - 1).is_none());

    let again = small.chain().lowest_root().expect("the lowest state is kept");
    assert!((root..=last_final).contains(&again.height()));
    let genesis = council.network.genesis().clone();
    let mut again = Network::rooted(genesis, council.address(0), Origin::Named, again);
    follow(&mut again, &council);
    let root_of = |network: &Network| network.head_state().unwrap().ledger.clone().root();
    assert_eq!(root_of(&again), root_of(&small));
    assert_eq!(root_of(&again), root_of(&council.network));
}
