//! What must be true in every run, however links, clocks and hosts behave.
//!
//! During the run: finality of all peers lies on one chain and never goes back (across restarts too), no key signs a slashable pair or two
//! blocks in one slot, supply is conserved, equal blocks have equal states, and containers keep their bounds. At the end, after healing:
//! everybody has the same chain and it grows, becomes final and contains what users sent, and whose clock is far off only observes.
//! All of this is asked of honest hosts only.

mod end;
mod finality;
mod ledger;
pub mod rule;
mod signing;

use ting_core::{
    gossip::message::Message,
    params::{MAX_MEMPOOL_BYTES, MAX_POOL_VOTES, MAX_SIDE_BLOCKS},
    peer::{
        event::{Event, Warning},
        network::Network,
        record::Record,
    },
};

pub use self::end::Baseline;
use self::{
    finality::FinalityCheck,
    ledger::LedgerCheck,
    rule::{Rule, Violation},
    signing::SigningCheck,
};
use super::{
    sight::{Sight, Witness},
    wishes::Wishes,
};
use crate::{clock::Moment, hub::PeerId, random::Random, view::View};

/// Violations kept of a run: the first ones tell most.
const MAX_VIOLATIONS: usize = 32;

/// All checks of a run, and the rules that were found broken.
pub struct Checks {
    violations: Vec<Violation>,
    finality: FinalityCheck,
    signing: SigningCheck,
    ledger: LedgerCheck,
    sampling: Random,
}

impl Checks {
    /// Begins the checks of a run of this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            violations: Vec::new(),
            finality: FinalityCheck::default(),
            signing: SigningCheck::default(),
            ledger: LedgerCheck::default(),
            sampling: Random::new(seed, 2),
        }
    }

    /// Rules that were found broken so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Looks at what must be true at the end. `settled_before`: what was sent until then must be in the chain.
    pub fn conclude(&mut self, view: &View, baseline: Baseline, wishes: &Wishes, settled_before: Moment) {
        let found = end::look(view, baseline, wishes, settled_before);
        self.report_all(view.now(), found);
    }

    fn report_all(&mut self, at: Moment, found: impl IntoIterator<Item = (Rule, String)>) {
        let room = MAX_VIOLATIONS.saturating_sub(self.violations.len());
        let found = found.into_iter().map(|(rule, what)| Violation { at, rule, what });
        self.violations.extend(found.take(room));
    }

    /// Reads what a peer sends; what it passes on of Byzantine ones may break the rules.
    fn look_at_frame(&mut self, view: &View, peer: PeerId, bytes: &[u8]) {
        let Some(network) = view.network(peer).map(|network| network.id()) else {
            return;
        };
        let found = match view.open(bytes) {
            Ok(Message::Votes(votes)) => {
                let honest = votes.iter().filter(|vote| !view.is_byzantine(&vote.voter));
                self.signing.look_at_votes(network, honest)
            }
            Ok(Message::Block(compact)) if !view.is_byzantine(&compact.header.content.proposer) => {
                self.signing.look_at_header(&compact.header).into_iter().collect()
            }
            Ok(_) => Vec::new(),
            Err(error) => vec![(
                Rule::Bound,
                format!("peer {} sends a frame that does not open: {error}", peer.0),
            )],
        };
        self.report_all(view.now(), found);
    }

    fn look_at_record(&mut self, peer: PeerId, record: &Record) {
        match record {
            Record::Network { .. } => self.finality.forget(peer),
            Record::Final(checkpoint) => self.finality.note_stored(peer, *checkpoint),
            _ => {}
        }
    }

    fn look_at_event(&mut self, at: Moment, peer: PeerId, event: &Event) {
        let found = match event {
            Event::Warning(Warning::ConflictingFinality { ours, theirs }) => (
                Rule::Agreement,
                format!("peer {} sees finality of {theirs:?} against {ours:?}", peer.0),
            ),
            Event::Warning(Warning::BadRecord { reason }) => (
                Rule::Bound,
                format!("peer {} cannot use its own record: {reason}", peer.0),
            ),
            _ => return,
        };
        self.report_all(at, [found]);
    }

    /// Looks at a peer after an input and its effects.
    fn inspect(&mut self, view: &View, peer: PeerId) {
        let Some(network) = view.network(peer) else { return };
        let found = self.finality.inspect(peer, network);
        self.report_all(view.now(), found);
        if self.ledger.is_new_head(network) {
            let thorough = self.sampling.chance(100);
            let found = self.ledger.inspect(network, thorough);
            self.report_all(view.now(), found.into_iter().chain(bounds(network)));
        }
    }
}

impl Witness for Checks {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        match sight {
            Sight::Signs { account, key } => self.signing.note_device(account, key),
            Sight::Sends { who, bytes } if view.is_honest(who) => self.look_at_frame(view, who, bytes),
            Sight::Stores { who, record } if view.is_honest(who) => self.look_at_record(who, record),
            Sight::Tells { who, event } if view.is_honest(who) => self.look_at_event(view.now(), who, event),
            Sight::Rests(who) if view.is_honest(who) => self.inspect(view, who),
            Sight::Sends { .. }
            | Sight::Stores { .. }
            | Sight::Tells { .. }
            | Sight::Rests(_)
            | Sight::Acts(_)
            | Sight::Meets { .. }
            | Sight::Ends(_) => {}
        }
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
