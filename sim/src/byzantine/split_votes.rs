//! Two votes that may not both be signed: for two blocks at one slot, or one that starts below what was voted for before.

use ting_core::{
    chain::checkpoint::{Checkpoint, Pair, Vote},
    gossip::message::{Message, VoteList},
};

use super::{Speech, Stage};

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    let Message::Votes(votes) = &speech.message else {
        return vec![speech];
    };
    let twins: Vec<Vote> = votes.iter().filter_map(|vote| twin_of(stage, vote)).collect();
    let half = stage.one_half();
    match VoteList::try_from(twins) {
        Ok(twins) if !twins.is_empty() => vec![
            Speech::to_half(half, speech.message),
            Speech::to_half(half.other(), Message::Votes(twins)),
        ],
        _ => vec![speech],
    }
}

/// A vote of this peer that contradicts one of its own. None where so little stake does not hold both.
fn twin_of(stage: &mut Stage<'_>, vote: &Vote) -> Option<Vote> {
    let network = stage.network;
    if vote.voter != stage.identity.address() || !stage.is_minority_at(&vote.target.block) {
        return None;
    }
    let target = Checkpoint {
        slot: vote.target.slot,
        block: other_block(stage, vote)?,
    };
    let source = match (vote.pair().is_acknowledgement(), stage.random.chance(300)) {
        (true, _) => target,
        (false, true) => network.chain().final_checkpoint(),
        (false, false) => vote.source,
    };
    let pair = Pair { source, target };
    let fits = pair.is_well_formed()
        && network.chain().descends(&target.block, &source.block)
        && stage.is_minority_at(&target.block);
    let rule = network.chain().get(&target.block)?.summary().quorum_rule();
    let (me, key) = (stage.identity.address(), stage.identity.signing_key());
    let seat = rule.seat_of(&me, &stage.identity.signing_public())?;
    fits.then(|| Vote::sign(pair, seat.term, me, &network.id(), key))
}

/// Another block to vote for at the same slot: one of another branch, else the parent, now and then the same.
fn other_block(stage: &mut Stage<'_>, vote: &Vote) -> Option<ting_core::chain::block::BlockHash> {
    let tree = stage.network.chain();
    if stage.random.chance(200) {
        return Some(vote.target.block);
    }
    let in_reach = tree
        .nodes()
        .filter(|node| node.slot <= vote.target.slot && node.slot > vote.source.slot);
    let others: Vec<_> = in_reach
        .filter(|node| node.hash != vote.target.block && !tree.is_chosen(&node.hash))
        .map(|node| node.hash)
        .collect();
    let parent = tree.get(&vote.target.block)?.parent;
    stage.random.pick(&others).copied().or(Some(parent))
}
