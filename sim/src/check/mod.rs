//! What must be true in every run, however links, clocks and hosts behave.
//!
//! During the run: finality of all peers lies on one chain and never goes back (across restarts too), no key signs a slashable pair or two
//! blocks in one slot, supply is conserved, equal blocks have equal states, and containers keep their bounds. At the end, after healing:
//! everybody has the same chain and it grows, becomes final and contains what users sent, and whose clock is far off only observes.
//! All of this is asked of honest hosts only.

mod end;
mod finality;
mod ledger;
mod signing;

use std::{cmp::Reverse, collections::BTreeSet, fmt};

use ting_core::{
    crypto::{
        keys::{Address, NetworkId, PublicKey},
        seal::RoomSecret,
        seed::Seed,
    },
    gossip::{envelope::RoomCodec, message::Message},
    params::{MAX_MEMPOOL_BYTES, MAX_POOL_VOTES, MAX_SIDE_BLOCKS},
    peer::{
        Peer,
        event::{Event, Warning},
        network::Network,
        record::Record,
    },
};

use crate::{clock::Moment, host::Life, hub::PeerId, random::Random, world::World};

pub use self::end::Baseline;
use self::{finality::FinalityCheck, ledger::LedgerCheck, signing::SigningCheck};

/// Rules that a run can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Two peers know conflicting blocks as final, or have different chains after healing.
    Agreement,
    /// A peer left what it knew was final.
    FinalReverted,
    /// Coins were made or lost.
    Supply,
    /// One block, two states.
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

/// A broken rule.
#[derive(Clone, Debug)]
pub struct Violation {
    /// When.
    pub at: Moment,
    /// Which rule.
    pub rule: Rule,
    /// What exactly.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:?} at {} ms: {}", self.rule, self.at.0, self.what)
    }
}

/// Violations kept of a run: the first ones tell most.
const MAX_VIOLATIONS: usize = 32;

/// All checks of a run.
pub struct Checkers {
    violations: Vec<Violation>,
    codec: RoomCodec,
    finality: FinalityCheck,
    signing: SigningCheck,
    ledger: LedgerCheck,
    networks: Vec<NetworkId>,
    sampling: Random,
}

impl Checkers {
    /// Checks for a room.
    pub fn new(secret: &RoomSecret, seed: u64) -> Self {
        Self {
            violations: Vec::new(),
            codec: RoomCodec::new(secret, &Seed::new([0; 32])),
            finality: FinalityCheck::default(),
            signing: SigningCheck::default(),
            ledger: LedgerCheck::default(),
            networks: Vec::new(),
            sampling: Random::new(seed, 2),
        }
    }

    /// What was broken so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The network that an invitation names at this moment: the one with the most operators that somebody is on, then one that is pinned,
    /// or the first that anybody was.
    pub fn network_of_invitations(&self, world: &World) -> Option<NetworkId> {
        let networks = world.honest().filter_map(|(_, peer)| peer.network());
        let largest =
            networks.max_by_key(|network| (network.operators(), network.is_pinned(), Reverse(network.id())));
        largest
            .map(|network| network.id())
            .or_else(|| self.networks.first().copied())
    }

    pub(crate) fn report(&mut self, at: Moment, rule: Rule, what: String) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(Violation { at, rule, what });
        }
    }

    /// A host's device signs for this account with this key.
    pub(crate) fn note_device(&mut self, account: Address, key: PublicKey) {
        self.signing.note_device(account, key);
    }

    fn report_all(&mut self, at: Moment, found: Vec<(Rule, String)>) {
        found
            .into_iter()
            .for_each(|(rule, what)| self.report(at, rule, what));
    }

    /// Reads what an honest peer sends; what it passes on of Byzantine ones may break the rules.
    pub(crate) fn look_at_frame(
        &mut self,
        at: Moment,
        peer: PeerId,
        network: Option<NetworkId>,
        bytes: &[u8],
        byzantine: &BTreeSet<Address>,
    ) {
        let Some(network) = network else { return };
        let found = match self.codec.open(bytes).map(|opened| opened.message) {
            Ok(Message::Votes(votes)) => {
                let honest = votes.iter().filter(|vote| !byzantine.contains(&vote.voter));
                self.signing.look_at_votes(network, honest)
            }
            Ok(Message::Block(compact)) if !byzantine.contains(&compact.header.content.proposer) => {
                self.signing.look_at_header(&compact.header).into_iter().collect()
            }
            Ok(_) => Vec::new(),
            Err(error) => vec![(
                Rule::Bound,
                format!("peer {} sends a frame that does not open: {error}", peer.0),
            )],
        };
        self.report_all(at, found);
    }

    pub(crate) fn note_record(&mut self, peer: PeerId, record: &Record) {
        match record {
            Record::Network { .. } => self.finality.forget(peer),
            Record::Final(checkpoint) => self.finality.note_stored(peer, *checkpoint),
            _ => {}
        }
    }

    pub(crate) fn look_at_event(&mut self, at: Moment, peer: PeerId, event: &Event) {
        match event {
            Event::NetworkKnown { network, .. } if !self.networks.contains(network) => {
                self.networks.push(*network)
            }
            Event::Warning(Warning::ConflictingFinality { ours, theirs }) => {
                let what = format!("peer {} sees finality of {theirs:?} against {ours:?}", peer.0);
                self.report(at, Rule::Agreement, what);
            }
            Event::Warning(Warning::BadRecord { reason }) => {
                let what = format!("peer {} cannot use its own record: {reason}", peer.0);
                self.report(at, Rule::Bound, what);
            }
            _ => {}
        }
    }

    /// Looks at a peer after an input and its effects.
    pub(crate) fn inspect(&mut self, at: Moment, peer: PeerId, running: &Peer) {
        let Some(network) = running.network() else { return };
        let found = self.finality.inspect(peer, network);
        self.report_all(at, found);
        if self.ledger.is_new_head(network) {
            let thorough = self.sampling.chance(100);
            let found = self
                .ledger
                .inspect(network, thorough)
                .into_iter()
                .chain(bounds(network))
                .collect();
            self.report_all(at, found);
        }
    }

    /// True if the keys of those who would stay are a quorum of every voter set that any peer knows of: this version has no rule for the absent.
    pub(crate) fn can_spare(&self, leaver: PeerId, world: &World) -> bool {
        let stays = |peer: PeerId| {
            peer != leaver
                && world.host(peer).is_some_and(|host| {
                    let returns = matches!(host.life, Life::Up | Life::Down);
                    returns && host.is_honest() && !host.clock.must_observe()
                })
        };
        let devices: BTreeSet<(Address, PublicKey)> = world
            .hosts()
            .filter(|(peer, _)| stays(*peer))
            .filter_map(|(_, host)| Some((host.account?, host.signing_key?)))
            .collect();
        world
            .running()
            .filter(|(peer, _)| stays(*peer))
            .all(|(_, running)| {
                running
                    .network()
                    .and_then(Network::head_state)
                    .is_some_and(|state| {
                        let enough = |set: &ting_core::chain::term::VoterSet| {
                            let staying: u128 = set
                                .iter()
                                .filter(|voter| devices.contains(&(voter.account, voter.signing_key)))
                                .map(|voter| u128::from(voter.stake_micro))
                                .sum();
                            3 * staying >= 2 * set.total_micro() && 2 * staying > set.total_micro()
                        };
                        enough(&state.term.voters) && enough(&state.term.previous_voters)
                    })
            })
    }
}

fn bounds(network: &Network) -> Vec<(Rule, String)> {
    let measured = [
        ("mempool bytes", network.mempool().bytes(), MAX_MEMPOOL_BYTES),
        ("side blocks", network.chain().side_blocks(), MAX_SIDE_BLOCKS),
        ("votes", network.chain().votes().count(), MAX_POOL_VOTES),
    ];
    let exceeded = measured.into_iter().filter(|(_, size, bound)| size > bound);
    exceeded
        .map(|(what, size, bound)| (Rule::Bound, format!("{size} {what}, bound {bound}")))
        .collect()
}
