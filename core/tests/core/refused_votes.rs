//! Every way in which a block with votes can be wrong, each refused with its typed reason and nothing lost; and when votes are enough.

use crate::common::council::{Council, FOUNDER_STAKE_MICRO};
use ting_core::{
    chain::{
        block::{Block, BlockHash, BodyError, Testimony},
        checkpoint::{Checkpoint, Vote},
    },
    consensus::{
        header::HeaderError,
        stake::recorded::{TestimonyError, VoteError},
        transition::BlockError,
    },
    crypto::{hash::Hash, keys::NetworkId},
    ledger::genesis::MICRO_PER_COIN,
    peer::network::ImportError,
};

/// Why the next block is refused if it records these votes.
fn reason(council: &mut Council, votes: Vec<Vote>) -> (usize, VoteError) {
    let block = council.forge(votes);
    match council.refusal(block) {
        ImportError::Block(BlockError::Testimony(TestimonyError::Vote { index, reason })) => (index, reason),
        other => panic!("{other:?}"),
    }
}

/// The reason for a single vote.
fn reason_for(council: &mut Council, vote: Vote) -> VoteError {
    let (index, reason) = reason(council, vec![vote]);
    assert_eq!(index, 0);
    reason
}

/// Three voters; two blocks that nobody has voted on; source and targets of honest votes.
struct Open {
    council: Council,
    last_final: Checkpoint,
    low: Checkpoint,
    high: Checkpoint,
}

fn open() -> Open {
    let mut council = Council::of_three();
    // One block that records all that was voted, and two on which nobody voted yet.
    council.grow();
    let low = council.head();
    council.grow();
    let high = council.head();
    let last_final = council.state().final_checkpoint();
    assert_eq!(last_final, council.network.chain().final_checkpoint());
    assert!(last_final.slot < low.slot);
    Open {
        council,
        last_final,
        low,
        high,
    }
}

#[test]
fn honest_votes_are_recorded() {
    let Open {
        mut council,
        last_final,
        low,
        high,
    } = open();
    let votes = [(0, last_final, low), (1, last_final, low), (0, low, high)];
    let votes = votes.map(|(who, source, target)| council.vote(who, source, target));
    let block = council.block(&votes);
    assert_eq!(block.testimony.votes.len(), 3);
    council.import(block).unwrap();
}

#[test]
fn a_forged_signature_is_refused_and_names_the_vote() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let mut votes: Vec<Vote> = (0..3).map(|who| council.vote(who, last_final, high)).collect();
    votes.sort();
    for index in 0..votes.len() {
        let mut forged = votes.clone();
        forged[index].signature.0[9] ^= 1;
        assert_eq!(reason(&mut council, forged), (index, VoteError::BadSignature));
    }
}

#[test]
fn a_vote_signed_with_the_account_key_or_for_another_network_is_refused() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let honest = council.vote(1, last_final, high);
    let term = honest.term;
    let sign = |network, key| Vote::sign(honest.pair(), term, honest.voter, network, key);
    let elsewhere = NetworkId(Hash([5; 32]));
    let here = council.network.id();
    let by_account = sign(&here, council.people[1].account_key());
    let for_another = sign(&elsewhere, council.people[1].signing_key());
    let by_another = sign(&here, council.people[2].signing_key());
    for vote in [by_account, for_another, by_another] {
        assert_eq!(reason_for(&mut council, vote), VoteError::BadSignature);
    }
}

#[test]
fn votes_out_of_order_and_votes_that_come_twice_are_refused() {
    let Open {
        mut council,
        last_final,
        low,
        high,
    } = open();
    let by_target = vec![
        council.vote(0, last_final, high),
        council.vote(0, last_final, low),
    ];
    let mut by_source = vec![council.vote(0, last_final, high), council.vote(1, low, high)];
    by_source.sort();
    by_source.reverse();
    let mut by_voter: Vec<Vote> = (0..2).map(|who| council.vote(who, last_final, high)).collect();
    by_voter.sort();
    by_voter.reverse();
    let twice = vec![council.vote(0, last_final, high); 2];
    for votes in [by_target, by_source, by_voter, twice] {
        assert_eq!(reason(&mut council, votes).1, VoteError::NotInOrder);
    }
}

#[test]
fn a_source_at_or_above_its_target_is_refused_unless_it_is_an_acknowledgement() {
    let Open {
        mut council,
        last_final,
        low,
        high,
    } = open();
    let backwards = council.vote(0, high, low);
    assert_eq!(reason_for(&mut council, backwards), VoteError::Malformed);
    let one_slot_two_blocks = Checkpoint {
        slot: high.slot,
        block: last_final.block,
    };
    let vote = council.vote(0, one_slot_two_blocks, high);
    assert_eq!(reason_for(&mut council, vote), VoteError::Malformed);
    let acknowledgement = council.vote(0, high, high);
    let block = council.block(&[acknowledgement]);
    assert_eq!(block.testimony.votes.len(), 1);
    council.import(block).unwrap();
}

#[test]
fn a_target_at_the_slot_of_the_block_or_above_is_refused() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let slot = council.block(&[]).header.content.slot;
    for above in [0, 1, 50] {
        let target = Checkpoint {
            slot: slot.plus(above),
            ..high
        };
        let vote = council.vote(0, last_final, target);
        assert_eq!(reason_for(&mut council, vote), VoteError::TargetOutOfRange);
    }
    let below = Checkpoint {
        slot: slot.minus(1),
        ..high
    };
    let vote = council.vote(0, last_final, below);
    let block = council.block(&[vote]);
    assert_eq!(
        block.testimony.votes.len(),
        1,
        "below the slot of the block it is recorded"
    );
}

#[test]
fn a_target_that_is_not_above_the_recorded_final_checkpoint_is_refused() {
    let Open {
        mut council,
        last_final,
        ..
    } = open();
    let again = council.vote(0, last_final, last_final);
    assert_eq!(reason_for(&mut council, again), VoteError::TargetOutOfRange);
    let height = council.network.chain().get(&last_final.block).unwrap().height;
    let (older, oldest) = (council.checkpoint(height - 1), council.checkpoint(height - 2));
    let before = council.vote(0, oldest, older);
    assert_eq!(reason_for(&mut council, before), VoteError::TargetOutOfRange);
}

#[test]
fn a_source_older_than_the_recorded_final_checkpoint_is_refused() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let height = council.network.chain().get(&last_final.block).unwrap().height;
    let older = council.checkpoint(height - 1);
    let vote = council.vote(0, older, high);
    assert_eq!(reason_for(&mut council, vote), VoteError::SourceTooOld);
}

#[test]
fn a_target_or_source_that_is_not_on_the_branch_is_refused() {
    let Open {
        mut council,
        last_final,
        low,
        high,
    } = open();
    let unknown = BlockHash(Hash([3; 32]));
    let target = council.vote(
        0,
        last_final,
        Checkpoint {
            block: unknown,
            ..high
        },
    );
    assert_eq!(reason_for(&mut council, target), VoteError::NotOnBranch);
    let source = council.vote(
        0,
        Checkpoint {
            block: unknown,
            ..low
        },
        high,
    );
    assert_eq!(reason_for(&mut council, source), VoteError::NotOnBranch);
    let later_than_its_slot = Checkpoint {
        slot: low.slot,
        block: high.block,
    };
    let early = council.vote(0, last_final, later_than_its_slot);
    assert_eq!(reason_for(&mut council, early), VoteError::NotOnBranch);
    let source_later_than_its_slot = council.vote(0, later_than_its_slot, high);
    assert_eq!(
        reason_for(&mut council, source_later_than_its_slot),
        VoteError::NotOnBranch
    );
}

/// By its slot such a checkpoint would do.
#[test]
fn a_checkpoint_whose_block_lies_before_the_recorded_final_one_is_refused() {
    let Open {
        mut council,
        last_final,
        low,
        high,
    } = open();
    let height = council.network.chain().get(&last_final.block).unwrap().height;
    let older = council.checkpoint(height - 1).block;
    let (early, late) = (
        Checkpoint { block: older, ..low },
        Checkpoint { block: older, ..high },
    );
    for (source, target) in [(early, high), (last_final, late), (early, early)] {
        let vote = council.vote(0, source, target);
        assert_eq!(reason_for(&mut council, vote), VoteError::NotOnBranch);
    }
}

/// Two children of one block, of which the second records a vote for the first.
#[test]
fn a_vote_for_a_block_of_another_branch_is_refused() {
    let (
        Open {
            mut council,
            last_final,
            ..
        },
        twin,
    ) = (open(), open().council);
    council.grow();
    let sibling = council.head();
    let vote = council.vote(0, last_final, sibling);
    let block = twin.forge_from(sibling.slot.plus(1), vec![vote]);
    assert_eq!(block.header.content.parent, twin.head().block);
    let reason = VoteError::NotOnBranch;
    assert_eq!(
        council.refusal(block),
        ImportError::Block(BlockError::Testimony(TestimonyError::Vote { index: 0, reason }))
    );
}

#[test]
fn a_vote_of_another_term_than_its_targets_is_refused() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let term = council.state().term().number;
    let vote = council.vote_in(term + 1, 0, last_final, high);
    assert_eq!(reason_for(&mut council, vote), VoteError::WrongTerm);
    // Quorums are joint here: the term before has seats too, but not for a key that has one in the newer set.
    let vote = council.vote_in(term - 1, 0, last_final, high);
    assert_eq!(reason_for(&mut council, vote), VoteError::NotAVoter);
    council.go_on_until(|state| state.stake().finality.final_block().term == term);
    let (last_final, head) = (council.state().final_checkpoint(), council.head());
    let vote = council.vote_in(term - 1, 0, last_final, head);
    assert_eq!(reason_for(&mut council, vote), VoteError::WrongTerm);
}

#[test]
fn a_vote_by_somebody_who_is_no_voter_is_refused() {
    let mut council = Council::new(2);
    council.grow();
    let (start, head) = (council.checkpoint(0), council.head());
    let vote = council.vote(1, start, head);
    assert_eq!(reason_for(&mut council, vote), VoteError::NotAVoter);
}

#[test]
fn a_vote_against_one_that_is_recorded_is_refused_also_within_one_block() {
    let Open {
        mut council,
        last_final,
        low,
        high,
    } = open();
    let (lower, higher) = (council.vote(0, last_final, low), council.vote(0, low, high));
    let double = council.vote(
        0,
        last_final,
        Checkpoint {
            block: low.block,
            ..high
        },
    );
    let mut pair = vec![higher.clone(), double.clone()];
    pair.sort();
    assert_eq!(
        reason(&mut council, pair),
        (1, VoteError::AgainstRecorded),
        "two blocks at one slot"
    );
    let block = council.block(&[lower.clone(), higher]);
    assert_eq!(block.testimony.votes.len(), 2);
    council.import(block).unwrap();
    for vote in [lower, double] {
        assert_eq!(reason_for(&mut council, vote), VoteError::AgainstRecorded);
    }
    let tip = council.head();
    let around = council.vote(0, last_final, tip);
    assert_eq!(
        reason_for(&mut council, around),
        VoteError::AgainstRecorded,
        "surrounds the link from low to high"
    );
}

#[test]
fn votes_other_than_those_that_the_header_commits_to_are_refused() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let block = council.block(&[council.vote(0, last_final, high)]);
    let without = Block {
        testimony: Testimony::default(),
        ..block.clone()
    };
    let body = |error| ImportError::Block(BlockError::Body(error));
    assert_eq!(council.refusal(without), body(BodyError::Testimony));
    council.import(block).unwrap();
}

/// The votes are good, but the state root is that of a block without them.
#[test]
fn recorded_votes_are_part_of_the_state_root() {
    let Open {
        mut council,
        last_final,
        high,
        ..
    } = open();
    let block = council.forge(vec![council.vote(0, last_final, high)]);
    assert_eq!(
        council.refusal(block),
        ImportError::Block(BlockError::WrongStateRoot)
    );
}

/// An entrant with three quarters of the stake alone is a quorum of the new set, and nobody in the set before.
#[test]
fn the_first_checkpoint_of_a_term_needs_a_quorum_of_the_set_before_too() {
    let mut council = Council::new(2);
    council.invest(1, 3 * FOUNDER_STAKE_MICRO);
    council.go_on_until(|state| state.term().voters.len() == 2 && state.term().previous_voters.len() == 1);
    let source = council.network.chain().justified_checkpoint();
    let head = council.head();
    let by_entrant = [council.vote(1, source, head), council.vote(1, head, head)];
    council.hear(&by_entrant);
    assert!(!council.network.chain().is_justified(&head.block), "heard");
    assert_ne!(council.network.chain().final_checkpoint(), head, "heard");
    council.grow();
    assert_ne!(council.state().final_checkpoint(), head, "recorded");
    let by_founder = [council.vote(0, head, head)];
    council.hear(&by_founder);
    assert_eq!(council.network.chain().final_checkpoint(), head);
    council.grow();
    assert_eq!(council.state().final_checkpoint(), head);
    // From then on the entrant is enough.
    let head = council.head();
    let alone = [council.vote(1, head, head)];
    council.hear(&alone);
    assert_eq!(council.network.chain().final_checkpoint(), head);
}

#[test]
fn less_than_two_thirds_are_no_quorum_heard_or_recorded() {
    let Open {
        mut council, high, ..
    } = open();
    // 300 of 500 are less than two thirds; 400 are more.
    let most = [council.vote(1, high, high)];
    council.hear(&most);
    council.grow();
    assert_ne!(council.network.chain().final_checkpoint(), high);
    assert_ne!(council.state().final_checkpoint(), high);
    let another = [council.vote(2, high, high)];
    council.hear(&another);
    council.grow();
    assert_eq!(council.network.chain().final_checkpoint(), high);
    assert_eq!(council.state().final_checkpoint(), high);
}

#[test]
fn a_block_whose_proposer_is_an_operator_of_the_next_term_only_is_refused() {
    let mut council = Council::new(2);
    council.invest(1, 3 * FOUNDER_STAKE_MICRO + MICRO_PER_COIN);
    council.go_on_until(|state| state.ledger.operators().count() == 2);
    let entrant = council.address(1);
    assert!(council.state().term().operators.get(&entrant).is_none());
    let mut block = council.block(&[]);
    block.header.content.proposer = entrant;
    let block = council.sign(block);
    assert_eq!(
        council.refusal(block),
        ImportError::Block(BlockError::Header(HeaderError::NotAnOperator))
    );
}
