//! Blocks with a good ticket and signature that break a rule all the same, sent before the good one.

use ting_core::{
    chain::block::{Header, Seal},
    gossip::message::Message,
};

use super::{Speech, Stage};

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    let Message::Block(block) = &speech.message else {
        return vec![speech];
    };
    if block.header.content.proposer != stage.identity.address() || !stage.random.chance(300) {
        return vec![speech];
    }
    let mut bad = block.clone();
    let mut content = bad.header.content.clone();
    match stage.random.below(4) {
        0 => content.state_root = stage.made_up_hash(),
        1 => content.testimony_hash = stage.made_up_hash(),
        2 => content.height += 1,
        _ => content.transactions_root = stage.made_up_hash(),
    }
    let Seal::Stake { vrf_proof, .. } = bad.header.seal;
    bad.header = Header::sign(content, vrf_proof, stage.identity.signing_key());
    vec![Speech::to_all(Message::Block(bad)), speech]
}
