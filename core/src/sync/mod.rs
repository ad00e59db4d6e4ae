//! Catching up with a heavier chain (docs/protocol.md, section 10).
//!
//! A session learns of heads, asks up to `MAX_SYNC_REQUESTS` sources at once for headers, follows the first chain of headers that links to a
//! known block, fetches its bodies in chunks from several sources, and hands blocks over for execution in order. It adopts nothing: whether
//! a chain is chosen is fork choice's business after full verification.
//!
//! Why a liar cannot hurt: headers that do not link, bodies that do not fit, blocks that do not verify, silence and missing bodies each leave
//! their source out for a minute, and the session goes on with the others. A made-up chain costs one execution, an endless one at most
//! `MAX_SYNC_HEADERS` hashes and about `MAX_SYNC_BYTES` at a time, a silent source two time-outs in one of four places. Everything that a
//! source says is bounded per source, and there are at most `MAX_SYNC_SOURCES` of them.

mod plan;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use serve::{ChainReader, Position, answer_blocks, answer_headers, answer_transactions, locator};

use crate::{
    chain::block::{Block, BlockHash, Header},
    codec::BoundedVec,
    crypto::keys::NetworkId,
    gossip::{
        Source,
        message::{Get, RequestId},
    },
    params::{
        MAX_GIVEN_BLOCKS, MAX_GIVEN_HEADERS, MAX_SYNC_BAD_BLOCKS, MAX_SYNC_REQUESTS, MAX_SYNC_SOURCES,
        MAX_SYNC_SWITCHES, MAX_SYNC_TIMEOUTS, SYNC_LEFT_OUT_MS, SYNC_TIMEOUT_MS,
    },
    sync::{
        plan::{Plan, follow_links, skip_known},
        serve::locator_after,
    },
    time::{Slot, Timestamp},
};

/// Requests of sync are numbered from here on; the numbers below are free for other requests.
pub const FIRST_SYNC_REQUEST: u64 = 1 << 63;

/// A head that somebody claims to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The block.
    pub head: BlockHash,
    /// Its claimed height.
    pub height: u64,
}

/// What the session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncAction {
    /// Ask somebody.
    Request {
        /// Whom.
        to: Source,
        /// Number of the request.
        request_id: RequestId,
        /// For what.
        what: Get,
    },
    /// Execute this block and report by [`SyncSession::executed`]; its parent is known.
    Execute(Box<Block>),
    /// This source was caught lying or silent, and is left out for a while.
    Abandon(Source),
    /// There is nothing more to fetch.
    Done,
}

/// What execution said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The block is valid, or was known already.
    Valid,
    /// The block is invalid or can never be adopted.
    Invalid,
}

/// How far the session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Blocks executed of the chain that is followed.
    pub executed: u64,
    /// Blocks of it that are known by their headers and still to be executed.
    pub remaining: u64,
    /// Height of the last known header.
    pub known_height: u64,
}

/// What is known of a source.
#[derive(Clone, Debug)]
struct SourceState {
    target: Option<Target>,
    timeouts_in_a_row: u32,
    switches: u32,
    chunk_blocks: usize,
    /// Has no body of the followed chain that is still wanted.
    lacks_bodies: bool,
    /// Gave a body of the followed chain.
    gave_bodies: bool,
}

impl SourceState {
    fn new() -> Self {
        Self {
            target: None,
            timeouts_in_a_row: 0,
            switches: 0,
            chunk_blocks: MAX_GIVEN_BLOCKS,
            lacks_bodies: false,
            gave_bodies: false,
        }
    }
}

#[derive(Clone, Debug)]
enum Asked {
    /// After a header of the followed chain, or after what is executed here.
    Headers {
        after: Option<BlockHash>,
        limit: usize,
    },
    Blocks(Vec<BlockHash>),
}

#[derive(Clone, Debug)]
struct OpenRequest {
    source: Source,
    asked: Asked,
    deadline: Timestamp,
}

/// One peer's efforts to catch up.
#[derive(Clone, Debug)]
pub struct SyncSession {
    network: NetworkId,
    next_request: u64,
    sources: BTreeMap<Source, SourceState>,
    left_out: BTreeMap<Source, Timestamp>,
    requests: BTreeMap<RequestId, OpenRequest>,
    plan: Option<Plan>,
    bad_blocks: VecDeque<BlockHash>,
    abandoned: VecDeque<Source>,
    active: bool,
}

impl SyncSession {
    /// A session with nothing to do.
    pub fn new(network: NetworkId) -> Self {
        Self {
            network,
            next_request: FIRST_SYNC_REQUEST,
            sources: BTreeMap::new(),
            left_out: BTreeMap::new(),
            requests: BTreeMap::new(),
            plan: None,
            bad_blocks: VecDeque::new(),
            abandoned: VecDeque::new(),
            active: false,
        }
    }

    /// Somebody claims a head that is worth having and not known here.
    pub fn target_heard(&mut self, source: Source, target: Target, now: Timestamp) {
        if self.is_left_out(source, now) || self.bad_blocks.contains(&target.head) {
            return;
        }
        if !self.sources.contains_key(&source) && !self.make_room() {
            return;
        }
        self.sources.entry(source).or_insert_with(SourceState::new).target = Some(target);
        self.active = true;
    }

    /// An answer with headers. `slot` is the current one. False if it was not asked for.
    pub fn headers_received(
        &mut self,
        source: Source,
        request: RequestId,
        headers: &[Header],
        chain: &impl ChainReader,
        (slot, now): (Slot, Timestamp),
    ) -> bool {
        let is_headers = |asked: &Asked| matches!(asked, Asked::Headers { .. });
        let Some(Asked::Headers { after, limit }) = self.take_request(source, request, is_headers) else {
            return false;
        };
        let followed = match &self.plan {
            None => self.begin_plan(source, headers, limit, chain, (slot, now)),
            Some(plan) if plan.leader == source && after == Some(plan.tip.hash) => {
                self.continue_plan(source, headers, limit, chain, (slot, now))
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
    pub fn blocks_received(
        &mut self,
        source: Source,
        request: RequestId,
        blocks: Vec<Block>,
        now: Timestamp,
    ) -> bool {
        let is_blocks = |asked: &Asked| matches!(asked, Asked::Blocks(_));
        let Some(Asked::Blocks(asked)) = self.take_request(source, request, is_blocks) else {
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
    pub fn executed(&mut self, hash: &BlockHash, verdict: Verdict, now: Timestamp) {
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

    /// A connection is gone.
    pub fn source_gone(&mut self, source: Source) {
        self.forget(source);
    }

    /// A link is gone, with all its connections.
    pub fn link_gone(&mut self, link: u8) {
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
        self.left_out.retain(|_, until| is_ahead(*until, now));
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
                self.leave_out(open.source, now);
            }
        }
    }

    /// Whether a block is ready to be executed: call [`Self::poll`] again soon.
    pub fn is_executing(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::has_next)
    }

    /// When [`Self::tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.requests.values().map(|open| open.deadline).min()
    }

    /// The next thing to do; call until there is none.
    pub fn poll(&mut self, chain: &impl ChainReader, now: Timestamp) -> Option<SyncAction> {
        if let Some(source) = self.abandoned.pop_front() {
            return Some(SyncAction::Abandon(source));
        }
        self.settle(chain);
        if let Some(block) = self.plan.as_mut().and_then(Plan::next_to_execute) {
            return Some(SyncAction::Execute(block));
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

    /// Whether signing should wait: a chain of headers was found just now, or blocks of it turned out valid. Mere claims never count, so a
    /// liar keeps nobody from signing for longer than it takes to leave it out.
    pub fn is_catching_up(&self, now: Timestamp) -> bool {
        self.plan
            .as_ref()
            .is_some_and(|plan| plan.executed > 0 || now.ms_since(plan.started) < SYNC_TIMEOUT_MS)
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

    /// First headers of a new chain. False if they are no chain.
    fn begin_plan(
        &mut self,
        source: Source,
        headers: &[Header],
        limit: usize,
        chain: &impl ChainReader,
        (slot, now): (Slot, Timestamp),
    ) -> bool {
        if headers.is_empty() {
            return self.disappoint(source, chain);
        }
        let Some((anchor, unknown)) = skip_known(headers, chain) else {
            return false;
        };
        let mut plan = Plan::new(source, anchor, now);
        plan.exhausted = headers.len() < limit;
        if unknown.is_empty() && plan.exhausted {
            return self.disappoint(source, chain);
        }
        let followed = self.extend_plan(&mut plan, unknown, slot);
        if followed {
            self.adopt(plan);
        }
        followed
    }

    /// More headers from the leader. False if they lead nowhere.
    fn continue_plan(
        &mut self,
        source: Source,
        headers: &[Header],
        limit: usize,
        chain: &impl ChainReader,
        (slot, now): (Slot, Timestamp),
    ) -> bool {
        let Some(mut plan) = self.plan.take() else {
            return true;
        };
        let Some(first) = headers.first() else {
            plan.exhausted = true;
            self.plan = Some(plan);
            return true;
        };
        if first.content.parent == plan.tip.hash {
            plan.exhausted = headers.len() < limit;
            let followed = self.extend_plan(&mut plan, headers, slot);
            self.plan = Some(plan);
            return followed;
        }
        // The leader changed to another chain: follow that one, a few times.
        self.drop_plan();
        self.may_switch(source) && self.begin_plan(source, headers, limit, chain, (slot, now))
    }

    fn extend_plan(&self, plan: &mut Plan, headers: &[Header], slot: Slot) -> bool {
        let room = plan.header_room();
        let Ok(links) = follow_links(plan.tip, headers, &self.network, slot.plus(1), room) else {
            return false;
        };
        if links.hashes.iter().any(|hash| self.bad_blocks.contains(hash)) {
            return false;
        }
        // What lies in the future is not worth asking for again.
        plan.exhausted |= links.hashes.len() < headers.len();
        plan.extend(links);
        true
    }

    fn adopt(&mut self, plan: Plan) {
        for state in self.sources.values_mut() {
            state.lacks_bodies = false;
            state.gave_bodies = false;
        }
        self.plan = Some(plan);
    }

    /// A source showed nothing new. False if it claimed otherwise, and did so too often.
    fn disappoint(&mut self, source: Source, chain: &impl ChainReader) -> bool {
        let Some(state) = self.sources.get_mut(&source) else {
            return true;
        };
        let target = state.target.take();
        if target.is_none_or(|target| chain.position(&target.head).is_some()) {
            state.switches = 0;
            return true;
        }
        self.may_switch(source)
    }

    /// Counts that a source changed its mind. False once that happened too often.
    fn may_switch(&mut self, source: Source) -> bool {
        let Some(state) = self.sources.get_mut(&source) else {
            return true;
        };
        state.switches = state.switches.saturating_add(1);
        state.switches <= MAX_SYNC_SWITCHES
    }

    /// Drops targets that are known by now and a plan that is done.
    fn settle(&mut self, chain: &impl ChainReader) {
        for state in self.sources.values_mut() {
            if state
                .target
                .is_some_and(|target| chain.position(&target.head).is_some())
            {
                state.target = None;
            }
        }
        if let Some(plan) = self
            .plan
            .as_ref()
            .filter(|plan| plan.exhausted && plan.is_empty())
        {
            let leader = plan.leader;
            self.drop_plan();
            if let Some(state) = self.sources.get_mut(&leader) {
                state.target = None;
            }
        }
    }

    /// Asks somebody who is free for the next bodies.
    fn request_bodies(&mut self, now: Timestamp) -> Option<SyncAction> {
        if self.requests.len() >= MAX_SYNC_REQUESTS {
            return None;
        }
        let plan = self.plan.as_ref()?;
        let busy = self.busy();
        let (source, chunk_blocks) = self
            .sources
            .iter()
            .filter(|(source, state)| !state.lacks_bodies && !busy.contains(source))
            .min_by_key(|(source, state)| {
                (
                    state.timeouts_in_a_row,
                    **source != plan.leader,
                    !state.gave_bodies,
                )
            })
            .map(|(source, state)| (*source, state.chunk_blocks))?;
        let hashes = plan.wanted(chunk_blocks);
        if hashes.is_empty() {
            return None;
        }
        let what = Get::Blocks {
            hashes: BoundedVec::try_from(hashes.clone()).ok()?,
        };
        let request_id = self.open_request(source, Asked::Blocks(hashes.clone()), now);
        if let Some(plan) = &mut self.plan {
            plan.mark_asked(&hashes, request_id);
        }
        Some(SyncAction::Request {
            to: source,
            request_id,
            what,
        })
    }

    /// Asks for headers: the leader for more of its chain, or everybody who claims something if no chain is followed.
    fn request_headers(&mut self, chain: &impl ChainReader, now: Timestamp) -> Option<SyncAction> {
        if self.requests.len() >= MAX_SYNC_REQUESTS {
            return None;
        }
        let busy = self.busy();
        let (source, after) = match &self.plan {
            Some(plan) => {
                let wants_more = !plan.exhausted && plan.header_room() >= MAX_GIVEN_HEADERS;
                (wants_more && !busy.contains(&plan.leader)).then_some((plan.leader, Some(plan.tip.hash)))?
            }
            None => {
                let claimants = self.sources.iter().filter(|(_, state)| state.target.is_some());
                let free = claimants.filter(|(source, _)| !busy.contains(source));
                let best = free.min_by_key(|(_, state)| (state.timeouts_in_a_row, state.switches));
                (*best?.0, None)
            }
        };
        let (locator, limit) = (locator_after(chain, after), MAX_GIVEN_HEADERS);
        let what = Get::Headers {
            locator,
            limit: u16::try_from(limit).unwrap_or(u16::MAX),
        };
        let request_id = self.open_request(source, Asked::Headers { after, limit }, now);
        Some(SyncAction::Request {
            to: source,
            request_id,
            what,
        })
    }

    fn busy(&self) -> BTreeSet<Source> {
        self.requests.values().map(|open| open.source).collect()
    }

    fn open_request(&mut self, source: Source, asked: Asked, now: Timestamp) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request = self.next_request.checked_add(1).unwrap_or(FIRST_SYNC_REQUEST);
        self.requests.insert(
            request,
            OpenRequest {
                source,
                asked,
                deadline: now.plus_ms(SYNC_TIMEOUT_MS),
            },
        );
        request
    }

    /// Closes a request that is answered.
    fn take_request(
        &mut self,
        source: Source,
        request: RequestId,
        fits: impl Fn(&Asked) -> bool,
    ) -> Option<Asked> {
        self.requests
            .get(&request)
            .filter(|open| open.source == source && fits(&open.asked))?;
        let open = self.close_request(request)?;
        if let Some(state) = self.sources.get_mut(&source) {
            state.timeouts_in_a_row = 0;
        }
        Some(open.asked)
    }

    fn close_request(&mut self, request: RequestId) -> Option<OpenRequest> {
        if let Some(plan) = &mut self.plan {
            plan.unmark(request);
        }
        self.requests.remove(&request)
    }

    fn is_left_out(&self, source: Source, now: Timestamp) -> bool {
        self.left_out
            .get(&source)
            .is_some_and(|until| is_ahead(*until, now))
    }

    fn leave_out(&mut self, source: Source, now: Timestamp) {
        self.forget(source);
        if self.left_out.len() >= MAX_SYNC_SOURCES {
            let soonest = self
                .left_out
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(source, _)| *source);
            soonest.and_then(|source| self.left_out.remove(&source));
        }
        self.left_out.insert(source, now.plus_ms(SYNC_LEFT_OUT_MS));
        self.abandoned.push_back(source);
    }

    /// Goes on without a source.
    fn forget(&mut self, source: Source) {
        let open: Vec<RequestId> = self
            .requests
            .iter()
            .filter(|(_, open)| open.source == source)
            .map(|(request, _)| *request)
            .collect();
        for request in open {
            self.close_request(request);
        }
        self.sources.remove(&source);
        if self.plan.as_ref().is_some_and(|plan| plan.leader == source) {
            self.hand_over();
        }
    }

    /// Somebody else who has given blocks of the chain leads on from the bodies that are here; without one it is followed no more.
    fn hand_over(&mut self) {
        let heir = self
            .sources
            .iter()
            .find(|(_, state)| state.gave_bodies)
            .map(|(heir, _)| *heir);
        let plan = self
            .plan
            .take()
            .zip(heir)
            .and_then(|(plan, heir)| plan.inherited_by(heir));
        self.drop_plan();
        self.plan = plan;
    }

    /// Makes sure that one more source fits, if need be by forgetting the least useful one. False if all are in use.
    fn make_room(&mut self) -> bool {
        if self.sources.len() < MAX_SYNC_SOURCES {
            return true;
        }
        let busy = self.busy();
        let leader = self.plan.as_ref().map(|plan| plan.leader);
        let idle = self
            .sources
            .iter()
            .filter(|(source, _)| !busy.contains(source) && Some(**source) != leader);
        let worst = idle
            .max_by_key(|(source, state)| {
                (
                    state.target.is_none(),
                    state.timeouts_in_a_row,
                    state.switches,
                    **source,
                )
            })
            .map(|(source, _)| *source);
        worst.is_some_and(|source| self.sources.remove(&source).is_some())
    }

    /// Follows no chain any more; open requests for its bodies are of no interest.
    fn drop_plan(&mut self) {
        self.plan = None;
        self.requests
            .retain(|_, open| matches!(open.asked, Asked::Headers { .. }));
        for state in self.sources.values_mut() {
            state.lacks_bodies = false;
            state.gave_bodies = false;
        }
    }
}

/// A clock that was set back leaves nobody out for longer than a minute.
fn is_ahead(until: Timestamp, now: Timestamp) -> bool {
    (1..=SYNC_LEFT_OUT_MS).contains(&until.ms_since(now))
}
