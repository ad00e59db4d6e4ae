//! Who crashes, or is not heard, says nothing, and is waited for.

use super::*;

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
    assert_within("the founder returned", &waits, 0..AFTER_A_STALL_MS);
}

#[test]
fn of_two_the_founder_crashes_for_good_and_the_other_goes_on_once_it_is_forgotten() {
    let waits = tried(|seed| {
        let mut world = voting_room(seed, 2);
        world.act(Action::Crash(FOUNDER));
        let waited = until_final(&mut world, SECOND, FORGET_MS + 2 * MINUTE_MS);
        assert_clean(&world);
        waited
    });
    assert_within(
        "the founder was forgotten",
        &waits,
        FORGET_MS..FORGET_MS + 2 * MINUTE_MS,
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
    assert_within("the other one fell silent", &waits, SILENCE_MS..2 * SILENCE_MS);
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
        assert_at_once(&format!("{leaver:?} of three vanished"), &waits);
    }
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
    assert_within("three of four that crashed are back", &waits, 0..AFTER_A_STALL_MS);
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
    assert_within("the senior's half goes on", &goes_on, SILENCE_MS..2 * SILENCE_MS);
    assert_within(
        "the other half's words are final after healing",
        &returns,
        0..MINUTE_MS,
    );
}
