//! Upon a sealed frame: size, rate, seal, decoding, dedupe; then one handler per message.

use crate::{
    crypto::hash::Hash,
    gossip::{Source, message::Message, rate::Cost},
    peer::{
        Peer,
        io::{ConnectionId, LinkId},
        not_taken::{Kind, Reason},
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
            self.not_taken.count(Kind::Frame, Reason::OverRate);
            return false;
        }
        let Some((message, content)) = self.decode(source, link, bytes) else {
            return false;
        };
        let is_gossip = matches!(
            message,
            Message::Transactions(_)
                | Message::Block(_)
                | Message::Votes(_)
                | Message::Statements(_)
                | Message::Farewell { .. }
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
        if self.seen.contains(&plaintext.content()) {
            self.not_taken.count(Kind::Frame, Reason::Known);
            return None;
        }
        let of_bytes = Cost::of_bytes(plaintext.len());
        if !self.rates.admit(source, of_bytes, self.now) {
            self.not_taken.count(Kind::Frame, Reason::OverRate);
            return None;
        }
        let Ok(message) = plaintext.decode() else {
            self.count_bad_frame(link);
            return None;
        };
        if !self.rates.admit(source, Cost::of(&message), self.now) {
            self.not_taken.count(Kind::of(&message), Reason::OverRate);
            return None;
        }
        Some((message, plaintext.content()))
    }

    fn count_bad_frame(&mut self, link: LinkId) {
        self.not_taken.count(Kind::Frame, Reason::Unreadable);
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
            Message::Statements(statements) => return self.on_statements(source, &statements),
            Message::Farewell { rest, votes } => return self.on_farewell(source, rest, votes),
            Message::Hello(hello) => self.on_hello(source, &hello),
            Message::Presence(presence) => self.on_presence(source, &presence),
            Message::Get { to, request_id, what } => self.on_get(source, to, request_id, what),
            Message::Give { request_id, what } => self.on_give(source, request_id, what),
        }
        false
    }
}
