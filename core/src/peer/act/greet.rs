//! Saying hello and that this peer is here, and asking others for their heads and clocks.

use crate::{
    crypto::keys::Address,
    gossip::{
        greeting::{Hello, HelloContent, Presence, PresenceContent, ProbeNumber, Question, SessionId},
        message::Message,
    },
    params::{MAX_ROSTER, ONLINE_PRESENCES, PRESENCE_MS, PRESENCE_PER_S},
    peer::{
        Peer,
        io::{LinkId, To},
        network::Network,
    },
};

impl Peer {
    /// Asks everybody for their heads; nothing is signed until somebody answered or silence lasted.
    pub(in crate::peer) fn ask_for_heads(&mut self) {
        if !self.links.any_up() {
            return;
        }
        self.gate.note_question(self.now, self.links.others());
        self.greet_everybody();
    }

    /// Says hello to everybody on all links, and asks for their heads and clocks.
    pub(in crate::peer) fn greet_everybody(&mut self) {
        let question = self.draw_question(None);
        let links: Vec<LinkId> = self.links.up().collect();
        for link in links {
            self.greet_on(link, To::All, None, Some(question));
        }
    }

    /// A question to one session or to everybody, with a number that nobody can guess; its answers count from now on.
    pub(in crate::peer) fn draw_question(&mut self, session: Option<SessionId>) -> Question {
        self.probes_drawn = self.probes_drawn.wrapping_add(1);
        let [a, b, c, d, e, f, g, h, ..] = self.seed.derive("probe", self.probes_drawn);
        let probe = ProbeNumber([a, b, c, d, e, f, g, h]);
        self.probes.note_probe(probe, session, self.now);
        Question { probe, session }
    }

    pub(in crate::peer) fn greet_on(
        &mut self,
        link: LinkId,
        to: To,
        answers: Option<ProbeNumber>,
        asks: Option<Question>,
    ) {
        let network = self.network.as_ref();
        let content = HelloContent {
            session: self.session,
            network: network.map(|network| network.id()),
            genesis: network.map(|network| Box::new(network.genesis().clone())),
            pinned: network.is_some() && self.own_rank().is_none(),
            account: self.identity.address(),
            name: self.identity.name().clone(),
            chain: network.and_then(Network::status),
            sent_at: self.now,
            answers,
            asks,
        };
        let hello = Hello::sign(content, self.identity.account_key());
        self.send_on(link, to, &Message::Hello(Box::new(hello)));
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
        let presence = Presence::sign(content, &network.id(), self.identity.account_key());
        self.broadcast(&Message::Presence(Box::new(presence)));
    }

    /// Time between two announcements of each peer.
    pub(in crate::peer) fn presence_interval_ms(&self) -> u64 {
        let others = usize::try_from(self.links.others()).unwrap_or(usize::MAX);
        let crowd_ms = (others.min(MAX_ROSTER) as u64).saturating_mul(1_000) / PRESENCE_PER_S;
        PRESENCE_MS.max(crowd_ms)
    }

    /// Who was heard within this time is online: two announcements may get lost.
    pub(in crate::peer) fn online_ms(&self) -> u64 {
        self.presence_interval_ms().saturating_mul(ONLINE_PRESENCES)
    }

    /// True for my own account, and for one that was heard within the last seconds.
    pub(in crate::peer) fn is_online(&self, account: &Address) -> bool {
        *account == self.identity.address()
            || self
                .roster
                .online(self.now, self.online_ms())
                .any(|member| member.account == *account)
    }
}
