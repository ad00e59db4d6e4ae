//! The way out: messages to all, to the others or to one, and records for the host's storage.
//!
//! Effects leave in the order in which they are made, and a record is durable before a later message goes: whoever binds itself by a signature
//! calls [`Peer::persist`] first.

use crate::{
    gossip::{
        Source,
        message::{Get, Message, RequestId, pack_transactions},
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
        self.to_host.effect(Effect::Send { link, to, bytes });
        sent
    }

    /// Gossips transactions, in as many frames as they need.
    pub(in crate::peer) fn broadcast_transactions(&mut self, transactions: &[Transaction]) {
        for list in pack_transactions(transactions) {
            self.broadcast(&Message::Transactions(list));
        }
    }

    /// Asks the host to make a record durable before anything that leaves later.
    pub(in crate::peer) fn persist(&mut self, record: Record) {
        if let Record::Block(block) = &record {
            self.snapshots.note_block(block.encoded_len());
        }
        self.to_host.effect(Effect::Persist(Box::new(record)));
    }
}
