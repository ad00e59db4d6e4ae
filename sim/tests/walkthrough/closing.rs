//! Who closes a tab says so, and is not waited for.

use super::*;

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
        assert_at_once(&format!("{leaver:?} closed"), &waits);
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
    assert_at_once("three of four closed one after the other", &waits);
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
    assert_at_once("three of four closed at once", &waits);
}
