//! The result of a run: what broke, what was measured, and how far the chain came.

use std::collections::BTreeSet;

use ting_core::{ledger::transaction::Action, peer::network::Network};

use crate::{
    scenario::Scenario,
    view::View,
    witness::{Watch, checks::rule::Violation, measure::Measure, not_taken::NotTaken},
};

/// The result of a run: what broke, what was measured, and how far the chain came.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Seed that the run came from.
    pub seed: u64,
    /// Number of hosts that broke the rules.
    pub byzantine_hosts: usize,
    /// Number of partitions in its scenario.
    pub partitions: usize,
    /// Keys on the chain in the place of others of the same account.
    pub key_changes: usize,
    /// Hash of everything that happened.
    pub hash: String,
    /// Rules that were found broken; empty after a good run.
    pub violations: Vec<Violation>,
    /// What was measured in the run.
    pub measure: Measure,
    /// Height of the chain at the end.
    pub height: u64,
    /// Height of the last final block.
    pub final_height: u64,
    /// Number of transactions that users sent.
    pub sent: usize,
    /// Wishes that were refused: most of them because they were meant to be.
    pub refused: u64,
    /// What peers did not take of each other.
    pub not_taken: NotTaken,
}

impl Outcome {
    /// Of a run of this scenario that is over, and of which its witnesses have concluded.
    pub(crate) fn of(scenario: &Scenario, watch: &Watch, view: &View) -> Self {
        let best = view.best_remembered();
        let mut measure = watch.measure.clone();
        best.into_iter().for_each(|network| measure.note_chain(network));
        Self {
            seed: scenario.seed,
            byzantine_hosts: view.hosts().filter(|(_, host)| !host.is_honest()).count(),
            partitions: scenario.partitions(),
            key_changes: best.map_or(0, count_key_changes),
            hash: watch.hash.digits(),
            violations: watch.checks.violations().to_vec(),
            measure,
            height: best.map_or(0, |network| network.chain().height()),
            final_height: best.map_or(0, |network| network.chain().final_height()),
            sent: watch.wishes.sent().len(),
            refused: watch.wishes.refused(),
            not_taken: watch.not_taken.clone(),
        }
    }
}

/// How often the chosen chain replaces an account's keys: the founder's first ones are those of genesis.
fn count_key_changes(network: &Network) -> usize {
    let blocks = network.chain().blocks();
    let mut with_keys = BTreeSet::from([network.genesis().founder.account]);
    let transactions = blocks.flat_map(|block| block.transactions.iter());
    transactions
        .filter(|transaction| matches!(transaction.action, Action::Operator { .. }))
        .filter(|transaction| !with_keys.insert(transaction.account))
        .count()
}
