//! What a peer does of its own accord as time passes, and when it next has to.
//!
//! Duties run after every input. Each looks at the clock and at state only, so a missed or late tick changes nothing but the time.

mod answer;
mod claim;
mod found;
mod presence;
mod propose;
mod renew;
mod snapshot;
mod sync;
mod vote;

use crate::{
    consensus::readiness::{MAX_SLEEP_MS, Readiness},
    crypto::keys::Address,
    gossip::clock::ClockEstimate,
    params::WEIGH_CLOCKS_MS,
    peer::{
        Peer,
        io::{Deadline, Why},
    },
};

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
        self.store_snapshot();
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
        network.told_mut().expire(slot);
        network.prune_mempool(slot);
        let nonces = network.own_nonces();
        let due = network.told_mut().due_for_resending(&nonces, now);
        let again = network.offer_own(due, now);
        self.rates.forget_idle(now);
        if self.links.any_up() {
            self.broadcast_transactions(&again);
        }
        self.renew_farewell();
        self.return_if_resting();
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
        let operators = &self.network.as_ref()?.head_state()?.term().operators;
        // In an open room a crowd of granted stakes must not silence those who vote.
        let stake_micro = |account: &Address| Some(operators.get(account)?.voting_micro);
        let samples = self.roster.clock_samples();
        ClockEstimate::of(samples, stake_micro, operators.voting_micro(), self.now)
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
            at: network.clock().start_of(next),
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
            network.sync().next_deadline()?
        };
        Some(Deadline {
            at,
            why: Why::Request,
        })
    }
}
