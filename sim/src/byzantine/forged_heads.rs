//! A head, or a justified checkpoint, that does not exist and outdoes everybody's.

use ting_core::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    gossip::{
        greeting::{ChainStatus, Hello, HelloContent, Presence, PresenceContent},
        message::Message,
    },
};

use super::{Speech, Stage};

pub(super) fn twist(stage: &mut Stage<'_>, mut speech: Speech) -> Vec<Speech> {
    let (network, key) = (stage.network, stage.identity.account_key());
    if let Message::Presence(presence) = &mut speech.message
        && let Ok(said) = presence.verify(&network.id())
    {
        let content = PresenceContent {
            chain: forge(stage, said.chain),
            ..said.clone()
        };
        **presence = Presence::sign(content, &network.id(), key);
    }
    if let Message::Hello(hello) = &mut speech.message
        && let Ok(said) = hello.verify()
    {
        let content = HelloContent {
            chain: said.chain.map(|chain| forge(stage, chain)),
            ..said.clone()
        };
        **hello = Hello::sign(content, key);
    }
    vec![speech]
}

fn forge(stage: &mut Stage<'_>, mut chain: ChainStatus) -> ChainStatus {
    let slot = stage.network.slot(stage.now);
    if stage.random.chance(700) {
        chain.head.block = BlockHash(stage.made_up_hash());
        chain.head.slot = slot;
        chain.head.height += stage.random.within(1..=1_000);
        chain.head.weight = if stage.random.chance(500) {
            u128::MAX
        } else {
            chain.head.weight.saturating_add(1)
        };
    }
    if stage.random.chance(500) {
        let block = BlockHash(stage.made_up_hash());
        chain.justified = Checkpoint { slot, block };
    }
    if stage.random.chance(200) {
        chain.finalized = chain.justified;
    }
    chain
}
