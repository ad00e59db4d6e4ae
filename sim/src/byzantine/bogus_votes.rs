//! Votes for blocks that nobody made, at slots of late.

use ting_core::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Pair, Vote},
    },
    gossip::message::{Message, VoteList},
};

use super::{Speech, Stage};

const VOTES_AT_ONCE: u64 = 8;

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    if !matches!(speech.message, Message::Presence(_)) || !stage.random.chance(500) {
        return vec![speech];
    }
    let votes: Vec<Vote> = (0..VOTES_AT_ONCE)
        .filter_map(|age_slots| bogus_vote(stage, age_slots))
        .collect();
    match VoteList::try_from(votes) {
        Ok(votes) => vec![speech, Speech::to_all(Message::Votes(votes))],
        Err(_) => vec![speech],
    }
}

fn bogus_vote(stage: &mut Stage<'_>, age_slots: u64) -> Option<Vote> {
    let network = stage.network;
    let target = Checkpoint {
        slot: network.slot(stage.now).minus(age_slots),
        block: BlockHash(stage.made_up_hash()),
    };
    let source = network.chain().justified_checkpoint();
    let pair = Pair { source, target };
    let (me, term) = (stage.identity.address(), network.head_state()?.term().number);
    Some(Vote::sign(
        pair,
        term,
        me,
        &network.id(),
        stage.identity.signing_key(),
    ))
}
