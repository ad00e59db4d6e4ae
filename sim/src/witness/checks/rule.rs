//! The rules that a run can break, and a rule that was broken.

use std::fmt;

use crate::clock::Moment;

/// Rules that a run can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Two peers know conflicting blocks as final, or have different chains after healing.
    Agreement,
    /// A peer left what it knew was final.
    FinalReverted,
    /// Coins were made or lost.
    Supply,
    /// One block, two states.
    StateRoot,
    /// A key of an honest peer signed what is slashable.
    Slashable,
    /// A container exceeds its bound.
    Bound,
    /// Nothing moves, or something that was sent is lost, after healing.
    Liveness,
    /// A peer whose clock is far off does not notice.
    Clock,
}

/// A broken rule.
#[derive(Clone, Debug)]
pub struct Violation {
    /// When.
    pub at: Moment,
    /// Which rule.
    pub rule: Rule,
    /// What exactly.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:?} at {} ms: {}", self.rule, self.at.0, self.what)
    }
}
