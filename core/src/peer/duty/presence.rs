//! Saying regularly that I am here and what I know, and probing clocks.
//!
//! In a large room each peer speaks more rarely, so that about `PRESENCE_PER_S` announcements come per second in all.

use crate::{
    crypto::keys::Address,
    gossip::{
        Source,
        greeting::{Presence, PresenceContent},
        message::Message,
    },
    params::{PRESENCE_MS, PRESENCE_PER_S, PROBE_MS},
    peer::{
        Peer,
        io::{ConnectionId, LinkId, To},
        network::Network,
    },
};

impl Peer {
    pub(super) fn announce_if_due(&mut self) {
        if self.now < self.timers.presence_at || !self.links.any_up() {
            return;
        }
        let crowd_ms = u64::from(self.links.others()).saturating_mul(1_000) / PRESENCE_PER_S;
        self.timers.presence_at = self.now.plus_ms(PRESENCE_MS.max(crowd_ms));
        if self.network.is_none() {
            // Whoever would have told may not have heard, or not have been here yet.
            self.greet(To::All, None, true);
            return;
        }
        self.announce();
        self.repeat_votes();
        if self.now >= self.timers.probe_at {
            self.timers.probe_at = self.now.plus_ms(PROBE_MS);
            self.probe_a_clock(|_| true);
        } else if self.clock_offset_ms().is_none() {
            let term = self.network.as_ref().and_then(Network::head_state);
            let term = term.map(|state| state.term.clone());
            let is_operator = |account: &Address| Some(term.as_ref()?.operators.get(account)?.stake_micro);
            self.probe_a_clock(|account| is_operator(account).is_some());
        }
    }

    /// Announces presence now.
    pub(in crate::peer) fn announce(&mut self) {
        let Some(network) = &self.network else { return };
        let Some(chain) = network.status() else { return };
        let content = PresenceContent {
            session: self.session,
            account: self.identity.address(),
            name: self.identity.name().clone(),
            chain,
            typing: self.typing_in.clone(),
        };
        let presence = Presence::sign(content, &network.id, self.identity.account_key());
        self.broadcast(&Message::Presence(Box::new(presence)));
    }

    /// Asks one of these peers, another each time, for a Hello with an echo: a sample of its clock. Only operators' samples count.
    fn probe_a_clock(&mut self, is_asked: impl Fn(&Address) -> bool) {
        let asked = self.roster.iter().filter(|member| is_asked(&member.account));
        let sources: Vec<Source> = asked.map(|member| member.source).collect();
        self.timers.probes = self.timers.probes.wrapping_add(1);
        let probed = sources.get(self.timers.probes % sources.len().max(1)).copied();
        if let Some(source) = probed {
            self.greet_on(
                LinkId(source.link),
                To::One(ConnectionId(source.connection)),
                None,
                true,
            );
        }
    }
}
