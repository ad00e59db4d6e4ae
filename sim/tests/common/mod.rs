//! What tests of whole rooms have in common: rooms, people who come to them and say something, and what is final for whom.

use ting_core::{
    ledger::genesis::Rules,
    peer::{Peer, command::Command, network::Network},
};
use ting_sim::{
    action::{Action, Conditions},
    host::HostConfig,
    hub::{HubId, PeerId},
    witness::Watch,
};

/// A world as tests watch it.
pub type World = ting_sim::world::World<Watch>;

/// The one hub of the room.
pub const HUB: HubId = HubId(0);

pub fn host() -> HostConfig {
    HostConfig {
        hubs: vec![(0, 20)],
        invited: true,
        ..HostConfig::default()
    }
}

/// A room of so many people, who come one after the other.
pub fn room(seed: u64, people: usize, conditions: Conditions) -> World {
    let mut world = World::new(seed, 1, Rules::default().absence, conditions, Watch::new(seed));
    for _ in 0..people {
        come(&mut world, &host());
    }
    world
}

pub fn come(world: &mut World, config: &HostConfig) -> PeerId {
    let peer = world.add_host(config);
    world.act(Action::Join(peer));
    // The first one founds; the others are invited to what was founded.
    assert!(world.run_until_true(20_000, |world| {
        world
            .view()
            .peer(peer)
            .is_some_and(|peer| peer.network().is_some())
    }));
    peer
}

pub fn network(world: &World, peer: PeerId) -> &Network {
    world
        .view()
        .peer(peer)
        .and_then(Peer::network)
        .expect("the peer runs and knows its network")
}

pub fn final_height(world: &World, peer: PeerId) -> u64 {
    network(world, peer).chain().final_height()
}

pub fn voters(world: &World, peer: PeerId) -> usize {
    let state = network(world, peer)
        .head_state()
        .expect("the head's state is kept");
    let term = state.term();
    // The set before counts too, until a checkpoint of the term is final.
    term.voters.len().min(term.previous_voters.len())
}

pub fn say(world: &mut World, peer: PeerId, text: &str) {
    let command = Command::Post {
        channel: "hall".to_owned(),
        text: text.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    };
    world.submit(peer, command);
}

/// True if the chosen chain of this peer has a final block with a post that contains the text.
pub fn is_final(world: &World, peer: PeerId, text: &str) -> bool {
    let network = network(world, peer);
    (1..=network.chain().final_height()).any(|height| {
        let block = network
            .chain()
            .at_height(height)
            .and_then(|node| node.block.clone());
        block.is_some_and(|block| {
            block.transactions.iter().any(|transaction| {
                let bytes = ting_core::codec::encode(&transaction.action);
                bytes.windows(text.len()).any(|window| window == text.as_bytes())
            })
        })
    })
}

/// No rule was found broken.
pub fn assert_clean(world: &World) {
    assert!(
        world.witness().checks.violations().is_empty(),
        "{:?}",
        world.witness().checks.violations()
    );
}
