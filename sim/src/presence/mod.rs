//! A room that people come to and leave all the time: how long what they say takes to become final, whether they leave politely or crash.
//!
//! Everybody becomes a voter first, so that whoever is away is waited for unless it said that it left. Then each is there a third of the time, in
//! stretches of minutes, and says something every few seconds while it is. Who is there when, and says what, is drawn from the seed alone, so
//! that both ways of leaving are tried on the same ten minutes.

mod schedule;
mod waits;

use ting_core::{ledger::genesis::Rules, peer::History};

pub use self::{schedule::Leaving, waits::Waits};
use self::{
    schedule::{REST_MS, Schedule, TALK_MS},
    waits::Posts,
};
use crate::{
    action::{Action, Conditions},
    host::HostConfig,
    hub::PeerId,
    random::Random,
    view::View,
    witness::{Watch, checks::rule::Violation},
    world::World,
};

/// Everybody is a voter after so many milliseconds at the latest: at most twice as many with every term.
const SETTLING_MS: u64 = 600_000;

/// What became of one room's ten minutes.
pub struct Found {
    /// How long people waited.
    pub waits: Waits,
    /// The same of what was said while nobody was missing who left an empty room behind.
    pub with_the_last: Waits,
    /// Rules that were found broken.
    pub violations: Vec<Violation>,
}

/// Lets so many people come to a room and go for ten minutes.
pub fn simulate(seed: u64, people: usize, leaving: Leaving) -> Found {
    let mut random = Random::new(seed, 5);
    let mut world = settled_room(seed, people, &mut random);
    let starts_at = world.view().now();
    let schedule = Schedule::draw(&mut random, people, leaving);
    for (after_ms, action) in schedule.actions() {
        world.plan(starts_at.plus_ms(*after_ms), action.clone());
    }
    world.run_until(starts_at.plus_ms(TALK_MS + REST_MS));
    let (watch, posts) = world.witness();
    Found {
        waits: posts.waits(),
        with_the_last: posts.waits_with_the_last(),
        violations: watch.checks.violations().to_vec(),
    }
}

/// A room in which all these people are, as voters.
fn settled_room(seed: u64, people: usize, random: &mut Random) -> World<(Watch, Posts)> {
    let conditions = Conditions {
        jitter_ms: 20,
        ..Conditions::default()
    };
    let witness = (Watch::new(seed), Posts::default());
    let mut world = World::new(seed, 1, Rules::default().absence, conditions, witness);
    for _ in 0..people {
        let peer = world.add_host(&HostConfig {
            hubs: vec![(0, random.within(5..=100))],
            invited: true,
            // Who returns finds somebody who has all that it missed.
            history: Some(History::Whole),
            ..HostConfig::default()
        });
        world.act(Action::Join(peer));
        // The first one founds; the others are invited to what was founded.
        world.run_until_true(20_000, |world| world.view().network(peer).is_some());
    }
    world.run_until_true(SETTLING_MS, |world| all_vote(world.view(), people));
    world
}

/// True if so many people are voters, in the eyes of the first, and were when the term before ended.
fn all_vote(view: &View, people: usize) -> bool {
    let state = view.network(PeerId(0)).and_then(|network| network.head_state());
    state.is_some_and(|state| {
        let term = state.term();
        term.voters.len().min(term.previous_voters.len()) == people
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_three_who_come_and_go_those_who_leave_politely_wait_less_than_those_who_crash() {
        let found = [Leaving::Politely, Leaving::Crashing].map(|leaving| simulate(1, 3, leaving));
        for found in &found {
            assert!(found.violations.is_empty(), "{:?}", found.violations);
            assert!(found.waits.count() > 50, "{}", found.waits.count());
        }
        let [politely, crashing] = found.map(|found| found.waits.within(10_000));
        assert!(politely > crashing, "{politely} and {crashing}");
    }
}
