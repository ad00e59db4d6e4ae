//! The walk-through of absence: what becomes of blocks and finality when people leave, crash, sleep and return, line by line, with how long it takes.
//!
//! Every line is tried with several seeds; `--nocapture` shows the figures of each.

#![expect(clippy::expect_used, reason = "a test may give up")]

#[path = "../common/mod.rs"]
mod common;

mod closing;
mod coming;
mod crashing;
mod reloading;
mod sleeping;

use std::{collections::BTreeMap, ops::Range};

use common::*;
use ting_sim::{
    action::{Action, Conditions},
    hub::PeerId,
};

/// Each line is tried with these.
const SEEDS: Range<u64> = 0..5;
/// Who does not vote is silent after so much branch clock, in milliseconds: G.
const SILENCE_MS: u64 = 60_000;
/// Voters are forgotten after so much branch clock, in milliseconds: U.
const FORGET_MS: u64 = 1_800_000;
/// "At once": half of the waits are no longer than this, in milliseconds: a block comes within some seconds, and is final half a second later.
const AT_ONCE_MS: u64 = 5_000;
/// "At once": no wait is longer, in milliseconds. One of four alone may wait so long for a ticket that wins.
const AT_ONCE_AT_MOST_MS: u64 = 16_000;
/// No wait is longer, in milliseconds, where finality stood still for minutes: by then votes are cast on every 32nd slot only.
const AFTER_A_STALL_MS: u64 = 40_000;
const MINUTE_MS: u64 = 60_000;

const FOUNDER: PeerId = PeerId(0);
const SECOND: PeerId = PeerId(1);
const THIRD: PeerId = PeerId(2);
const FOURTH: PeerId = PeerId(3);

/// A room of so many people who all vote.
fn voting_room(seed: u64, people: usize) -> World {
    let mut world = room(seed, people, Conditions::default());
    let all_vote = |world: &World| voters(world, FOUNDER) == people;
    assert!(world.run_until_true(240_000, all_vote), "not everybody votes");
    wait(&mut world, 5_000);
    world
}

fn wait(world: &mut World, ms: u64) {
    world.run_until(world.view().now().plus_ms(ms));
}

fn each(world: &mut World, people: &[PeerId], action: impl Fn(PeerId) -> Action) {
    people.iter().for_each(|peer| world.act(action(*peer)));
}

fn here(world: &World) -> Vec<PeerId> {
    world.view().running().map(|(peer, _)| peer).collect()
}

/// Milliseconds until what somebody says now is final for all who are there; none if it is not in time.
fn until_final(world: &mut World, author: PeerId, limit_ms: u64) -> Option<u64> {
    let said_at = world.view().now();
    let text = format!("said at {} ms", said_at.0);
    say(world, author, &text);
    let everywhere = |world: &World| here(world).iter().all(|peer| is_final(world, *peer, &text));
    let is_in_time = world.run_until_true(limit_ms, everywhere);
    is_in_time.then(|| world.view().now().ms_since(said_at))
}

/// Milliseconds until a block is made; none if there is none in time.
fn until_block(world: &mut World, who: PeerId, limit_ms: u64) -> Option<u64> {
    let (from, height) = (world.view().now(), network(world, who).chain().height());
    let grows = |world: &World| network(world, who).chain().height() > height;
    world
        .run_until_true(limit_ms, grows)
        .then(|| world.view().now().ms_since(from))
}

/// All of these are in the range, and none is missing.
fn assert_within(what: &str, figures_ms: &[Option<u64>], range: Range<u64>) {
    println!("{what}: {figures_ms:?}");
    let is_within = |figure: &Option<u64>| figure.is_some_and(|ms| range.contains(&ms));
    assert!(
        figures_ms.iter().all(is_within),
        "{what}: {figures_ms:?} are not all within {range:?}"
    );
}

/// Half of these waits are short, and none is long.
fn assert_at_once(what: &str, waits_ms: &[Option<u64>]) {
    assert_within(what, waits_ms, 0..AT_ONCE_AT_MOST_MS);
    let mut sorted: Vec<_> = waits_ms.iter().flatten().collect();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2).expect("somebody waited");
    assert!(**median <= AT_ONCE_MS, "{what}: {waits_ms:?}");
}

/// Blocks come for so long, and nothing becomes final for anybody who is there.
fn assert_only_blocks(world: &mut World, ms: u64) {
    let before: BTreeMap<PeerId, u64> = here(world)
        .into_iter()
        .map(|peer| (peer, final_height(world, peer)))
        .collect();
    let heights: Vec<u64> = before
        .keys()
        .map(|peer| network(world, *peer).chain().height())
        .collect();
    wait(world, ms);
    for ((peer, final_before), height) in before.into_iter().zip(heights) {
        assert_eq!(final_height(world, peer), final_before, "{peer:?}");
        assert!(network(world, peer).chain().height() > height, "{peer:?}");
    }
}

/// Tries a line with every seed.
fn tried(line: impl Fn(u64) -> Option<u64>) -> Vec<Option<u64>> {
    SEEDS.map(line).collect()
}
