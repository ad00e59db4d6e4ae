//! Catching up with a heavier chain (docs/protocol.md, section 10).
//!
//! A session learns of heads, asks sources for headers, follows the first chain of headers that links to a known block, checks its headers until
//! they weigh more than the chosen chain ([`weigh`]), fetches its bodies in chunks from several sources, and hands blocks over for execution in
//! order. It adopts nothing: whether a chain is chosen is fork choice's business after full verification. A chain that turns out lighter is
//! fetched only if votes refer to it or a higher justified checkpoint is claimed for it, and only as far as the tree has room for it.
//!
//! Why a liar cannot hurt: headers that do not link, a first header that breaks a rule, bodies that do not fit, blocks that do not verify and missing
//! bodies each leave their source out for a minute; a source that keeps silent rests, longer each time, and whoever has not failed yet is asked
//! before it. After [`SYNC_HEDGE_MS`](crate::params::SYNC_HEDGE_MS) without an answer the next one is asked as well, so that silent sources cost a
//! fifth of a second each, once. That the tree has no room for a block is nobody's lie. Made-up headers cost one signature check, real ones of a
//! lighter chain are checked for one source at a time and a few times for each. At most `MAX_SYNC_HEADERS` unchecked headers are held, the hashes of
//! `MAX_WEIGHED_HEADERS` checked ones, about `MAX_SYNC_BYTES` of bodies and one open request for each of `MAX_SYNC_SOURCES` sources.
//! Being behind keeps nobody from signing for longer than [`lag`] allows.

mod ask;
mod follow;
mod lag;
mod plan;
mod request;
mod serve;
mod source;
mod sources;
mod target;
#[cfg(test)]
mod tests;
mod weigh;
mod worth;

use std::collections::{BTreeMap, VecDeque};

pub use request::FIRST_SYNC_REQUEST;
pub use serve::{ChainReader, Position, answer_blocks, answer_headers, answer_transactions, locator};
pub use target::{Cause, Target};

use crate::{
    chain::block::{Block, BlockHash, Header},
    consensus::tree::Standing,
    crypto::{hash::Hash, keys::NetworkId},
    gossip::{
        Source,
        message::{Get, RequestId},
    },
    params::{MAX_GIVEN_BLOCKS, MAX_SYNC_BAD_BLOCKS, MAX_SYNC_TIMEOUTS, SYNC_TIMEOUT_MS},
    sync::{
        lag::LagBudget,
        plan::Plan,
        request::{OpenRequest, Wanted},
        source::{LeftOut, SourceState},
    },
    time::{Slot, Timestamp},
};

/// What the session wants its peer to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncAction {
    /// Send this request to one source.
    Request {
        /// Source that is to be asked.
        to: Source,
        /// Number that the answer will repeat.
        request_id: RequestId,
        /// What to ask for.
        what: Get,
    },
    /// So many headers were checked; there may be more to check.
    Checked(usize),
    /// Execute this block and report by [`SyncSession::note_executed`]; its parent is known.
    Execute {
        /// Next block of the chain that is followed.
        block: Box<Block>,
        /// Who speaks for the block, which decides how much room the tree has for it.
        standing: Standing,
    },
    /// This source is left out for a while.
    Abandon(Source, Fault),
    /// Nothing more is to be fetched.
    Done,
}

/// Why a source is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its answers broke a rule, were others than those asked for, or led to nothing too often.
    Misled,
    /// It did not answer in time.
    Silent,
}

/// What became of a block that the session had executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The block is valid, or was known already.
    Valid,
    /// There is no room for the block, or it conflicts with what is final here: nobody has lied.
    Refused,
    /// The block breaks a rule.
    Invalid,
}

/// How far the session has come along the chain that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Blocks executed of the chain that is followed.
    pub executed: u64,
    /// Blocks of it that are known by their headers and still to be executed.
    pub remaining: u64,
    /// Height of the last header that is known.
    pub known_height: u64,
}

/// One peer's efforts to catch up with a heavier chain.
#[derive(Clone, Debug)]
pub struct SyncSession {
    network: NetworkId,
    next_request: u64,
    sources: BTreeMap<Source, SourceState>,
    left_out: BTreeMap<Source, LeftOut>,
    requests: BTreeMap<RequestId, OpenRequest>,
    plan: Option<Plan>,
    bad_blocks: VecDeque<BlockHash>,
    abandoned: VecDeque<(Source, Fault)>,
    lag: LagBudget,
    active: bool,
}

impl SyncSession {
    /// A session with nothing to do.
    pub fn new(network: NetworkId) -> Self {
        let Hash([a, b, c, d, e, f, g, h, ..]) = network.0;
        Self {
            network,
            next_request: FIRST_SYNC_REQUEST | (u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1),
            sources: BTreeMap::new(),
            left_out: BTreeMap::new(),
            requests: BTreeMap::new(),
            plan: None,
            bad_blocks: VecDeque::new(),
            abandoned: VecDeque::new(),
            lag: LagBudget::default(),
            active: false,
        }
    }

    /// Somebody claims a head that is worth having and not known here.
    pub fn hear_target(&mut self, source: Source, target: Target, now: Timestamp) {
        if self.is_left_out(source, now) || self.bad_blocks.contains(&target.head) {
            return;
        }
        if !self.sources.contains_key(&source) && !self.make_room() {
            return;
        }
        let failures = self.failures(source);
        let state = self
            .sources
            .entry(source)
            .or_insert_with(|| SourceState::new(failures));
        // What speaks louder for a source's chain is not forgotten for what speaks less.
        if state.target.is_none_or(|known| known.cause <= target.cause) {
            state.target = Some(target);
        }
        self.active = true;
    }

    /// An answer with headers. `slot` is the current one. False if it was not asked for.
    pub fn take_headers(
        &mut self,
        source: Source,
        request: RequestId,
        headers: &[Header],
        chain: &impl ChainReader,
        (slot, now): (Slot, Timestamp),
    ) -> bool {
        let is_headers = |asked: &Wanted| matches!(asked, Wanted::Headers { .. });
        let Some(Wanted::Headers { after, limit }) = self.take_request(source, request, is_headers) else {
            return false;
        };
        let followed = match &self.plan {
            None => self.begin_plan(source, headers, limit, chain, slot),
            Some(plan) if plan.leader == source && after == Some(plan.tip.hash) => {
                self.continue_plan(source, headers, limit, chain, slot)
            }
            // Another chain is followed meanwhile; this one gets its turn afterwards.
            Some(_) => true,
        };
        if !followed {
            self.leave_out(source, now);
        }
        true
    }

    /// An answer with blocks. False if it was not asked for.
    pub fn take_blocks(
        &mut self,
        source: Source,
        request: RequestId,
        blocks: Vec<Block>,
        now: Timestamp,
    ) -> bool {
        let is_blocks = |asked: &Wanted| matches!(asked, Wanted::Blocks(_));
        let Some(Wanted::Blocks(asked)) = self.take_request(source, request, is_blocks) else {
            return false;
        };
        let honest = blocks.len() <= asked.len()
            && blocks
                .iter()
                .zip(&asked)
                .all(|(block, hash)| block.hash() == *hash && block.check_body().is_ok());
        let is_leader = self.plan.as_ref().is_some_and(|plan| plan.leader == source);
        // A leader without the bodies of its own headers leads nowhere.
        if !honest || (blocks.is_empty() && is_leader) {
            self.leave_out(source, now);
            return true;
        }
        if let Some(state) = self.sources.get_mut(&source) {
            state.lacks_bodies = blocks.is_empty();
            state.gave_bodies |= !blocks.is_empty();
            state.chunk_blocks = state.chunk_blocks.saturating_mul(2).min(MAX_GIVEN_BLOCKS);
        }
        if let Some(plan) = &mut self.plan {
            for (block, hash) in blocks.into_iter().zip(asked) {
                plan.store(hash, block);
            }
        }
        true
    }

    /// The block that was handed over was executed.
    pub fn note_executed(&mut self, hash: &BlockHash, verdict: Verdict, now: Timestamp) {
        let Some(plan) = self.plan.as_mut().filter(|plan| plan.executing == Some(*hash)) else {
            return;
        };
        let leader = plan.leader;
        match verdict {
            Verdict::Valid => {
                plan.finish_execution();
                if let Some(state) = self.sources.get_mut(&leader) {
                    state.switches = 0;
                }
            }
            Verdict::Refused => {
                self.drop_plan();
                if !self.disappointed_by(leader) {
                    self.leave_out(leader, now);
                }
            }
            Verdict::Invalid => {
                self.bad_blocks.push_back(*hash);
                if self.bad_blocks.len() > MAX_SYNC_BAD_BLOCKS {
                    self.bad_blocks.pop_front();
                }
                self.drop_plan();
                self.leave_out(leader, now);
            }
        }
    }

    /// Forgets a source whose connection is gone.
    pub fn forget_source(&mut self, source: Source) {
        self.forget(source);
    }

    /// A link is gone, with all its connections.
    pub fn forget_link(&mut self, link: u8) {
        let gone: Vec<Source> = self
            .sources
            .keys()
            .filter(|source| source.link == link)
            .copied()
            .collect();
        for source in gone {
            self.forget(source);
        }
    }

    /// Gives up on requests that are overdue.
    pub fn tick(&mut self, now: Timestamp) {
        self.lag.pass(self.is_behind(), now);
        self.left_out.retain(|_, left_out| left_out.is_remembered(now));
        for open in self.requests.values_mut() {
            open.is_slow |= open.slow_at <= now;
        }
        let overdue: Vec<RequestId> = self
            .requests
            .iter()
            .filter(|(_, open)| open.deadline <= now || open.deadline > now.plus_ms(SYNC_TIMEOUT_MS))
            .map(|(request, _)| *request)
            .collect();
        for request in overdue {
            let Some(open) = self.close_request(request) else {
                continue;
            };
            let Some(state) = self.sources.get_mut(&open.source) else {
                continue;
            };
            state.timeouts_in_a_row = state.timeouts_in_a_row.saturating_add(1);
            state.chunk_blocks = (state.chunk_blocks / 2).max(1);
            if state.timeouts_in_a_row >= MAX_SYNC_TIMEOUTS {
                self.rest(open.source, now);
            }
        }
    }

    /// Whether blocks of a chain are on their way that was found to weigh more than the chosen one.
    pub fn is_promised(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_heavier)
    }

    /// When [`Self::tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let next = |open: &OpenRequest| if open.is_slow { open.deadline } else { open.slow_at };
        self.requests.values().map(next).min()
    }

    /// The next thing to do; call until there is none.
    pub fn poll(&mut self, chain: &impl ChainReader, now: Timestamp) -> Option<SyncAction> {
        if let Some((source, fault)) = self.abandoned.pop_front() {
            return Some(SyncAction::Abandon(source, fault));
        }
        self.skip_known(chain);
        if let Some(checked) = self.weigh_plan(chain, now) {
            return Some(SyncAction::Checked(checked));
        }
        if let Some((block, standing)) = self.plan.as_mut().and_then(Plan::next_to_execute) {
            return Some(SyncAction::Execute { block, standing });
        }
        let request = self
            .request_bodies(now)
            .or_else(|| self.request_headers(chain, now));
        if request.is_some() {
            return request;
        }
        let idle = self.plan.is_none() && self.requests.is_empty();
        (idle && std::mem::take(&mut self.active)).then_some(SyncAction::Done)
    }

    /// Whether there is anything to fetch.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Whether signing should wait: the headers that follow what is known passed their checks and promise more than the chosen chain has.
    /// Mere claims never count, and all waiting together is bounded.
    pub fn is_catching_up(&self) -> bool {
        self.is_behind() && self.lag.allows()
    }

    fn is_behind(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_promising)
    }

    /// How far the chain is that is followed, if one is.
    pub fn progress(&self) -> Option<Progress> {
        let plan = self.plan.as_ref()?;
        Some(Progress {
            executed: plan.executed,
            remaining: plan.len() as u64,
            known_height: plan.tip.position.height,
        })
    }
}
