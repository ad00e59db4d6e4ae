//! What users asked for, and what became of it at once.

use ting_core::{
    crypto::{hash::Hash, keys::NetworkId},
    peer::{command::CommandResult, event::Event, record::Record},
};

use super::sight::{Sight, Witness};
use crate::{clock::Moment, hub::PeerId, view::View};

/// A transaction that a user sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Host whose user sent it.
    pub peer: PeerId,
    /// Its id, or that of the transaction which its device signed in its place.
    pub id: Hash,
    /// Network that it was sent on.
    pub network: NetworkId,
    /// True time at which it was sent.
    pub at: Moment,
}

/// What users asked for in a run.
#[derive(Default)]
pub struct Wishes {
    sent: Vec<Sent>,
    refused: u64,
}

impl Wishes {
    /// Transactions that users sent, in order.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// Number of wishes that were refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn note_result(&mut self, view: &View, peer: PeerId, result: &CommandResult) {
        match (result, view.network(peer)) {
            (CommandResult::Sent(id), Some(network)) => self.sent.push(Sent {
                peer,
                id: *id,
                network: network.id(),
                at: view.now(),
            }),
            (CommandResult::Refused(_), _) => self.refused += 1,
            _ => {}
        }
    }

    fn note_record(&mut self, peer: PeerId, record: &Record) {
        let Record::SignedAnew { old, transaction } = record else {
            return;
        };
        let mut sent = self.sent.iter_mut();
        if let Some(sent) = sent.find(|sent| sent.peer == peer && sent.id == old.0) {
            sent.id = transaction.id().0;
        }
    }
}

impl Witness for Wishes {
    fn see(&mut self, view: &View, sight: Sight<'_>) {
        match sight {
            Sight::Tells {
                who,
                event: Event::Command { result, .. },
            } => self.note_result(view, who, result),
            Sight::Stores { who, record } => self.note_record(who, record),
            Sight::Tells { .. }
            | Sight::Acts(_)
            | Sight::Signs { .. }
            | Sight::Sends { .. }
            | Sight::Meets { .. }
            | Sight::Rests(_)
            | Sight::Ends(_) => {}
        }
    }
}
