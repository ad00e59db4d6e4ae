//! When finality goes on, as far as can be told from who is here: for people only, nothing is decided by it.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Pair, Seat},
    },
    consensus::stake::{quorum::QuorumRule, state::StakeState},
    crypto::hash::Hash,
    time::Slot,
};

/// What becomes of finality if those who are here stay, and nobody else comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outlook {
    /// They are enough: blocks become final.
    GoesOn,
    /// They will be, once the others are not waited for any more.
    AfterSilence {
        /// How far the branch clock has to advance until then: about so many slots, while blocks come.
        slots: u64,
    },
    /// They will be, once the others are forgotten.
    AfterForgetting {
        /// How far the branch clock has to advance until then: about so many slots, while blocks come.
        slots: u64,
    },
    /// Some of the others have to return.
    WhenOthersReturn,
}

/// Stands for what will be voted on, which no watermark covers yet.
pub(super) const TO_COME: Pair = {
    let checkpoint = Checkpoint {
        slot: Slot(u64::MAX),
        block: BlockHash(Hash::ZERO),
    };
    Pair {
        source: checkpoint,
        target: checkpoint,
    }
};

impl StakeState {
    /// What becomes of finality after a block with this state, at this branch clock, if these voters stay and nobody else comes.
    pub fn outlook(&self, clock: u64, present: &BTreeSet<Seat>) -> Outlook {
        if self.is_enough_in(0, clock, present) {
            return Outlook::GoesOn;
        }
        let (Some(rule), Some(electorate)) = (self.absence, self.quorums.electorate()) else {
            return Outlook::WhenOthersReturn;
        };
        let until_away = |slots| {
            self.attendance
                .slots_until_away(electorate, present, (clock, slots))
        };
        let slots = until_away(rule.silence_slots);
        if self.is_enough_in(slots, clock, present) {
            return Outlook::AfterSilence { slots };
        }
        let slots = until_away(rule.forget_slots);
        if self.is_enough_in(slots, clock, present) {
            return Outlook::AfterForgetting { slots };
        }
        Outlook::WhenOthersReturn
    }

    /// True if the votes of these are enough on a block so many slots later, if nobody else was heard until then.
    fn is_enough_in(&self, slots: u64, clock: u64, present: &BTreeSet<Seat>) -> bool {
        let Some(electorate) = self.quorums.electorate() else {
            return false;
        };
        let absences = self.absence.map(|rule| {
            self.attendance
                .absences(electorate, clock.saturating_add(slots), rule)
        });
        let absences = Arc::new(absences.unwrap_or_default());
        QuorumRule::new(electorate.clone(), absences, self.rests()).is_met_by(&TO_COME, present)
    }
}
