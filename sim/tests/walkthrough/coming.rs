//! Alone, and the second person.

use super::*;

#[test]
fn a_founder_alone_has_every_block_final_within_a_second_of_its_slot() {
    for seed in SEEDS {
        let mut world = room(seed, 1, Conditions::default());
        let mut waits = Vec::new();
        for _ in 0..30 {
            waits.push(until_final(&mut world, FOUNDER, 60_000));
            wait(&mut world, 5_000);
        }
        assert_at_once("a founder alone, until final", &waits);
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
fn a_second_person_has_a_grant_within_seconds_and_operates_and_votes_within_a_minute_and_a_half() {
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
    assert_within("claim in a block", &grants, 0..5_000);
    assert_within("operator", &operators, 16_000..55_000);
    assert_within("voter", &votes, 32_000..90_000);
}
