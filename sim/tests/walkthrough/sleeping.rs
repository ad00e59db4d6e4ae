//! Eight hours without anybody.

use super::*;

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
    assert_within(
        "three of four are back after a night",
        &waits,
        0..AFTER_A_STALL_MS,
    );
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
        SILENCE_MS - 15_000..SILENCE_MS + 15_000,
    );
}
