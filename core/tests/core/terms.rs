//! When a term ends, and what the next one is made of (docs/protocol.md, section 4); three terms whose every value is fixed.

use std::fmt::Write;

use crate::common::council::{Council, FOUNDER_STAKE_MICRO, person};
use ting_core::{
    chain::{
        block::{Block, BlockHash, Seal},
        checkpoint::Checkpoint,
    },
    codec::encode,
    consensus::{
        branch::BranchState,
        stake::term::Term,
        transition::Verified,
        tree::{InsertError, Standing},
    },
    crypto::hash::{Domain, Hash},
    ledger::{genesis::MICRO_PER_COIN, transaction::Action},
    params::{RECENT_STATES, SPARSE_STATES},
    peer::network::ImportError,
};

fn term(council: &Council) -> Term {
    (**council.state().term()).clone()
}

fn state_at(council: &Council, checkpoint: Checkpoint) -> &BranchState {
    council
        .network
        .chain()
        .get(&checkpoint.block)
        .and_then(|node| node.state())
        .expect("kept since it is not older than the final block")
}

/// Takes a block that others refer to, whose parent may be an old one.
fn import_referred(council: &mut Council, block: Block) -> BlockHash {
    let now = council.network.clock().middle_of(council.head().slot);
    let verified = Verified::Nothing { entropy: [9; 32] };
    let imported = council
        .network
        .import_as(Standing::Referred, block, verified, now);
    imported.unwrap()
}

/// The next block, in the last one's slot or later, records as final what was voted on.
fn record_final(council: &mut Council, target: Checkpoint) {
    council.finalize(target);
    assert_eq!(council.network.chain().final_checkpoint(), target);
    let heard: Vec<_> = council.network.chain().recent_votes().cloned().collect();
    let block = council.block_from(target.slot.plus(1), &heard);
    council.import(block).unwrap();
    assert_eq!(council.state().final_checkpoint(), target);
}

#[test]
fn a_term_ends_once_a_checkpoint_sixteen_slots_after_its_first_slot_is_recorded_as_final() {
    let mut council = Council::new(1);
    let first = council.state().term().first_slot;
    council.grow();
    assert!(
        council.head().slot < first.plus(15),
        "the seeds give an early block"
    );
    let almost = Checkpoint {
        slot: first.plus(15),
        ..council.head()
    };
    record_final(&mut council, almost);
    council.grow();
    assert_eq!(council.state().term().number, 0);
    let enough = Checkpoint {
        slot: council.head().slot.max(first.plus(16)),
        ..council.head()
    };
    record_final(&mut council, enough);
    assert_eq!(
        council.state().term().number,
        0,
        "the block that records it is of the old term"
    );
    council.grow();
    let state = council.state();
    assert_eq!(
        (state.term().number, state.term().first_slot),
        (1, council.head().slot)
    );
}

/// A checkpoint's slot may lie in a term whose blocks it does not know: its block decides.
#[test]
fn a_term_is_not_ended_by_a_final_checkpoint_on_a_block_of_the_term_before() {
    let mut council = Council::new(1);
    council.go_on_until(|state| state.final_checkpoint().slot.0 >= 16);
    let last_of_old = council.head();
    assert_eq!(council.state().term().number, 0);
    council.grow();
    assert_eq!(council.state().term().number, 1);
    let far = Checkpoint {
        slot: council.state().term().first_slot.plus(20),
        ..last_of_old
    };
    record_final(&mut council, far);
    council.grow();
    assert_eq!(council.state().term().number, 1);
    // One on a block of the term itself ends it.
    let own = Checkpoint {
        slot: council.head().slot.max(far.slot.plus(1)),
        ..council.head()
    };
    record_final(&mut council, own);
    council.grow();
    assert_eq!(council.state().term().number, 2);
}

#[test]
fn the_nonce_mixes_what_was_drawn_up_to_the_final_checkpoint_and_nothing_later() {
    let mut council = Council::new(1);
    council.go_on_until(|state| state.final_checkpoint().slot.0 >= 16);
    let (old, parent) = (term(&council), council.head());
    let last_final = council.state().final_checkpoint();
    assert_ne!(last_final.block, parent.block);
    council.grow();
    let nonce_of = |mixer: &Hash| Hash::of(Domain::TermNonce, &[old.nonce.as_bytes(), mixer.as_bytes()]);
    let (at_final, at_parent) = (
        state_at(&council, last_final).stake().mixer,
        state_at(&council, parent).stake().mixer,
    );
    assert_ne!(at_final, at_parent);
    assert_eq!(council.state().term().nonce, nonce_of(&at_final));
}

#[test]
fn every_block_mixes_its_ticket_into_what_it_found() {
    let mut council = Council::new(1);
    let before = council.state().stake().mixer;
    let block = council.block(&[]);
    let Seal::Stake { vrf_proof, .. } = &block.header.seal;
    let output = vrf_proof.claimed_output().unwrap();
    council.import(block).unwrap();
    assert_eq!(
        council.state().stake().mixer,
        ting_core::consensus::stake::term::mix(&before, &output)
    );
}

/// Who registers in the first block of a term has to wait for the next snapshot, and every snapshot waits for a term.
#[test]
fn a_snapshot_is_of_the_last_block_of_a_term_and_acts_one_term_later() {
    let mut council = Council::new(3);
    council.invest(1, FOUNDER_STAKE_MICRO);
    council.go_on_until(|state| state.final_checkpoint().slot.0 >= 16);
    // The first block of the next term makes another operator.
    let late = council.address(2);
    let last_final = council.state().final_checkpoint();
    assert!(state_at(&council, last_final).ledger.operators().count() == 2);
    council.invest(2, FOUNDER_STAKE_MICRO);
    council.grow();
    let state = council.state();
    assert_eq!(state.term().number, 1);
    assert!(state.ledger.operators().any(|operator| operator.account == late));
    let early = council.address(1);
    let has = |set: &ting_core::consensus::stake::term::OperatorSet, who| set.get(who).is_some();
    assert!(
        !has(&state.term().operators, &early),
        "the snapshot acts a term later"
    );
    assert!(has(&state.stake().pending, &early));
    assert!(
        !has(&state.stake().pending, &late),
        "registered after the snapshot"
    );
    council.go_on_until(|state| state.term().number == 2);
    let state = council.state();
    assert!(has(&state.term().operators, &early) && !has(&state.term().operators, &late));
    assert!(has(&state.stake().pending, &late));
}

/// The last block of a term lies after the checkpoint that ends it: what it changes is in the snapshot all the same.
#[test]
fn who_registers_in_the_block_that_records_the_last_checkpoint_of_a_term_is_in_its_snapshot() {
    let mut council = Council::new(2);
    council.grow();
    let last = Checkpoint {
        slot: council
            .head()
            .slot
            .max(council.state().term().first_slot.plus(16)),
        ..council.head()
    };
    council.invest(1, FOUNDER_STAKE_MICRO);
    record_final(&mut council, last);
    let late = council.address(1);
    let is_registered =
        |state: &BranchState| state.ledger.operators().any(|operator| operator.account == late);
    assert!(is_registered(council.state()) && !is_registered(state_at(&council, last)));
    council.grow();
    assert_eq!(council.state().term().number, 1);
    assert!(council.state().stake().pending.get(&late).is_some());
}

#[test]
fn the_voters_of_the_term_before_go_on_as_previous_voters() {
    let mut council = Council::new(2);
    council.invest(1, FOUNDER_STAKE_MICRO);
    council.go_on_until(|state| state.term().voters.len() == 2);
    let (entrant, founder) = (council.address(1), council.address(0));
    let entered = term(&council);
    assert!(entered.voters.get(&entrant).is_some() && entered.previous_voters.get(&entrant).is_none());
    assert!(entered.previous_voters.get(&founder).is_some());
    council.go_on_until(|state| state.term().number == entered.number + 1);
    assert_eq!(term(&council).previous_voters, entered.voters);
}

/// What a term consists of, and the state roots and hashes of its blocks.
fn describe(council: &Council, log: &mut String) {
    let (state, head) = (council.state(), council.network.head().unwrap());
    let term = state.term();
    let names = |set: &ting_core::consensus::stake::term::VoterSet| {
        let stakes = set
            .iter()
            .map(|voter| format!("{}:{}", voter.account, voter.stake_micro));
        stakes.collect::<Vec<_>>().join(" ")
    };
    writeln!(
        log,
        "term {} from slot {}\n  nonce {}\n  voters {}\n  previous {}\n  operators {}, pending {}\n  block {}\n  state root {}\n  term encoded {}",
        term.number,
        term.first_slot.0,
        term.nonce,
        names(&term.voters),
        names(&term.previous_voters),
        term.operators.len(),
        state.stake().pending.len(),
        head.hash,
        head.state_root,
        Hash::of(Domain::Content, &[&encode(&**term)]),
    )
    .unwrap();
}

/// Four people, of whom one after the other comes in, pays, speaks and bonds more. If a rule of terms, votes, the lottery or the ledger changes on
/// purpose, `TING_GOLDEN=write cargo nextest run -p ting-core --test core` writes the new values.
#[test]
fn five_terms_of_a_growing_room_are_fixed_to_the_last_bit() {
    let mut council = Council::new(4);
    let mut log = String::new();
    for number in 1..=5 {
        if let who @ 1..=3 = number {
            council.invest(who as usize, who * FOUNDER_STAKE_MICRO);
        }
        council.wish(0, Action::post("hall", b"good evening".to_vec()).unwrap());
        council.go_on_until(|state| state.term().number == number);
        council.wish(
            0,
            Action::Bond {
                amount_micro: MICRO_PER_COIN,
            },
        );
        describe(&council, &mut log);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/terms.txt");
    if std::env::var("TING_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(path, &log).unwrap();
    }
    assert_eq!(log, std::fs::read_to_string(path).unwrap());
    assert_eq!(council.state().term().voters.len(), 4, "all four came in");
}

/// A leader may skip a slot only while this is not so: what is on its way would take minutes in an idle room.
#[test]
fn a_change_of_keys_is_on_its_way_until_the_new_one_votes_and_a_record_without_stake_never_is() {
    let mut council = Council::of_three();
    let is_settled = |state: &BranchState| !state.membership_changes();
    council.go_on_until(is_settled);
    let new = person(77);
    let keys = Action::Operator {
        signing_key: new.signing_public(),
        vrf_key: new.vrf_public(),
    };
    council.wish(2, keys);
    council.grow();
    assert!(!is_settled(council.state()), "three operators before and after");
    council.go_on_until(is_settled);
    let voters = &council.state().term().voters;
    assert_eq!(voters.key_of(&council.address(2)), Some(&new.signing_public()));

    let all = Action::Unbond {
        amount_micro: 100 * MICRO_PER_COIN,
    };
    council.wish(2, all);
    council.grow();
    assert!(!is_settled(council.state()), "it leaves");
    council.go_on_until(is_settled);
    let state = council.state();
    assert_eq!((state.ledger.operator_count(), state.term().voters.len()), (3, 2));
}

#[test]
fn a_term_begins_on_a_block_whose_state_was_let_go_if_others_refer_to_what_builds_on_it_and_else_nobody_looks_at_it()
 {
    let mut council = Council::new(1);
    council.go_on_until(|state| state.engine.summary().ends_term(16));
    let parent = council.head();
    let first = council.block(&[]);
    let other = council.block_from(first.header.content.slot.plus(1), &[]);
    council.import(first).unwrap();
    for _ in 0..RECENT_STATES {
        council.grow();
    }
    let node = council.network.chain().get(&parent.block).unwrap();
    assert!(node.state().is_none(), "height {}", node.height);
    let refused = ImportError::Tree(InsertError::OldParent);
    assert_eq!(council.refusal(other.clone()), refused);
    let number = other.header.content.slot;
    let hash = import_referred(&mut council, other);
    let term = &council.network.chain().get(&hash).unwrap().summary().term;
    assert_eq!(
        term.first_slot, number,
        "executed up to its state root, in a term of its own"
    );
}

/// Heights of the chosen chain whose states are at hand.
fn heights_with_state(council: &Council) -> Vec<u64> {
    let chosen = council.network.chain().chosen_from(0);
    chosen
        .filter(|node| node.state().is_some())
        .map(|node| node.height)
        .collect()
}

#[test]
fn states_are_computed_again_across_the_beginning_of_a_term() {
    let mut council = Council::new(1);
    council.go_on_until(|state| state.engine.summary().ends_term(16));
    let last_of_old = council.network.chain().height();
    council.grow();
    council.grow();
    assert_eq!(council.state().term().number, 1);
    let parent = council.network.chain().height();
    let on_new_term = council.block_from(council.head().slot.plus(3), &[]);
    for _ in 0..RECENT_STATES + 1 {
        council.grow();
    }
    assert!(
        heights_with_state(&council)
            .iter()
            .all(|height| !(last_of_old..=parent).contains(height)),
        "both the old term's last block and what follows it were let go"
    );
    import_referred(&mut council, on_new_term);
    assert!(heights_with_state(&council).contains(&parent));
}

#[test]
fn once_old_blocks_become_final_the_states_below_the_nearest_one_that_is_kept_go() {
    let mut council = Council::new(1);
    while council.network.chain().height() < 2 * SPARSE_STATES + RECENT_STATES + 10 {
        council.grow();
    }
    let old = council.checkpoint(2 * SPARSE_STATES + 5);
    let in_block = council.network.chain().get(&old.block).unwrap();
    assert!(in_block.state().is_none());
    let newest = council.network.chain().height() - RECENT_STATES + 1;
    assert_eq!(
        heights_with_state(&council)[..4],
        [0, SPARSE_STATES, 2 * SPARSE_STATES, newest]
    );
    council.finalize(old);
    assert_eq!(heights_with_state(&council)[0], 2 * SPARSE_STATES);
    // From there the old one's is computed again.
    assert!(council.network.restore_state(&old.block));
    council.grow();
    assert_eq!(council.state().final_checkpoint(), old);
    // The term that begins with it asks for no state but its parent's.
    council.finalize(council.head());
    assert_eq!(heights_with_state(&council), [council.network.chain().height()]);
    council.grow();
    assert_eq!(council.state().term().number, 1);
}
