//! The walk-through of absence: what becomes of blocks and finality when people leave, crash, sleep and return, line by line, with how long it takes.
//!
//! Every line is tried with several seeds; `--nocapture` shows the figures of each.

#![expect(clippy::expect_used, reason = "a test may give up")]

mod common;

use std::{collections::BTreeMap, ops::Range};

use common::*;
use ting_sim::{
    action::{Action, Conditions},
    hub::PeerId,
};

/// Each line is tried with these.
const SEEDS: Range<u64> = 0..5;
/// Votes are counted as silent after so much branch clock, in milliseconds: G.
const SILENCE_MS: u64 = 60_000;
/// Voters are forgotten after so much branch clock, in milliseconds: U.
const FORGET_MS: u64 = 1_800_000;
/// "At once": a block comes within some seconds, and is final within another, in milliseconds.
const AT_ONCE_MS: u64 = 20_000;
/// After a stall votes are cast on every 32nd slot at least, and the first of these leads to the next within seconds.
const RETURN_MS: u64 = 45_000;
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

#[test]
fn a_founder_alone_has_every_block_final_within_a_second_of_its_slot() {
    for seed in SEEDS {
        let mut world = room(seed, 1, Conditions::default());
        for _ in 0..30 {
            let waited = until_final(&mut world, FOUNDER, 60_000);
            assert_within("a founder alone, until final", &[waited], 0..AT_ONCE_MS);
            wait(&mut world, 5_000);
        }
        let to_final_ms = &world.witness().measure.to_final_ms;
        println!(
            "slot to final: {:?}..{:?}",
            to_final_ms.iter().min(),
            to_final_ms.iter().max()
        );
        assert!(to_final_ms.iter().all(|ms| *ms <= 1_000), "{to_final_ms:?}");
        assert_clean(&world);
    }
}

#[test]
fn a_second_person_has_a_grant_within_seconds_and_is_an_operator_within_half_a_minute() {
    let (mut grants, mut operators, mut votes) = (Vec::new(), Vec::new(), Vec::new());
    for seed in SEEDS {
        let mut world = room(seed, 1, Conditions::default());
        wait(&mut world, 30_000 + 3_000 * seed);
        let opened_at = world.view().now();
        let second = come(&mut world, &host());
        let account = world.view().account(second).expect("it has an account");
        let mut after = |is_true: &dyn Fn(&World) -> bool| {
            let is_in_time = world.run_until_true(240_000, is_true);
            is_in_time.then(|| world.view().now().ms_since(opened_at))
        };
        grants.push(after(&|world| {
            let state = network(world, FOUNDER).head_state().expect("a state");
            state
                .ledger
                .account(&account)
                .is_some_and(|account| account.claimed)
        }));
        operators.push(after(&|world| {
            let state = network(world, FOUNDER).head_state().expect("a state");
            state.term().operators.get(&account).is_some()
        }));
        votes.push(after(&|world| voters(world, FOUNDER) == 2));
        assert_clean(&world);
    }
    assert_within("claim in a block", &grants, 0..10_000);
    assert_within("operator", &operators, 16_000..60_000);
    assert_within("voter", &votes, 32_000..120_000);
}

#[test]
fn of_two_either_may_close_and_the_other_finalizes_at_once() {
    for (leaver, stayer) in [(FOUNDER, SECOND), (SECOND, FOUNDER)] {
        let waits = tried(|seed| {
            let mut world = voting_room(seed, 2);
            world.act(Action::Close(leaver));
            let waited = until_final(&mut world, stayer, 300_000);
            assert_clean(&world);
            waited
        });
        assert_within(&format!("{leaver:?} closed"), &waits, 0..AT_ONCE_MS);
    }
}

#[test]
fn three_of_four_close_within_ten_seconds_and_the_fourth_finalizes_at_once() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 4);
        for leaver in [FOUNDER, SECOND, THIRD] {
            wait(&mut world, 3_000);
            world.act(Action::Close(leaver));
        }
        let waited = until_final(&mut world, FOURTH, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("three of four closed one after the other", &waits, 0..AT_ONCE_MS);
}

#[test]
fn three_of_four_close_at_one_moment_and_the_fourth_finalizes_at_once() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 4);
        each(&mut world, &[FOUNDER, SECOND, THIRD], Action::Close);
        let waited = until_final(&mut world, FOURTH, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("three of four closed at once", &waits, 0..AT_ONCE_MS);
}

#[test]
fn of_two_the_founder_crashes_and_nothing_is_final_until_it_returns() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        world.act(Action::Crash(FOUNDER));
        // What was voted on before may still become final.
        wait(&mut world, 5_000);
        assert_only_blocks(&mut world, 10 * MINUTE_MS);
        world.act(Action::Restart(FOUNDER));
        let waited = until_final(&mut world, SECOND, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("the founder returned", &waits, 0..RETURN_MS);
}

#[test]
fn of_two_the_founder_crashes_for_good_and_the_other_goes_on_once_it_is_forgotten() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        world.act(Action::Crash(FOUNDER));
        let waited = until_final(&mut world, SECOND, FORGET_MS + 10 * MINUTE_MS);
        assert_clean(&world);
        waited
    });
    assert_within(
        "the founder was forgotten",
        &waits,
        FORGET_MS - MINUTE_MS..FORGET_MS + 2 * MINUTE_MS,
    );
}

#[test]
fn of_two_the_other_one_crashes_and_the_founder_goes_on_after_a_minute_of_silence() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        world.act(Action::Crash(SECOND));
        let waited = until_final(&mut world, FOUNDER, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within(
        "the other one fell silent",
        &waits,
        SILENCE_MS / 2..2 * SILENCE_MS,
    );
}

#[test]
fn of_three_anyone_may_vanish_unnoticed() {
    for leaver in [FOUNDER, SECOND, THIRD] {
        let waits = tried(|seed| {
            let mut world = voting_room(seed, 3);
            world.act(Action::Crash(leaver));
            let stayer = *here(&world).first().expect("two are here");
            let waited = until_final(&mut world, stayer, 300_000);
            assert_clean(&world);
            waited
        });
        assert_within(&format!("{leaver:?} of three vanished"), &waits, 0..AT_ONCE_MS);
    }
}

#[test]
fn all_of_four_reload_at_once_and_finality_returns_with_the_last_whose_farewell_nobody_heard() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 4);
        each(&mut world, &[FOUNDER, SECOND, THIRD, FOURTH], Action::Close);
        wait(&mut world, 2_000);
        each(&mut world, &[FOUNDER, SECOND, THIRD], Action::Restart);
        wait(&mut world, 10_000);
        assert_only_blocks(&mut world, 5 * MINUTE_MS);
        world.act(Action::Restart(FOURTH));
        let waited = until_final(&mut world, THIRD, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("all four are back", &waits, 0..RETURN_MS);
}

#[test]
fn all_of_four_reload_within_seconds_and_finality_is_back_within_seconds() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 4);
        each(&mut world, &[FOUNDER, SECOND, THIRD, FOURTH], Action::Close);
        wait(&mut world, 1_000);
        for peer in [FOURTH, SECOND, THIRD, FOUNDER] {
            world.act(Action::Restart(peer));
            wait(&mut world, 1_000);
        }
        let waited = until_final(&mut world, SECOND, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("all four reloaded", &waits, 0..2 * AT_ONCE_MS);
}

#[test]
fn all_of_four_crash_at_once_and_finality_returns_with_the_third() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 4);
        each(&mut world, &[FOUNDER, SECOND, THIRD, FOURTH], Action::Crash);
        wait(&mut world, 2_000);
        each(&mut world, &[SECOND, THIRD], Action::Restart);
        wait(&mut world, 10_000);
        assert_only_blocks(&mut world, 5 * MINUTE_MS);
        world.act(Action::Restart(FOURTH));
        let waited = until_final(&mut world, THIRD, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("three of four that crashed are back", &waits, 0..RETURN_MS);
}

#[test]
fn both_of_two_reload_at_once_and_finality_is_back_within_seconds() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        each(&mut world, &[FOUNDER, SECOND], Action::Close);
        wait(&mut world, 1_000);
        each(&mut world, &[FOUNDER, SECOND], Action::Restart);
        wait(&mut world, 1_000);
        let waited = until_final(&mut world, SECOND, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("both reloaded", &waits, 0..2 * AT_ONCE_MS);
}

#[test]
fn one_of_two_reloads_and_finality_stays() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        world.act(Action::Close(FOUNDER));
        wait(&mut world, 1_000);
        world.act(Action::Restart(FOUNDER));
        let waited = until_final(&mut world, SECOND, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("one of two reloaded", &waits, 0..2 * AT_ONCE_MS);
}

#[test]
fn a_lone_tab_reloads_and_goes_on_at_once() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 1);
        world.act(Action::Close(FOUNDER));
        wait(&mut world, 1_000);
        world.act(Action::Restart(FOUNDER));
        wait(&mut world, 500);
        let waited = until_final(&mut world, FOUNDER, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("a lone tab reloaded", &waits, 0..AT_ONCE_MS);
}

#[test]
fn the_last_one_that_closes_says_nothing_and_who_returns_before_it_waits_for_it() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        world.act(Action::Close(FOUNDER));
        wait(&mut world, MINUTE_MS);
        world.act(Action::Close(SECOND));
        wait(&mut world, MINUTE_MS);
        world.act(Action::Restart(FOUNDER));
        wait(&mut world, 10_000);
        assert_only_blocks(&mut world, 5 * MINUTE_MS);
        world.act(Action::Restart(SECOND));
        let waited = until_final(&mut world, FOUNDER, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("the last one returned", &waits, 0..2 * AT_ONCE_MS);
}

#[test]
fn the_last_one_that_closed_goes_on_at_once_when_it_returns_alone() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 3);
        for leaver in [SECOND, FOUNDER, THIRD] {
            world.act(Action::Close(leaver));
            wait(&mut world, MINUTE_MS);
        }
        world.act(Action::Restart(THIRD));
        wait(&mut world, 500);
        let waited = until_final(&mut world, THIRD, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("the last one returned alone", &waits, 0..AT_ONCE_MS);
}

const EIGHT_HOURS_MS: u64 = 8 * 60 * MINUTE_MS;

/// A room of four that nobody was in for eight hours; how long the first one back takes to make a block.
fn after_a_night(seed: u64, first: PeerId) -> (World, Option<u64>) {
    let mut world = voting_room(seed, 4);
    each(&mut world, &[FOUNDER, SECOND, THIRD, FOURTH], Action::Crash);
    wait(&mut world, EIGHT_HOURS_MS);
    world.act(Action::Restart(first));
    let waited = until_block(&mut world, first, 60_000);
    (world, waited)
}

#[test]
fn after_eight_hours_of_sleep_the_first_tab_back_makes_a_block_within_eight_seconds() {
    for first in [FOUNDER, FOURTH] {
        let waits = tried(|seed| after_a_night(seed, first).1);
        assert_within("first block after a night", &waits, 0..8_000);
    }
}

#[test]
fn after_eight_hours_of_sleep_finality_is_back_with_two_thirds() {
    let waits = tried(|seed| {
        let (mut world, _) = after_a_night(seed, FOURTH);
        world.act(Action::Restart(THIRD));
        assert_only_blocks(&mut world, MINUTE_MS);
        world.act(Action::Restart(SECOND));
        let waited = until_final(&mut world, FOURTH, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within("three of four are back after a night", &waits, 0..RETURN_MS);
}

#[test]
fn after_eight_hours_of_sleep_the_seniors_half_goes_on_after_a_minute_of_silence() {
    let waits = tried(|seed| {
        let (mut world, _) = after_a_night(seed, FOUNDER);
        world.act(Action::Restart(SECOND));
        wait(&mut world, 500);
        let waited = until_final(&mut world, FOUNDER, 300_000);
        assert_clean(&world);
        waited
    });
    assert_within(
        "the senior's half after a night",
        &waits,
        SILENCE_MS / 4..2 * SILENCE_MS,
    );
}

#[test]
fn a_room_cut_in_halves_for_ten_minutes_goes_on_at_the_seniors_and_the_other_halfs_words_return() {
    let (mut goes_on, mut returns) = (Vec::new(), Vec::new());
    for seed in SEEDS {
        let mut world = voting_room(seed, 4);
        world.act(Action::Partition(HUB, BTreeMap::from([(THIRD, 1), (FOURTH, 1)])));
        wait(&mut world, 3_000);
        let (cut_at, before) = (world.view().now(), final_height(&world, THIRD));
        say(&mut world, FOUNDER, "on the senior's side");
        say(&mut world, FOURTH, "on the other side");
        let seniors = |world: &World| {
            [FOUNDER, SECOND]
                .iter()
                .all(|peer| is_final(world, *peer, "on the senior's side"))
        };
        let is_in_time = world.run_until_true(300_000, seniors);
        goes_on.push(is_in_time.then(|| world.view().now().ms_since(cut_at)));
        world.run_until(cut_at.plus_ms(10 * MINUTE_MS));
        assert_eq!(final_height(&world, THIRD), before);
        assert!(network(&world, THIRD).chain().height() > before + 50);
        assert!(world.witness().measure.deepest_reorg < 10);
        let healed_at = world.view().now();
        world.act(Action::Heal {
            hub: HUB,
            reconnect: false,
        });
        let everywhere = |world: &World| {
            here(world)
                .iter()
                .all(|peer| is_final(world, *peer, "on the other side"))
        };
        let is_in_time = world.run_until_true(300_000, everywhere);
        returns.push(is_in_time.then(|| world.view().now().ms_since(healed_at)));
        assert!(world.witness().measure.deepest_reorg > 50);
        assert_clean(&world);
    }
    assert_within(
        "the senior's half goes on",
        &goes_on,
        SILENCE_MS / 2..2 * SILENCE_MS,
    );
    assert_within(
        "the other half's words are final after healing",
        &returns,
        0..MINUTE_MS,
    );
}
