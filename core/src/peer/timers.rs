//! When duties were last done, and what they are about: the claim that is worked for, the slot in which a block may be made.

use super::claim::ClaimSearch;
use crate::{
    consensus::engine::Plan,
    gossip::clock::ClockEstimate,
    time::{Slot, Timestamp},
};

/// Times at which this peer last did its duties.
#[derive(Default)]
pub struct Timers {
    pub(super) announced_at: Timestamp,
    pub(super) probe_at: Timestamp,
    pub(super) probes: usize,
    /// What the operators' clocks said of mine when they were weighed last.
    pub(super) clocks: Option<ClockEstimate>,
    pub(super) clocks_weighed_at: Timestamp,
    pub(super) upkeep_slot: Slot,
    pub(super) voted_slot: Slot,
    pub(super) turn: Option<Turn>,
    pub(super) claiming: Option<Claiming>,
    /// The own name was sent to the chain of this network, where it was not.
    pub(super) is_named: bool,
    /// The last turn of sync ended because it was long enough, not because there was nothing to do.
    pub(super) sync_goes_on: bool,
}

impl Timers {
    /// Somebody's clock is known better. The first samples are weighed at once, before anything is signed by a clock that is off.
    pub fn note_clock_sample(&mut self) {
        if self.clocks.is_none() {
            self.clocks_weighed_at = Timestamp::default();
        }
    }

    /// The network was replaced: slots and turns of the old one mean nothing.
    pub fn begin_network(&mut self) {
        *self = Self {
            announced_at: self.announced_at,
            probe_at: self.probe_at,
            ..Self::default()
        };
    }

    /// True while this peer works for its grant.
    pub fn is_claiming(&self) -> bool {
        match &self.claiming {
            Some(Claiming::Searching(_) | Claiming::Waiting(_) | Claiming::Sent(_)) => true,
            Some(Claiming::Uninvited(_)) | None => false,
        }
    }

    /// The level of my ticket in this slot, if it wins.
    pub fn level_of_turn(&self, slot: Slot) -> Option<u32> {
        let turn = self.turn.as_ref().filter(|turn| turn.slot == slot)?;
        turn.due.as_ref().map(|due| due.plan.level())
    }
}

/// How far a newcomer has come with its claim.
pub enum Claiming {
    /// It searches for the proof of work.
    Searching(ClaimSearch),
    /// The claim waits for a block; the search may have to go on.
    Waiting(ClaimSearch),
    /// A claim was refused, or the registration is sent; look again after this slot.
    Sent(Slot),
    /// The own pass belongs to no open invite; look again after this slot.
    Uninvited(Slot),
}

/// A slot in which I may propose, decided at its start.
pub struct Turn {
    pub(super) slot: Slot,
    /// None: not my turn, or done.
    pub(super) due: Option<Due>,
}

/// By what right a turn is taken, and when.
pub struct Due {
    pub(super) plan: Plan,
    pub(super) at: Timestamp,
}
