//! Greetings from networks that nobody founded, said to be there for good.

use ting_core::{
    crypto::{keys::SecretKey, vrf::VrfSecretKey},
    gossip::{
        greeting::{Hello, HelloContent, SessionId},
        message::Message,
    },
    ledger::genesis::{Founder, Genesis},
};

use super::{Speech, Stage};

pub(super) fn twist(stage: &mut Stage<'_>, speech: Speech) -> Vec<Speech> {
    let Message::Hello(hello) = &speech.message else {
        return vec![speech];
    };
    let Ok(said) = hello.verify() else {
        return vec![speech];
    };
    let founder = SecretKey::from_seed(stage.random.bytes());
    let [session @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = stage.random.bytes();
    let genesis = Genesis {
        founder: Founder {
            account: founder.address(),
            signing_key: founder.public(),
            vrf_key: VrfSecretKey::from_seed(stage.random.bytes()).public(),
        },
        ..stage.network.genesis().clone()
    };
    let content = HelloContent {
        session: SessionId(session),
        network: Some(genesis.network_id()),
        genesis: Some(Box::new(genesis)),
        pinned: true,
        account: founder.address(),
        ..said.clone()
    };
    let made_up = Message::Hello(Box::new(Hello::sign(content, &founder)));
    vec![speech, Speech::to_all(made_up)]
}
