//! Rooms that fall apart and rooms with liars in them: real peers on a virtual clock, frames that take 20 ms.
//!
//! Halves that were apart heal, siblings of one slot split nobody, and a member without stake stops neither finality nor a newcomer.

use std::collections::BTreeSet;

use crate::hall::{Room, identity};
use ting_core::{
    chain::block::{Block, Header, HeaderContent, Seal, Testimony, transactions_root},
    codec::BoundedVec,
    consensus::{
        engine::{Makers, Plan},
        stake::{
            lottery::ticket_alpha,
            ticket::{Winning, draw_ticket},
        },
        transition::{self, Proposer},
    },
    crypto::{
        hash::Hash,
        keys::{SecretKey, Signature},
        vrf::VrfProof,
    },
    gossip::{
        compact::CompactBlock,
        greeting::{ChainStatus, Head, PeerName, Presence, PresenceContent, SessionId},
        message::{Get, Give, Message},
    },
    ledger::transaction::{Action, Transaction},
    peer::{identity::Identity, network::Network, record::Record, stored},
    time::Slot,
};

const MINUTE_MS: u64 = 60_000;

/// The ticket of somebody for a slot on top of this peer's chain, if it wins.
fn ticket(network: &Network, who: &Identity, slot: Slot) -> Option<Winning> {
    let head = network.head()?;
    let branch = network.chain().branch(head.hash);
    let Makers::Stake(term) = network.chain().surroundings(&branch, head)?.makers(slot);
    let operator = term.operators.get(&who.address())?;
    let alpha = ticket_alpha(&network.id(), &term.nonce, slot, &who.address());
    let (output, proof) = who.vrf_key().prove(alpha.as_bytes());
    Some(Winning {
        ticket: draw_ticket(output, operator, &term).ok()?,
        proof,
        nonce: term.nonce,
    })
}

/// Different blocks of one operator in one slot on top of this peer's chain, with the payments that tell them apart.
fn siblings(network: &Network, who: &Identity, slot: Slot, count: u64) -> (Vec<Block>, Vec<Transaction>) {
    let head = network.head().unwrap();
    let branch = network.chain().branch(head.hash);
    let around = network.chain().surroundings(&branch, head).unwrap();
    let account = around.state.ledger.account(&who.address()).unwrap();
    let sibling = |number: u64| {
        let post = Action::post("hall", vec![1; usize::try_from(number).unwrap() + 9]).unwrap();
        let nonce = account.nonces.highest() + 1 + number;
        let transaction = Transaction::sign(
            who.account_key(),
            network.id(),
            nonce,
            slot.plus(1_000),
            100_000,
            post,
        );
        let winning = ticket(network, who, slot).unwrap();
        let proposer = Proposer {
            account: who.address(),
            signing_key: who.signing_key(),
            plan: Plan::Stake(winning),
        };
        let heard = (
            network.chain().statements().iter(),
            network.chain().recent_votes(),
        );
        let (block, _) = transition::propose(&around, slot, proposer, heard, [transaction.clone()].iter());
        (block, transaction)
    };
    (0..count).map(sibling).unzip()
}

#[test]
fn four_blocks_in_one_slot_sent_to_different_halves_split_the_room_for_no_minute() {
    let mut room = Room::of(7);
    let attacker = identity(6);
    room.stop(6);
    room.run(20_000);
    let slot = (0..2_000)
        .find_map(|_| {
            let slot = room.network(0).slot(room.now()).plus(1);
            room.run_until(room.network(0).clock().start_of(slot).0 - 5);
            let heads: BTreeSet<_> = (0..6).map(|peer| room.network(peer).chain().head()).collect();
            let wins = |who: &Identity| {
                ticket(room.network(0), who, slot).is_some_and(|winning| winning.ticket.level.0 == 0)
            };
            let found = heads.len() == 1 && wins(&attacker) && !(0..6).any(|peer| wins(&identity(peer)));
            if !found {
                room.run(20);
            }
            found.then_some(slot)
        })
        .expect("the attacker wins some slot alone");
    let (blocks, transactions) = siblings(room.network(0), &attacker, slot, 4);
    let before = room.network(0).chain().final_height();
    room.say(
        900,
        None,
        &Message::Transactions(BoundedVec::try_from(transactions).unwrap()),
    );
    room.run(30);
    for peer in 0..6 {
        for block in &blocks[if peer < 3 { 0..2 } else { 2..4 }] {
            room.say(
                900,
                Some(peer),
                &Message::Block(Box::new(CompactBlock::of(block))),
            );
        }
    }
    room.run(MINUTE_MS);
    let finals: Vec<u64> = (0..6)
        .map(|peer| room.network(peer).chain().final_height())
        .collect();
    assert!(
        finals.iter().all(|height| *height > before + 5),
        "{before} {finals:?}"
    );
    let lowest = *finals.iter().min().unwrap();
    let blocks: BTreeSet<_> = (0..6)
        .map(|peer| room.network(peer).chain().hash_at(lowest))
        .collect();
    assert_eq!(blocks.len(), 1);
}

/// Two and two voters apart for so long; how long it then takes until all have one final block above what they had, in milliseconds.
fn halves_apart(apart_ms: u64) -> (u64, u64) {
    let mut room = Room::of(4);
    let common = room.network(0).chain().height();
    room.part(&[2, 3]);
    room.run(apart_ms);
    let heights: Vec<u64> = (0..4).map(|peer| room.network(peer).chain().height()).collect();
    let final_before = room.network(0).chain().final_height();
    room.join_up();
    let back = room.now().0;
    let healed = |room: &Room| {
        let heads: BTreeSet<_> = (0..4)
            .map(|peer| room.network(peer).chain().hash_at(room.lowest_final()))
            .collect();
        room.lowest_final() > final_before + 5 && room.lowest_final() > common + 5 && heads.len() == 1
    };
    let is_healed = room.until(10 * MINUTE_MS, healed);
    assert!(is_healed, "blocks before: {heights:?}; {}", room.line());
    (room.now().0 - back, heights[0].min(heights[2]) - common)
}

#[test]
fn halves_of_a_room_heal_within_five_minutes_however_many_blocks_they_made_apart() {
    // Bounds scaled down as much as the night is: see the test below for a whole one.
    let (healed_ms, _) = halves_apart(20 * MINUTE_MS);
    assert!(healed_ms < 5 * MINUTE_MS, "{healed_ms} ms");
}

/// Takes minutes: `cargo test --release -p ting-core --test apart -- --ignored --nocapture night`
#[test]
#[ignore = "a whole night of blocks is executed by four peers"]
fn halves_of_a_room_that_were_apart_for_a_night_heal_within_five_minutes() {
    let (healed_ms, blocks) = halves_apart(6 * 60 * MINUTE_MS);
    println!(
        "{blocks} blocks a side and more; healed after {} s",
        healed_ms / 1_000
    );
    assert!(
        blocks > 4_096 && healed_ms < 5 * MINUTE_MS,
        "{blocks} blocks, {healed_ms} ms"
    );
}

/// What a liar claims to have: a chain that nobody knows and that weighs more than all.
fn made_up_status(room: &Room, head: u8) -> ChainStatus {
    let status = room.network(0).status().unwrap();
    ChainStatus {
        head: Head {
            block: ting_core::chain::block::BlockHash(Hash([head; 32])),
            slot: room.network(0).slot(room.now()),
            height: status.head.height + 5,
            weight: u128::MAX,
        },
        ..status
    }
}

fn liars_presence(room: &Room, session: u8, head: u8) -> Message {
    let liar = SecretKey::from_seed([200; 32]);
    let content = PresenceContent {
        session: SessionId([session; 16]),
        account: liar.address(),
        name: PeerName::default(),
        chain: made_up_status(room, head),
        typing: None,
    };
    Message::Presence(Box::new(Presence::sign(content, &room.network(0).id(), &liar)))
}

/// Headers that link from genesis on and that nobody's ticket won.
fn made_up_headers(network: &Network, count: u64, salt: u8) -> Vec<Header> {
    let mut parent = network.chain().genesis();
    let header = |number| {
        let content = HeaderContent {
            network: network.id(),
            slot: Slot(number),
            height: number,
            parent,
            proposer: network.genesis().founder.account,
            transactions_root: transactions_root(&[]),
            testimony_hash: Testimony::default().hash(),
            state_root: Hash([salt; 32]),
        };
        let header = Header {
            content,
            seal: Seal::Stake {
                vrf_proof: VrfProof([salt; 80]),
                signature: Signature([0; 64]),
            },
        };
        parent = header.hash();
        header
    };
    (1..=count).map(header).collect()
}

/// Times to final of the lines that somebody says every two seconds, in milliseconds, ascending.
fn times_to_final(room: &mut Room, seconds: u64, mut meanwhile: impl FnMut(&mut Room)) -> Vec<u64> {
    let mut times = Vec::new();
    let end = room.now().0 + seconds * 1_000;
    let mut final_height = room.network(0).chain().final_height();
    let mut next_line = room.now().0;
    while room.now().0 < end {
        if room.now().0 >= next_line {
            next_line += 2_000;
            room.post(0, &format!("line at {next_line}"));
        }
        meanwhile(room);
        room.run(10);
        let network = room.network(0);
        for height in final_height + 1..=network.chain().final_height() {
            let node = network.chain().at_height(height).unwrap();
            times.push(room.now().ms_since(network.clock().start_of(node.slot)));
        }
        final_height = network.chain().final_height();
    }
    times.sort_unstable();
    times
}

fn percentile(times: &[u64], percent: usize) -> u64 {
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// A member without stake answers whoever asks about its made-up head: with so many headers, from a fresh connection every 2.9 s for each peer.
fn vetoed(headers: u64) -> (Vec<u64>, Vec<u64>) {
    let mut room = Room::of(4);
    room.run(10_000);
    let undisturbed = times_to_final(&mut room, 120, |_| ());
    room.listen();
    let mut connections: Vec<u64> = (0..4).map(|peer| 1_000 + 100_000 * peer).collect();
    let mut renew_at: Vec<u64> = (0..4).map(|peer| room.now().0 + 740 * peer).collect();
    let mut salt = 0_u8;
    let disturbed = times_to_final(&mut room, 180, |room| {
        for peer in 0..4 {
            if room.now().0 >= renew_at[peer] {
                room.left(peer, connections[peer]);
                connections[peer] += 1;
                renew_at[peer] = room.now().0 + 2_940;
                salt = salt.wrapping_add(1);
                let presence = liars_presence(room, salt, salt);
                room.say(connections[peer], Some(peer), &presence);
            }
        }
        for (peer, connection, message) in room.take_heard() {
            let Message::Get {
                request_id,
                what: Get::Headers { .. },
                ..
            } = message
            else {
                continue;
            };
            salt = salt.wrapping_add(1);
            let answer = made_up_headers(room.network(peer), headers, salt);
            let what = Give::Headers(BoundedVec::try_from(answer).unwrap());
            room.say(connection, Some(peer), &Message::Give { request_id, what });
        }
    });
    (undisturbed, disturbed)
}

fn check_veto(headers: u64) {
    let (undisturbed, disturbed) = vetoed(headers);
    let figures = |times: &[u64]| (times.len(), percentile(times, 50), percentile(times, 99));
    println!(
        "{headers} made-up headers: blocks final, p50, p99 in ms: undisturbed {:?}, disturbed {:?}",
        figures(&undisturbed),
        figures(&disturbed)
    );
    assert!(
        disturbed.len() * 2 > undisturbed.len(),
        "in more time as many blocks"
    );
    assert!(percentile(&disturbed, 50) <= percentile(&undisturbed, 50) + 500);
    assert!(percentile(&disturbed, 99) <= percentile(&undisturbed, 99) + 2_000);
}

#[test]
fn a_made_up_header_for_each_peer_in_turn_stops_no_finality() {
    check_veto(1);
}

#[test]
fn made_up_chains_of_headers_stop_no_finality() {
    check_veto(50);
}

/// Peers that never answer claim heavy chains from connections that come before all honest ones; how long a peer takes to catch up.
fn caught_up_ms(room: &mut Room, peer: usize, liars: u64) -> u64 {
    let start = room.now().0;
    let mut next_claim = start;
    let ok = room.until_each(10, MINUTE_MS, |room| {
        if room.now().0 >= next_claim {
            next_claim += if room.now().0 < start + 3_000 { 50 } else { 1_000 };
            for liar in 1..=liars {
                let session = u8::try_from(liar).unwrap();
                let presence = liars_presence(
                    room,
                    session,
                    session.wrapping_add(u8::try_from(room.now().0 / 1_000 % 7 * 16).unwrap()),
                );
                room.say(liar, Some(peer), &presence);
            }
        }
        room.knows_network(peer)
            && room.network(peer).chain().height() + 2 >= room.network(0).chain().height()
    });
    assert!(ok, "with {liars} silent sources; {}", room.line());
    room.now().0 - start
}

#[test]
fn silent_claimants_starve_neither_a_newcomer_nor_who_was_away() {
    for liars in [0, 12] {
        let mut room = Room::of(4);
        room.stop(3);
        room.talk(60);
        let newcomer = room.enter(Vec::new());
        let new_ms = caught_up_ms(&mut room, newcomer, liars);
        room.boot(3);
        let away_ms = caught_up_ms(&mut room, 3, liars);
        println!("{liars} silent sources: a newcomer after {new_ms} ms, who was away after {away_ms} ms");
        assert!(new_ms < 20_000 && away_ms < 20_000, "{new_ms} {away_ms}");
    }
}

#[test]
fn dead_forks_leave_storage_at_compaction_and_are_not_replayed() {
    let mut room = Room::of(7);
    room.talk(100);
    let network = room.network(0);
    let stored = stored::compact(room.records(0));
    let blocks = |records: &[Record]| {
        records
            .iter()
            .filter(|record| matches!(record, Record::Block(_)))
            .count()
    };
    let all = blocks(&room.records(0));
    let above = network
        .chain()
        .nodes()
        .filter(|node| node.height > network.chain().final_height())
        .count();
    let final_height = usize::try_from(network.chain().final_height()).unwrap();
    assert!(all > final_height + above, "there were dead forks: {all}");
    assert_eq!(blocks(&stored), final_height + above);
    let head = network.chain().head();
    room.reload_from(0, stored);
    assert_eq!(room.network(0).chain().head(), head);
    assert_eq!(room.network(0).chain().nodes().count(), final_height + above + 1);
}
