//! Scenarios by name: what a network of real peers does when people come, go, crash, drift apart and meet again.

#![expect(clippy::expect_used, reason = "a test may give up")]

mod common;

use std::collections::BTreeMap;

use common::*;
use ting_core::{ledger::genesis::Rules, peer::record::Record};
use ting_sim::{
    action::{Action, Conditions},
    byzantine::VICES,
    clock::PeerClock,
    host::HostConfig,
    hub::PeerId,
    scenario::{Faults, Scenario},
    stepper::run,
    witness::Watch,
};

fn same_heads(world: &World) -> bool {
    let mut heads = world
        .view()
        .running()
        .map(|(_, peer)| peer.network().map(|network| network.chain().head()));
    let first = heads.next();
    heads.all(|head| Some(head) == first)
}

#[test]
fn a_lone_founder_finalizes_by_itself() {
    let mut world = room(1, 1, Conditions::default());
    say(&mut world, PeerId(0), "hello");
    assert!(world.run_until_true(20_000, |world| is_final(world, PeerId(0), "hello")));
    assert_clean(&world);
}

#[test]
fn four_peers_all_become_voters_and_finalize() {
    let mut world = room(2, 4, Conditions::default());
    assert!(world.run_until_true(240_000, |world| voters(world, PeerId(3)) == 4));
    say(&mut world, PeerId(3), "we are four");
    assert!(world.run_until_true(20_000, |world| (0..4).all(|peer| is_final(
        world,
        PeerId(peer),
        "we are four"
    ))));
    assert_clean(&world);
}

#[test]
fn without_the_founder_the_rest_goes_on_and_a_newcomer_joins_claims_and_writes() {
    let mut world = room(3, 4, Conditions::default());
    assert!(world.run_until_true(240_000, |world| voters(world, PeerId(1)) == 4));
    world.act(Action::Crash(PeerId(0)));
    let before = final_height(&world, PeerId(1));
    assert!(world.run_until_true(60_000, |world| final_height(world, PeerId(1)) > before));
    let newcomer = come(&mut world, &host());
    say(&mut world, newcomer, "too early to pay for this");
    let has_grant = |world: &World| {
        let (account, network) = (world.view().account(newcomer).unwrap(), network(world, PeerId(1)));
        network
            .head_state()
            .unwrap()
            .ledger
            .account(&account)
            .is_some_and(|account| account.claimed)
    };
    assert!(world.run_until_true(60_000, has_grant));
    say(&mut world, newcomer, "I am new");
    assert!(world.run_until_true(60_000, |world| is_final(world, PeerId(1), "I am new")));
    assert_clean(&world);
}

#[test]
fn two_founders_in_a_bare_room_end_in_one_network_with_their_messages_said_again() {
    let bare = HostConfig {
        invited: false,
        ..host()
    };
    let mut world = World::new(
        4,
        1,
        Rules::default().absence,
        Conditions::default(),
        Watch::new(4),
    );
    let (a, b) = (world.add_host(&bare), world.add_host(&bare));
    // While the hub is cut each founds alone.
    world.act(Action::Join(a));
    world.act(Action::Partition(HUB, BTreeMap::from([(b, 1)])));
    world.act(Action::Join(b));
    let both_founded = |world: &World| {
        [a, b]
            .iter()
            .all(|peer| world.view().peer(*peer).unwrap().network().is_some())
    };
    assert!(world.run_until_true(10_000, both_founded));
    assert_ne!(network(&world, a).id(), network(&world, b).id());
    say(&mut world, a, "words of the first");
    say(&mut world, b, "words of the second");
    assert!(world.run_until_true(30_000, |world| final_height(world, a) > 0
        && final_height(world, b) > 0));
    world.act(Action::Heal {
        hub: HUB,
        reconnect: true,
    });
    let all_said = |world: &World| {
        ["words of the first", "words of the second"]
            .iter()
            .all(|text| [a, b].iter().all(|peer| is_final(world, *peer, text)))
    };
    assert!(world.run_until_true(120_000, all_said));
    assert_eq!(network(&world, a).id(), network(&world, b).id());
    assert_clean(&world);
}

#[test]
fn halves_that_were_cut_apart_heal_into_one_branch_with_all_transactions() {
    let mut world = room(5, 4, Conditions::default());
    assert!(world.run_until_true(240_000, |world| voters(world, PeerId(0)) == 4));
    let halves = BTreeMap::from([(PeerId(2), 1), (PeerId(3), 1)]);
    world.act(Action::Partition(HUB, halves));
    world.run_until(world.view().now().plus_ms(5_000));
    say(&mut world, PeerId(0), "on this side");
    say(&mut world, PeerId(3), "on that side");
    world.run_until(world.view().now().plus_ms(60_000));
    assert_ne!(
        network(&world, PeerId(0)).chain().head(),
        network(&world, PeerId(3)).chain().head()
    );
    world.act(Action::Heal {
        hub: HUB,
        reconnect: false,
    });
    let whole = |world: &World| {
        let texts = ["on this side", "on that side"];
        same_heads(world) && (0..4).all(|peer| texts.iter().all(|text| is_final(world, PeerId(peer), text)))
    };
    assert!(world.run_until_true(180_000, whole));
    assert!(world.witness().measure.reorgs > 0);
    assert_clean(&world);
}

#[test]
fn a_peer_that_crashes_midway_again_and_again_keeps_its_identity_and_never_signs_twice() {
    let mut world = room(6, 3, Conditions::default());
    let account = world.view().account(PeerId(0));
    for _ in 0..20 {
        world.act(Action::CrashMidway(PeerId(0)));
        world.run_until(world.view().now().plus_ms(4_000));
        world.act(Action::Restart(PeerId(0)));
        world.run_until(world.view().now().plus_ms(6_000));
    }
    assert_eq!(world.view().account(PeerId(0)), account);
    world.heal_everything();
    let before = final_height(&world, PeerId(0));
    assert!(world.run_until_true(90_000, |world| final_height(world, PeerId(0)) > before + 2));
    assert_clean(&world);
}

#[test]
fn a_lone_founder_that_crashes_between_two_records_goes_on() {
    let mut world = room(7, 1, Conditions::default());
    for _ in 0..40 {
        world.act(Action::CrashMidway(PeerId(0)));
        world.run_until(world.view().now().plus_ms(3_000));
        world.act(Action::Restart(PeerId(0)));
        world.run_until(world.view().now().plus_ms(3_000));
    }
    world.heal_everything();
    let before = final_height(&world, PeerId(0));
    assert!(world.run_until_true(60_000, |world| final_height(world, PeerId(0)) > before + 2));
    assert_clean(&world);
}

#[test]
fn a_stored_vote_counts_as_signed_even_if_its_watermark_is_lost() {
    let mut world = room(13, 4, Conditions::default());
    assert!(world.run_until_true(240_000, |world| voters(world, PeerId(0)) == 4));
    for _ in 0..10 {
        world.act(Action::Partition(
            HUB,
            BTreeMap::from([(PeerId(0), 1), (PeerId(1), 1)]),
        ));
        world.run_until(world.view().now().plus_ms(7_300));
        world.act(Action::Crash(PeerId(0)));
        world.edit_store(PeerId(0), |records| {
            records.retain(|record| !matches!(record, Record::Watermark(_)));
        });
        world.act(Action::Heal {
            hub: HUB,
            reconnect: false,
        });
        world.act(Action::Restart(PeerId(0)));
        world.run_until(world.view().now().plus_ms(10_000));
    }
    assert_clean(&world);
}

#[test]
fn a_late_joiner_reaches_the_same_head_and_state() {
    let mut world = room(8, 2, Conditions::default());
    for number in 0..200 {
        say(&mut world, PeerId(0), &format!("message {number}"));
        world.run_until(world.view().now().plus_ms(2_000));
    }
    assert!(network(&world, PeerId(0)).chain().height() > 100);
    let late = come(&mut world, &host());
    let arrived =
        |world: &World| network(world, late).chain().head() == network(world, PeerId(0)).chain().head();
    assert!(world.run_until_true(10_000, arrived));
    let root = |peer| network(&world, peer).head().unwrap().state_root;
    assert_eq!(root(late), root(PeerId(0)));
    assert_clean(&world);
}

#[test]
fn a_third_of_all_frames_lost_still_converges() {
    let lossy = Conditions {
        loss_per_mille: 300,
        jitter_ms: 100,
        ..Conditions::default()
    };
    let mut world = room(9, 4, lossy);
    world.run_until(world.view().now().plus_ms(90_000));
    say(&mut world, PeerId(3), "through the storm");
    let everywhere = |world: &World| (0..4).all(|peer| is_final(world, PeerId(peer), "through the storm"));
    assert!(world.run_until_true(120_000, everywhere));
    assert_clean(&world);
}

fn skewed(offset_ms: i64) -> HostConfig {
    HostConfig {
        clock: PeerClock {
            offset_ms,
            drift_ppm: 0,
        },
        ..host()
    }
}

#[test]
fn a_clock_two_seconds_off_takes_part_and_one_ten_seconds_off_observes_only() {
    let mut world = room(10, 3, Conditions::default());
    let (near, far) = (
        come(&mut world, &skewed(2_000)),
        come(&mut world, &skewed(10_000)),
    );
    world.run_until(world.view().now().plus_ms(300_000));
    let founder = network(&world, PeerId(0));
    let proposers: Vec<_> = founder
        .chain()
        .chosen_from(1)
        .filter_map(|node| node.block.clone())
        .map(|block| block.header.content.proposer)
        .collect();
    assert!(proposers.contains(&world.view().account(near).unwrap()));
    assert!(!proposers.contains(&world.view().account(far).unwrap()));
    let behind = founder
        .chain()
        .final_height()
        .saturating_sub(final_height(&world, far));
    assert!(behind <= 3, "the observer is {behind} blocks behind");
    assert_clean(&world);
}

#[test]
fn a_clock_ten_seconds_behind_follows_from_afar_and_never_becomes_a_voter() {
    let mut world = room(13, 3, Conditions::default());
    let far = come(&mut world, &skewed(-10_000));
    world.run_until(world.view().now().plus_ms(200_000));
    let founder = network(&world, PeerId(0));
    let account = world.view().account(far).unwrap();
    assert!(founder.head_state().unwrap().ledger.operator(&account).is_none());
    let behind = founder
        .chain()
        .final_height()
        .saturating_sub(final_height(&world, far));
    assert!(behind <= 20, "the observer is {behind} blocks behind");
    assert_clean(&world);
}

#[test]
fn a_relay_that_is_silent_for_twenty_seconds_does_no_harm() {
    let mut world = room(11, 4, Conditions::default());
    world.run_until(world.view().now().plus_ms(90_000));
    world.act(Action::Silence(HUB, 20_000));
    say(&mut world, PeerId(2), "said into the void");
    world.run_until(world.view().now().plus_ms(20_000));
    let everywhere = |world: &World| {
        same_heads(world) && (0..4).all(|peer| is_final(world, PeerId(peer), "said into the void"))
    };
    assert!(world.run_until_true(60_000, everywhere));
    assert_clean(&world);
}

#[test]
fn a_room_of_hidden_tabs_finalizes() {
    let mut world = World::new(
        12,
        1,
        Rules::default().absence,
        Conditions::default(),
        Watch::new(12),
    );
    let hidden = HostConfig {
        hidden: true,
        ..host()
    };
    for _ in 0..3 {
        come(&mut world, &hidden);
    }
    assert!(world.run_until_true(240_000, |world| voters(world, PeerId(0)) == 3));
    say(&mut world, PeerId(2), "nobody looks");
    assert!(world.run_until_true(30_000, |world| is_final(world, PeerId(0), "nobody looks")));
    assert_clean(&world);
}

#[test]
fn the_same_seed_gives_the_same_run_bit_for_bit() {
    let scenario = || Scenario::draw(77, 5, 150, Faults::All);
    let (once, twice) = (run(&scenario()), run(&scenario()));
    assert_eq!(once.hash, twice.hash);
    assert_ne!(once.hash, run(&Scenario::draw(78, 5, 150, Faults::All)).hash);
}

#[test]
fn half_of_the_seeds_have_byzantine_hosts_and_give_the_same_run_bit_for_bit_too() {
    let scenario = |seed| Scenario::draw(seed, 5, 100, Faults::All);
    let byzantine: Vec<u64> = (0..200)
        .filter(|seed| scenario(*seed).byzantine_hosts() > 0)
        .collect();
    assert!((80..=120).contains(&byzantine.len()));
    let seed = *byzantine.first().unwrap();
    let (once, twice) = (run(&scenario(seed)), run(&scenario(seed)));
    assert_eq!(once.hash, twice.hash);
}

#[test]
fn one_of_five_voters_with_every_vice_neither_splits_nor_stops_the_others() {
    let mut world = room(14, 4, Conditions::default());
    let byzantine = HostConfig {
        vices: VICES.to_vec(),
        ..host()
    };
    come(&mut world, &byzantine);
    assert!(world.run_until_true(300_000, |world| voters(world, PeerId(0)) == 5));
    let before = final_height(&world, PeerId(0));
    say(&mut world, PeerId(1), "come what may");
    let everywhere = |world: &World| (0..4).all(|peer| is_final(world, PeerId(peer), "come what may"));
    assert!(world.run_until_true(60_000, everywhere));
    world.run_until(world.view().now().plus_ms(120_000));
    assert!(final_height(&world, PeerId(0)) > before + 8);
    assert_clean(&world);
}

#[test]
fn one_person_on_two_devices_never_splits_a_room_that_partitions_cut_again_and_again() {
    let (mut partitions, mut key_changes) = (0, 0);
    for seed in 0..4 {
        let outcome = run(&Scenario::draw(seed, 6, 600, Faults::Twins));
        assert!(
            outcome.violations.is_empty(),
            "seed {seed}: {:?}",
            outcome.violations
        );
        partitions += outcome.partitions;
        key_changes += outcome.key_changes;
    }
    assert!(partitions >= 36, "{partitions} partitions");
    assert!(key_changes >= 12, "{key_changes} keys replaced");
}

#[test]
fn random_scenarios_with_all_faults_break_no_rule() {
    for seed in 0..10 {
        let outcome = run(&Scenario::draw(seed, 6, 240, Faults::All));
        assert!(
            outcome.violations.is_empty(),
            "seed {seed}: {:?}",
            outcome.violations
        );
        assert!(outcome.final_height > 20, "seed {seed}");
    }
}
