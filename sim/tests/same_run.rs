//! One seed, one run: on a server as in a browser, where integers that count are half as wide and no clock is at hand.
//!
//! What is expected stands here once, and is asked of both.

use ting_sim::{
    scenario::{Faults, Scenario},
    stepper::run,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test_configure!(run_in_browser);

/// Draws a partition, a crash in the midst of effects, and a host with five vices.
const SEED: u64 = 66;
/// What everybody's run of it comes to. A change of what peers do or send changes it, and says so.
const HASH: &str = "978fa0f25315cea6";

#[test]
fn a_seed_gives_the_same_run_natively_and_in_a_browser() {
    let scenario = Scenario::draw(SEED, 5, 120, Faults::All);
    assert!(scenario.byzantine_hosts() > 0);
    assert!(scenario.partitions() > 0);
    let outcome = run(&scenario);
    assert_eq!(outcome.hash, HASH);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    assert!(outcome.final_height > 20);
}
