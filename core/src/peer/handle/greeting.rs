//! Upon Hello and Presence: learn who is here and what they know, which networks there are, and catch up with those who are ahead.

use std::collections::BTreeSet;

use crate::{
    crypto::keys::{Address, NetworkId},
    gossip::{
        Source,
        greeting::{ChainStatus, Hello, HelloContent, Presence, Question},
        message::Get,
        roster::should_answer,
    },
    ledger::genesis::Genesis,
    peer::{
        Peer,
        candidates::Introduction,
        io::{ConnectionId, LinkId, To},
        network::Network,
        not_taken::{Kind, Reason},
        requests::Asked,
        room::room_hash,
    },
};

impl Peer {
    pub(in crate::peer) fn on_hello(&mut self, source: Source, hello: &Hello) {
        if self.penalties.is_ignored(hello.claimed_account(), self.now) {
            self.not_taken.count(Kind::Hello, Reason::Penalized);
            return;
        }
        let Ok(content) = hello.verify() else {
            self.not_taken.count(Kind::Hello, Reason::BadSignature);
            return;
        };
        if content.session == self.session {
            return;
        }
        let answered = content.answers.and_then(|number| {
            self.probes
                .take_answer(number, &content.session, content.sent_at, self.now)
        });
        if answered.is_some() {
            self.timers.note_clock_sample();
        }
        self.roster.rebind_after(self.online_ms());
        self.roster.hear_hello(source, content, answered, self.now);
        self.compare_networks(source, content);
        if let Some(chain) = &content.chain
            && content.network.is_some()
            && self.own_network_id() == content.network
        {
            self.consider_chain(source, chain);
        }
        if let Some(question) = content.asks.filter(|question| self.is_asked(question)) {
            let to = To::One(ConnectionId(source.connection));
            self.greet_on(LinkId(source.link), to, Some(question.probe), None);
        }
    }

    /// Whether this peer answers: always if it is meant, and if everybody is, as one of a handful.
    fn is_asked(&self, question: &Question) -> bool {
        match question.session {
            Some(session) => session == self.session,
            None => should_answer(&question.probe, &self.session, self.answerers()),
        }
    }

    /// How many peers share the answering of what everybody is asked: an operator with the operators who are here, anybody else with all
    /// connections. So invented sessions keep nobody from being answered, and connections only where no operator is.
    fn answerers(&self) -> usize {
        let connections = usize::try_from(self.links.others()).unwrap_or(usize::MAX);
        let me = self.identity.address();
        let operators = self
            .network
            .as_ref()
            .and_then(Network::head_state)
            .map(|state| &state.term().operators)
            .filter(|operators| operators.get(&me).is_some());
        let Some(operators) = operators else {
            return connections;
        };
        let here: BTreeSet<Address> = self
            .roster
            .iter()
            .map(|member| member.account)
            .filter(|account| operators.get(account).is_some())
            .chain([me])
            .collect();
        // Words of operators who left can be repeated by anybody, but not from more connections than there are.
        here.len().min(connections)
    }

    pub(in crate::peer) fn on_presence(&mut self, source: Source, presence: &Presence) {
        let Some(network) = self.own_network_id() else {
            return;
        };
        if self.penalties.is_ignored(presence.claimed_account(), self.now) {
            self.not_taken.count(Kind::Presence, Reason::Penalized);
            return;
        }
        let Ok(content) = presence.verify(&network) else {
            self.not_taken.count(Kind::Presence, Reason::BadSignature);
            return;
        };
        if content.session == self.session {
            return;
        }
        self.roster.rebind_after(self.online_ms());
        self.roster.hear_presence(source, content, network, self.now);
        self.note_company(&content.account);
        self.consider_chain(source, &content.chain);
    }

    /// Fetches what another peer has and this one lacks: a heavier or higher justified chain, or the votes that justify more. While it is open what
    /// others know, the votes are asked for in any case: some of them may be under the own key, and it signs nothing before it knows them.
    pub(in crate::peer) fn consider_chain(&mut self, source: Source, chain: &ChainStatus) {
        let (now, asking) = (self.now, self.requests.is_asking_certificate(source));
        let Some(network) = &mut self.network else { return };
        network.follow_if_worth(source, chain, now);
        let behind = chain.justified.slot > network.chain().justified_checkpoint().slot
            || chain.finalized.slot > network.chain().final_checkpoint().slot;
        let knows_target = network.chain().get(&chain.justified.block).is_some();
        let lacks_votes = (behind && knows_target) || self.gate.is_asking();
        if lacks_votes && !asking {
            let above = network.chain().final_checkpoint().slot;
            self.request(source, Asked::Certificate, Get::Certificate { above });
        }
    }

    fn compare_networks(&mut self, source: Source, content: &HelloContent) {
        let Some(theirs) = content.network else { return };
        match (self.own_network_id(), self.pinned) {
            (Some(mine), _) if mine == theirs => self.note_company(&content.account),
            (None, Some(pinned)) if pinned == theirs => match &content.genesis {
                Some(genesis) => self.join_network((**genesis).clone()),
                None => self.request(source, Asked::Genesis, Get::Genesis),
            },
            (None, Some(_)) => {}
            (None, None) | (Some(_), _) => self.look_at(source, content, theirs),
        }
    }

    /// Another network in the same room, by somebody's word: its chain is looked at if the own network could give way to it, or stays apart from it.
    fn look_at(&mut self, source: Source, said: &HelloContent, theirs: NetworkId) {
        let Some(genesis) = said.genesis.as_deref().filter(|genesis| self.is_of_room(genesis)) else {
            return;
        };
        let is_of_interest = match self.own_rank() {
            Some(mine) => {
                let is_founder = said.account == genesis.founder.account;
                said.pinned || is_founder && mine.may_give_way_to(theirs)
            }
            None => said.pinned && self.foreign_network != Some(theirs),
        };
        if is_of_interest {
            let introduction = Introduction {
                source,
                said,
                genesis,
            };
            self.candidates
                .introduce(&introduction, self.identity.address(), self.now);
        }
    }

    fn is_of_room(&self, genesis: &Genesis) -> bool {
        genesis.room == room_hash(&self.secret) && genesis.validate().is_ok()
    }
}
