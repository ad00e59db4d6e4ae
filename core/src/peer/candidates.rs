//! Networks that greetings told of in a bare room, until a block of theirs was verified here (docs/protocol.md, section 9).
//!
//! A greeting can be made up for nothing, so none of them is joined, gives cause to give up the own network, or is worth a warning before its chain
//! has shown a block. Each is fetched as any chain is, within the bounds of a sync and a tree of its own.
//!
//! Why a malicious peer cannot hurt: at most `MAX_CANDIDATES`, one of each connection, and one whose connection led to nothing brings no other for
//! `CANDIDATE_REST_MS`; each ends `CANDIDATE_MS` after its last new block, and no more than `MAX_CANDIDATE_BLOCKS` prolong it. Who has only
//! words keeps a place for ten seconds a minute with each connection.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    network::{ImportError, Network, Origin},
    not_taken::NotTaken,
};
use crate::{
    chain::block::{Block, BlockHash, Header, HeaderContent},
    consensus::{
        transition::{BlockError, Verified, batch_entropy},
        tree::{InsertError, Standing},
    },
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    gossip::{
        Source,
        greeting::HelloContent,
        message::{Get, RequestId},
    },
    ledger::genesis::Genesis,
    params::{
        CANDIDATE_MS, CANDIDATE_REST_MS, MAX_CANDIDATE_BLOCKS, MAX_CANDIDATES, MAX_RESTING_SOURCES,
        SYNC_BLOCKS_PER_TURN,
    },
    sync::{Cause, SyncAction, Target, Verdict},
    time::Timestamp,
};

/// Which of two networks of a room stays, the greater one: that with more operators in its verified chain; else the one that its founder calls
/// pinned; else the one with the lower id. Both sides see it alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    operators: u32,
    pinned: bool,
    id: Reverse<NetworkId>,
}

impl Rank {
    /// Lower than the rank of every network.
    pub const NOTHING: Self = Self {
        operators: 0,
        pinned: false,
        id: Reverse(NetworkId(Hash::ZERO)),
    };

    /// Whether a network with this id may be greater, before more is known of it than its id: without a second operator and unpinned.
    pub fn may_give_way_to(&self, id: NetworkId) -> bool {
        self.operators == 0 || Reverse(id) > self.id
    }

    /// Whether such a network is never given up, as far as is known of it.
    pub fn stays(&self) -> bool {
        self.pinned || self.operators > 1
    }

    /// That of a network whose chain was verified.
    pub fn of(network: &Network, pinned: bool) -> Self {
        Self {
            operators: network.operators(),
            pinned,
            id: Reverse(network.id()),
        }
    }
}

/// A network that a greeting tells of.
pub struct Introduction<'a> {
    /// Connection that sent the greeting.
    pub source: Source,
    /// What the greeting says, its signature checked.
    pub said: &'a HelloContent,
    /// Its genesis, which was found to be one of this room.
    pub genesis: &'a Genesis,
}

impl Introduction<'_> {
    /// The founder itself says that it does not give way.
    fn is_pinned_by_founder(&self) -> bool {
        self.said.pinned && self.said.account == self.genesis.founder.account
    }
}

/// A network whose chain is being fetched, to find out whether it is real and what it is worth.
pub struct Candidate {
    network: Network,
    pinned: bool,
    introduced_by: Source,
    until: Timestamp,
    /// The last turn ended before all was done that could be.
    goes_on: bool,
}

impl Candidate {
    /// Its rank, once it showed a block.
    pub fn rank(&self) -> Option<Rank> {
        (self.network.chain().height() > 0).then(|| Rank::of(&self.network, self.pinned))
    }

    /// The genesis from which its chain begins.
    pub fn genesis(&self) -> &Genesis {
        self.network.genesis()
    }

    /// Goes on fetching its chain; gives what to ask whom.
    fn fetch(
        &mut self,
        batch_secret: &[u8; 32],
        not_taken: &mut NotTaken,
        now: Timestamp,
    ) -> Vec<(Source, RequestId, Get)> {
        let before = self.network.chain().height();
        self.network.tick_sync(now);
        let mut requests = Vec::new();
        self.goes_on = true;
        for _ in 0..SYNC_BLOCKS_PER_TURN {
            match self.network.poll_sync(now) {
                Some(SyncAction::Request { to, request_id, what }) => requests.push((to, request_id, what)),
                Some(SyncAction::Execute { block, standing }) => {
                    self.execute(*block, standing, batch_secret, now);
                }
                Some(SyncAction::Abandon(_, fault)) => not_taken.note_fault(fault),
                Some(SyncAction::Checked(_) | SyncAction::Done) => {}
                None => {
                    self.goes_on = false;
                    break;
                }
            }
        }
        self.network.rest_sync();
        if (before + 1..=MAX_CANDIDATE_BLOCKS).contains(&self.network.chain().height()) {
            self.until = now.plus_ms(CANDIDATE_MS);
        }
        requests
    }

    fn execute(&mut self, block: Block, standing: Standing, batch_secret: &[u8; 32], now: Timestamp) {
        let hash = block.hash();
        let entropy = batch_entropy(batch_secret, &hash.0);
        let result = self
            .network
            .import_as(standing, block, Verified::Nothing { entropy }, now);
        // Nobody is told of a network that is only looked at.
        let _ = self.network.settle(now);
        self.network.note_executed(&hash, verdict(&result), now);
    }
}

/// What a sync is told of a block that was executed.
pub(super) fn verdict(result: &Result<BlockHash, ImportError>) -> Verdict {
    match result {
        Ok(_) | Err(ImportError::Tree(InsertError::Known)) => Verdict::Valid,
        Err(ImportError::Tree(_) | ImportError::Future | ImportError::Block(BlockError::TooOld)) => {
            Verdict::Refused
        }
        Err(ImportError::Block(_)) => Verdict::Invalid,
    }
}

/// All networks that are looked at, at most `MAX_CANDIDATES`.
#[derive(Default)]
pub struct Candidates {
    open: BTreeMap<NetworkId, Candidate>,
    /// Connections whose candidate came to nothing, and until when they bring no other.
    resting: BTreeMap<Source, Timestamp>,
    /// Time at which the first one was told of.
    first_at: Option<Timestamp>,
}

impl Candidates {
    /// Takes note of a greeting from another network, and of who can be asked for its chain.
    pub fn introduce(&mut self, introduction: &Introduction<'_>, me: Address, now: Timestamp) {
        let Introduction {
            source,
            said,
            genesis,
        } = introduction;
        let id = genesis.network_id();
        if !self.open.contains_key(&id) {
            if !self.has_room_for(*source, now) {
                return;
            }
            self.first_at.get_or_insert(now);
            let candidate = Candidate {
                network: Network::new((*genesis).clone(), me, Origin::Met),
                pinned: false,
                introduced_by: *source,
                until: now.plus_ms(CANDIDATE_MS),
                goes_on: false,
            };
            self.open.insert(id, candidate);
        }
        let Some(candidate) = self.open.get_mut(&id) else {
            return;
        };
        candidate.pinned |= introduction.is_pinned_by_founder();
        if let Some(status) = &said.chain {
            candidate.network.follow_if_worth(*source, status, now);
        }
    }

    fn has_room_for(&self, source: Source, now: Timestamp) -> bool {
        let rests = self.resting.get(&source).is_some_and(|until| now < *until);
        let mut open = self.open.values();
        !rests && self.open.len() < MAX_CANDIDATES && open.all(|other| other.introduced_by != source)
    }

    /// A block of a candidate is in the air: with its ancestors it can be had from there.
    pub fn hear_block(&mut self, source: Source, hash: BlockHash, content: &HeaderContent, now: Timestamp) {
        if let Some(candidate) = self.open.get_mut(&content.network) {
            let target = Target {
                head: hash,
                height: content.height,
                cause: Cause::Child,
            };
            candidate.network.hear_target(source, target, now);
        }
    }

    /// An answer with headers; each candidate takes what it asked for. False if none did.
    pub fn take_headers(
        &mut self,
        source: Source,
        request_id: RequestId,
        headers: &[Header],
        now: Timestamp,
    ) -> bool {
        let mut open = self.open.values_mut();
        open.any(|candidate| candidate.network.take_headers(source, request_id, headers, now))
    }

    /// An answer with blocks; each candidate takes what it asked for. False if none did.
    pub fn take_blocks(
        &mut self,
        source: Source,
        request_id: RequestId,
        blocks: &[Block],
        now: Timestamp,
    ) -> bool {
        let mut open = self.open.values_mut();
        open.any(|candidate| {
            let network = &mut candidate.network;
            network.take_blocks(source, request_id, blocks.to_vec(), now)
        })
    }

    /// Forgets a connection that is gone as a source of blocks.
    pub fn forget_source(&mut self, source: Source) {
        for candidate in self.open.values_mut() {
            candidate.network.forget_source(source);
        }
    }

    /// Forgets all connections of a link that is gone.
    pub fn forget_link(&mut self, link: u8) {
        for candidate in self.open.values_mut() {
            candidate.network.forget_link(link);
        }
    }

    /// Ends those whose time is over, and goes on fetching the others; gives what to ask whom.
    pub fn fetch(
        &mut self,
        batch_secret: &[u8; 32],
        not_taken: &mut NotTaken,
        now: Timestamp,
    ) -> Vec<(Source, RequestId, Get)> {
        let is_over = |candidate: &Candidate| now >= candidate.until;
        let failed: BTreeSet<Source> = self
            .open
            .values()
            .filter(|candidate| is_over(candidate))
            .map(|candidate| candidate.introduced_by)
            .collect();
        self.open.retain(|_, candidate| !is_over(candidate));
        self.resting.retain(|_, until| now < *until);
        for source in failed {
            if self.resting.len() < MAX_RESTING_SOURCES {
                self.resting.insert(source, now.plus_ms(CANDIDATE_REST_MS));
            }
        }
        let open = self.open.values_mut();
        open.flat_map(|candidate| candidate.fetch(batch_secret, not_taken, now))
            .collect()
    }

    /// Of those that showed a block the one of the greatest rank.
    pub fn greatest(&self) -> Option<(Rank, &Candidate)> {
        let ranked = self
            .open
            .values()
            .filter_map(|candidate| Some((candidate.rank()?, candidate)));
        ranked.max_by_key(|(rank, _)| *rank)
    }

    /// Stops looking at this network.
    pub fn close(&mut self, id: &NetworkId) {
        self.open.remove(id);
    }

    /// Stops looking at any network.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// True while one may yet show a block to a peer that knows no network: for `CANDIDATE_MS` since the first came.
    pub fn are_awaited(&self, now: Timestamp) -> bool {
        let recently = self
            .first_at
            .is_some_and(|first_at| now.ms_since(first_at) < CANDIDATE_MS);
        recently && !self.open.is_empty()
    }

    /// When [`Self::fetch`] has something to do.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let next = |candidate: &Candidate| {
            let answer = candidate.network.sync().next_deadline();
            let step = if candidate.goes_on { Some(now) } else { answer };
            step.unwrap_or(candidate.until).min(candidate.until)
        };
        self.open.values().map(next).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_nobodys_lie_and_a_broken_rule_is_one() {
        let refused = [
            InsertError::UnknownParent,
            InsertError::TooManyInSlot,
            InsertError::OldParent,
            InsertError::NoRoom,
            InsertError::AgainstFinal,
        ];
        let refused = refused.map(ImportError::Tree).into_iter();
        let others = [ImportError::Future, ImportError::Block(BlockError::TooOld)];
        for error in refused.chain(others) {
            assert_eq!(verdict(&Err(error)), Verdict::Refused);
        }
        let known = ImportError::Tree(InsertError::Known);
        assert_eq!(verdict(&Err(known)), Verdict::Valid);
        let broken = ImportError::Block(BlockError::WrongStateRoot);
        assert_eq!(verdict(&Err(broken)), Verdict::Invalid);
    }
}
