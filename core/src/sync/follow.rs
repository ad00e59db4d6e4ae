//! From answers with headers to the chain that is followed.

use crate::{
    chain::block::Header,
    gossip::Source,
    params::MAX_SYNC_SWITCHES,
    sync::{
        Cause, ChainReader, SyncSession,
        plan::{Plan, follow_links, skip_known},
        worth::Worth,
    },
    time::Slot,
};

impl SyncSession {
    /// First headers of a new chain. False if they are no chain.
    pub(super) fn begin_plan(
        &mut self,
        source: Source,
        headers: &[Header],
        limit: usize,
        chain: &impl ChainReader,
        slot: Slot,
    ) -> bool {
        if headers.is_empty() {
            return self.disappoint(source, chain);
        }
        let Some((anchor, unknown)) = skip_known(headers, chain) else {
            return false;
        };
        let Some(known) = chain.header_chain(&anchor.hash) else {
            return false;
        };
        let target = self.sources.get(&source).and_then(|state| state.target);
        let cause = target.map_or(Cause::Child, |target| target.cause);
        let mut plan = Plan::new(source, anchor, known, cause);
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
    pub(super) fn continue_plan(
        &mut self,
        source: Source,
        headers: &[Header],
        limit: usize,
        chain: &impl ChainReader,
        slot: Slot,
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
            if let (true, Some(known)) = (plan.is_to_be_weighed(), chain.header_chain(&plan.tip.hash)) {
                plan.worth = Worth::weighing(known);
            }
            plan.exhausted = headers.len() < limit;
            let followed = self.extend_plan(&mut plan, headers, slot);
            self.plan = Some(plan);
            return followed;
        }
        // The leader changed to another chain: follow that one, a few times.
        self.drop_plan();
        self.may_switch(source) && self.begin_plan(source, headers, limit, chain, slot)
    }

    pub(super) fn extend_plan(&self, plan: &mut Plan, headers: &[Header], slot: Slot) -> bool {
        let room = plan.header_room();
        let Ok(links) = follow_links(plan.tip, headers, &self.network, slot.plus(1), room) else {
            return false;
        };
        if links.hashes.iter().any(|hash| self.bad_blocks.contains(hash)) {
            return false;
        }
        // What lies in the future is not worth asking for again.
        plan.exhausted |= links.hashes.len() < headers.len();
        plan.extend(links, headers);
        true
    }

    pub(super) fn adopt(&mut self, plan: Plan) {
        for state in self.sources.values_mut() {
            state.lacks_bodies = false;
            state.gave_bodies = false;
        }
        self.plan = Some(plan);
    }

    /// A source showed nothing new. False if it claimed otherwise, and did so too often.
    pub(super) fn disappoint(&mut self, source: Source, chain: &impl ChainReader) -> bool {
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

    /// A source's chain was not worth following, or had no room. False if that happened too often.
    pub(super) fn disappointed_by(&mut self, source: Source) -> bool {
        if let Some(state) = self.sources.get_mut(&source) {
            state.target = None;
        }
        self.may_switch(source)
    }

    /// Counts that a source changed its mind. False once that happened too often.
    pub(super) fn may_switch(&mut self, source: Source) -> bool {
        let Some(state) = self.sources.get_mut(&source) else {
            return true;
        };
        state.switches = state.switches.saturating_add(1);
        state.switches <= MAX_SYNC_SWITCHES
    }

    /// Drops targets that are known by now and a plan that is done.
    pub(super) fn skip_known(&mut self, chain: &impl ChainReader) {
        for state in self.sources.values_mut() {
            if state
                .target
                .is_some_and(|target| chain.position(&target.head).is_some())
            {
                state.target = None;
            }
        }
        if let Some(plan) = &mut self.plan {
            plan.skip_known(chain);
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
}
