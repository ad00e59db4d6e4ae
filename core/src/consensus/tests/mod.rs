//! Finality heard and recorded, on small made-up trees of four voters; and what a proposer takes.

use std::sync::Arc;

use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Pair, Vote},
        samples::{block_after, genesis, secret},
    },
    consensus::{
        branch::BranchState,
        engine::{EngineState, Plan, Proof},
        stake::{
            electorate::Electorate,
            lottery::{Draw, Level},
            pool::{Advance, Offered, PoolError, SignatureState, VotePool},
            quorum::QuorumRules,
            recorded::{self, VoteError},
            rests::Rests,
            term::{OperatorSet, Term, TermOperator},
            ticket::{Ticket, Winning},
        },
        transition::{Executed, Proposer, Surroundings, propose},
        tree::{BlockTree, InsertError, Standing, root::Root},
    },
    crypto::{
        hash::Hash,
        keys::NetworkId,
        vrf::{VrfOutput, VrfProof, VrfSecretKey},
    },
    ledger::transaction::{Action, Transaction},
    params::{
        MAX_BLOCK_BYTES, MAX_POOL_VOTES, MAX_POST_BYTES, MAX_SIDE_BLOCKS, MAX_SIDE_BYTES, RECENT_STATES,
        SPARSE_STATES,
    },
    time::{Slot, Timestamp},
};

mod pool;
mod tree;

/// The voters, of equal stake, most senior first.
const VOTERS: [u8; 4] = [11, 12, 13, 14];
const NOW: Slot = Slot(1_000);

fn ticket() -> Ticket {
    Ticket {
        draw: Draw { y: 0, tie: 0 },
        level: Level(0),
        output: VrfOutput([0; 64]),
    }
}

/// Blocks that nobody checked, whose states all have the same voters.
struct Lab {
    network: NetworkId,
    state: BranchState,
    tree: BlockTree,
    pool: VotePool,
}

impl Lab {
    fn new() -> Self {
        let network = genesis().network_id();
        let operator = |number: u8| TermOperator {
            account: secret(number).address(),
            signing_key: secret(number).public(),
            vrf_key: VrfSecretKey::from_seed([number; 32]).public(),
            stake_micro: 100,
            voting_micro: 100,
            since: Slot(number.into()),
        };
        let mut state = BranchState::genesis(&genesis());
        enter(
            &mut state,
            Term::founding(&network.0, OperatorSet::new(VOTERS.into_iter().map(operator))),
        );
        Self {
            network,
            tree: BlockTree::new(Root::genesis(&genesis(), state.clone()), &genesis()),
            pool: VotePool::new(network, Checkpoint::genesis(&network)),
            state,
        }
    }

    fn start(&self) -> Checkpoint {
        at(0, BlockHash(self.network.0))
    }

    fn grow(&mut self, parent: BlockHash, slot: u64) -> BlockHash {
        self.grow_by(parent, slot, ticket())
    }

    /// A block whose ticket is of this level and breaks ties by that.
    fn grow_with(&mut self, parent: BlockHash, slot: u64, level: u32, tie: u64) -> BlockHash {
        let ticket = Ticket {
            draw: Draw { y: 0, tie },
            level: Level(level),
            ..ticket()
        };
        self.grow_by(parent, slot, ticket)
    }

    fn grow_by(&mut self, parent: BlockHash, slot: u64, ticket: Ticket) -> BlockHash {
        let height = self.tree.get(&parent).unwrap().height + 1;
        let executed = Executed {
            state: self.state.clone(),
            proof: Proof::Stake(ticket),
        };
        let block = block_after(parent, height, slot, vec![], vec![]);
        self.tree
            .insert(block, executed, Standing::Unasked, Timestamp(0))
            .unwrap()
    }

    fn vote(&self, voter: u8, source: Checkpoint, target: Checkpoint) -> Vote {
        let pair = Pair { source, target };
        Vote::sign(pair, 0, secret(voter).address(), &self.network, &secret(voter))
    }

    fn votes(&self, voters: &[u8], source: Checkpoint, target: Checkpoint) -> Vec<Vote> {
        voters
            .iter()
            .map(|voter| self.vote(*voter, source, target))
            .collect()
    }

    fn hear(&mut self, votes: &[Vote]) -> Vec<Advance> {
        for vote in votes {
            let offered = self.pool.offer(vote, SignatureState::Unchecked, &self.tree, NOW);
            assert_eq!(offered, Ok(Offered::Counted));
        }
        self.pool.advance(&self.tree)
    }

    /// Records votes in a state, as the blocks of the branch that ends with `tip` would.
    fn record(&self, state: &mut BranchState, tip: BlockHash, votes: &[Vote]) -> Result<(), VoteError> {
        let branch = self.tree.branch(tip);
        let BranchState { ledger, engine } = state;
        let EngineState::Stake(stake) = engine;
        for vote in votes {
            let key = recorded::check(stake, ledger, &branch, NOW, vote)?;
            recorded::record(stake, ledger, vote, &key);
        }
        recorded::settle(stake, ledger, &branch, NOW);
        Ok(())
    }
}

/// Records a vote by this key although no block of the branch could.
fn record_unchecked(state: &mut BranchState, vote: &Vote, key: u8) {
    let BranchState { ledger, engine } = state;
    let EngineState::Stake(stake) = engine;
    recorded::record(stake, ledger, vote, &secret(key).public());
}

/// Puts a state into a term, as its first block would.
fn enter(state: &mut BranchState, term: Term) {
    let EngineState::Stake(stake) = &mut state.engine;
    if term.number == 0 {
        stake.quorums = QuorumRules::founding(&term);
    } else {
        stake.quorums.begin(term.first_slot, Electorate::new(&term, 0));
    }
    stake.term = Arc::new(term);
}

fn at(slot: u64, block: BlockHash) -> Checkpoint {
    Checkpoint {
        slot: Slot(slot),
        block,
    }
}

#[test]
fn a_quorum_of_links_justifies_and_a_quorum_of_acknowledgements_finalizes() {
    let mut lab = Lab::new();
    let (start, block) = (lab.start(), lab.grow(lab.start().block, 5));
    let target = at(6, block);
    assert_eq!(lab.hear(&lab.votes(&VOTERS[..2], start, target)), []);
    assert_eq!(
        lab.hear(&lab.votes(&VOTERS[2..3], start, target)),
        [Advance::Justified(target)]
    );
    assert_eq!(lab.pool.final_checkpoint(), start);
    assert_eq!(lab.hear(&lab.votes(&VOTERS[1..3], target, target)), []);
    assert_eq!(
        lab.hear(&lab.votes(&VOTERS[3..], target, target)),
        [Advance::Final(target)]
    );
}

#[test]
fn acknowledgements_alone_finalize_for_those_who_missed_the_links() {
    let mut lab = Lab::new();
    let block = lab.grow(lab.start().block, 5);
    let target = at(5, block);
    let advances = lab.hear(&lab.votes(&VOTERS[1..], target, target));
    assert_eq!(advances, [Advance::Final(target)]);
}

#[test]
fn links_from_what_is_not_justified_justify_nothing_until_it_is() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 6);
    let (low, high) = (at(5, first), at(6, second));
    assert_eq!(lab.hear(&lab.votes(&VOTERS, low, high)), []);
    let advances = lab.hear(&lab.votes(&VOTERS, start, low));
    assert_eq!(advances, [Advance::Justified(low), Advance::Justified(high)]);
}

#[test]
fn the_source_has_to_be_an_ancestor_by_its_block_and_slots_may_overlap() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 7);
    let fork = lab.grow(start.block, 6);
    // The second block came after voters had voted on slot 8: it follows the checkpoint's block, with a lower slot than the checkpoint's.
    let (early, late) = (at(8, first), at(9, second));
    assert_eq!(
        lab.hear(&lab.votes(&VOTERS, start, early)),
        [Advance::Justified(early)]
    );
    assert_eq!(
        lab.hear(&lab.votes(&VOTERS, early, late)),
        [Advance::Justified(late)]
    );
    let mut refuse = |source, target| {
        let vote = lab.vote(11, source, target);
        lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW)
    };
    assert_eq!(refuse(early, at(10, fork)), Err(PoolError::SourceNotAncestor));
    assert_eq!(
        refuse(start, at(6, second)),
        Err(PoolError::SourceNotAncestor),
        "the block is later than its slot"
    );
}

#[test]
fn a_quorum_against_what_is_final_is_told_and_changes_nothing() {
    let mut lab = Lab::new();
    let start = lab.start();
    let (block, fork) = (lab.grow(start.block, 5), lab.grow(start.block, 6));
    let (target, other) = (at(5, block), at(6, fork));
    lab.hear(&lab.votes(&VOTERS, target, target));
    let advances = lab.hear(&lab.votes(&VOTERS, other, other));
    assert_eq!(advances, [Advance::Conflict(other)]);
    assert_eq!(lab.pool.final_checkpoint(), target);
}

#[test]
fn a_quorum_that_was_asked_for_counts_even_if_somebody_in_it_voted_too_often() {
    let mut lab = Lab::new();
    let a = lab.grow(lab.start().block, 1);
    let (b, other) = (lab.grow(a, 2), lab.grow(a, 3));
    let (start, target) = (lab.start(), at(4, b));
    // The last voter votes twice for something else before, and its third vote makes the quorum.
    lab.hear(&[lab.vote(14, start, at(4, other)), lab.vote(14, start, at(4, a))]);
    lab.hear(&lab.votes(&[11, 12], start, target));
    let third = lab.vote(14, start, target);
    let offered = lab.pool.offer(&third, SignatureState::Unchecked, &lab.tree, NOW);
    assert_eq!(offered, Err(PoolError::TooMany));
    let forged = Vote {
        signature: lab.vote(14, start, at(4, a)).signature,
        ..third.clone()
    };
    assert!(!lab.pool.offer_quorums(&[forged], &lab.tree, NOW));
    let short = lab.vote(14, start, at(4, BlockHash(lab.network.0)));
    assert!(!lab.pool.offer_quorums(&[short], &lab.tree, NOW), "no quorum");
    assert!(
        lab.pool
            .offer_quorums(std::slice::from_ref(&third), &lab.tree, NOW)
    );
    assert_eq!(lab.pool.advance(&lab.tree), [Advance::Justified(target)]);
    assert!(!lab.pool.offer_quorums(&[third], &lab.tree, NOW), "it is known");
}

#[test]
fn the_pool_is_open_for_targets_above_what_is_final_and_not_beyond_the_next_slot() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 7);
    lab.hear(&lab.votes(&VOTERS[..3], at(6, first), at(6, first)));
    assert_eq!(lab.pool.final_checkpoint(), at(6, first));
    let mut offer = |source, target| {
        let vote = lab.vote(14, source, target);
        lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW)
    };
    assert_eq!(offer(at(6, first), at(6, first)), Err(PoolError::OutOfRange));
    assert_eq!(offer(start, at(5, first)), Err(PoolError::OutOfRange));
    assert_eq!(offer(at(6, first), at(1_002, second)), Err(PoolError::OutOfRange));
    assert_eq!(offer(at(6, first), at(1_001, second)), Ok(Offered::Counted));
}

#[test]
fn the_pool_holds_a_bounded_number_of_votes_and_lets_the_lowest_targets_go() {
    let mut lab = Lab::new();
    let start = lab.start();
    let block = lab.grow(start.block, 1);
    let signed = lab.votes(&VOTERS[..2], start, at(2, block));
    let targets = 2..MAX_POOL_VOTES as u64 / 2 + 12;
    for slot in targets.clone() {
        for vote in &signed {
            // A block that held it was verified: the signature is not looked at again.
            let vote = Vote {
                target: at(slot, block),
                ..vote.clone()
            };
            let offered = lab
                .pool
                .offer(&vote, SignatureState::Verified, &lab.tree, Slot(1_000_000));
            assert_eq!(offered, Ok(Offered::Counted));
        }
    }
    assert_eq!(lab.pool.votes().count(), MAX_POOL_VOTES);
    let kept = |slot| lab.pool.votes().any(|vote| vote.target.slot == Slot(slot));
    assert!(!kept(targets.start) && kept(targets.end - 1));
}

#[test]
fn for_unknown_blocks_the_newest_four_votes_of_each_voter_wait_if_they_are_signed() {
    let mut lab = Lab::new();
    let start = lab.start();
    let unknown = |number: u8| at(u64::from(number), BlockHash(Hash([number; 32])));
    let mut offer = |vote: &Vote| lab.pool.offer(vote, SignatureState::Unchecked, &lab.tree, NOW);
    let by_nobody = Lab::new().vote(99, start, unknown(10));
    assert_eq!(offer(&by_nobody), Err(PoolError::NotAVoter));
    let mut forged = Lab::new().vote(12, start, unknown(10));
    forged.signature.0[9] ^= 1;
    assert_eq!(offer(&forged), Err(PoolError::BadSignature));
    for number in 10..15 {
        let vote = Lab::new().vote(12, start, unknown(number));
        assert_eq!(offer(&vote), Ok(Offered::Waiting(unknown(number).block)));
        assert_eq!(offer(&vote), Err(PoolError::Known));
    }
    let waiting: Vec<usize> = (10..15)
        .map(|number| lab.pool.take_waiting_for(&unknown(number).block).len())
        .collect();
    assert_eq!(waiting, [0, 1, 1, 1, 1]);
}

#[test]
fn votes_for_an_unknown_block_wait_for_it() {
    let mut lab = Lab::new();
    let start = lab.start();
    let mut ahead = Lab::new();
    let block = ahead.grow(start.block, 5);
    let vote = lab.vote(12, start, at(5, block));
    let offered = lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW);
    assert_eq!(offered, Ok(Offered::Waiting(block)));
    lab.grow(start.block, 5);
    assert_eq!(lab.pool.take_waiting_for(&block), [vote]);
}

#[test]
fn votes_of_any_order_are_recorded_and_lead_to_the_same_finality() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 6);
    let tip = lab.grow(second, 7);
    let (low, high) = (at(5, first), at(6, second));
    let mut votes = lab.votes(&VOTERS, start, low);
    votes.extend(lab.votes(&VOTERS, low, high));
    votes.extend(lab.votes(&VOTERS, high, high));
    let mut reversed = votes.clone();
    reversed.reverse();
    for votes in [votes, reversed] {
        let mut state = lab.state.clone();
        lab.record(&mut state, tip, &votes).unwrap();
        assert_eq!(state.final_checkpoint(), high);
    }
}

#[test]
fn links_from_what_is_not_recorded_as_justified_justify_nothing_until_it_is() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 6);
    let tip = lab.grow(second, 7);
    let (low, high) = (at(5, first), at(6, second));
    let mut state = lab.state.clone();
    let before = state.stake().finality.clone();
    lab.record(&mut state, tip, &lab.votes(&VOTERS, low, high))
        .unwrap();
    assert_eq!(state.stake().finality, before);
    lab.record(&mut state, tip, &lab.votes(&VOTERS, start, low))
        .unwrap();
    assert_ne!(state.stake().finality, before);
    let mut in_order = lab.state.clone();
    lab.record(&mut in_order, tip, &lab.votes(&VOTERS, start, low))
        .unwrap();
    lab.record(&mut in_order, tip, &lab.votes(&VOTERS, low, high))
        .unwrap();
    assert_eq!(state.stake().finality, in_order.stake().finality);
}

#[test]
fn acknowledgements_are_recorded_as_final_without_the_links_that_led_there() {
    let mut lab = Lab::new();
    let block = lab.grow(lab.start().block, 5);
    let tip = lab.grow(block, 6);
    let target = at(5, block);
    let mut state = lab.state.clone();
    lab.record(&mut state, tip, &lab.votes(&VOTERS[..2], target, target))
        .unwrap();
    assert_eq!(state.final_checkpoint(), lab.start());
    lab.record(&mut state, tip, &lab.votes(&VOTERS[2..3], target, target))
        .unwrap();
    assert_eq!(state.final_checkpoint(), target);
}

#[test]
fn a_vote_is_recorded_once_and_never_beside_one_that_makes_it_slashable() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 6);
    let tip = lab.grow(second, 7);
    let fork = lab.grow(first, 8);
    let mut state = lab.state.clone();
    let mut record = |source, target| lab.record(&mut state, tip, &[lab.vote(11, source, target)]);
    assert_eq!(record(at(5, first), at(6, second)), Ok(()));
    assert_eq!(
        record(at(5, first), at(6, second)),
        Err(VoteError::AgainstRecorded)
    );
    assert_eq!(
        record(at(5, first), at(6, first)),
        Err(VoteError::AgainstRecorded),
        "two blocks at one slot"
    );
    assert_eq!(
        record(start, at(7, tip)),
        Err(VoteError::AgainstRecorded),
        "surrounds the first"
    );
    assert_eq!(record(start, at(9, fork)), Err(VoteError::NotOnBranch));
}

/// A lab in a later term, joint with the one before: voter 14 has another key than there.
fn after_a_move() -> Lab {
    let mut lab = Lab::new();
    let old = lab.state.term().clone();
    let operators = old.operators.iter().map(|operator| TermOperator {
        signing_key: if operator.account == secret(14).address() {
            secret(24).public()
        } else {
            operator.signing_key
        },
        ..operator.clone()
    });
    let operators = OperatorSet::new(operators);
    let term = old.successor(Slot(1), Arc::new(operators), &lab.network.0, &Rests::default());
    enter(&mut lab.state, term);
    lab
}

#[test]
fn each_set_counts_votes_by_its_own_keys_and_both_keys_of_an_account_are_recorded() {
    let mut lab = after_a_move();
    let (start, block) = (lab.start(), lab.grow(lab.start().block, 5));
    let pair = Pair {
        source: start,
        target: at(6, block),
    };
    let vote = |account: u8, key: u8, term| {
        Vote::sign(pair, term, secret(account).address(), &lab.network, &secret(key))
    };
    let stayed = [vote(11, 11, 1), vote(12, 12, 1)];
    let (new_key, old_key) = (vote(14, 24, 1), vote(14, 14, 0));
    let wrong = [
        (vote(14, 14, 1), PoolError::BadSignature, VoteError::BadSignature),
        (vote(14, 24, 0), PoolError::BadSignature, VoteError::BadSignature),
        (vote(11, 11, 0), PoolError::NotAVoter, VoteError::NotAVoter),
        (vote(11, 11, 2), PoolError::WrongTerm, VoteError::WrongTerm),
    ];
    let branch_tip = block;
    for (vote, heard, recorded) in wrong {
        let offered = lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW);
        assert_eq!(offered, Err(heard));
        let branch = lab.tree.branch(branch_tip);
        let checked = recorded::check(lab.state.stake(), &lab.state.ledger, &branch, NOW, &vote);
        let key = checked.map(|key| vote.verify(&lab.network, &key));
        let refused = match key {
            Err(error) => Some(error),
            Ok(verified) => verified.is_err().then_some(VoteError::BadSignature),
        };
        assert_eq!(refused, Some(recorded));
    }
    assert_eq!(lab.hear(&stayed), []);
    assert_eq!(
        lab.hear(std::slice::from_ref(&new_key)),
        [],
        "two of four in the set before"
    );
    assert_eq!(
        lab.hear(std::slice::from_ref(&old_key)),
        [Advance::Justified(pair.target)]
    );
    let mut state = lab.state.clone();
    let votes = [&stayed[..], &[old_key, new_key.clone()]].concat();
    lab.record(&mut state, block, &votes[..2]).unwrap();
    lab.record(&mut state, block, &votes[2..]).unwrap();
    assert_eq!(
        lab.record(&mut state, block, &[new_key]),
        Err(VoteError::AgainstRecorded)
    );
}

#[test]
fn votes_of_two_keys_of_one_account_do_not_rule_each_other_out_and_those_of_one_key_do() {
    let mut lab = after_a_move();
    let start = lab.start();
    let blocks = [lab.grow(start.block, 5), lab.grow(start.block, 6)];
    // The first block is on no branch with the second: only what the record says to it is tried.
    let child = lab.grow(blocks[1], 8);
    let vote = |key: u8, term, block| {
        let pair = Pair {
            source: start,
            target: at(7, block),
        };
        Vote::sign(pair, term, secret(14).address(), &lab.network, &secret(key))
    };
    let mut state = lab.state.clone();
    record_unchecked(&mut state, &vote(14, 0, blocks[0]), 14);
    lab.record(&mut state, child, &[vote(24, 1, blocks[1])]).unwrap();
    let mut state = lab.state.clone();
    record_unchecked(&mut state, &vote(24, 1, blocks[0]), 24);
    assert_eq!(
        lab.record(&mut state, child, &[vote(24, 1, blocks[1])]),
        Err(VoteError::AgainstRecorded)
    );
}

/// What signed it cannot be told any more: it may have been the same key.
#[test]
fn a_recorded_vote_whose_key_no_set_knows_any_more_rules_out_what_contradicts_it() {
    let mut lab = after_a_move();
    let start = lab.start();
    let left = lab.grow(start.block, 5);
    let old_vote = lab.vote(14, start, at(7, left));
    // One more term: the set in which the old vote had its seat is neither this one nor the one before.
    let term = lab.state.term();
    let next = term.successor(Slot(2), term.operators.clone(), &lab.network.0, &Rests::default());
    enter(&mut lab.state, next);
    let block = lab.grow(start.block, 6);
    let child = lab.grow(block, 8);
    let vote = |target| {
        let pair = Pair {
            source: start,
            target,
        };
        Vote::sign(pair, 2, secret(14).address(), &lab.network, &secret(24))
    };
    let mut state = lab.state.clone();
    record_unchecked(&mut state, &old_vote, 14);
    let against = lab.record(&mut state, child, &[vote(at(7, block))]);
    assert_eq!(against, Err(VoteError::AgainstRecorded));
    lab.record(&mut state, child, &[vote(at(8, child))]).unwrap();
}

#[test]
fn a_proposer_keeps_the_nonces_of_an_author_in_order_also_when_the_block_is_full() {
    let genesis = genesis();
    let network = genesis.network_id();
    let tree = BlockTree::new(Root::genesis(&genesis, BranchState::genesis(&genesis)), &genesis);
    let (node, state) = tree.head_node().unwrap();
    let branch = tree.branch(tree.head());
    let around = Surroundings {
        branch: &branch,
        parent: node.as_parent(),
        state,
        network,
        rules: &genesis.rules,
    };
    let large = |nonce| (nonce, vec![1; MAX_POST_BYTES]);
    let posts = (1..=60).map(large).chain([(61, vec![1])]);
    let waiting: Vec<Transaction> = posts
        .map(|(nonce, body)| {
            let action = Action::post("hall", body).unwrap();
            Transaction::sign(&secret(1), network, nonce, Slot(100), 500_000, action)
        })
        .collect();
    let signing_key = secret(2);
    let proposer = Proposer {
        account: secret(1).address(),
        signing_key: &signing_key,
        plan: Plan::Stake(Winning {
            ticket: ticket(),
            proof: VrfProof([3; 80]),
            nonce: Hash::ZERO,
        }),
    };
    let (block, _) = propose(
        &around,
        Slot(5),
        proposer,
        (std::iter::empty(), std::iter::empty()),
        waiting.iter(),
    );
    let nonces: Vec<u64> = block
        .transactions
        .iter()
        .map(|transaction| transaction.nonce)
        .collect();
    assert_eq!(nonces, (1..=nonces.len() as u64).collect::<Vec<_>>());
    assert!((40..60).contains(&nonces.len()) && block.encoded_len() <= MAX_BLOCK_BYTES);
}

#[test]
fn the_chosen_tip_lies_over_what_is_final_then_over_what_is_justified_and_then_weighs_most() {
    let mut lab = Lab::new();
    let start = lab.start();
    // Two light blocks weigh less than a full one.
    let light = lab.grow_with(start.block, 5, 1, 0);
    let longer = lab.grow_with(light, 6, 1, 0);
    let full = lab.grow_with(start.block, 7, 0, 9);
    let mut chosen = |justified, last_final| {
        lab.tree.choose(&justified, &last_final);
        lab.tree.head()
    };
    assert_eq!(chosen(start, start), full);
    assert_eq!(chosen(at(5, light), start), longer);
    assert_eq!(chosen(start, at(5, light)), longer);
    assert_eq!(
        chosen(at(7, full), at(5, light)),
        longer,
        "what is final comes first"
    );
}

#[test]
fn of_equal_weights_the_lower_tie_is_chosen_and_of_equal_ties_the_lower_hash() {
    let start = Lab::new().start();
    let hash = |slot| block_after(start.block, 1, slot, vec![], vec![]).hash();
    let (low, high) = if hash(5) < hash(6) { (5, 6) } else { (6, 5) };
    for (tie_of_low, tie_of_high, chosen) in [(9, 3, high), (3, 9, low), (4, 4, low)] {
        let mut lab = Lab::new();
        lab.grow_with(start.block, low, 0, tie_of_low);
        lab.grow_with(start.block, high, 0, tie_of_high);
        lab.tree.choose(&start, &start);
        assert_eq!(lab.tree.head(), hash(chosen));
    }
}

#[test]
fn what_a_final_block_rules_out_leaves_the_tree() {
    let mut lab = Lab::new();
    let start = lab.start();
    let kept = lab.grow(start.block, 5);
    let tip = lab.grow(kept, 6);
    let fork = lab.grow(start.block, 7);
    let end_of_fork = lab.grow(fork, 8);
    lab.tree.choose(&at(5, kept), &start);
    assert_eq!((lab.tree.head(), lab.tree.side_blocks()), (tip, 2));
    lab.tree.finalize(&fork);
    assert_eq!(
        (lab.tree.final_height(), lab.tree.nodes().count()),
        (0, 5),
        "not chosen"
    );
    lab.tree.finalize(&tip);
    lab.tree.finalize(&kept);
    assert_eq!(lab.tree.final_height(), 2, "what is final stays final");
    assert!(lab.tree.get(&fork).is_none() && lab.tree.get(&end_of_fork).is_none());
    assert_eq!((lab.tree.head(), lab.tree.side_blocks()), (tip, 0));
}

/// A branch of so many blocks, offered with that standing; how many were taken, and the last of them.
fn branch(lab: &mut Lab, from_slot: u64, count: u64, standing: Standing) -> (u64, BlockHash) {
    let mut tip = lab.tree.genesis();
    for taken in 0..count {
        let height = lab.tree.get(&tip).unwrap().height + 1;
        let executed = Executed {
            state: lab.state.clone(),
            proof: Proof::Stake(ticket()),
        };
        let block = block_after(tip, height, from_slot + taken, vec![], vec![]);
        match lab.tree.insert(block, executed, standing, Timestamp(0)) {
            Ok(hash) => tip = hash,
            Err(error) => {
                assert_eq!(error, InsertError::NoRoom);
                return (taken, tip);
            }
        }
    }
    (count, tip)
}

#[test]
fn a_branch_that_was_found_heavier_is_kept_at_any_length_and_others_within_their_bounds() {
    let mut lab = Lab::new();
    let start = lab.start();
    branch(&mut lab, 1, 20, Standing::Unasked);
    lab.tree.choose(&start, &start);
    let own = lab.tree.head();
    let bound = MAX_SIDE_BLOCKS as u64;
    let (_, promised) = branch(&mut lab, 100_000, bound + 500, Standing::Promised);
    let (referred, last) = branch(&mut lab, 200_000, bound + 500, Standing::Referred);
    assert_eq!(referred, bound, "its own branch is not eaten up from the tip");
    let next = block_after(last, bound + 1, 999_999, vec![], vec![]);
    assert_eq!(
        lab.tree.admits(&next, &next.hash(), Standing::Referred),
        Err(InsertError::NoRoom),
        "before it is executed"
    );
    assert!(
        lab.tree.get(&promised).is_some() && lab.tree.get(&last).is_some() && lab.tree.get(&own).is_some()
    );
    lab.tree.choose(&start, &start);
    assert_eq!(lab.tree.head(), promised);
    lab.tree.release_promised();
    assert!(lab.tree.get(&last).is_some_and(|node| node.height > bound - 30));
    assert!(lab.tree.side_blocks() <= MAX_SIDE_BLOCKS);
}

#[test]
fn a_promise_that_was_not_kept_leaves_no_more_than_the_bounds_allow() {
    let mut lab = Lab::new();
    branch(&mut lab, 1, 20, Standing::Unasked);
    branch(
        &mut lab,
        100_000,
        MAX_SIDE_BLOCKS as u64 + 500,
        Standing::Promised,
    );
    assert!(lab.tree.side_blocks() > MAX_SIDE_BLOCKS);
    lab.tree.release_promised();
    assert_eq!(lab.tree.side_blocks(), MAX_SIDE_BLOCKS);
}

#[test]
fn the_lightest_side_tip_makes_room_for_another_unless_it_is_being_synced() {
    for (standing, stays) in [(Standing::Unasked, false), (Standing::Referred, true)] {
        let mut lab = Lab::new();
        let start = lab.start();
        lab.grow(start.block, 1);
        lab.tree.choose(&start, &start);
        let executed = Executed {
            state: lab.state.clone(),
            proof: Proof::Stake(Ticket {
                level: Level(1),
                ..ticket()
            }),
        };
        let light = block_after(start.block, 1, 2, vec![], vec![]);
        let light = lab.tree.insert(light, executed, standing, Timestamp(0)).unwrap();
        let full: Vec<BlockHash> = (3..MAX_SIDE_BLOCKS as u64 + 2)
            .map(|slot| lab.grow(start.block, slot))
            .collect();
        assert_eq!(lab.tree.side_blocks(), MAX_SIDE_BLOCKS);
        let newest = lab.grow(start.block, 10_000);
        assert_eq!(lab.tree.side_blocks(), MAX_SIDE_BLOCKS);
        assert!(lab.tree.get(&newest).is_some());
        assert_eq!(lab.tree.get(&light).is_some(), stays);
        let kept = full.iter().filter(|hash| lab.tree.get(hash).is_some()).count();
        assert_eq!(kept, full.len() - usize::from(stays));
    }
}

#[test]
fn side_blocks_are_bounded_by_their_bytes_too() {
    let mut lab = Lab::new();
    let start = lab.start();
    let large = |number: u64| {
        let action = Action::post("hall", vec![1; MAX_POST_BYTES]).unwrap();
        Transaction::sign(
            &secret(1),
            genesis().network_id(),
            number,
            Slot(100),
            500_000,
            action,
        )
    };
    let transactions: Vec<Transaction> = (1..=45).map(large).collect();
    let mut bytes = 0;
    for number in 1..=300_u64 {
        let executed = Executed {
            state: lab.state.clone(),
            proof: Proof::Stake(ticket()),
        };
        let block = block_after(start.block, 1, number, transactions.clone(), vec![]);
        bytes = block.encoded_len();
        lab.tree
            .insert(block, executed, Standing::Unasked, Timestamp(0))
            .unwrap();
        lab.tree.choose(&start, &start);
    }
    assert!(bytes > 180_000);
    let side = lab.tree.side_blocks() * bytes;
    assert!(
        (MAX_SIDE_BYTES - 2 * bytes..=MAX_SIDE_BYTES).contains(&side),
        "{side}"
    );
}

#[test]
fn a_third_block_of_one_slot_is_taken_only_if_others_refer_to_it() {
    let mut lab = Lab::new();
    let genesis_block = lab.start().block;
    let sibling = |lab: &mut Lab, number: u64, standing| {
        let action = Action::Bond { amount_micro: number };
        let bond = Transaction::sign(
            &secret(1),
            genesis().network_id(),
            number,
            Slot(100),
            500_000,
            action,
        );
        let executed = Executed {
            state: lab.state.clone(),
            proof: Proof::Stake(ticket()),
        };
        let block = block_after(genesis_block, 1, 7, vec![bond], vec![]);
        lab.tree
            .insert(block, executed, standing, Timestamp(0))
            .map(|_| ())
    };
    assert_eq!(sibling(&mut lab, 1, Standing::Unasked), Ok(()));
    assert_eq!(sibling(&mut lab, 2, Standing::Unasked), Ok(()));
    assert_eq!(
        sibling(&mut lab, 3, Standing::Unasked),
        Err(InsertError::TooManyInSlot)
    );
    assert_eq!(sibling(&mut lab, 3, Standing::Referred), Ok(()));
}
