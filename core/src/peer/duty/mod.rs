//! What a peer does of its own accord as time passes, and when it next has to.
//!
//! Duties run after every input. Each looks at the clock and at state only, so a missed or late tick changes nothing but the time.

mod claim;
mod found;
mod presence;
mod propose;
mod sync;
mod vote;

pub(super) use found::room_hash;

use super::{
    Peer,
    io::{Deadline, Why},
};
use crate::{
    consensus::readiness::{MAX_SLEEP_MS, Readiness},
    crypto::keys::Address,
    gossip::clock::ClockEstimate,
    params::WEIGH_CLOCKS_MS,
    time::{Slot, Timestamp},
};

use self::{claim::Claiming, propose::Turn};

/// When duties were last done.
#[derive(Default)]
pub(super) struct Timers {
    announced_at: Timestamp,
    probe_at: Timestamp,
    probes: usize,
    /// What the operators' clocks said of mine when they were weighed last.
    clocks: Option<ClockEstimate>,
    clocks_weighed_at: Timestamp,
    upkeep_slot: Slot,
    voted_slot: Slot,
    turn: Option<Turn>,
    claiming: Option<Claiming>,
    /// The own name was sent to the chain of this network, where it was not.
    is_named: bool,
    /// The last turn of sync ended because it was long enough, not because there was nothing to do.
    sync_goes_on: bool,
}

impl Timers {
    /// Somebody's clock is known better. The first samples are weighed at once, before anything is signed by a clock that is off.
    pub(super) fn clock_sampled(&mut self) {
        if self.clocks.is_none() {
            self.clocks_weighed_at = Timestamp::default();
        }
    }

    /// The network was replaced: slots and turns of the old one mean nothing.
    pub(super) fn network_changed(&mut self) {
        *self = Self {
            announced_at: self.announced_at,
            probe_at: self.probe_at,
            ..Self::default()
        };
    }
}

impl Peer {
    pub(super) fn do_duties(&mut self) {
        #[cfg(test)]
        crate::crypto::tally::Checks::count_round();
        self.weigh_clocks();
        self.compare_with_candidates();
        self.found_if_alone();
        self.take_parked_blocks();
        self.drive_sync();
        self.keep_up();
        self.propose_if_due();
        self.vote_if_due();
        self.announce_if_due();
        self.claim_if_new();
        // Behind everything of this peer's own.
        self.answer_questions();
    }

    /// Once per slot: expire, prune, send again.
    fn keep_up(&mut self) {
        let now = self.now;
        self.requests.expire(now);
        let Some(network) = &mut self.network else { return };
        let slot = network.slot(now);
        if slot <= self.timers.upkeep_slot {
            return;
        }
        self.timers.upkeep_slot = slot;
        network.chat.expire(slot);
        network.wallet.expire(slot);
        network.prune_mempool(slot);
        let due = network.own.due_for_resending(&network.own_nonces(), now, slot);
        let again = network.offer_own(due, now);
        self.rates.forget_idle(now);
        if self.links.any_up() {
            self.broadcast_transactions(&again);
        }
        self.renew_lost_messages();
        self.say_unsaid();
    }

    fn take_parked_blocks(&mut self) {
        let now = self.now;
        let blocks = self
            .network
            .as_mut()
            .map(|network| network.unpark(now))
            .unwrap_or_default();
        for block in blocks {
            self.take_block(block);
        }
    }

    /// May I sign? (docs/protocol.md, section 8)
    pub(super) fn may_sign(&self) -> bool {
        let ready = self.gate.readiness() == Readiness::Ready;
        let clock_fits = self
            .clock_estimate()
            .is_none_or(|estimate| !estimate.forbids_signing);
        let syncing = self
            .network
            .as_ref()
            .is_some_and(|network| network.sync.is_catching_up());
        ready && clock_fits && !syncing
    }

    /// What the clocks of the term's operators say of mine, as of the last second; none if none was sampled.
    pub(super) fn clock_estimate(&self) -> Option<ClockEstimate> {
        self.timers.clocks
    }

    /// Weighs the samples once a second, not with every frame: that walks the whole roster, which anybody can fill.
    fn weigh_clocks(&mut self) {
        if self.now.0.abs_diff(self.timers.clocks_weighed_at.0) < WEIGH_CLOCKS_MS {
            return;
        }
        self.timers.clocks_weighed_at = self.now;
        self.timers.clocks = self.weighed_clocks();
    }

    fn weighed_clocks(&self) -> Option<ClockEstimate> {
        #[cfg(test)]
        crate::crypto::tally::Checks::count_walk();
        let operators = &self.network.as_ref()?.head_state()?.term.operators;
        let stake_micro = |account: &Address| Some(operators.get(account)?.stake_micro);
        let samples = self.roster.clock_samples();
        ClockEstimate::of(samples, stake_micro, operators.total_micro(), self.now)
    }

    pub(super) fn earliest_deadline(&self) -> Deadline {
        let at_most = Deadline {
            at: self.now.plus_ms(MAX_SLEEP_MS),
            why: Why::SlotStart,
        };
        let candidates = [
            self.slot_deadline(),
            self.turn_deadline(),
            self.vote_deadline(),
            self.silence_deadline(),
            self.claim_deadline(),
            self.sync_deadline(),
            self.answer_deadline(),
            self.candidates_deadline(),
            Some(Deadline {
                at: self.presence_due_at(),
                why: Why::Presence,
            })
            .filter(|_| self.links.any_up()),
        ];
        candidates
            .into_iter()
            .flatten()
            .fold(at_most, |best, next| if next.at < best.at { next } else { best })
    }

    fn slot_deadline(&self) -> Option<Deadline> {
        let network = self.network.as_ref()?;
        let next = network.slot(self.now).plus(1);
        Some(Deadline {
            at: network.clock.start_of(next),
            why: Why::SlotStart,
        })
    }

    fn silence_deadline(&self) -> Option<Deadline> {
        match self.gate.readiness() {
            Readiness::AskingUntil(at) => Some(Deadline {
                at,
                why: Why::HeadsSilence,
            }),
            Readiness::Ready | Readiness::NoLink => None,
        }
    }

    fn answer_deadline(&self) -> Option<Deadline> {
        Some(Deadline {
            at: self.answers.next_at(self.now)?,
            why: Why::Answer,
        })
    }

    fn candidates_deadline(&self) -> Option<Deadline> {
        let at = self.candidates.next_deadline(self.now)?;
        Some(Deadline {
            at,
            why: Why::Request,
        })
    }

    fn sync_deadline(&self) -> Option<Deadline> {
        let network = self.network.as_ref()?;
        let at = if self.timers.sync_goes_on {
            self.now
        } else {
            network.sync.next_deadline()?
        };
        Some(Deadline {
            at,
            why: Why::Request,
        })
    }
}
