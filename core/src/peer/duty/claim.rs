//! A newcomer's first steps on a network: work for the welcome grant, claim it, register operator keys if the account has none, and take a name.
//! Where there are no grants, or only for people with a pass, nobody works in vain.
//!
//! The work is done in slices, one per tick, once the chain is known to its end. A search that became worthless (its anchor is old) is begun
//! anew; it goes on for more when more work is demanded, or when a claim would wait behind many that show more: a crowd of claims delays a
//! newcomer by no more than the work of outbidding it, up to `MAX_OUTBID_BITS`.

use crate::{
    crypto::{
        keys::{Address, PublicKey},
        pass::PassSecret,
    },
    ledger::{
        account::Account,
        anchor::Anchor,
        claim::claim_challenge,
        genesis::ClaimMode,
        invite::{Inviter, OpenInvite, Pass},
        state::LedgerState,
        transaction::{Action, Transaction},
    },
    params::{CLAIM_HEAD_SLOTS, MAX_OUTBID_BITS},
    peer::{
        Peer,
        claim::{ChosenInvite, ClaimSearch},
        io::{Deadline, Why},
        network::Network,
        timers::Claiming,
        view::SigningDevice,
    },
    time::Slot,
};

impl Peer {
    /// Begins what is missing: the claim, then the operator keys of this device.
    pub(super) fn claim_if_new(&mut self) {
        let (now, me) = (self.now, self.identity.address());
        let ready = self.may_sign();
        let Some(network) = self.network.as_ref().filter(|_| ready) else {
            return;
        };
        let slot = network.slot(now);
        if matches!(&self.timers.claiming, Some(Claiming::Sent(again)) if slot <= *again) {
            return;
        }
        let pass = self.pass.as_ref();
        let account = network
            .head_state()
            .and_then(|state| state.ledger.account(&me))
            .unwrap_or_default();
        let before = self.timers.claiming.take();
        if !account.claimed {
            self.timers.claiming = network.next_claiming(before, slot, pass);
            self.name_if_needed(&account);
        }
        let waits = |network: &Network| network.mempool().pending_of(&me).next().is_some();
        if !self.timers.is_claiming() && !self.network.as_ref().is_some_and(waits) {
            self.register_if_needed(&account, slot);
            self.name_if_needed(&account);
        }
    }

    /// One slice of work.
    pub(in crate::peer) fn work_on_claim(&mut self) {
        let Some(Claiming::Searching(search)) = &mut self.timers.claiming else {
            return;
        };
        let Some(work_nonce) = search.step() else { return };
        if let Some(Claiming::Searching(search)) = self.timers.claiming.take() {
            self.finish_claim(search, work_nonce);
        }
    }

    fn finish_claim(&mut self, search: ClaimSearch, work_nonce: u64) {
        let Some(network) = &mut self.network else { return };
        let retry_at = network.slot(self.now).plus(RETRY_SLOTS);
        let before = network.withdraw_claim();
        let pass = search.invite().zip(self.pass.as_ref()).map(|(invite, secret)| {
            Pass::sign(secret, invite.inviter, &network.id(), &self.identity.address())
        });
        let action = Action::Claim {
            anchor: search.anchor().block,
            work_nonce,
            pass,
        };
        let sent = self.submit_with_nonce(action, None, before);
        self.timers.claiming = Some(match sent {
            Ok(_) => Claiming::Waiting(search),
            // Somebody emptied the fund, say: everything is as it was, and the next look decides anew.
            Err(_) => Claiming::Sent(retry_at),
        });
        if sent.is_ok() {
            self.send_what_follows_the_claim();
        }
    }

    /// What the grant will pay for: what waited with an earlier claim, this device's keys, and the name.
    fn send_what_follows_the_claim(&mut self) {
        self.offer_own_transactions();
        if !self.waits(|action| matches!(action, Action::Operator { .. })) {
            self.register_unasked();
        }
        let profile = Action::profile(self.identity.name().as_str()).ok();
        if let Some(profile) = profile.filter(|profile| !self.goes_by(profile)) {
            let _ = self.submit_action(profile, None);
        }
    }

    /// True if an own transaction with such an action waits.
    fn waits(&self, is_meant: impl Fn(&Action) -> bool) -> bool {
        let me = self.identity.address();
        let network = self.network.as_ref();
        network.is_some_and(|network| {
            let mut waiting = network.mempool().pending_of(&me);
            waiting.any(|transaction| is_meant(&transaction.action))
        })
    }

    /// Registers this device's keys where the account has none, once that is of use.
    fn register_if_needed(&mut self, account: &Account, slot: Slot) {
        let needed_micro = self
            .network
            .as_ref()
            .map_or(u64::MAX, |network| network.genesis().rules.grant_bond_micro);
        if account.stake() >= needed_micro && self.signing_device() == SigningDevice::Nobody {
            self.register_unasked();
            self.timers.claiming = Some(Claiming::Sent(slot.plus(RETRY_SLOTS)));
        }
    }

    /// Puts the own name on the chain once somebody is here to read it and there are coins for it: there it stays when this peer is away. Who claims
    /// sends it with the claim; a founder has not, nor has who was paid and finds no grant. Tried once: what is sent goes out again until it is in a block.
    fn name_if_needed(&mut self, account: &Account) {
        let is_mine_to_name = matches!(self.signing_device(), SigningDevice::Here | SigningDevice::Nobody);
        if account.name.is_some() || self.timers.is_named || self.roster.is_empty() || !is_mine_to_name {
            return;
        }
        let Ok(profile) = Action::profile(self.identity.name().as_str()) else {
            return;
        };
        let is_affordable =
            |network: &Network| account.balance_micro >= network.genesis().rules.fees.minimum_micro(&profile);
        if !self.network.as_ref().is_some_and(is_affordable) {
            return;
        }
        self.timers.is_named = true;
        if !self.goes_by(&profile) {
            let _ = self.submit_action(profile, None);
        }
    }

    /// Keys of another device are left alone: the user is asked (`Command::SignHere`). Devices that replaced each other's keys would never end.
    fn register_unasked(&mut self) {
        if self.signing_device() == SigningDevice::Nobody {
            // Tried again after RETRY_SLOTS if it is refused now.
            let _ = self.register_keys();
        }
    }

    pub(super) fn claim_deadline(&self) -> Option<Deadline> {
        matches!(self.timers.claiming, Some(Claiming::Searching(_))).then_some(Deadline {
            at: self.now,
            why: Why::Work,
        })
    }
}

/// How long to wait for the own claim or registration before looking again, in slots.
const RETRY_SLOTS: u64 = 24;
/// How long to wait before all open invites are looked at again for the own pass, in slots.
const LOOK_SLOTS: u64 = 2;

impl Network {
    /// What to do next about a claim: none, as long as a claim would lead nowhere.
    fn next_claiming(
        &self,
        before: Option<Claiming>,
        slot: Slot,
        pass: Option<&PassSecret>,
    ) -> Option<Claiming> {
        let tip = self.chain().tip(slot)?;
        let rules = &self.genesis().rules;
        if tip.ledger.fund_micro() < rules.grant_micro {
            return None;
        }
        let is_anchored =
            |search: &ClaimSearch| Anchor::check(tip.anchors, &search.anchor().block, slot).is_ok();
        let is_admitted = |search: &ClaimSearch| match &search.invite() {
            Some(chosen) => open_invite(tip.ledger, chosen, slot).is_some(),
            None => true,
        };
        let ongoing = match before {
            Some(Claiming::Searching(search) | Claiming::Waiting(search)) => {
                Some(search).filter(is_anchored).filter(is_admitted)
            }
            Some(Claiming::Uninvited(again)) if slot <= again => return Some(Claiming::Uninvited(again)),
            Some(Claiming::Sent(_) | Claiming::Uninvited(_)) | None => None,
        };
        let invite = match rules.claim_mode {
            ClaimMode::None => return None,
            ClaimMode::Link | ClaimMode::Open => None,
            ClaimMode::Invite => {
                let known = ongoing.as_ref().and_then(ClaimSearch::invite);
                let chosen = known.or_else(|| invite_of(tip.ledger, &pass?.public(), slot));
                if pass.is_some() && chosen.is_none() {
                    return Some(Claiming::Uninvited(slot.plus(LOOK_SLOTS)));
                }
                Some(chosen?)
            }
        };
        let shown = self.mempool().claim_bits(&self.me());
        let invite_now = invite.and_then(|chosen| open_invite(tip.ledger, &chosen, slot));
        let beside = invite
            .as_ref()
            .map(|chosen| &chosen.inviter)
            .zip(invite_now.as_ref());
        let wanted = self.wanted_bits(tip.ledger.claims().needed_bits(rules, slot), shown, beside);
        if shown.is_some_and(|bits| bits >= wanted) {
            return ongoing.map(Claiming::Waiting);
        }
        let mut search = ongoing.or_else(|| self.new_search(tip.anchors, slot, invite))?;
        if search.zero_bits() < wanted {
            search.raise(wanted);
        }
        Some(Claiming::Searching(search))
    }

    /// The work that a claim should show: what the ledger needs, and more if that finds no place, or a late one, among those that wait.
    fn wanted_bits(&self, needed: u32, shown: Option<u32>, invite: Option<(&Address, &OpenInvite)>) -> u32 {
        let outbidding = match shown {
            None => self.mempool().bits_to_enter(&self.me(), invite),
            Some(_) => self.mempool().bits_to_be_next(&self.me()),
        };
        if outbidding <= needed.saturating_add(MAX_OUTBID_BITS) {
            needed.max(outbidding)
        } else {
            needed
        }
    }

    /// A new search, unless the chain's end is not known yet, or nobody makes blocks that could hold a claim.
    fn new_search(
        &self,
        anchors: &[Anchor],
        slot: Slot,
        invite: Option<ChosenInvite>,
    ) -> Option<ClaimSearch> {
        let head = self.head()?;
        if slot.since(head.slot) > CLAIM_HEAD_SLOTS {
            return None;
        }
        let anchor = Anchor::for_new_work(anchors, slot)?;
        Some(ClaimSearch::new(
            anchor,
            claim_challenge(&self.id(), &self.me(), &anchor.block),
            invite,
            0,
        ))
    }

    /// Takes back the own claim, for another with more work or on a younger anchor; its nonce, for that one to take.
    fn withdraw_claim(&mut self) -> Option<u64> {
        let is_claim = |transaction: &&Transaction| matches!(transaction.action, Action::Claim { .. });
        let claim = self.told().own().iter().find(is_claim).cloned()?;
        let id = claim.id();
        self.take_back(&id);
        Some(claim.nonce)
    }
}

/// The open invite of this key, whoever opened it. Walks through all who ever invited, so it is asked once per search.
fn invite_of(ledger: &LedgerState, key: &PublicKey, slot: Slot) -> Option<ChosenInvite> {
    let has_it = |inviter: &Inviter| inviter.check(key, slot).is_ok();
    let inviter = ledger.inviters().find(has_it)?.account;
    Some(ChosenInvite { inviter, key: *key })
}

/// The invite as it is now, if it admits a claim in this slot.
fn open_invite(ledger: &LedgerState, chosen: &ChosenInvite, slot: Slot) -> Option<OpenInvite> {
    let inviter = ledger.inviter(&chosen.inviter)?;
    inviter.check(&chosen.key, slot).ok().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::samples::{genesis, secret},
        crypto::hash::Hash,
        ledger::{
            claim::ClaimWork,
            genesis::{Genesis, Rules},
        },
        mempool::VerifiedTransaction,
        peer::network::Origin,
    };

    /// A network whose claims need one zero bit, for a newcomer.
    fn network() -> Network {
        let rules = Rules {
            claim_work_bits: 1,
            ..Rules::default()
        };
        let genesis = Genesis { rules, ..genesis() };
        Network::new(genesis, secret(50).address(), Origin::Named)
    }

    fn anchor_of(claiming: Option<Claiming>) -> Option<Anchor> {
        match claiming {
            Some(Claiming::Searching(search)) => Some(search.anchor()),
            _ => None,
        }
    }

    #[test]
    fn nobody_works_before_the_chain_is_known_to_its_end() {
        let network = network();
        let begins = |slot| anchor_of(network.next_claiming(None, Slot(slot), None)).is_some();
        assert!(begins(CLAIM_HEAD_SLOTS) && !begins(CLAIM_HEAD_SLOTS + 1));
    }

    #[test]
    fn work_on_an_anchor_that_is_gone_is_begun_anew() {
        let network = network();
        let gone = Anchor {
            slot: Slot(1),
            block: Hash([7; 32]),
        };
        let challenge = claim_challenge(&network.id(), &network.me(), &gone.block);
        let before = Claiming::Searching(ClaimSearch::new(gone, challenge, None, 0));
        let now = anchor_of(network.next_claiming(Some(before), Slot(5), None)).unwrap();
        assert_eq!(now.block, network.id().0);
    }

    /// Somebody's claim that shows exactly so much work.
    fn claim(network: &Network, number: u8, bits: u32) -> VerifiedTransaction {
        let (account, anchor) = (secret(number).address(), network.id().0);
        let shows = |nonce: &u64| {
            let work = ClaimWork {
                anchor: &anchor,
                nonce: *nonce,
            };
            work.bits(&network.id(), &account) == bits
        };
        let work_nonce = (0..).find(shows).unwrap();
        let action = Action::Claim {
            anchor,
            work_nonce,
            pass: None,
        };
        let claim = Transaction::sign(&secret(number), network.id(), 1, Slot(100), 0, action);
        VerifiedTransaction::verify(claim).unwrap()
    }

    #[test]
    fn who_would_wait_behind_four_claims_shows_more_than_the_fourth_up_to_a_bound() {
        for (rivals, wanted) in [(4, 5), (6, 7), (7, 1)] {
            let mut network = network();
            let now = network.clock().middle_of(Slot(1));
            for number in 60..63 {
                network
                    .offer(claim(&network, number, rivals + 1), false, now)
                    .unwrap();
            }
            assert_eq!(network.wanted_bits(1, Some(1), None), 1, "three are no crowd");
            network.offer(claim(&network, 63, rivals), false, now).unwrap();
            assert_eq!(network.wanted_bits(1, Some(1), None), wanted);
        }
    }
}
