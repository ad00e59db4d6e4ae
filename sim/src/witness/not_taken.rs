//! What peers did not take of each other, and why, over a whole run.

use std::collections::BTreeMap;

use ting_core::peer::{
    Peer,
    not_taken::{Kind, Reason},
};

use super::sight::{Sight, Witness};
use crate::view::View;

/// How often what was not taken, by all peers together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotTaken {
    counts: BTreeMap<(Kind, Reason), u64>,
}

impl NotTaken {
    /// What was counted at least once.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, Reason, u64)> {
        self.counts
            .iter()
            .map(|(&(kind, reason), &count)| (kind, reason, count))
    }

    /// Adds what the peers that still run have counted.
    pub fn conclude(&mut self, view: &View) {
        view.running().for_each(|(_, peer)| self.add_peer(peer));
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        other
            .iter()
            .for_each(|(kind, reason, count)| self.add_one(kind, reason, count));
    }

    fn add_peer(&mut self, peer: &Peer) {
        let counted = peer.not_taken().iter();
        counted.for_each(|(kind, reason, count)| self.add_one(kind, reason, count));
    }

    fn add_one(&mut self, kind: Kind, reason: Reason, count: u64) {
        *self.counts.entry((kind, reason)).or_default() += count;
    }
}

impl Witness for NotTaken {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        match sight {
            // A peer counts in its memory only.
            Sight::Ends(who) => view.peer(who).into_iter().for_each(|peer| self.add_peer(peer)),
            Sight::Acts(_)
            | Sight::Signs { .. }
            | Sight::Sends { .. }
            | Sight::Stores { .. }
            | Sight::Tells { .. }
            | Sight::Rests(_)
            | Sight::Meets { .. } => {}
        }
    }
}
