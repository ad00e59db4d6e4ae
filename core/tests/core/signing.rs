//! May I sign? A whole peer on virtual time, in front of a host that sees every effect in its order: when nothing is signed, and what is durable
//! before a signature leaves (docs/protocol.md, sections 6 and 8).

use crate::common::{
    council::Council,
    founder::{Founder, LINK, hello, presence, question},
};
use ting_core::{
    chain::checkpoint::{Checkpoint, Vote},
    crypto::{hash::Hash, keys::NetworkId},
    gossip::message::{Get, Give, Message, RequestId, VoteList},
    params::{HEADS_SILENCE_MS, PENALTY_MS},
    peer::{io::Input, record::Record},
    sync::{answer_blocks, answer_headers},
    time::{Slot, Timestamp},
};

/// One voter, who founded, and somebody else in the room; some blocks, all final but the last.
fn alone() -> (Council, Founder) {
    let mut council = Council::new(2);
    council.go_on_until(|state| state.final_checkpoint().slot.0 > 0);
    let founder = Founder::of(&council);
    (council, founder)
}

#[test]
fn nothing_is_signed_without_a_link_nor_before_heads_were_asked_for_and_told() {
    let (_, mut founder) = alone();
    founder.say("is anybody there?");
    founder.run(20_000);
    assert_eq!(founder.take_signed(), 0, "without a link");
    founder.link_up(1);
    assert!(founder.asked_for_heads().is_some());
    founder.run(HEADS_SILENCE_MS - 100);
    assert_eq!(founder.take_signed(), 0, "without an answer");
    founder.run(10_000);
    assert!(founder.take_signed() > 1, "after four seconds of silence");
    founder.input(Input::LinkDown { link: LINK });
    let stored = founder.records.len();
    founder.say("and now?");
    founder.run(20_000);
    assert_eq!(founder.take_signed(), 0, "the link is gone again");
    let is_signature = |record: &Record| matches!(record, Record::Vote(_) | Record::Block(_));
    assert!(!founder.records[stored..].iter().any(is_signature));
}

#[test]
fn an_answer_or_an_empty_room_allows_to_sign_at_once_and_words_from_another_network_do_not() {
    let (council, mut founder) = alone();
    founder.say("hello");
    founder.link_up(1);
    let status = council.network.status().unwrap();
    founder.hear(&presence(&council, 1, NetworkId(Hash([5; 32])), status));
    founder.hear(&hello(&council, 1, None, (None, founder.now)));
    founder.run(HEADS_SILENCE_MS - 100);
    assert_eq!(founder.take_signed(), 0);
    let (council, mut answered) = alone();
    answered.say("hello");
    answered.link_up(1);
    answered.hear(&presence(&council, 1, council.network.id(), status));
    answered.run(1_000);
    assert_eq!(
        answered.take_signed(),
        0,
        "votes of its own key may be among those that it has not heard"
    );
    answered.hear_no_votes();
    answered.run(HEADS_SILENCE_MS - 1_100);
    assert!(answered.take_signed() > 0);
    let (_, mut empty) = alone();
    empty.say("hello");
    empty.link_up(0);
    empty.run(HEADS_SILENCE_MS - 100);
    assert!(empty.take_signed() > 0);
}

#[test]
fn after_a_jump_of_the_clock_heads_are_asked_for_before_anything_is_signed() {
    for ahead in [true, false] {
        let (_, mut founder) = alone();
        founder.link_up(1);
        assert!(founder.asked_for_heads().is_some());
        for minute in 0..6 {
            founder.say(&format!("word {minute}"));
            founder.run(2_000);
        }
        assert!(founder.take_signed() > 0);
        assert!(founder.asked_for_heads().is_none());
        founder.now = if ahead {
            founder.now.plus_ms(3_600_000)
        } else {
            Timestamp(founder.now.0 - 3_100)
        };
        founder.say("what time is it?");
        assert!(founder.asked_for_heads().is_some(), "ahead: {ahead}");
        founder.run(HEADS_SILENCE_MS - 100);
        assert_eq!(founder.take_signed(), 0, "ahead: {ahead}");
        founder.run(20_000);
        assert!(founder.take_signed() > 0, "ahead: {ahead}");
    }
}

/// Three voters whose newest block nobody has voted on.
fn three() -> Council {
    Council::of_three()
}

#[test]
fn nothing_is_signed_while_a_better_chain_is_being_fetched() {
    let mut council = three();
    let known = council.network.chain().height();
    council.grow();
    let slots_later = council.head().slot.since(council.checkpoint(known).slot) + 1;
    let behind = || Founder::with_blocks(&council, known, slots_later);
    let mut unaware = behind();
    unaware.link_up(1);
    let own_status = unaware.network().status().unwrap();
    unaware.hear(&presence(&council, 1, council.network.id(), own_status));
    unaware.hear_no_votes();
    unaware.take_signed();
    unaware.run(2_500);
    assert!(unaware.take_signed() > 0, "it knows of nothing better");

    let mut founder = behind();
    founder.link_up(1);
    founder.hear(&presence(
        &council,
        1,
        council.network.id(),
        council.network.status().unwrap(),
    ));
    founder.hear_no_votes();
    // What others merely claim keeps nobody from signing.
    founder.take_signed();
    let tree = council.network.chain();
    let mut asked_for_blocks = None;
    // Headers are given, and then for a while nothing more.
    while let Some((request_id, what)) = question(&mut founder.said) {
        match what {
            Get::Headers { locator, limit } => {
                let what = Give::Headers(answer_headers(tree, &locator, limit));
                founder.hear(&Message::Give { request_id, what });
                founder.run(1);
            }
            Get::Blocks { hashes } => asked_for_blocks = Some((request_id, hashes)),
            _ => {}
        }
    }
    assert!(founder.network().sync().is_catching_up());
    founder.run(2_500);
    assert!(founder.network().sync().is_catching_up());
    assert_eq!(founder.take_signed(), 0);
    let (request_id, hashes) =
        asked_for_blocks.expect("bodies are asked for once the chain was found heavier");
    let what = Give::Blocks(answer_blocks(tree, &hashes));
    founder.hear(&Message::Give { request_id, what });
    assert_eq!(founder.network().chain().head(), tree.head());
    assert!(!founder.network().sync().is_catching_up());
    founder.run(2_000);
    assert!(founder.take_signed() > 0, "it has caught up");
}

#[test]
fn a_clock_that_more_than_a_third_of_the_stake_calls_wrong_signs_nothing() {
    let council = three();
    // The others have three fifths and one fifth of the stake.
    for (who, ahead_ms, may_sign) in [
        (1, 0, true),
        (1, 2_900, true),
        (1, 3_200, false),
        (1, -3_200, false),
        (2, 3_200, true),
    ] {
        let mut founder = Founder::of(&council);
        founder.link_up(1);
        let probe = founder.asked_for_heads().unwrap();
        let shown = Timestamp(founder.now.0.checked_add_signed(ahead_ms).unwrap());
        founder.hear(&hello(
            &council,
            who,
            Some(council.network.id()),
            (Some(probe), shown),
        ));
        founder.hear_no_votes();
        founder.run(3_000);
        assert_eq!(
            founder.take_signed() > 0,
            may_sign,
            "{who} is {ahead_ms} ms ahead"
        );
    }
}

/// A founder before whom the second voter signed a block with a wrong state root, and the first whom it voted for.
fn beside_a_penalized_voter(council: &Council) -> Founder {
    let mut bad = council.block_of(&[1], Slot(0), &[]);
    bad.header.content.state_root = Hash([3; 32]);
    let bad = council.sign(bad);
    let slots_later = bad.header.content.slot.since(council.head().slot);
    let mut founder = Founder::with_blocks(council, council.network.chain().height(), slots_later);
    founder.link_up(1);
    assert!(!founder.hear_block(&bad));
    founder
}

fn votes_of(council: &Council, who: &[usize], target: Checkpoint) -> VoteList {
    let source = council.network.chain().justified_checkpoint();
    let links = who.iter().map(|who| council.vote(*who, source, target));
    let acknowledgements = who.iter().map(|who| council.vote(*who, target, target));
    links
        .chain(acknowledgements)
        .collect::<Vec<Vote>>()
        .try_into()
        .unwrap()
}

/// Somebody tells of a higher justified checkpoint, is asked for the votes, and gives these.
fn certify(founder: &mut Founder, council: &Council, target: Checkpoint, votes: VoteList) {
    let mut chain = founder.network().status().unwrap();
    chain.justified.slot = target.slot;
    chain.justified.block = target.block;
    founder.said.clear();
    founder.hear(&presence(council, 2, council.network.id(), chain));
    let (request_id, what) = question(&mut founder.said).expect("votes are asked for");
    assert!(matches!(what, Get::Certificate { .. }), "{what:?}");
    let what = Give::Certificate(votes);
    founder.hear(&Message::Give { request_id, what });
}

#[test]
fn the_votes_of_a_penalized_key_count_neither_as_gossip_nor_in_a_certificate_that_is_no_quorum() {
    let council = three();
    let target = council.head();
    let heard = |founder: &Founder, who: usize| {
        let votes = founder.network().chain().votes();
        votes.filter(|vote| vote.voter == council.address(who)).count()
    };
    let mut innocent = Founder::of(&council);
    innocent.link_up(1);
    innocent.hear(&Message::Votes(votes_of(&council, &[1], target)));
    assert_eq!(heard(&innocent, 1), 2, "nobody has penalized it");

    let mut founder = beside_a_penalized_voter(&council);
    founder.hear(&Message::Votes(votes_of(&council, &[1], target)));
    assert_eq!(heard(&founder, 1), 0);
    certify(&mut founder, &council, target, votes_of(&council, &[1], target));
    assert_eq!(heard(&founder, 1), 0, "three fifths are no quorum");
    founder.hear(&Message::Votes(votes_of(&council, &[2], target)));
    assert_eq!(heard(&founder, 2), 2, "others are heard");
    assert_ne!(founder.network().chain().final_checkpoint(), target);
}

#[test]
fn a_quorum_that_was_asked_for_counts_though_a_penalized_key_is_in_it_and_unasked_it_does_not() {
    let council = three();
    let target = council.head();
    let mut founder = beside_a_penalized_voter(&council);
    let what = Give::Certificate(votes_of(&council, &[1, 2], target));
    let request_id = RequestId(1);
    founder.hear(&Message::Give { request_id, what });
    assert_ne!(founder.network().chain().final_checkpoint(), target);
    let mut forged = votes_of(&council, &[1, 2], target).into_vec();
    forged.iter_mut().for_each(|vote| vote.signature.0[9] ^= 1);
    certify(&mut founder, &council, target, forged.try_into().unwrap());
    let votes = founder.network().chain().votes();
    let of_others = votes.filter(|vote| vote.voter != council.address(0));
    assert_eq!(of_others.count(), 0, "nobody signed these");
    certify(
        &mut founder,
        &council,
        target,
        votes_of(&council, &[1, 2], target),
    );
    assert_eq!(founder.network().chain().final_checkpoint(), target);
}

#[test]
fn a_penalty_ends_after_a_minute() {
    let council = three();
    let target = council.head();
    let mut founder = beside_a_penalized_voter(&council);
    founder.run(PENALTY_MS + 1_000);
    founder.hear(&Message::Votes(votes_of(&council, &[1], target)));
    let votes = founder.network().chain().votes();
    assert_eq!(votes.filter(|vote| vote.voter == council.address(1)).count(), 2);
}
