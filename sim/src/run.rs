//! One scenario from beginning to end.

use std::collections::{BTreeMap, BTreeSet};

use ting_core::{ledger::transaction::Action, peer::network::Network};

use crate::{
    check::{Baseline, Checkers, Violation},
    clock::Moment,
    host::Life,
    hub::PeerId,
    measure::Measure,
    portrait,
    random::Random,
    scenario::Scenario,
    workload::random_wish,
    world::{self, Conditions, World},
};

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Hosts that broke the rules.
    pub byzantine_hosts: usize,
    /// Partitions.
    pub partitions: usize,
    /// Keys on the chain in the place of others of the same account.
    pub key_changes: usize,
    /// Hash of everything that happened.
    pub hash: String,
    /// Broken rules.
    pub violations: Vec<Violation>,
    /// Figures.
    pub measure: Measure,
    /// Height of the chain at the end.
    pub height: u64,
    /// Height of the last final block.
    pub final_height: u64,
    /// Transactions that users sent.
    pub sent: usize,
    /// Wishes that were refused: most of them because they were meant to be.
    pub refused: u64,
}

/// Runs a scenario.
pub fn run(scenario: &Scenario, trace: bool) -> Outcome {
    let mut world = World::new(scenario.seed, scenario.hubs, scenario.conditions);
    world.trace = trace;
    for config in &scenario.hosts {
        world.add_host(config);
    }
    for (at, action) in scenario.actions.iter().filter(|(at, _)| *at < scenario.healed_at) {
        world.plan(*at, action.clone());
    }
    let mut users = Users {
        random: Random::new(scenario.seed, 3),
        every_ms: scenario.wish_every_ms,
        wishes: 0,
    };
    users.live_until(&mut world, scenario.healed_at);
    heal_everything(&mut world);
    let baseline = Baseline::of(&world);
    users.live_until(&mut world, scenario.quiet_at);
    world.run_until(scenario.ends_at);
    conclude(world, scenario, baseline, trace)
}

struct Users {
    random: Random,
    every_ms: u64,
    wishes: u64,
}

impl Users {
    fn live_until(&mut self, world: &mut World, end: Moment) {
        loop {
            let next = world.now.plus_ms(self.random.within(1..=2 * self.every_ms));
            world.run_until(next.min(end));
            if next >= end {
                return;
            }
            self.wishes += 1;
            if let Some((who, command)) = random_wish(world, &mut self.random, self.wishes) {
                world.submit(who, command);
            }
        }
    }
}

/// Ends all faults: hubs are whole and reliable, and everybody who did not leave for good is there.
pub fn heal_everything(world: &mut World) {
    world.act(world::Action::Conditions(Conditions {
        jitter_ms: 50,
        ..Conditions::default()
    }));
    for hub in world.split_hubs() {
        world.act(world::Action::Heal { hub, reconnect: true });
    }
    world.end_faults();
    let absent: BTreeMap<PeerId, Life> = world.hosts().map(|(peer, host)| (peer, host.life)).collect();
    for (peer, life) in absent {
        match life {
            Life::Unborn | Life::Down => world.act(world::Action::Restart(peer)),
            Life::Up | Life::Gone => {}
        }
    }
}

fn conclude(mut world: World, scenario: &Scenario, baseline: Baseline, trace: bool) -> Outcome {
    for (rule, what) in Checkers::at_end(&world, baseline, scenario.quiet_at) {
        world.report(rule, what);
    }
    if trace {
        println!("{}", portrait::of_world(&world));
    }
    let networks = world.honest().filter_map(|(_, peer)| peer.network());
    let best = networks.max_by_key(|network| network.chain().height());
    let mut measure = world.measure.clone();
    let (mut height, mut final_height, mut key_changes) = (0, 0, 0);
    if let Some(network) = best {
        measure.note_chain(network);
        (height, final_height) = (network.chain().height(), network.chain().final_height());
        key_changes = count_key_changes(network);
    }
    Outcome {
        seed: scenario.seed,
        byzantine_hosts: scenario.byzantine_hosts(),
        partitions: scenario.partitions(),
        key_changes,
        hash: world.hash.digits(),
        violations: world.checkers.violations().to_vec(),
        measure,
        height,
        final_height,
        sent: world.sent.len(),
        refused: world.refused,
    }
}

/// How often the chosen chain replaces an account's keys: the founder's first ones are those of genesis.
fn count_key_changes(network: &Network) -> usize {
    let blocks = network
        .chain()
        .chosen_from(1)
        .filter_map(|node| node.block.as_ref());
    let mut with_keys = BTreeSet::from([network.genesis().founder.account]);
    let transactions = blocks.flat_map(|block| block.transactions.iter());
    transactions
        .filter(|transaction| matches!(transaction.action, Action::Operator { .. }))
        .filter(|transaction| !with_keys.insert(transaction.account))
        .count()
}
