//! Computes the network page.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    consensus::{
        readiness::Readiness,
        stake::{
            outlook::Outlook,
            term::{Term, TermOperator},
        },
    },
    crypto::keys::Address,
    gossip::roster::Member,
    params::MAX_VIEW_MEMBERS,
    peer::{
        Peer,
        network::Network,
        not_taken::{Kind, Reason},
        view::{Away, NetworkView, NotTakenView, PeerView, SigningDevice, SigningView},
    },
    sorting,
    time::{Slot, Timestamp},
};

impl Peer {
    /// Peers, links, stake and the state of finality.
    pub fn network_view(&self, now: Timestamp) -> NetworkView {
        let network = self.network.as_ref();
        let term = network
            .and_then(Network::head_state)
            .map(|state| state.term().clone());
        let slot = network.map(|network| network.slot(now)).unwrap_or_default();
        let weight = |online_only: bool| {
            let voters = term.iter().flat_map(|term| term.voters.iter());
            let counted = voters.filter(|voter| {
                let has_left = network.is_some_and(|network| network.has_left(voter));
                !has_left && (!online_only || self.is_online(&voter.account))
            });
            counted.fold(0_u64, |sum, voter| sum.saturating_add(voter.voting_micro))
        };
        NetworkView {
            network: network.map(|network| network.id()),
            peers: self.peers(now, term.as_deref(), slot),
            links: self.links.views(),
            total_stake_micro: term.as_ref().map_or(0, |term| term.operators.total_micro()),
            voting_stake_micro: weight(false),
            voting_stake_online_micro: weight(true),
            outlook: self.outlook(),
            justified_slot: network.map_or(0, |network| network.chain().justified_checkpoint().slot.0),
            final_slot: network.map_or(0, |network| network.chain().final_checkpoint().slot.0),
            slot: slot.0,
            clock_offset_ms: self.clock_estimate().map(|estimate| estimate.offset_ms),
            signing: self.signing(term.as_deref()),
            my_level: self.timers.level_of_turn(slot),
            not_taken: self.not_taken.iter().map(not_taken_view).collect(),
        }
    }

    /// What becomes of finality if all voters who are online stay.
    fn outlook(&self) -> Option<Outlook> {
        let network = self.network.as_ref()?;
        let state = network.head_state()?;
        let rule = network.head()?.summary().quorum_rule();
        let term = state.term();
        let voters = term.voters.iter().chain(term.previous_voters.iter());
        let online = voters.filter(|voter| self.is_online(&voter.account));
        let seats = online.filter_map(|voter| rule.seat_of(&voter.account, &voter.signing_key));
        Some(state.stake().outlook(state.ledger.clock(), &seats.collect()))
    }

    fn signing(&self, term: Option<&Term>) -> SigningView {
        match self.gate.readiness() {
            Readiness::NoLink => return SigningView::NoLink,
            Readiness::AskingUntil(_) => return SigningView::AskingHeads,
            Readiness::Ready => {}
        }
        if self
            .network
            .as_ref()
            .is_some_and(|network| network.sync().is_catching_up())
        {
            return SigningView::Syncing;
        }
        if self
            .clock_estimate()
            .is_some_and(|estimate| estimate.forbids_signing)
        {
            return SigningView::ClockOff;
        }
        let me = self.identity.address();
        let acts = term.is_some_and(|term| term.operators.get(&me).is_some());
        match self.signing_device() {
            SigningDevice::Elsewhere => SigningView::OtherDevice,
            SigningDevice::ComingHere => SigningView::TakingOver,
            SigningDevice::LeavingHere => SigningView::HandingOver,
            SigningDevice::Here if acts && self.is_returning() => SigningView::Returning,
            SigningDevice::Here if acts => SigningView::Signing,
            SigningDevice::Here | SigningDevice::Nobody => SigningView::NoOperator,
        }
    }

    fn peers(&self, now: Timestamp, term: Option<&Term>, slot: Slot) -> Vec<PeerView> {
        let mut accounts: BTreeMap<Address, Option<&Member>> = BTreeMap::new();
        accounts.insert(self.identity.address(), None);
        if let Some(term) = term {
            accounts.extend(
                term.operators
                    .iter()
                    .take(MAX_VIEW_MEMBERS)
                    .map(|operator| (operator.account, None)),
            );
        }
        let mut heard: Vec<&Member> = self.roster.iter().collect();
        sorting::sort_by_key(&mut heard, |member| member.last_heard);
        for member in heard.into_iter().rev().take(MAX_VIEW_MEMBERS).rev() {
            accounts.insert(member.account, Some(member));
        }
        let mut peers: Vec<PeerView> = accounts
            .into_iter()
            .map(|(account, member)| self.peer(now, account, member, term, slot))
            .collect();
        sorting::sort_by_key(&mut peers, |peer| {
            (!peer.me, Reverse(peer.stake_micro), !peer.online, peer.account)
        });
        peers
    }

    fn peer(
        &self,
        now: Timestamp,
        account: Address,
        member: Option<&Member>,
        term: Option<&Term>,
        slot: Slot,
    ) -> PeerView {
        let me = account == self.identity.address();
        let operator = term.and_then(|term| term.operators.get(&account));
        let network = self.network.as_ref();
        let clock = member.and_then(|member| member.clock);
        let own_height = || network.map(|network| network.chain().height());
        let their_height = || member.and_then(|member| Some(member.chain?.head.height));
        let last_heard_ms = member
            .filter(|_| !me)
            .map(|member| now.ms_since(member.last_heard));
        PeerView {
            account,
            name: self.name_of(&account),
            me,
            online: me || last_heard_ms.is_some_and(|passed_ms| passed_ms <= self.online_ms()),
            last_heard_ms,
            latency_ms: clock.and_then(|clock| u32::try_from(clock.round_trip_ms / 2).ok()),
            clock_offset_ms: clock.map(|clock| clock.offset_ms),
            height: if me { own_height() } else { their_height() },
            stake_micro: operator.map_or(0, |operator| operator.stake_micro),
            operator: operator.is_some(),
            voter: term.is_some_and(|term| term.voters.get(&account).is_some()),
            voted: network.is_some_and(|network| {
                network
                    .chain()
                    .has_voted_since(&account, slot.minus(RECENT_VOTE_SLOTS))
            }),
            away: term.and_then(|term| network?.away(term.voters.get(&account)?)),
        }
    }
}

impl Network {
    /// Why finality does not wait for a voter, if it does not.
    fn away(&self, voter: &TermOperator) -> Option<Away> {
        let rule = self.head()?.summary().quorum_rule();
        let seat = rule.seat_of(&voter.account, &voter.signing_key)?;
        let rest = rule.rest_of(&seat).map(Away::from);
        rest.or_else(|| rule.absence_of(&seat).map(Away::from))
    }

    fn has_left(&self, voter: &TermOperator) -> bool {
        match self.away(voter) {
            Some(Away::Resting | Away::Returning) => true,
            Some(Away::Silent | Away::Forgotten) | None => false,
        }
    }
}

fn not_taken_view((kind, reason, count): (Kind, Reason, u64)) -> NotTakenView {
    NotTakenView { kind, reason, count }
}

/// A vote for a target this many slots back counts as recent.
const RECENT_VOTE_SLOTS: u64 = 16;
