//! Upon a sealed frame: size, rate, seal, decoding, dedupe; then one handler per message. And the way out.

use crate::{
    crypto::hash::Hash,
    gossip::{
        Source,
        message::{Get, Message, RequestId, TransactionList},
        rate::Cost,
    },
    ledger::transaction::Transaction,
    peer::{
        Peer,
        io::{ConnectionId, Effect, LinkId, To},
        record::Record,
        requests::Asked,
    },
};

impl Peer {
    /// Handles a frame; false if it was dropped unread: not of this room, a duplicate, or of a source that has used up its share.
    pub(in crate::peer) fn on_frame(&mut self, link: LinkId, from: ConnectionId, bytes: &[u8]) -> bool {
        let source = Source {
            link: link.0,
            connection: from.0,
        };
        let Some(state) = self.links.entry(link) else {
            return false;
        };
        state.frames_in = state.frames_in.saturating_add(1);
        if !self.rates.admit(source, Cost(1), self.now) {
            return false;
        }
        let Some((message, content)) = self.decode(source, link, bytes) else {
            return false;
        };
        let is_gossip = matches!(
            message,
            Message::Transactions(_) | Message::Block(_) | Message::Votes(_)
        );
        let is_accepted = self.on_message(source, message);
        if is_gossip && is_accepted {
            self.seen.insert(content);
        }
        true
    }

    /// Opens and decodes a frame of this room, unless it was taken before or its sender has used up its share.
    fn decode(&mut self, source: Source, link: LinkId, bytes: &[u8]) -> Option<(Message, Hash)> {
        let Ok(plaintext) = self.room.unseal(bytes) else {
            self.count_bad_frame(link);
            return None;
        };
        let is_new = !self.seen.contains(&plaintext.content());
        if !is_new
            || !self
                .rates
                .admit(source, Cost::of_bytes(plaintext.len()), self.now)
        {
            return None;
        }
        let Ok(message) = plaintext.decode() else {
            self.count_bad_frame(link);
            return None;
        };
        self.rates
            .admit(source, Cost::of(&message), self.now)
            .then_some((message, plaintext.content()))
    }

    fn count_bad_frame(&mut self, link: LinkId) {
        if let Some(state) = self.links.entry(link) {
            state.frames_bad = state.frames_bad.saturating_add(1);
        }
    }

    /// Handles a message; true if gossip was taken and need not be looked at again.
    fn on_message(&mut self, source: Source, message: Message) -> bool {
        match message {
            Message::Transactions(transactions) => return self.on_transactions(source, transactions),
            Message::Block(compact) => return self.on_compact_block(source, *compact),
            Message::Votes(votes) => return self.on_votes(source, votes),
            Message::Hello(hello) => self.on_hello(source, &hello),
            Message::Presence(presence) => self.on_presence(source, &presence),
            Message::Get { to, request_id, what } => self.on_get(source, to, request_id, what),
            Message::Give { request_id, what } => self.on_give(source, request_id, what),
        }
        false
    }

    /// Sends a message to everybody on all links.
    pub(in crate::peer) fn broadcast(&mut self, message: &Message) {
        let links: Vec<LinkId> = self.links.up().collect();
        for link in links {
            self.send_on(link, To::All, message);
        }
    }

    /// Passes on what came from one link to everybody on the other links: a frame reaches everybody on its own relay already.
    pub(in crate::peer) fn forward(&mut self, from: Source, message: &Message) {
        let links: Vec<LinkId> = self.links.up().filter(|link| link.0 != from.link).collect();
        for link in links {
            self.send_on(link, To::All, message);
        }
    }

    /// Sends a message to one connection; says how many sealed bytes went out.
    pub(in crate::peer) fn send_to(&mut self, source: Source, message: &Message) -> usize {
        self.send_on(
            LinkId(source.link),
            To::One(ConnectionId(source.connection)),
            message,
        )
    }

    /// Sends a question to one connection.
    pub(in crate::peer) fn ask(&mut self, source: Source, request_id: RequestId, what: Get) {
        let to = source.connection;
        self.send_to(source, &Message::Get { to, request_id, what });
    }

    /// Asks one connection for something; says nothing if too many requests are open.
    pub(in crate::peer) fn request(&mut self, source: Source, asked: Asked, what: Get) {
        if let Some(request_id) = self.requests.open(source, asked, self.now) {
            self.ask(source, request_id, what);
        }
    }

    /// Sends a message over a link if that is up; says how many sealed bytes went out.
    pub(in crate::peer) fn send_on(&mut self, link: LinkId, to: To, message: &Message) -> usize {
        let Some(state) = self.links.entry(link).filter(|state| state.up) else {
            return 0;
        };
        // Every message type is bounded to fit one frame; one that does not is dropped rather than torn.
        let Ok(bytes) = self.room.seal(message) else {
            return 0;
        };
        let sent = bytes.len();
        state.frames_out = state.frames_out.saturating_add(1);
        self.outbox.effect(Effect::Send { link, to, bytes });
        sent
    }

    /// Gossips transactions, in as many frames as they need.
    pub(in crate::peer) fn broadcast_transactions(&mut self, transactions: &[Transaction]) {
        let lists: Vec<TransactionList> = crate::gossip::message::pack_transactions(transactions);
        for list in lists {
            self.broadcast(&Message::Transactions(list));
        }
    }

    pub(in crate::peer) fn persist(&mut self, record: Record) {
        self.outbox.effect(Effect::Persist(Box::new(record)));
    }
}
