//! What the pool of votes keeps, counts and lets go.

use super::*;

/// A checkpoint whose block nobody knows here.
fn unknown(slot: u8) -> Checkpoint {
    at(slot.into(), BlockHash(Hash([slot; 32])))
}

#[test]
fn what_waits_for_a_block_not_above_what_became_final_is_let_go() {
    let mut lab = Lab::new();
    let block = lab.grow(lab.start().block, 5);
    for slot in [6, 7, 8] {
        let vote = lab.vote(11, lab.start(), unknown(slot));
        let offered = lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW);
        assert_eq!(offered, Ok(Offered::Waiting(unknown(slot).block)));
    }
    let target = at(7, block);
    assert_eq!(
        lab.hear(&lab.votes(&VOTERS, target, target)),
        [Advance::Final(target)]
    );
    let left = [6, 7, 8].map(|slot| lab.pool.take_waiting_for(&unknown(slot).block).len());
    assert_eq!(left, [0, 0, 1]);
}

#[test]
fn what_is_justified_above_a_new_final_checkpoint_stays_justified() {
    let mut lab = Lab::new();
    let start = lab.start();
    let first = lab.grow(start.block, 5);
    let second = lab.grow(first, 6);
    let (low, high) = (at(5, first), at(6, second));
    lab.hear(&lab.votes(&VOTERS, start, low));
    lab.hear(&lab.votes(&VOTERS, low, high));
    assert_eq!(lab.hear(&lab.votes(&VOTERS, low, low)), [Advance::Final(low)]);
    assert_eq!(lab.pool.justified_checkpoint(), high);
    assert!(lab.pool.is_justified_block(&second));
}

#[test]
fn votes_that_are_let_go_are_not_held_against_who_gave_them_and_others_stay_counted() {
    let mut lab = Lab::new();
    let start = lab.start();
    let (block, fork) = (lab.grow(start.block, 5), lab.grow(start.block, 6));
    let beside = lab.grow(block, 7);
    let target = at(5, block);
    lab.hear(&lab.votes(&VOTERS, target, target));
    lab.hear(&[
        lab.vote(14, target, at(8, block)),
        lab.vote(14, target, at(8, beside)),
    ]);
    let against = at(8, fork);
    let quorum = lab.votes(&VOTERS[..3], against, against);
    assert_eq!(lab.hear(&quorum), [Advance::Conflict(against)]);
    let mut offer = |voter, source, target| {
        let vote = lab.vote(voter, source, target);
        lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW)
    };
    assert_eq!(offer(14, against, against), Err(PoolError::TooMany));
    assert_eq!(offer(11, target, at(8, block)), Ok(Offered::Counted));
    assert_eq!(offer(11, target, at(8, beside)), Ok(Offered::Counted));
}

#[test]
fn who_voted_lately_is_known_before_and_after_what_was_voted_for_is_final() {
    let mut lab = Lab::new();
    let block = lab.grow(lab.start().block, 5);
    let target = at(5, block);
    let has_voted = |lab: &Lab, voter: u8, slot: u64| {
        let account = secret(voter).address();
        lab.pool.has_voted_since(&account, Slot(slot))
    };
    let seen =
        |lab: &Lab| [(11, 4), (11, 5), (11, 6), (14, 5)].map(|(voter, slot)| has_voted(lab, voter, slot));
    lab.hear(&lab.votes(&VOTERS[..2], target, target));
    assert_eq!(seen(&lab), [true, true, false, false]);
    let advances = lab.hear(&lab.votes(&VOTERS[2..3], target, target));
    assert_eq!(advances, [Advance::Final(target)]);
    assert_eq!(seen(&lab), [true, true, false, false]);
    assert_eq!(lab.pool.recent_votes().count(), 3);
    lab.pool.record_final(&target);
    assert_eq!(lab.pool.recent_votes().count(), 3, "they prove what is recorded");
    lab.pool.record_final(&at(6, block));
    assert_eq!(lab.pool.recent_votes().count(), 0);
}

#[test]
fn by_a_key_of_the_term_before_one_may_vote_for_a_block_that_has_not_come() {
    let mut lab = after_a_move();
    let pair = Pair {
        source: lab.start(),
        target: unknown(5),
    };
    lab.grow(lab.start().block, 1);
    lab.tree.choose(&lab.start(), &lab.start());
    for (key, term) in [(14, 0), (24, 1)] {
        let vote = Vote::sign(pair, term, secret(14).address(), &lab.network, &secret(key));
        let offered = lab.pool.offer(&vote, SignatureState::Unchecked, &lab.tree, NOW);
        assert_eq!(offered, Ok(Offered::Waiting(pair.target.block)), "key {key}");
    }
}

#[test]
fn a_vote_counts_as_verified_by_its_exact_bytes_and_by_its_seats_key() {
    let mut lab = Lab::new();
    let target = at(5, lab.grow(lab.start().block, 5));
    let votes = lab.votes(&VOTERS, lab.start(), target);
    lab.hear(&votes[..3]);
    let mut forged = votes[0].clone();
    forged.signature.0[0] ^= 1;
    let is_verified =
        |lab: &Lab, vote: &Vote, by: u8| lab.pool.has_verified(vote, &secret(by).public(), &lab.tree);
    let answers = |lab: &Lab| {
        [
            is_verified(lab, &votes[0], VOTERS[0]),
            is_verified(lab, &votes[0], VOTERS[1]),
            is_verified(lab, &forged, VOTERS[0]),
            is_verified(lab, &votes[3], VOTERS[3]),
        ]
    };
    assert_eq!(answers(&lab), [true, false, false, false]);
    lab.hear(&lab.votes(&VOTERS, target, target));
    assert_eq!(
        answers(&lab),
        [true, false, false, false],
        "after it became final"
    );
}
