//! Relay links: which are up, who else is there, and what has passed.
//!
//! At most `MAX_LINKS`, numbered by the host; a relay cannot add any.

use std::collections::BTreeMap;

use super::{
    io::{ConnectionId, LinkId},
    view::LinkView,
};
use crate::params::MAX_LINKS;

/// Traffic and state of one link.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkState {
    /// True while the relay holds this peer in the room.
    pub up: bool,
    /// What the relay calls this peer's connection; none before it was up.
    pub own: Option<ConnectionId>,
    /// Number of other connections in the room.
    pub others: u32,
    /// Number of frames that came.
    pub frames_in: u64,
    /// Number of frames that were sent.
    pub frames_out: u64,
    /// Number of frames that came and did not open or decode.
    pub frames_bad: u64,
}

/// The links of this peer, at most `MAX_LINKS`.
#[derive(Debug, Default)]
pub struct Links {
    states: BTreeMap<LinkId, LinkState>,
}

impl Links {
    /// Counters of a link; none beyond `MAX_LINKS` links.
    pub fn entry(&mut self, link: LinkId) -> Option<&mut LinkState> {
        if !self.states.contains_key(&link) && self.states.len() >= MAX_LINKS {
            return None;
        }
        Some(self.states.entry(link).or_default())
    }

    /// Whether this number is that of the own connection to the relay of a link.
    pub fn is_own(&self, link: u8, connection: u64) -> bool {
        let state = self.states.get(&LinkId(link));
        state.is_some_and(|state| state.own == Some(ConnectionId(connection)))
    }

    /// All links that are up, by number.
    pub fn up(&self) -> impl Iterator<Item = LinkId> {
        self.states
            .iter()
            .filter(|(_, state)| state.up)
            .map(|(link, _)| *link)
    }

    /// True if any link is up.
    pub fn any_up(&self) -> bool {
        self.up().next().is_some()
    }

    /// Others in the room, on the link with the most.
    pub fn others(&self) -> u32 {
        self.states
            .values()
            .filter(|state| state.up)
            .map(|state| state.others)
            .max()
            .unwrap_or(0)
    }

    /// State and traffic of every link, for the network page.
    pub fn views(&self) -> Vec<LinkView> {
        let view = |(link, state): (&LinkId, &LinkState)| LinkView {
            link: link.0,
            up: state.up,
            connections: state.others.saturating_add(u32::from(state.up)),
            frames_in: state.frames_in,
            frames_out: state.frames_out,
            frames_bad: state.frames_bad,
        };
        self.states.iter().map(view).collect()
    }
}
