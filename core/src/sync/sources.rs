//! Which sources can be asked, which are left out for a while, and which one leads the chain that is followed.

use crate::{
    gossip::{Source, message::RequestId},
    params::{MAX_SYNC_SOURCES, SYNC_LEFT_OUT_MS, SYNC_SILENT_MS},
    sync::{Fault, SyncSession, request::Wanted, source::LeftOut},
    time::Timestamp,
};

impl SyncSession {
    pub(super) fn is_left_out(&self, source: Source, now: Timestamp) -> bool {
        self.left_out
            .get(&source)
            .is_some_and(|left_out| is_ahead(left_out.until, now))
    }

    /// How often a source kept silent lately.
    pub(super) fn failures(&self, source: Source) -> u32 {
        self.left_out.get(&source).map_or(0, |left_out| left_out.failures)
    }

    /// A source that lied is not asked for a minute.
    pub(super) fn leave_out(&mut self, source: Source, now: Timestamp) {
        self.leave_out_for(source, Fault::Misled, SYNC_LEFT_OUT_MS, now);
    }

    /// A source that did not answer has a rest, twice as long each time.
    pub(super) fn rest(&mut self, source: Source, now: Timestamp) {
        let doublings = self.failures(source).min(8);
        self.leave_out_for(source, Fault::Silent, SYNC_SILENT_MS << doublings, now);
    }

    fn leave_out_for(&mut self, source: Source, fault: Fault, ms: u64, now: Timestamp) {
        let left_out = LeftOut {
            until: now.plus_ms(ms.min(SYNC_LEFT_OUT_MS)),
            failures: self.failures(source).saturating_add(1),
        };
        self.forget(source);
        if self.left_out.len() >= MAX_SYNC_SOURCES {
            let soonest = self
                .left_out
                .iter()
                .min_by_key(|(_, left_out)| left_out.until)
                .map(|(source, _)| *source);
            soonest.and_then(|source| self.left_out.remove(&source));
        }
        self.left_out.insert(source, left_out);
        self.abandoned.push_back((source, fault));
    }

    /// Goes on without a source.
    pub(super) fn forget(&mut self, source: Source) {
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
    pub(super) fn hand_over(&mut self) {
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
    pub(super) fn make_room(&mut self) -> bool {
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
                    state.failures,
                    state.timeouts_in_a_row,
                    state.switches,
                    **source,
                )
            })
            .map(|(source, _)| *source);
        worst.is_some_and(|source| self.sources.remove(&source).is_some())
    }

    /// Follows no chain any more; open requests for its bodies are of no interest.
    pub(super) fn drop_plan(&mut self) {
        self.plan = None;
        self.requests
            .retain(|_, open| matches!(open.asked, Wanted::Headers { .. }));
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
