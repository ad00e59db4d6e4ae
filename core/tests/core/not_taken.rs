//! What a peer does not take of what others send is counted by what it was and why, and shown.

use crate::common::{
    council::Council,
    founder::{Founder, OTHERS},
};
use ting_core::{
    chain::block::Block,
    crypto::hash::Hash,
    gossip::message::{Give, Message, RequestId, VoteList},
    peer::{
        io::{Input, LinkId},
        not_taken::{Kind, Reason},
    },
    sync::FIRST_SYNC_REQUEST,
};

/// A founder who knows all blocks of its council, and is heard by others.
fn founder_of(council: &Council) -> Founder {
    let mut founder = Founder::of(council);
    founder.link_up(1);
    founder
}

fn count(founder: &Founder, kind: Kind, reason: Reason) -> u64 {
    let view = founder.peer.network_view(founder.now).not_taken;
    let entry = view
        .iter()
        .find(|entry| (entry.kind, entry.reason) == (kind, reason));
    let shown = entry.map_or(0, |entry| entry.count);
    let mut counted = founder.peer.not_taken().iter();
    let counted = counted.find(|entry| (entry.0, entry.1) == (kind, reason));
    assert_eq!(counted.map_or(0, |entry| entry.2), shown);
    shown
}

#[test]
fn a_frame_that_does_not_open_is_counted_as_unreadable() {
    let mut founder = founder_of(&Council::of_three());
    founder.input(Input::Frame {
        link: LinkId(0),
        from: OTHERS,
        bytes: vec![7; 100],
    });
    assert_eq!(count(&founder, Kind::Frame, Reason::Unreadable), 1);
}

#[test]
fn a_vote_that_is_known_and_one_whose_signature_does_not_fit_are_counted_apart() {
    let council = Council::of_three();
    let mut founder = founder_of(&council);
    let (source, target) = (council.network.chain().justified_checkpoint(), council.head());
    let vote = council.vote(1, source, target);
    let mut forged = council.vote(2, source, target);
    forged.signature = vote.signature;
    let known = count(&founder, Kind::Vote, Reason::Known);
    let list = VoteList::try_from(vec![vote.clone(), vote, forged]).unwrap();
    founder.hear(&Message::Votes(list));
    assert_eq!(count(&founder, Kind::Vote, Reason::Known), known + 1);
    assert_eq!(count(&founder, Kind::Vote, Reason::BadSignature), 1);
}

#[test]
fn a_block_against_the_rules_and_one_of_its_penalized_proposer_are_counted_apart() {
    let council = Council::of_three();
    let (height, newest) = (council.network.chain().height(), council.head());
    let honest = council.network.head().unwrap().block.clone().unwrap();
    let gap = newest.slot.since(council.checkpoint(height - 1).slot);
    let mut founder = Founder::with_blocks(&council, height - 1, gap);
    founder.link_up(1);
    let mut bad: Block = (*honest).clone();
    bad.header.content.state_root = Hash([7; 32]);
    let bad = council.sign(bad);
    assert!(!founder.hear_block(&bad));
    assert_eq!(count(&founder, Kind::Block, Reason::AgainstRules), 1);
    assert!(!founder.hear_block(&honest));
    assert_eq!(count(&founder, Kind::Block, Reason::Penalized), 1);
}

#[test]
fn an_answer_to_no_question_is_counted_as_unasked() {
    let mut founder = founder_of(&Council::of_three());
    founder.hear(&Message::Give {
        request_id: RequestId(99),
        what: Give::Certificate(VoteList::default()),
    });
    assert_eq!(count(&founder, Kind::Give, Reason::Unasked), 1);
    for what in [
        Give::Headers(Default::default()),
        Give::Blocks(Default::default()),
    ] {
        let request_id = RequestId(FIRST_SYNC_REQUEST);
        founder.hear(&Message::Give { request_id, what });
    }
    assert_eq!(count(&founder, Kind::Give, Reason::Unasked), 3);
}
