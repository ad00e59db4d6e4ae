//! Upon Hello and Presence: learn who is here and what they know, which networks there are, and catch up with those who are ahead.

use std::collections::BTreeSet;

use crate::{
    crypto::keys::{Address, NetworkId},
    gossip::{
        Source,
        clock::ProbeNumber,
        greeting::{ChainStatus, Head, Hello, HelloContent, Presence, Question, SessionId},
        message::{Get, Message},
        roster::should_answer,
    },
    ledger::genesis::Genesis,
    params::UNASKED_WINDOW_SLOTS,
    peer::{
        Peer,
        candidates::{Introduction, Rank},
        event::{Event, Warning},
        io::{ConnectionId, LinkId, To},
        network::Network,
        record::Record,
        requests::Asked,
    },
    sync::{Cause, Target},
    time::Timestamp,
};

impl Peer {
    pub(in crate::peer) fn on_hello(&mut self, source: Source, hello: &Hello) {
        if self.penalties.is_ignored(hello.claimed_account(), self.now) {
            return;
        }
        let Ok(content) = hello.verify() else { return };
        if content.session == self.session {
            return;
        }
        let answered = content.answers.and_then(|number| {
            self.probes
                .answered(number, &content.session, content.sent_at, self.now)
        });
        if answered.is_some() {
            self.timers.clock_sampled();
        }
        self.roster.rebind_after(self.online_ms());
        self.roster.heard_hello(source, content, answered, self.now);
        self.compare_networks(source, content);
        if let Some(chain) = &content.chain
            && content.network.is_some()
            && self.network_id() == content.network
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
            .map(|state| &state.term.operators)
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
        let Some(network) = self.network_id() else { return };
        if self.penalties.is_ignored(presence.claimed_account(), self.now) {
            return;
        }
        let Ok(content) = presence.verify(&network) else {
            return;
        };
        if content.session == self.session {
            return;
        }
        self.roster.rebind_after(self.online_ms());
        self.roster.heard_presence(source, content, network, self.now);
        self.note_company(&content.account);
        self.consider_chain(source, &content.chain);
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
        self.probes.sent(probe, session, self.now);
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
            network: network.map(|network| network.id),
            genesis: network.map(|network| Box::new((*network.genesis).clone())),
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

    /// Fetches what another peer has and this one lacks: a heavier or higher justified chain, or the votes that justify more. While it is open what
    /// others know, the votes are asked for in any case: some of them may be under the own key, and it signs nothing before it knows them.
    pub(in crate::peer) fn consider_chain(&mut self, source: Source, chain: &ChainStatus) {
        let (now, asking) = (self.now, self.requests.is_asking_certificate(source));
        let Some(network) = &mut self.network else { return };
        network.follow_if_worth(source, chain, now);
        let behind = chain.justified.slot > network.pool.justified_checkpoint().slot
            || chain.finalized.slot > network.pool.final_checkpoint().slot;
        let knows_target = network.tree.get(&chain.justified.block).is_some();
        let lacks_votes = (behind && knows_target) || self.gate.is_asking();
        if lacks_votes && !asking {
            let above = network.pool.final_checkpoint().slot;
            self.request(source, Asked::Certificate, Get::Certificate { above });
        }
    }

    fn compare_networks(&mut self, source: Source, content: &HelloContent) {
        let Some(theirs) = content.network else { return };
        match (self.network_id(), self.pinned) {
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
        genesis.room == crate::peer::duty::room_hash(&self.secret) && genesis.validate().is_ok()
    }

    /// Somebody else is in the own network: who founded it never gives it up from now on.
    pub(in crate::peer) fn note_company(&mut self, other: &Address) {
        let founded = self.network.as_ref().is_some_and(|network| network.founded);
        if founded && *other != self.identity.address() {
            self.pin_network();
        }
    }

    /// The own network is never given up from now on, and every greeting says so.
    pub(in crate::peer) fn pin_network(&mut self) {
        let Some(network) = self.network.as_mut().filter(|network| !network.pinned) else {
            return;
        };
        network.pinned = true;
        let (genesis, founded) = (Box::new((*network.genesis).clone()), network.founded);
        self.persist(Record::Network {
            genesis,
            founded,
            pinned: true,
        });
    }

    /// What another network has to outrank for the own one to be given up for it; none if it never is.
    pub(in crate::peer) fn own_rank(&self) -> Option<Rank> {
        let Some(network) = &self.network else {
            return (!self.is_of_other_version).then_some(Rank::NOTHING);
        };
        if network.pinned {
            return None;
        }
        if network.founded {
            return Some(Rank::of(network, false));
        }
        // Its founder gave way just when this peer had come.
        let mut online = self.roster.online(self.now, self.online_ms());
        let is_abandoned = online.all(|member| member.network != Some(network.id));
        let has_nothing = network.head_state()?.ledger.account(&network.me).is_none();
        (is_abandoned && has_nothing).then_some(Rank::NOTHING)
    }

    /// Joins the network of this genesis, giving up the own one if there is one. The caller has compared the two by their chains. A stored
    /// network of another version is never given up: what a store holds of two networks shrinks to the last one.
    pub(in crate::peer) fn join_network(&mut self, genesis: Genesis) {
        let id = genesis.network_id();
        if self.is_of_other_version
            || genesis.room != crate::peer::duty::room_hash(&self.secret)
            || self.pinned.is_some_and(|pinned| pinned != id)
        {
            return;
        }
        if genesis.validate().is_err() {
            self.outbox.event(Event::Warning(Warning::UnsupportedRules));
            return;
        }
        self.candidates.clear();
        let old = self.network.take();
        let pinned = self.pinned.is_some();
        self.persist(Record::Network {
            genesis: Box::new(genesis.clone()),
            founded: false,
            pinned,
        });
        self.network = Some(Network::new(genesis, self.identity.address(), pinned, false));
        self.timers.network_changed();
        match &old {
            Some(old) => self.outbox.event(Event::NetworkReplaced { old: old.id, new: id }),
            None => self.outbox.event(Event::NetworkKnown {
                network: id,
                founded: false,
            }),
        }
        self.ask_for_heads();
        if let Some(old) = old {
            self.say_again(&old);
        }
    }

    pub(in crate::peer) fn network_id(&self) -> Option<NetworkId> {
        self.network.as_ref().map(|network| network.id)
    }
}

impl Network {
    /// Operators of the head's term, or more once others have registered.
    pub fn operators(&self) -> u32 {
        let count = self.head_state().map_or(1, |state| state.ledger.operator_count());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What to tell others about the chain.
    pub fn status(&self) -> Option<ChainStatus> {
        let node = self.head()?;
        let head = Head {
            block: node.hash,
            slot: node.slot,
            height: node.height,
            weight: node.weight.0,
        };
        Some(ChainStatus {
            head,
            justified: self.pool.justified_checkpoint(),
            finalized: self.pool.final_checkpoint(),
        })
    }

    /// Follows a chain that somebody says is there, if it may be worth it.
    pub(in crate::peer) fn follow_if_worth(&mut self, source: Source, chain: &ChainStatus, now: Timestamp) {
        let open = self.slot(now).plus(1);
        // To a clock that is far behind, all heads are from the future: what it has reached itself is fetched from time to time.
        let lags = self
            .head()
            .is_some_and(|head| open.since(head.slot) > UNASKED_WINDOW_SLOTS);
        let in_time = chain.head.slot <= open || lags;
        if let Some(cause) = self.cause_to_follow(chain).filter(|_| in_time) {
            let target = Target {
                head: chain.head.block,
                height: chain.head.height,
                cause,
            };
            self.sync.target_heard(source, target, now);
        }
    }

    /// Why a chain with this status may be worth following, as far as its author tells the truth: more than a claim it is not before its headers
    /// were checked.
    fn cause_to_follow(&self, theirs: &ChainStatus) -> Option<Cause> {
        if self.tree.get(&theirs.head.block).is_some() {
            return None;
        }
        let Some(mine) = self.status() else {
            return Some(Cause::Weight);
        };
        if theirs.justified.slot > mine.justified.slot && self.tree.get(&theirs.justified.block).is_none() {
            return Some(Cause::Justified);
        }
        (theirs.head.weight >= mine.head.weight).then_some(Cause::Weight)
    }
}
