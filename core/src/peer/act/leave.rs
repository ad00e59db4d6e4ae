//! Leaving politely and coming back (docs/protocol.md, section 6, "Leaving politely").
//!
//! A peer that is stopped cannot speak any more, so its word that it leaves is signed ahead: whoever outlives it holds the newest one ([`Effect::Farewell`])
//! before any vote leaves that it has to cover. Once it may have been left, this peer votes in its next life only, and only where those who
//! stayed have taken it back in.
//!
//! Nobody else can make such a word, and one that was said in an earlier run binds this one: what carries the own signature is heeded wherever it comes from.

use crate::{
    chain::{
        checkpoint::Vote,
        statement::{Life, Statement, Step},
        watermark::Watermark,
    },
    consensus::stake::rests::RestState,
    gossip::message::{FarewellVotes, Message, StatementList},
    params::{MAX_FAREWELL_VOTES, MAX_GOSSIP_STATEMENTS},
    peer::{Peer, farewell::Farewell, identity::Identity, io::Effect, network::Network, record::Record},
};

impl Peer {
    /// This farewell of an earlier run has left, or may have: the life that it ends is over. If it cannot be read, so is the present life.
    pub(in crate::peer) fn on_farewell_left(&mut self, frame: &[u8]) {
        let message = self.room.open(frame).map(|opened| opened.message);
        if let Ok(Message::Farewell { rest, .. }) = message {
            self.heed_own_statements(&[rest]);
        } else if let Some(network) = &self.network {
            let next = network.signing().life().next();
            self.begin_life(next, Watermark::default());
        }
    }

    /// Has the newest farewell held, or none if nobody would stay to hear it. Before each own vote, and once per slot: it walks the roster, which anybody can
    /// fill.
    pub(in crate::peer) fn renew_farewell(&mut self) {
        let farewell = self.network.as_ref().and_then(|network| {
            let is_missed = network.can_leave(&self.identity) && self.would_others_stay(network);
            is_missed.then(|| network.farewell())
        });
        if farewell == self.farewell {
            return;
        }
        self.farewell = farewell;
        let frame = farewell
            .and_then(|farewell| self.farewell_message(farewell))
            .and_then(|message| self.room.seal(&message).ok());
        self.to_host.effect(Effect::Farewell(frame));
    }

    fn farewell_message(&self, farewell: Farewell) -> Option<Message> {
        let rest = self.sign_statement(farewell.life, Step::Rest(farewell.watermark))?;
        let votes = self.network.as_ref()?.votes_to_leave();
        Some(Message::Farewell { rest, votes })
    }

    /// Says that I left and am back, as long as the chosen chain does not count me in the life in which I vote. Once per slot.
    pub(in crate::peer) fn return_if_resting(&mut self) {
        if !self.may_sign() {
            return;
        }
        let due = self
            .network
            .as_ref()
            .and_then(|network| network.return_due(&self.identity));
        let Some((life, steps)) = due else { return };
        let statements: Vec<Statement> = steps
            .into_iter()
            .filter_map(|step| self.sign_statement(life, step))
            .collect();
        if let Some(network) = &mut self.network {
            for statement in &statements {
                // What is known already is said again for those who have not heard it.
                let _ = network.offer_statement(statement);
            }
        }
        if let Some(message) = message_of(statements) {
            self.broadcast(&message);
        }
    }

    /// Says again what no block has recorded yet: who said it is gone, and those who came since have not heard it. With every Presence.
    pub(in crate::peer) fn repeat_statements(&mut self) {
        let due = self.network.as_ref().and_then(|network| {
            let due = network.chain().statements().due(network.head_state()?);
            message_of(due.take(MAX_GOSSIP_STATEMENTS).cloned().collect())
        });
        if let Some(message) = due {
            self.broadcast(&message);
        }
    }

    /// Binds this peer to words with its signature that were said without it: the life that they end is over.
    pub(in crate::peer) fn heed_own_statements(&mut self, statements: &[Statement]) {
        let (me, key) = (self.identity.address(), self.identity.signing_public());
        for statement in statements.iter().filter(|statement| statement.voter == me) {
            let Some(network) = &self.network else { return };
            let is_news = statement.life >= network.signing().life();
            if is_news && statement.verify(&network.id(), &key).is_ok() {
                let covered = match statement.step {
                    Step::Rest(watermark) => watermark,
                    Step::Wake => Watermark::default(),
                };
                self.begin_life(statement.life.next(), covered);
            }
        }
    }

    /// Another device of the account may have come to a later life than this one knows of. Upon a new head.
    pub(in crate::peer) fn heed_reached_life(&mut self) {
        let me = self.identity.address();
        let state = self.network.as_ref().and_then(Network::head_state);
        if let Some(life) = state.map(|state| state.stake().rests().life_of(&me)) {
            self.begin_life(life, Watermark::default());
        }
    }

    /// True if I have left in a life that the chosen chain still counts me in.
    pub(in crate::peer) fn is_returning(&self) -> bool {
        let me = self.identity.address();
        self.network.as_ref().is_some_and(|network| {
            let reached = network
                .head_state()
                .map(|state| state.stake().rests().life_of(&me));
            network.can_leave(&self.identity) && reached < Some(network.signing().life())
        })
    }

    fn begin_life(&mut self, life: Life, covered: Watermark) {
        let Some(network) = &mut self.network else { return };
        if life > network.signing().life() {
            network.signing_mut().begin_life(life, &covered);
            self.persist(Record::Life { life, covered });
        }
    }

    fn sign_statement(&self, life: Life, step: Step) -> Option<Statement> {
        let (network, me) = (self.network.as_ref()?, self.identity.address());
        let key = self.identity.signing_key();
        Some(Statement::sign(me, life, step, &network.id(), key))
    }

    /// True if without me every set that counts still has a voter who is here and has not left. The last one says nothing when it goes: whoever
    /// came back could not go on without it, and itself it goes on at once.
    fn would_others_stay(&self, network: &Network) -> bool {
        let me = self.identity.address();
        let Some(head) = network.head() else { return false };
        let rule = head.summary().quorum_rule();
        rule.every_set_has(|account, key| {
            let rests = rule.rests();
            let has_left = rests.state_of(account, key).is_some();
            let leaves = network
                .chain()
                .statements()
                .has_rest(account, rests.life_of(account));
            *account != me && !has_left && !leaves && self.is_online(account)
        })
    }
}

impl Network {
    /// True if this device's key is one that may leave: the registered one, with a seat.
    fn can_leave(&self, identity: &Identity) -> bool {
        let (me, key) = (identity.address(), identity.signing_public());
        let Some((head, state)) = self.chain().head_node() else {
            return false;
        };
        let is_registered = state
            .ledger
            .operator(&me)
            .is_some_and(|operator| operator.signing_key == key);
        let has_seat = head.summary().quorum_rule().seat_of(&me, &key).is_some();
        self.genesis().rules.absence.is_some() && is_registered && has_seat
    }

    fn farewell(&self) -> Farewell {
        Farewell {
            network: self.id(),
            life: self.signing().life(),
            watermark: self.signing().watermark(),
        }
    }

    /// The newest own votes that others may not have, and need: one that was sent just before may have got lost with me, and what I stated about my votes
    /// would then refer to a checkpoint that nobody finds justified.
    fn votes_to_leave(&self) -> FarewellVotes {
        let last_final = self.chain().final_checkpoint().slot;
        let open: Vec<Vote> = self
            .signing()
            .votes()
            .filter(|vote| vote.target.slot >= last_final)
            .cloned()
            .collect();
        let newest = open.len().saturating_sub(MAX_FAREWELL_VOTES);
        FarewellVotes::try_from(open.into_iter().skip(newest).collect::<Vec<_>>()).unwrap_or_default()
    }

    /// The life that the chosen chain still counts me in although it is over, and what has to be said for it to go on.
    fn return_due(&self, identity: &Identity) -> Option<(Life, Vec<Step>)> {
        let (me, key) = (identity.address(), identity.signing_public());
        let rests = self.head_state()?.stake().rests();
        let reached = rests.life_of(&me);
        if reached >= self.signing().life() || !self.can_leave(identity) {
            return None;
        }
        let rest = Step::Rest(self.signing().watermark());
        match rests.state_of(&me, &key) {
            None => Some((reached, vec![rest, Step::Wake])),
            Some(RestState::Resting) => Some((reached, vec![Step::Wake])),
            Some(RestState::Waking) => None,
        }
    }
}

fn message_of(statements: Vec<Statement>) -> Option<Message> {
    let list = StatementList::try_from(statements).ok()?;
    (!list.is_empty()).then_some(Message::Statements(list))
}
