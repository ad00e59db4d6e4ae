//! How hosts start, die, freeze and leave.

use std::{cmp::Reverse, collections::BTreeSet};

use ting_core::{
    consensus::stake::term::VoterSet,
    crypto::{
        keys::{Address, NetworkId, PublicKey},
        seed::Seed,
    },
    peer::{
        History, Peer, PeerConfig,
        command::Command,
        io::{Input, LinkId, To},
        network::Network,
        record::Record,
        stored,
    },
};

use super::{Happening, World};
use crate::{
    byzantine::{Audience, Byzantine, Vice},
    host::{Life, identity_of},
    hub::PeerId,
    random::Random,
    witness::sight::{Fate, Sight, Witness},
};

/// The streams of chance of Byzantine hosts are numbered from here on.
const BYZANTINE_CHANCE: u64 = 1_000;
/// Final blocks that a forgetful peer keeps.
const KEPT_BLOCKS: u64 = 32;

/// Every third peer forgets what has been final for long; newcomers get it from the others.
pub(super) fn usual_history(peer: PeerId) -> History {
    match peer.0 % 3 {
        2 => History::Newest { blocks: KEPT_BLOCKS },
        _ => History::Whole,
    }
}

impl<W: Witness> World<W> {
    pub(super) fn start(&mut self, peer: PeerId) {
        let (now, seed) = (self.view.now, Seed::new(self.random.bytes()));
        let invited_to = self.invitation_of(peer);
        let (secret, rules) = (self.secret.clone(), self.rules.clone());
        let compacts = self.random.chance(500);
        let words = self.words_of_twin(peer);
        let Some(host) = self.host_mut(peer) else { return };
        if !matches!(host.life, Life::Unborn | Life::Down) {
            return;
        }
        host.pinned = host.pinned.or(invited_to);
        host.life = Life::Up;
        host.started_at = now;
        let words = words.filter(|_| host.records.is_empty());
        host.records.extend(words.map(Record::AccountSeed));
        let suggested_name = format!("peer {}", peer.0);
        let history = host.history;
        let mut new = Peer::new(PeerConfig {
            secret,
            pinned: host.pinned,
            seed,
            suggested_name,
            rules,
            history,
        });
        let time = host.clock.show(now);
        if compacts {
            host.records = stored::compact(std::mem::take(&mut host.records));
        }
        for record in &host.records {
            new.handle(time, Input::Loaded(Box::new(record.clone())));
        }
        host.farewell = None;
        if let Some(frame) = host.left_farewell.take() {
            new.handle(time, Input::FarewellLeft(frame));
        }
        let links = host.links.len();
        let account = new.account();
        host.account = Some(account);
        host.peer = Some(new);
        if !host.is_honest() {
            self.view.byzantine.insert(account);
        }
        self.feed(peer, Input::Start);
        self.note_device(peer);
        for link in 0..links {
            let delay_ms = self.random.within(20..=200);
            let link = LinkId(u8::try_from(link).unwrap_or_default());
            self.push(now.plus_ms(delay_ms), Happening::Connect(peer, link));
        }
    }

    /// The seed of the account that a host shares with another that ran before it.
    fn words_of_twin(&self, peer: PeerId) -> Option<[u8; 32]> {
        let view = &self.view;
        let twin = view.host(view.host(peer)?.twin_of?)?;
        twin.records.iter().find_map(|record| match record {
            Record::AccountSeed(seed) => Some(*seed),
            _ => None,
        })
    }

    /// By now a peer has stored the keys of its device.
    fn note_device(&mut self, peer: PeerId) {
        let Some(host) = self.host_mut(peer) else { return };
        let Some(identity) = identity_of(&host.records) else {
            return;
        };
        let key = identity.signing_public();
        host.signing_key = Some(key);
        let account = identity.address();
        self.show(Sight::Signs { account, key });
    }

    /// The network that a host which comes for the first time was invited to, by somebody who showed it the link.
    fn invitation_of(&mut self, peer: PeerId) -> Option<NetworkId> {
        let view = &self.view;
        let host = view.host(peer)?;
        if host.life != Life::Unborn || !host.invited {
            return None;
        }
        let network = self.network_of_invitations()?;
        let is_on = |peer: &Peer| peer.network().is_some_and(|on| on.id() == network);
        let inviter = view.honest().find(|(_, peer)| is_on(peer)).map(|(id, _)| id);
        if let Some(inviter) = inviter {
            self.submit(inviter, Command::InviteShown);
        }
        Some(network)
    }

    /// The network that an invitation names at this moment: the one with the most operators that somebody is on, then one that is pinned,
    /// or the first that anybody was.
    fn network_of_invitations(&self) -> Option<NetworkId> {
        let networks = self.view.honest().filter_map(|(_, peer)| peer.network());
        let largest =
            networks.max_by_key(|network| (network.operators(), network.is_pinned(), Reverse(network.id())));
        largest.map(|network| network.id()).or(self.first_network)
    }

    pub(super) fn stop(&mut self, peer: PeerId, life: Life) {
        if self.view.host(peer).is_none_or(|host| host.life != Life::Up) {
            return;
        }
        self.show(Sight::Ends(peer));
        let Some(host) = self.host_mut(peer) else { return };
        host.life = life;
        host.peer = None;
        host.doomed = false;
        if let Some(timer) = host.wake.take() {
            self.queue.remove(&timer);
        }
        self.disconnect(peer, false);
    }

    /// A tab closes: its host leaves behind what the peer had it hold.
    pub(super) fn close(&mut self, peer: PeerId) {
        let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) else {
            return;
        };
        if let Some(frame) = host.farewell.take() {
            host.left_farewell = Some(frame.clone());
            let links = self.view.host(peer).map_or(0, |host| host.links.len());
            for link in (0..links).filter_map(|link| u8::try_from(link).ok()) {
                self.send(peer, LinkId(link), Audience::Whole(To::All), frame.clone());
            }
        }
        self.stop(peer, Life::Down);
    }

    pub(super) fn doom(&mut self, peer: PeerId) {
        if let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) {
            host.doomed = true;
        }
    }

    /// Sends a host away for good, if those who stay are a quorum of every voter set that matters.
    pub(super) fn leave(&mut self, leaver: PeerId) {
        if self.can_spare(leaver) {
            self.stop(leaver, Life::Gone);
        } else {
            let fate = Fate::Stays;
            self.show(Sight::Meets { who: leaver, fate });
        }
    }

    /// True if the keys of those who would stay are a quorum of every voter set that any peer knows of: this version has no rule for the absent.
    fn can_spare(&self, leaver: PeerId) -> bool {
        let view = &self.view;
        let stays = |peer: PeerId| {
            peer != leaver
                && view.host(peer).is_some_and(|host| {
                    let returns = matches!(host.life, Life::Up | Life::Down);
                    returns && host.is_honest() && !host.clock.must_observe()
                })
        };
        let staying = view.hosts().filter(|(peer, _)| stays(*peer));
        let devices: Devices = staying
            .filter_map(|(_, host)| Some((host.account?, host.signing_key?)))
            .collect();
        let mut informed = view.running().filter(|(peer, _)| stays(*peer));
        informed.all(|(_, running)| {
            let state = running.network().and_then(Network::head_state);
            state.is_some_and(|state| {
                is_quorum(&devices, &state.term().voters)
                    && is_quorum(&devices, &state.term().previous_voters)
            })
        })
    }

    /// What makes a host with these vices Byzantine.
    pub(super) fn byzantine(&self, peer: PeerId, vices: &[Vice]) -> Option<Byzantine> {
        let chance = Random::new(self.seed, BYZANTINE_CHANCE + peer.0 as u64);
        (!vices.is_empty()).then(|| Byzantine::new(vices.to_vec(), &self.secret, chance))
    }

    /// Makes a host break the rules in these ways from now on: nobody trusts it again.
    pub(super) fn corrupt(&mut self, peer: PeerId, vices: &[Vice]) {
        let Some(byzantine) = self.byzantine(peer, vices) else {
            return;
        };
        let Some(host) = self.host_mut(peer) else { return };
        host.byzantine = Some(byzantine);
        let account = host.account;
        self.view.byzantine.extend(account);
    }

    pub(super) fn freeze(&mut self, peer: PeerId, ms: u64) {
        let until = self.view.now.plus_ms(ms);
        let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) else {
            return;
        };
        host.frozen_until = until;
        self.set_timer(peer, until);
    }
}

/// Accounts with the keys that hosts sign for them with.
type Devices = BTreeSet<(Address, PublicKey)>;

/// True if these devices alone are two thirds of a voter set, and more than half.
fn is_quorum(devices: &Devices, set: &VoterSet) -> bool {
    let staying = set
        .iter()
        .filter(|voter| devices.contains(&(voter.account, voter.signing_key)));
    let staying_micro: u128 = staying.map(|voter| u128::from(voter.stake_micro)).sum();
    3 * staying_micro >= 2 * set.total_micro() && 2 * staying_micro > set.total_micro()
}
