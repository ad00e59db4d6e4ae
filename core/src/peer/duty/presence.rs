//! Saying regularly that I am here and what I know, and probing clocks.
//!
//! In a large room each peer speaks more rarely, so that about `PRESENCE_PER_S` announcements come per second in all.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    crypto::keys::Address,
    gossip::{Source, greeting::SessionId, roster::Member},
    params::{PROBE_MS, PROBES_AT_A_TIME},
    peer::{
        Peer,
        io::{ConnectionId, LinkId, To},
        network::Network,
    },
    sorting,
    time::Timestamp,
};

impl Peer {
    pub(super) fn announce_if_due(&mut self) {
        if self.now < self.presence_due_at() || !self.links.any_up() {
            return;
        }
        self.timers.announced_at = self.now;
        if self.network.is_none() {
            // Whoever would have told may not have heard, or not have been here yet.
            self.greet_everybody();
            return;
        }
        self.announce();
        self.repeat_votes();
        self.repeat_statements();
        let is_due = self.now >= self.timers.probe_at;
        if is_due {
            self.timers.probe_at = self.now.plus_ms(PROBE_MS);
            self.probe_anybody();
        }
        if is_due || self.clock_estimate().is_none() {
            self.probe_operators();
        }
    }

    /// When presence is announced next: sooner than it was planned where others have left meanwhile.
    pub(super) fn presence_due_at(&self) -> Timestamp {
        self.timers.announced_at.plus_ms(self.presence_interval_ms())
    }

    /// Asks one of all peers for its clock, another each time: the way to it is shown to the user.
    fn probe_anybody(&mut self) {
        let members: Vec<(Source, SessionId)> = self
            .roster
            .iter()
            .map(|member| (member.source, member.session))
            .collect();
        self.timers.probes = self.timers.probes.wrapping_add(1);
        if let Some((source, session)) = members.get(self.timers.probes % members.len().max(1)) {
            self.probe(*source, *session);
        }
    }

    /// Asks operators for their clocks, those first that were not asked for longest, and of those the ones with most stake.
    fn probe_operators(&mut self) {
        let Some(state) = self.network.as_ref().and_then(Network::head_state) else {
            return;
        };
        let operators = state.term().operators.clone();
        let mut sessions: BTreeMap<Address, &Member> = BTreeMap::new();
        for member in self.roster.iter() {
            let newest = sessions.entry(member.account).or_insert(member);
            if newest.last_heard < member.last_heard {
                *newest = member;
            }
        }
        let turn = |member: &&Member| {
            let stake_micro = operators.get(&member.account)?.stake_micro;
            let sampled_at = member.clock.map(|sample| sample.at);
            Some((sampled_at, Reverse(stake_micro), member.source, member.session))
        };
        let mut turns: Vec<_> = sessions.values().filter_map(turn).collect();
        sorting::sort(&mut turns);
        turns.truncate(PROBES_AT_A_TIME);
        for (_, _, source, session) in turns {
            self.probe(source, session);
        }
    }

    fn probe(&mut self, source: Source, session: SessionId) {
        let question = self.draw_question(Some(session));
        let to = To::One(ConnectionId(source.connection));
        self.greet_on(LinkId(source.link), to, None, Some(question));
    }
}
