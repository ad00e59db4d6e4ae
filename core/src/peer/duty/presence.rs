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
        self.announce();
        self.repeat_votes();
        let unmeasured = self.clock_offset_ms().is_none();
        if unmeasured || self.now >= self.timers.probe_at {
            self.timers.probe_at = self.now.plus_ms(PROBE_MS);
            self.probe_a_clock(unmeasured);
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

    /// Asks one peer, another each time, for a Hello with an echo: a sample of its clock. Only operators' samples count.
    fn probe_a_clock(&mut self, only_operators: bool) {
        let term = self.network.as_ref().and_then(Network::head_state);
        let term = term.map(|state| state.term.clone());
        let is_asked = |account: &Address| {
            let is_operator = || term.as_ref()?.operators.get(account);
            !only_operators || is_operator().is_some()
        };
        let sources: Vec<Source> = self
            .roster
            .iter()
            .filter(|member| is_asked(&member.account))
            .map(|member| member.source)
            .collect();
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
