//! Voters' statements as they were heard, until a block records them.
//!
//! Why nobody can fill it: only a voter's registered key makes one, for the life that it is in or the next, and of each life a rest and a wake are kept, the
//! first that came. So a voter takes four places at most, of some 200 bytes each, and the same frames sent again cost a look-up.

use std::collections::BTreeMap;

use crate::{
    chain::statement::{Life, Statement, Step},
    consensus::{
        branch::BranchState,
        stake::statements::{self, StatementError},
    },
    crypto::keys::{Address, NetworkId},
};

/// Statements that blocks may still have to record.
#[derive(Default)]
pub struct StatementPool {
    held: BTreeMap<(Address, Life, Kind), Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Rest,
    Wake,
}

impl Kind {
    fn of(step: &Step) -> Self {
        match step {
            Step::Rest(_) => Self::Rest,
            Step::Wake => Self::Wake,
        }
    }
}

/// What became of a statement that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// It is kept, and others should hear it.
    News,
    /// Its like is kept already.
    Known,
}

impl StatementPool {
    /// Checks a statement by the state of the chosen chain, and keeps it.
    ///
    /// # Errors
    /// [`StatementError`] says why it is of no use.
    pub fn offer(
        &mut self,
        network: &NetworkId,
        statement: &Statement,
        state: &BranchState,
    ) -> Result<Stated, StatementError> {
        let place = (statement.voter, statement.life, Kind::of(&statement.step));
        if self.held.contains_key(&place) {
            return Ok(Stated::Known);
        }
        let key = statements::key_if_useful(state.stake(), &state.ledger, statement)?;
        let verified = statement.verify(network, &key);
        verified.map_err(|_| StatementError::BadSignature)?;
        self.held.insert(place, statement.clone());
        Ok(Stated::News)
    }

    /// All that is kept.
    pub fn iter(&self) -> impl Iterator<Item = &Statement> {
        self.held.values()
    }

    /// What of it a block on this state can record.
    pub fn due<'s>(&'s self, state: &'s BranchState) -> impl Iterator<Item = &'s Statement> {
        let (stake, ledger) = (state.stake(), &state.ledger);
        self.iter()
            .filter(move |statement| statements::is_due(stake, ledger, statement))
    }

    /// True if this voter said that it leaves in this life.
    pub fn has_rest(&self, voter: &Address, life: Life) -> bool {
        self.held.contains_key(&(*voter, life, Kind::Rest))
    }

    /// Lets go what the chosen chain has no more use for.
    pub fn prune(&mut self, state: &BranchState) {
        let (stake, ledger) = (state.stake(), &state.ledger);
        self.held
            .retain(|_, statement| statements::may_be_needed(stake, ledger, statement));
    }
}
