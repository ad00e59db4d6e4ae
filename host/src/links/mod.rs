//! The relays of a room: one link each, all held up at once, so that no single relay can cut a room off.
//!
//! Links translate between the relay's envelope and the peer's inputs, and nobody else does. A relay can lose, delay or invent frames; it
//! can neither read nor forge what is sealed, and the queues in both directions are bounded.

mod backoff;
mod dialer;
mod link;
mod outbox;
#[cfg(test)]
mod tests;
mod up;

use dialer::Dialer;
use link::Link;
use ting_core::peer::io::{Input, LinkId, To};
use ting_frame::RoomName;

use crate::{
    chance::Chance,
    farewell::Held,
    socket::{Dial, SocketEvent},
    status::RelayStatus,
};

/// Most relays that a room is linked with at once.
pub const MAX_RELAYS: usize = 4;

/// The links of a host, one to each relay.
pub(crate) struct Links<D: Dial> {
    dialer: Dialer<D>,
    links: Vec<Link<D::Socket>>,
}

impl<D: Dial> Links<D> {
    /// Begins without links; [`Links::set_addresses`] makes them.
    pub(crate) fn new(dial: D, room: RoomName, chance: Chance) -> Self {
        Self {
            dialer: Dialer::new(dial, room, chance),
            links: Vec::new(),
        }
    }

    /// Replaces the addresses; links to those that stay are kept. Inputs tell the peer what went down.
    pub(crate) fn set_addresses(&mut self, addresses: &[String]) -> Vec<Input> {
        let mut wanted: Vec<String> = Vec::new();
        for address in addresses
            .iter()
            .map(|address| address.trim().trim_end_matches('/'))
        {
            if !address.is_empty()
                && wanted.len() < MAX_RELAYS
                && !wanted.iter().any(|known| known == address)
            {
                wanted.push(address.to_owned());
            }
        }
        let stays = |link: &Link<D::Socket>| wanted.iter().any(|address| address == link.address());
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.links).into_iter().partition(stays);
        self.links = kept;
        let down = gone.into_iter().filter_map(Link::end).collect();
        for address in wanted {
            if !self.links.iter().any(|link| link.address() == address) {
                let free = (0..MAX_RELAYS as u8)
                    .map(LinkId)
                    .find(|id| self.links.iter().all(|link| link.id() != *id));
                self.links.extend(free.map(|id| Link::new(id, address)));
            }
        }
        down
    }

    /// Takes what a socket did; one that no link has any more is ignored.
    pub(crate) fn on_event(&mut self, event: SocketEvent, now_ms: u64) -> Option<Input> {
        let link = self.links.iter_mut().find(|link| link.owns(event.socket))?;
        link.on_event(event.news, now_ms, self.dialer.chance())
    }

    /// Does what is due: connects, probes, sends what waited, gives up on the dead.
    pub(crate) fn tick(&mut self, now_ms: u64) -> Vec<Input> {
        let dialer = &mut self.dialer;
        self.links
            .iter_mut()
            .filter_map(|link| link.tick(now_ms, dialer))
            .collect()
    }

    /// Time at which [`Links::tick`] is due, in milliseconds since the Unix epoch.
    pub(crate) fn next_deadline_ms(&mut self, now_ms: u64) -> Option<u64> {
        self.links
            .iter_mut()
            .filter_map(|link| link.next_deadline_ms(now_ms))
            .min()
    }

    /// Sends a sealed frame, now or as soon as the relay's limits allow. Lost if the link is down.
    pub(crate) fn send(&mut self, _proof: Held<'_>, link: LinkId, to: To, bytes: &[u8], now_ms: u64) {
        if let Some(link) = self.links.iter_mut().find(|candidate| candidate.id() == link) {
            link.send(to, bytes, now_ms);
        }
    }

    /// Tries again at once where a pause is on.
    pub(crate) fn hurry(&mut self) {
        self.links.iter_mut().for_each(Link::hurry);
    }

    /// The links that are up, for a peer that starts anew behind them.
    pub(crate) fn links_up(&self) -> Vec<Input> {
        self.links.iter().filter_map(Link::link_up).collect()
    }

    /// State of each link, for whoever draws it.
    pub(crate) fn statuses(&self) -> Vec<RelayStatus> {
        self.links.iter().map(Link::status).collect()
    }
}
