//! Upon links that come and go: ask who knows what, and forget who left.

use crate::{
    gossip::Source,
    peer::{
        Peer,
        io::{ConnectionId, LinkId},
    },
};

impl Peer {
    pub(in crate::peer) fn on_link_up(&mut self, link: LinkId, own: ConnectionId, others: u32) {
        let Some(state) = self.links.entry(link) else {
            return;
        };
        state.up = true;
        state.own = Some(own);
        state.others = others;
        self.ask_for_heads();
        self.offer_own_transactions();
        self.repeat_votes();
    }

    pub(in crate::peer) fn on_link_down(&mut self, link: LinkId) {
        if let Some(state) = self.links.entry(link) {
            state.up = false;
            state.others = 0;
        }
        self.roster.remove_link(link.0);
        self.candidates.forget_link(link.0);
        if let Some(network) = &mut self.network {
            network.forget_link(link.0);
        }
        if !self.links.any_up() {
            self.gate.note_no_link();
        }
    }

    pub(in crate::peer) fn on_joined(&mut self, link: LinkId) {
        if let Some(state) = self.links.entry(link) {
            state.others = state.others.saturating_add(1);
        }
    }

    pub(in crate::peer) fn on_left(&mut self, link: LinkId, connection: ConnectionId) {
        if let Some(state) = self.links.entry(link) {
            state.others = state.others.saturating_sub(1);
        }
        let source = Source {
            link: link.0,
            connection: connection.0,
        };
        self.roster.remove_source(source);
        self.candidates.forget_source(source);
        if let Some(network) = &mut self.network {
            network.forget_source(source);
        }
    }
}
