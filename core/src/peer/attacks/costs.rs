//! What one connection can make a peer do, second by second (docs/protocol.md, section 10).

use std::ops::RangeInclusive;

use super::{
    flood::Flood,
    world::{FIRST_OUTSIDER, Spent, World},
};
use crate::{
    chain::block::Block,
    consensus::{transition::Verified, tree::Standing},
    crypto::tally::Checks,
    gossip::message::{Get, Message, RequestId},
    params::{ANSWER_BYTES_PER_S, ANSWER_BYTES_PER_S_OF_SOURCE},
};

/// Seconds that are measured.
const MEASURED_S: u64 = 2;

/// Seconds until what a source may spend at first is spent, if a flood takes more than it regains.
fn burst_s(flood: Flood) -> u64 {
    match flood {
        Flood::TooManyTransactions => 6,
        _ => 1,
    }
}

/// Three voters, and a minute or two of talk.
fn room() -> World {
    let mut world = World::of_voters(3);
    for number in 0..60 {
        world.post(0, &format!("message {number}"));
        world.run(2_000);
    }
    world
}

/// What peer 0 spends in a second while so many connections flood it.
fn flooded(world: &mut World, flood: Flood, connections: u64) -> Spent {
    let measured = burst_s(flood)..burst_s(flood) + MEASURED_S;
    (0..measured.start).for_each(|second| one_second(world, flood, connections, second));
    let before = world.spent[0];
    for second in measured {
        one_second(world, flood, connections, second);
    }
    per_second(before, world.spent[0])
}

fn quiet(world: &mut World) -> Spent {
    let before = world.spent[0];
    world.run(MEASURED_S * 1_000);
    per_second(before, world.spent[0])
}

fn per_second(before: Spent, after: Spent) -> Spent {
    Spent {
        checks: Checks {
            signatures: (after.checks.signatures - before.checks.signatures) / MEASURED_S,
            proofs: (after.checks.proofs - before.checks.proofs) / MEASURED_S,
            rounds: (after.checks.rounds - before.checks.rounds) / MEASURED_S,
            walks: (after.checks.walks - before.checks.walks) / MEASURED_S,
        },
        bytes: (after.bytes - before.bytes) / MEASURED_S,
        time: (after.time - before.time) / u32::try_from(MEASURED_S).unwrap(),
    }
}

fn one_second(world: &mut World, flood: Flood, connections: u64, second: u64) {
    for connection in 0..connections {
        let frames = flood.second(world, (second * connections + connection) << 16);
        world.send_over_a_second(FIRST_OUTSIDER + connection, 0, &frames);
    }
    world.run(1_000);
}

/// What a flood may cost in a second: signatures, proofs, bytes sent. The lower ends show that it arrived.
fn bounds(flood: Flood) -> (RangeInclusive<u64>, RangeInclusive<u64>, RangeInclusive<u64>) {
    const QUIET: RangeInclusive<u64> = 0..=20;
    const QUIET_BYTES: RangeInclusive<u64> = 0..=20_000;
    let answer_bytes = u64::from(ANSWER_BYTES_PER_S_OF_SOURCE);
    match flood {
        Flood::Garbage | Flood::LargeGarbage | Flood::TooManyTransactions => (QUIET, 0..=0, QUIET_BYTES),
        Flood::BadSignatures | Flood::Claims | Flood::ForgedVotes | Flood::UnknownVotes => {
            (1_000..=2_000, 0..=0, QUIET_BYTES)
        }
        Flood::Hellos => (40..=80, 0..=0, 0..=80_000),
        Flood::Headers => (QUIET, 0..=0, answer_bytes / 2..=answer_bytes + answer_bytes / 20),
        Flood::Blocks => (QUIET, 0..=0, answer_bytes / 4..=answer_bytes),
        Flood::Certificates => (QUIET, 0..=0, 50_000..=answer_bytes),
        Flood::Mempool => (QUIET, 0..=0, 0..=answer_bytes),
        Flood::ForgedBlocks | Flood::FutureBlocks => (QUIET, 300..=400, QUIET_BYTES),
    }
}

#[test]
fn what_a_flood_from_one_connection_costs_is_bounded_each_second() {
    for flood in Flood::ALL {
        let spent = flooded(&mut room(), flood, 1);
        let (signatures, proofs, bytes) = bounds(flood);
        assert!(
            signatures.contains(&spent.checks.signatures),
            "{flood}: {spent:?}"
        );
        assert!(proofs.contains(&spent.checks.proofs), "{flood}: {spent:?}");
        assert!(bytes.contains(&spent.bytes), "{flood}: {spent:?}");
        // The roster is walked through by the clock, not by frames.
        assert!(spent.checks.walks <= 2, "{flood}: {spent:?}");
    }
}

#[test]
fn answers_to_many_connections_have_one_rate() {
    let spent = flooded(&mut room(), Flood::Headers, 8);
    let bound = u64::from(ANSWER_BYTES_PER_S);
    assert!(
        (bound / 2..=bound + bound / 20).contains(&spent.bytes),
        "{spent:?}"
    );
}

fn question(to: u64, number: u64) -> Message {
    Message::Get {
        to,
        request_id: RequestId(number),
        what: Get::Genesis,
    }
}

#[test]
fn a_question_is_answered_only_by_who_is_asked() {
    let mut world = World::of_voters(3);
    world.listens = true;
    world.say(FIRST_OUTSIDER, &question(2, 7));
    world.say(FIRST_OUTSIDER, &question(FIRST_OUTSIDER, 8));
    world.run(1_000);
    let answers: Vec<(usize, u64)> = world
        .overheard
        .iter()
        .filter_map(|heard| match &heard.message {
            Message::Give { request_id, .. } => Some((heard.by, request_id.0)),
            _ => None,
        })
        .collect();
    assert_eq!(answers, [(1, 7)]);
}

#[test]
fn an_answer_comes_after_the_block_and_the_votes_that_are_due() {
    let mut world = World::empty();
    world.join();
    world.run(10_000);
    world.listens = true;
    let mut together = 0;
    for number in 0..20 {
        world.post(0, "a reason for a block");
        world.overheard.clear();
        // Comes at the very start of a slot.
        let bytes = world.seal(&question(1, number));
        let to_slot = world.ms_to_slot();
        world.send_at(FIRST_OUTSIDER, 0, bytes, to_slot);
        world.run(to_slot);
        let places = |wanted: fn(&Message) -> bool| {
            let places = world.overheard.iter().enumerate();
            places
                .filter(|(_, heard)| heard.at == world.now && wanted(&heard.message))
                .map(|(place, _)| place)
                .collect::<Vec<_>>()
        };
        let own = places(|message| matches!(message, Message::Block(_) | Message::Votes(_)));
        let answers = places(|message| matches!(message, Message::Give { .. }));
        assert_eq!(answers.len(), 1);
        if let Some(last) = own.last() {
            together += 1;
            assert!(*last < answers[0], "{own:?} {answers:?}");
        }
    }
    assert!(together > 3, "{together}");
}

#[test]
#[ignore = "measures; docs/benchmarks.md has the command"]
fn prints_what_floods_cost() {
    let kib = |bytes: u64| bytes.div_ceil(1_024);
    for flood in Flood::ALL {
        let mut world = room();
        let quiet = quiet(&mut world);
        let sent = flood.second(&mut world, 1 << 40);
        let sent_bytes = sent.iter().map(Vec::len).sum::<usize>() as u64;
        let spent = flooded(&mut world, flood, 1);
        let time_ms = spent.time.saturating_sub(quiet.time).as_secs_f64() * 1_000.0;
        println!(
            "| {flood} | {} frames, {} KiB | {} | {} | {} KiB | {time_ms:.0} ms |",
            sent.len(),
            kib(sent_bytes),
            spent.checks.signatures,
            spent.checks.proofs,
            kib(spent.bytes),
        );
    }
}

#[test]
#[ignore = "measures; docs/benchmarks.md has the command"]
fn prints_what_three_peers_with_a_long_chain_answer_to_one_connection_that_asks_everybody() {
    const SECONDS: u64 = 4;
    for flood in [
        Flood::Headers,
        Flood::Blocks,
        Flood::Certificates,
        Flood::Mempool,
        Flood::Hellos,
    ] {
        let mut world = World::of_voters(3);
        talk_until(&mut world, 600);
        let sent = |world: &World| world.spent.iter().map(|spent| spent.bytes).sum::<u64>();
        for second in 0..SECONDS {
            let frames = flood.relayed(&mut world, second << 16, usize::MAX);
            let before = sent(&world);
            (0..3).for_each(|peer| world.send_over_a_second(FIRST_OUTSIDER, peer, &frames));
            world.run(1_000);
            println!(
                "| {flood} | second {second} | asked {} kB | answered {} kB |",
                frames.iter().map(Vec::len).sum::<usize>() / 1_000,
                (sent(&world) - before) / 1_000,
            );
        }
    }
}

/// A founder, alone with a chain of so many blocks at least.
fn founder_with(blocks: u64) -> World {
    let mut world = World::empty();
    world.join();
    talk_until(&mut world, blocks);
    world
}

fn talk_until(world: &mut World, blocks: u64) {
    while !world.has(blocks, 0) {
        world.post(0, "a line of talk as people write them");
        world.run(1_500);
    }
}

#[test]
fn a_newcomer_catches_up_as_fast_as_frames_travel() {
    let mut world = founder_with(300);
    let newcomer = world.join();
    // Ten chunks of bodies, one after the other, and what leads to them: a dozen round trips of 40 ms.
    assert!(world.run_until(1_000, |world| world.has(300, newcomer)));
}

#[test]
#[ignore = "measures; docs/benchmarks.md has the command"]
fn prints_how_long_a_newcomer_takes_for_ten_thousand_blocks() {
    let mut world = founder_with(10_000);
    let (began, before) = (world.now, world.spent[0]);
    let newcomer = world.join();
    assert!(world.run_until(600_000, |world| world.has(10_000, newcomer)));
    println!(
        "{} ms on a perfect network; the only source sent {} kB; the newcomer took {:?}",
        world.now.ms_since(began),
        (world.spent[0].bytes - before.bytes) / 1_000,
        world.spent[newcomer].time,
    );
}

#[test]
fn a_block_of_what_was_heard_costs_no_signature_but_that_of_its_header() {
    const POSTS: usize = 40;
    let mut world = World::of_voters(3);
    (0..POSTS).for_each(|number| world.post(1, &format!("message {number}")));
    assert!(world.run_until(1_000, |world| world.network(0).mempool().len() == POSTS));
    let mut peer = world.peers[0].take().unwrap();
    world.leave(0);
    world.run(10_000);

    let (chain, now) = (world.network(1).chain(), world.now);
    let network = peer.network.as_mut().unwrap();
    let mut posts = 0;
    for height in network.chain().height() + 1..=chain.height() {
        let block = chain.at_height(height).unwrap().block.as_ref().unwrap();
        for vote in block.testimony.votes.iter() {
            let _ = network.offer_vote(vote, now);
        }
        posts += block.transactions.len();
        let before = Checks::now().signatures;
        let verified = Verified::Nothing { entropy: [1; 32] };
        network
            .import_as(Standing::Referred, Block::clone(block), verified, now)
            .unwrap();
        assert_eq!(Checks::now().signatures - before, 1, "block {height}");
    }
    assert_eq!(posts, POSTS);
}
