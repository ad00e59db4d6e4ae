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
    /// Coins were made or lost: the supply is another.
    Supply,
    /// One block led to two different states.
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

/// One case of a broken rule.
#[derive(Clone, Debug)]
pub struct Violation {
    /// True time at which it was found.
    pub at: Moment,
    /// Rule that was broken.
    pub rule: Rule,
    /// Who broke it and how, in words.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:?} at {} ms: {}", self.rule, self.at.0, self.what)
    }
}
