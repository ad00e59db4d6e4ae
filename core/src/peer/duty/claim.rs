//! A newcomer's first steps on a network: work for the welcome grant, claim it, register operator keys, and take a name.
//!
//! The work is done in slices, one per tick. A claim that became worthless (older anchor, more work demanded) is begun anew.

use crate::{
    crypto::hash::Hash,
    ledger::{
        account::Account,
        claim::{Anchor, claim_challenge},
        transaction::Action,
    },
    params::CLOCK_OBSERVE_MS,
    peer::{
        Peer,
        claim::ClaimSearch,
        io::{Deadline, Why},
        network::Network,
    },
    time::Slot,
};

/// What a newcomer is about.
pub(super) enum Claiming {
    /// Looking for the proof of work.
    Searching(ClaimSearch),
    /// Claim and registration are sent; look again after this slot.
    Sent(Slot),
}

impl Peer {
    /// Begins what is missing: the claim, then the operator keys of this device.
    pub(super) fn claim_if_new(&mut self) {
        let (now, me) = (self.now, self.identity.address());
        let ready = self.may_sign();
        let Some(network) = self.network.as_ref().filter(|_| ready) else {
            return;
        };
        let slot = network.slot(now);
        match &self.timers.claiming {
            Some(Claiming::Searching(search)) => {
                if !network.would_accept(search, slot) {
                    self.timers.claiming = None;
                }
                return;
            }
            Some(Claiming::Sent(again)) if slot <= *again => return,
            _ => {}
        }
        let account = network
            .head_state()
            .and_then(|state| state.ledger.account(&me))
            .unwrap_or_default();
        if network.mempool.pending_of(&me).next().is_some() {
            return;
        }
        if account.claimed {
            self.register_if_needed(&account, slot);
        } else {
            self.timers.claiming = network.new_search(&me, slot).map(Claiming::Searching);
        }
    }

    /// One slice of work.
    pub(in crate::peer) fn work_on_claim(&mut self) {
        let Some(Claiming::Searching(search)) = &mut self.timers.claiming else {
            return;
        };
        let Some(work_nonce) = search.step() else { return };
        let anchor = search.anchor();
        self.finish_claim(anchor.block, work_nonce);
    }

    fn finish_claim(&mut self, anchor: Hash, work_nonce: u64) {
        let slot = self
            .network
            .as_ref()
            .map_or(Slot::GENESIS, |network| network.slot(self.now));
        self.timers.claiming = Some(Claiming::Sent(slot.plus(RETRY_SLOTS)));
        // A refusal (somebody emptied the fund, say) leaves everything as it was; the next look decides anew.
        let _ = self.submit_action(Action::Claim { anchor, work_nonce }, None);
        self.send_registration();
        if let Ok(profile) = Action::profile(self.identity.name().as_str()) {
            let _ = self.submit_action(profile, None);
        }
    }

    /// An account that came from backup words, or lost its device's keys, registers this device's keys.
    fn register_if_needed(&mut self, account: &Account, slot: Slot) {
        let me = self.identity.address();
        let registered = self
            .network
            .as_ref()
            .and_then(|network| network.head_state()?.ledger.operator(&me));
        let mine = registered.is_some_and(|operator| operator.signing_key == self.identity.signing_public());
        if !mine && account.stake() > 0 {
            self.send_registration();
            self.timers.claiming = Some(Claiming::Sent(slot.plus(RETRY_SLOTS)));
        }
    }

    /// Registers this device's keys once a clock of another operator has shown that it may sign: who becomes a voter and then only observes
    /// holds up finality.
    fn send_registration(&mut self) {
        let clock_fits = self
            .clock_offset_ms()
            .is_some_and(|offset| offset.abs() <= CLOCK_OBSERVE_MS);
        if !clock_fits {
            return;
        }
        let action = Action::Operator {
            signing_key: self.identity.signing_public(),
            vrf_key: self.identity.vrf_public(),
        };
        // Tried again after RETRY_SLOTS if it is refused now.
        let _ = self.submit_action(action, None);
    }

    pub(super) fn claim_deadline(&self) -> Option<Deadline> {
        matches!(self.timers.claiming, Some(Claiming::Searching(_))).then_some(Deadline {
            at: self.now,
            why: Why::Work,
        })
    }

    /// True while this peer works for its grant.
    pub(in crate::peer) fn is_claiming(&self) -> bool {
        self.timers.claiming.is_some()
    }
}

/// How long to wait for the own claim or registration before looking again, in slots.
const RETRY_SLOTS: u64 = 24;

impl Network {
    fn new_search(&self, me: &crate::crypto::keys::Address, slot: Slot) -> Option<ClaimSearch> {
        let state = self.head_state()?;
        let anchor: Anchor = *state.finality.anchors().last()?;
        let zero_bits = state.ledger.claims().needed_bits(&self.genesis.rules, slot);
        Some(ClaimSearch::new(
            anchor,
            claim_challenge(&self.id, me, &anchor.block),
            zero_bits,
        ))
    }

    fn would_accept(&self, search: &ClaimSearch, slot: Slot) -> bool {
        self.head_state().is_some_and(|state| {
            let zero_bits = state.ledger.claims().needed_bits(&self.genesis.rules, slot);
            search.serves(state.finality.anchors(), zero_bits)
        })
    }
}
