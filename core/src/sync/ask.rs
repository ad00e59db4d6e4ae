//! Chooses whom to ask for what: one open request for each source, `MAX_SYNC_REQUESTS` in all beside those that are slow to be answered.

use std::collections::BTreeSet;

use crate::{
    codec::BoundedVec,
    gossip::{
        Source,
        message::{Get, RequestId},
    },
    params::{MAX_GIVEN_HEADERS, MAX_SYNC_REQUESTS, SYNC_HEDGE_MS, SYNC_TIMEOUT_MS},
    sorting,
    sync::{
        SyncAction, SyncSession,
        request::{FIRST_SYNC_REQUEST, OpenRequest, Wanted},
        serve::{ChainReader, locator_after},
    },
    time::Timestamp,
};

impl SyncSession {
    /// Asks somebody who is free for the next bodies.
    pub(super) fn request_bodies(&mut self, now: Timestamp) -> Option<SyncAction> {
        if !self.may_ask() {
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
                    state.failures,
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
        let request_id = self.open_request(source, Wanted::Blocks(hashes.clone()), now);
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
    pub(super) fn request_headers(&mut self, chain: &impl ChainReader, now: Timestamp) -> Option<SyncAction> {
        if !self.may_ask() {
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
                let best =
                    free.min_by_key(|(_, state)| (state.failures, state.timeouts_in_a_row, state.switches));
                (*best?.0, None)
            }
        };
        let (locator, limit) = (locator_after(chain, after), MAX_GIVEN_HEADERS);
        let what = Get::Headers {
            locator,
            limit: u16::try_from(limit).unwrap_or(u16::MAX),
        };
        let request_id = self.open_request(source, Wanted::Headers { after, limit }, now);
        Some(SyncAction::Request {
            to: source,
            request_id,
            what,
        })
    }

    fn may_ask(&self) -> bool {
        self.requests.values().filter(|open| !open.is_slow).count() < MAX_SYNC_REQUESTS
    }

    pub(super) fn busy(&self) -> BTreeSet<Source> {
        sorting::set(self.requests.values().map(|open| open.source))
    }

    pub(super) fn open_request(&mut self, source: Source, asked: Wanted, now: Timestamp) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request = self.next_request.checked_add(1).unwrap_or(FIRST_SYNC_REQUEST);
        self.requests.insert(
            request,
            OpenRequest {
                source,
                asked,
                deadline: now.plus_ms(SYNC_TIMEOUT_MS),
                slow_at: now.plus_ms(SYNC_HEDGE_MS),
                is_slow: false,
            },
        );
        request
    }

    /// Closes a request that is answered.
    pub(super) fn take_request(
        &mut self,
        source: Source,
        request: RequestId,
        fits: impl Fn(&Wanted) -> bool,
    ) -> Option<Wanted> {
        self.requests
            .get(&request)
            .filter(|open| open.source == source && fits(&open.asked))?;
        let open = self.close_request(request)?;
        if let Some(state) = self.sources.get_mut(&source) {
            state.timeouts_in_a_row = 0;
            state.failures = 0;
        }
        self.left_out.remove(&source);
        Some(open.asked)
    }

    pub(super) fn close_request(&mut self, request: RequestId) -> Option<OpenRequest> {
        if let Some(plan) = &mut self.plan {
            plan.unmark(request);
        }
        self.requests.remove(&request)
    }
}
