//! Who watches a run: each [`Witness`](sight::Witness) sees all that happens and takes from it what is its subject.
//!
//! A world is given its witnesses by type, so that looking costs no more than what is looked at. [`Watch`] has those of every run; somebody who
//! wants to see more stands beside it.

pub mod checks;
pub mod hash;
pub mod measure;
pub mod not_taken;
pub mod sight;
pub mod trace;
pub mod wishes;

use self::{
    checks::Checks,
    hash::RunHash,
    measure::Measure,
    not_taken::NotTaken,
    sight::{Sight, Witness},
    wishes::Wishes,
};
use crate::view::View;

/// The witnesses that watch every run.
pub struct Watch {
    /// Everything that happened, as one hash.
    pub hash: RunHash,
    /// Checks of what must be true in every run.
    pub checks: Checks,
    /// Figures for the report.
    pub measure: Measure,
    /// Transactions that users sent, and wishes that were refused.
    pub wishes: Wishes,
    /// What peers did not take of each other.
    pub not_taken: NotTaken,
}

impl Watch {
    /// Witnesses of a run of this seed, which have seen nothing yet.
    pub fn new(seed: u64) -> Self {
        Self {
            hash: RunHash::default(),
            checks: Checks::new(seed),
            measure: Measure::default(),
            wishes: Wishes::default(),
            not_taken: NotTaken::default(),
        }
    }
}

impl Witness for Watch {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        self.hash.see(view, sight);
        self.checks.see(view, sight);
        self.measure.see(view, sight);
        self.wishes.see(view, sight);
        self.not_taken.see(view, sight);
    }
}
