//! One scenario from beginning to end, as far at a time as somebody wants to see it.
//!
//! Invariant: a run is a function of its scenario and of what was done to it and when. How long the steps are, and who looks, changes nothing; so
//! an earlier moment is reached again by a new run from the same seed.

use ting_core::{gossip::message::Message, peer::command::Command};

use crate::{
    action::Action,
    clock::{Moment, QueueKey},
    hub::PeerId,
    outcome::Outcome,
    random::Random,
    scenario::Scenario,
    view::View,
    witness::{Watch, checks::Baseline, sight::Witness},
    workload::random_wish,
    world::{World, scene::Scene},
};

/// Runs a scenario to its end, with nobody else to look.
pub fn run(scenario: &Scenario) -> Outcome {
    let mut stepper = Stepper::new(scenario.clone(), ());
    stepper.run_until(scenario.ends_at);
    stepper.conclude()
}

/// A run that goes on step by step, watched by `W` besides those who watch every run.
pub struct Stepper<W> {
    scenario: Scenario,
    world: World<(Watch, W)>,
    users: Users,
    phase: Phase,
    /// How far the network was when everything was healed.
    baseline: Baseline,
    journal: Vec<(Moment, Action)>,
}

/// How far a run is in its scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Faults happen, and users wish.
    Faults,
    /// Everything was healed, and users wish.
    Healed,
    /// Nobody wishes anything more, and all that was sent has to get into the chain.
    Quiet,
}

impl<W: Witness> Stepper<W> {
    /// Sets up a world at the beginning of a scenario.
    pub fn new(scenario: Scenario, also: W) -> Self {
        let watch = Watch::new(scenario.seed);
        let mut world = World::new(
            scenario.seed,
            scenario.hubs,
            scenario.absence,
            scenario.conditions,
            (watch, also),
        );
        for config in &scenario.hosts {
            world.add_host(config);
        }
        for (at, action) in scenario.actions.iter().filter(|(at, _)| *at < scenario.healed_at) {
            world.plan(*at, action.clone());
        }
        Self {
            world,
            users: Users::new(&scenario),
            scenario,
            phase: Phase::Faults,
            baseline: Baseline::default(),
            journal: Vec::new(),
        }
    }

    /// At a moment of a run in which this was done from outside; what was done later is left out. So one goes back in a run, and on from there.
    pub fn replay(scenario: Scenario, journal: &[(Moment, Action)], end: Moment, also: W) -> Self {
        let mut stepper = Self::new(scenario, also);
        for (at, action) in journal.iter().filter(|(at, _)| *at <= end) {
            stepper.run_until(*at);
            stepper.act(action.clone());
        }
        stepper.run_until(end);
        stepper
    }

    /// The scenario that it plays.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The world as it may be looked at now.
    pub fn view(&self) -> &View {
        self.world.view()
    }

    /// The witnesses of every run, and what they have noted.
    pub fn watch(&self) -> &Watch {
        &self.world.witness().0
    }

    /// The world as it is drawn now.
    pub fn scene(&self) -> Scene {
        self.world.scene()
    }

    /// What a frame that is on its way says, if it can be read.
    pub fn message(&self, frame: QueueKey) -> Option<Message> {
        self.world.message(frame)
    }

    /// What was done from outside, and when.
    pub fn journal(&self) -> &[(Moment, Action)] {
        &self.journal
    }

    /// Does something now that the scenario does not say.
    pub fn act(&mut self, action: Action) {
        self.journal.push((self.world.view().now(), action.clone()));
        self.world.act(action);
    }

    /// Lets so much time pass, or what is left of it.
    pub fn run_for(&mut self, ms: u64) {
        self.run_until(self.view().now().plus_ms(ms));
    }

    /// Lets time pass until a moment, if it is still to come, or until the end.
    pub fn run_until(&mut self, end: Moment) {
        let end = end.min(self.scenario.ends_at).max(self.view().now());
        while let Some(at) = self.next_turn().filter(|at| *at <= end) {
            self.world.run_until(at);
            self.take_turn();
        }
        self.world.run_until(end);
    }

    /// Runs to the end and says what became of it.
    pub fn conclude(mut self) -> Outcome {
        self.run_until(self.scenario.ends_at);
        let ((watch, _), view) = self.world.witness_and_view();
        watch
            .checks
            .conclude(view, self.baseline, &watch.wishes, self.scenario.quiet_at);
        watch.not_taken.conclude(view);
        Outcome::of(&self.scenario, watch, view)
    }

    /// When a user wishes something, or the phase ends.
    fn next_turn(&self) -> Option<Moment> {
        match self.phase {
            Phase::Faults => Some(self.users.next_at.min(self.scenario.healed_at)),
            Phase::Healed => Some(self.users.next_at.min(self.scenario.quiet_at)),
            Phase::Quiet => None,
        }
    }

    fn take_turn(&mut self) {
        let now = self.view().now();
        match self.phase {
            Phase::Faults if now >= self.scenario.healed_at => {
                self.world.heal_everything();
                self.baseline = Baseline::of(self.view());
                self.users.plan_next(now);
                self.phase = Phase::Healed;
            }
            Phase::Healed if now >= self.scenario.quiet_at => self.phase = Phase::Quiet,
            Phase::Faults | Phase::Healed | Phase::Quiet => {
                if let Some((who, command)) = self.users.wish(self.world.view()) {
                    self.world.submit(who, command);
                }
                self.users.plan_next(now);
            }
        }
    }
}

/// People who wish something now and then.
struct Users {
    random: Random,
    every_ms: u64,
    wishes: u64,
    next_at: Moment,
}

impl Users {
    fn new(scenario: &Scenario) -> Self {
        let mut users = Self {
            random: Random::new(scenario.seed, 3),
            every_ms: scenario.wish_every_ms,
            wishes: 0,
            next_at: Moment::default(),
        };
        users.plan_next(Moment::default());
        users
    }

    fn plan_next(&mut self, now: Moment) {
        self.next_at = now.plus_ms(self.random.within(1..=2 * self.every_ms));
    }

    fn wish(&mut self, view: &View) -> Option<(PeerId, Command)> {
        self.wishes += 1;
        random_wish(view, &mut self.random, self.wishes)
    }
}
