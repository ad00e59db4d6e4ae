//! Blocks become final at their pace while one connection sends all voters as much as a relay lets through.
//!
//! Time is virtual: what a flood costs in computing is held by [`super::costs`].

use super::{
    flood::Flood,
    services::presence,
    world::{FIRST_OUTSIDER, World},
};

/// Seconds of each flood.
const FLOOD_S: u64 = 6;

/// Times from the beginning of a block's slot until it is final, in milliseconds, ascending, in a room where somebody speaks every two seconds.
/// `say` is called for each second.
fn times_to_final(world: &mut World, seconds: u64, mut say: impl FnMut(&mut World, u64)) -> Vec<u64> {
    const STEP_MS: u64 = 20;
    let mut times = Vec::new();
    let mut final_height = world.network(0).chain().final_height();
    for second in 0..seconds {
        if second.is_multiple_of(2) {
            world.post(1, &format!("line {second}"));
        }
        say(world, second);
        for _ in 0..1_000 / STEP_MS {
            world.run(STEP_MS);
            let network = world.network(0);
            for height in final_height + 1..=network.chain().final_height() {
                let slot = network.chain().at_height(height).unwrap().slot;
                times.push(world.now.ms_since(network.clock().start_of(slot)));
            }
            final_height = network.chain().final_height();
        }
    }
    times.sort_unstable();
    times
}

/// Everybody hears a second of a flood.
fn broadcast(world: &mut World, flood: Flood, second: u64) {
    let frames = flood.second(world, second << 16);
    for voter in 0..world.peers.len() {
        world.send_over_a_second(FIRST_OUTSIDER, voter, &frames);
    }
}

fn check_pace(what: &str, undisturbed: &[u64], disturbed: &[u64]) {
    let percentile = |times: &[u64], percent: usize| times[times.len() * percent / 100];
    let figures = |times: &[u64]| (times.len(), percentile(times, 50), percentile(times, 99));
    let (before, beside) = (figures(undisturbed), figures(disturbed));
    println!("{what}: blocks final, p50, p99 in ms: undisturbed {before:?}, disturbed {beside:?}");
    assert!(beside.0 * 4 > before.0 * 3, "as many blocks");
    assert!(beside.1 <= before.1 + 500);
    assert!(beside.2 <= before.2 + 2_000);
}

#[test]
fn every_flood_of_one_connection_leaves_finality_its_pace() {
    let mut world = World::of_voters(3);
    let seconds = FLOOD_S * Flood::ALL.len() as u64;
    let undisturbed = times_to_final(&mut world, seconds, |_, _| ());
    let disturbed = times_to_final(&mut world, seconds, |world, second| {
        let flood = Flood::ALL[(second / FLOOD_S) as usize];
        broadcast(world, flood, second);
    });
    check_pace("14 floods", &undisturbed, &disturbed);
}

#[test]
fn invented_sessions_leave_finality_its_pace() {
    let mut world = World::of_voters(3);
    let undisturbed = times_to_final(&mut world, 180, |_, _| ());
    let disturbed = times_to_final(&mut world, 180, |world, second| {
        for session in 0..128 {
            let invented = presence(world, second, session);
            world.say(FIRST_OUTSIDER, &invented);
        }
    });
    check_pace("128 sessions a second", &undisturbed, &disturbed);
}
