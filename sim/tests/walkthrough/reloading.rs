//! Who closed comes back: one, all, or the last one who said nothing.

use super::*;

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
    assert_within("all four are back", &waits, 0..AFTER_A_STALL_MS);
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
    assert_at_once("all four reloaded", &waits);
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
    assert_at_once("both reloaded", &waits);
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
    assert_at_once("one of two reloaded", &waits);
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
    assert_at_once("a lone tab reloaded", &waits);
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
    assert_at_once("the last one returned", &waits);
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
    assert_at_once("the last one returned alone", &waits);
}
