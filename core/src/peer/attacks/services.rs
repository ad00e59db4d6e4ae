//! What the peers of a room do for each other goes on whatever one member makes up.

use super::{
    flood,
    world::{FIRST_OUTSIDER, World},
};
use crate::{
    chain::block::Block,
    codec::BoundedVec,
    consensus::{transition::Verified, tree::Standing},
    crypto::{keys::SecretKey, tally::Checks},
    gossip::{
        greeting::{PeerName, Presence, PresenceContent, SessionId},
        message::Message,
    },
    ledger::transaction::{Action, Transaction},
    params::{PRESENCE_MS, PRESENCE_PER_S},
    peer::{
        command::Command,
        io::{ConnectionId, Input, LinkId},
        network::ImportError,
    },
};

/// A sign of life of an invented session.
pub(super) fn presence(world: &World, account: u64, session: u64) -> Message {
    let mut seed = [201; 32];
    seed[..8].copy_from_slice(&account.to_le_bytes());
    let key = SecretKey::from_seed(seed);
    let mut id = [202; 16];
    id[..8].copy_from_slice(&session.to_le_bytes());
    let network = world.network(0);
    let content = PresenceContent {
        session: SessionId(id),
        account: key.address(),
        name: PeerName::default(),
        chain: network.status().unwrap(),
        typing: None,
    };
    Message::Presence(Box::new(Presence::sign(content, &network.id(), &key)))
}

fn joined(connection: u64) -> Input {
    Input::Joined {
        link: LinkId(0),
        connection: ConnectionId(connection),
    }
}

fn left(connection: u64) -> Input {
    Input::Left {
        link: LinkId(0),
        connection: ConnectionId(connection),
    }
}

#[test]
fn invented_sessions_keep_no_newcomer_out() {
    let mut world = World::of_voters(5);
    world.tell_all(&joined(FIRST_OUTSIDER));
    for _ in 0..10 {
        for session in 0..128 {
            let invented = presence(&world, 0, session);
            world.say(FIRST_OUTSIDER, &invented);
        }
        world.run(100);
        let newcomer = world.join();
        let is_told = |world: &World| world.peer(newcomer).network().is_some();
        assert!(world.run_until(1_000, is_told));
    }
}

#[test]
fn in_a_room_of_a_thousand_everybody_is_seen() {
    const MEMBERS: u64 = 1_000;
    let interval_ms = MEMBERS * 1_000 / PRESENCE_PER_S;
    let mut world = World::empty();
    world.join();
    world.run(6_000);
    for member in 0..MEMBERS {
        world.tell_all(&joined(FIRST_OUTSIDER + member));
    }
    world.run(1_000);
    for _ in 0..2 {
        for member in 0..MEMBERS {
            let said = presence(&world, member, member);
            world.say(FIRST_OUTSIDER + member, &said);
            world.run(interval_ms / MEMBERS);
        }
    }
    let seen = |world: &World| world.peer(0).pulse_view(world.now).peers;
    assert_eq!(u64::from(seen(&world)), MEMBERS);
    // One announcement each may get lost.
    world.run(interval_ms);
    assert_eq!(u64::from(seen(&world)), MEMBERS);

    // Who is left in a room that has emptied speaks as often as in any small room, at once.
    for member in 10..MEMBERS {
        world.tell_all(&left(FIRST_OUTSIDER + member));
    }
    world.listens = true;
    world.run(2 * PRESENCE_MS);
    let is_presence = |message: &Message| matches!(message, Message::Presence(_));
    assert!(world.overheard.iter().any(|heard| is_presence(&heard.message)));
}

#[test]
fn the_name_of_a_founder_who_left_is_known() {
    let mut world = World::of_voters(2);
    let founder = world.peer(0).account();
    world.leave(0);
    world.run(60_000);
    let view = world.peer(1).network_view(world.now);
    let away = view.peers.iter().find(|peer| peer.account == founder).unwrap();
    assert_eq!((away.name.as_str(), away.online), ("peer", false));
}

#[test]
fn an_operator_without_stake_does_not_keep_the_room_from_idling() {
    const TEN_MINUTES_MS: u64 = 600_000;
    let mut world = World::of_voters(3);
    world.run(120_000);
    let blocks_in_ten_minutes = |world: &mut World| {
        let before = world.network(0).chain().height();
        world.run(TEN_MINUTES_MS);
        world.network(0).chain().height() - before
    };
    let idle = blocks_in_ten_minutes(&mut world);

    let key = SecretKey::from_seed([99; 32]);
    let bond_micro = world.network(0).genesis().rules.grant_bond_micro;
    world.submit(
        1,
        Command::Transfer {
            to: key.address(),
            amount_micro: bond_micro + 10_000_000,
            memo: String::new(),
            fee_micro: None,
        },
    );
    world.run(20_000);
    let vrf_key = world.peer(2).identity.vrf_public();
    let keys = Action::Operator {
        signing_key: key.public(),
        vrf_key,
    };
    let bond = Action::Bond {
        amount_micro: bond_micro,
    };
    let unbond = Action::Unbond {
        amount_micro: bond_micro,
    };
    for (nonce, action) in [(1, bond), (2, keys), (3, unbond)] {
        let network = world.network(0);
        let valid_until = network.slot(world.now).plus(1_000);
        let transaction = Transaction::sign(&key, network.id(), nonce, valid_until, 1_000_000, action);
        let list = vec![transaction].try_into().unwrap();
        world.say(FIRST_OUTSIDER, &Message::Transactions(list));
        world.run(20_000);
    }
    let state = world.network(0).head_state().unwrap();
    assert_eq!(state.ledger.operator_count(), 4);
    assert_eq!(state.ledger.account(&key.address()).unwrap().stake(), 0);

    world.run(120_000);
    let afterwards = blocks_in_ten_minutes(&mut world);
    assert!(afterwards < idle + idle / 4, "{idle} before, {afterwards} after");
}

#[test]
fn a_block_from_the_future_waits_only_if_its_ticket_won() {
    let mut world = World::of_voters(3);
    let made_up = flood::block(&world, 1, 3);
    let block = Block {
        header: made_up.header,
        transactions: BoundedVec::new(),
        testimony: made_up.testimony,
    };
    let now = world.now;
    let network = world.peers[0].as_mut().unwrap().network.as_mut().unwrap();
    let entropy = [1; 32];
    let imported = network.import_as(Standing::Referred, block, Verified::Nothing { entropy }, now);
    assert!(matches!(imported, Err(ImportError::Future)));
    assert_eq!(network.unpark(now.plus_ms(60_000)), []);
}

#[test]
fn frames_of_strangers_cost_no_look_at_the_room() {
    const FRAMES: u64 = 400;
    let mut world = World::of_voters(3);
    let rounds = |world: &mut World| {
        let before = Checks::now().rounds;
        world.run(1_000);
        Checks::now().rounds - before
    };
    let quiet = rounds(&mut world);
    for number in 0..FRAMES {
        let garbage = flood::garbage(256, number);
        world.send_raw(FIRST_OUTSIDER, 0, garbage, number * 2);
    }
    let flooded = rounds(&mut world);
    assert!(
        flooded < quiet + FRAMES / 4,
        "{quiet} in quiet, {flooded} under a flood"
    );
}
