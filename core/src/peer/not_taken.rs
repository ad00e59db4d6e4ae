//! Why something that others sent was not taken, counted by what it was and why.
//!
//! What a flood can make it cost: one addition for each message, transaction or vote that is not taken, in a table of `Kind::COUNT * Reason::COUNT`
//! numbers that never grows and that stay at their highest value.

use serde::{Deserialize, Serialize};

use crate::{
    consensus::{
        heard::{PoolError, StatementError},
        transition::BlockError,
        tree::InsertError,
    },
    gossip::message::Message,
    mempool::MempoolError,
    peer::network::ImportError,
    sync::Fault,
};

/// What kind of thing was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A frame that was not looked into.
    Frame,
    /// A greeting of another peer.
    Hello,
    /// A word that somebody is still here.
    Presence,
    /// A transaction, gossiped or given.
    Transaction,
    /// One block, announced or asked for.
    Block,
    /// A finality vote.
    Vote,
    /// A voter's word that it leaves or is back.
    Statement,
    /// A request of another peer.
    Get,
    /// An answer to a request.
    Give,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Frame,
        Self::Hello,
        Self::Presence,
        Self::Transaction,
        Self::Block,
        Self::Vote,
        Self::Statement,
        Self::Get,
        Self::Give,
    ];
    const COUNT: usize = Self::ALL.len();

    /// Kind of a message that was not taken as a whole.
    pub(super) fn of(message: &Message) -> Self {
        match message {
            Message::Hello(_) => Self::Hello,
            Message::Presence(_) => Self::Presence,
            Message::Transactions(_) => Self::Transaction,
            Message::Block(_) => Self::Block,
            Message::Votes(_) => Self::Vote,
            Message::Statements(_) | Message::Farewell { .. } => Self::Statement,
            Message::Get { .. } => Self::Get,
            Message::Give { .. } => Self::Give,
        }
    }
}

/// Why it was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// Not sealed with the room's key, or no message.
    Unreadable,
    /// The connection that sent it has used up its rate.
    OverRate,
    /// It is known here already.
    Known,
    /// By somebody who signed nonsense a short while ago.
    Penalized,
    /// Its signature does not fit, or is for another network.
    BadSignature,
    /// It says that it is of another network.
    OtherNetwork,
    /// Its slot is too old, final already, or still to come.
    OutOfTime,
    /// It builds on nothing that is kept here: unknown, let go, or against what is final.
    Unconnected,
    /// It breaks a rule of the ledger, of blocks or of votes.
    AgainstRules,
    /// What waits has no room for it: too many, or others pay more.
    NoRoom,
    /// An answer that nobody asked for, or another one than was asked for.
    Unasked,
    /// Headers or blocks that were asked for broke a rule or led to nothing: their sender is not asked for a while.
    Misleading,
}

impl Reason {
    const ALL: [Self; 12] = [
        Self::Unreadable,
        Self::OverRate,
        Self::Known,
        Self::Penalized,
        Self::BadSignature,
        Self::OtherNetwork,
        Self::OutOfTime,
        Self::Unconnected,
        Self::AgainstRules,
        Self::NoRoom,
        Self::Unasked,
        Self::Misleading,
    ];
    const COUNT: usize = Self::ALL.len();
}

impl From<&InsertError> for Reason {
    fn from(error: &InsertError) -> Self {
        match error {
            InsertError::Known => Self::Known,
            InsertError::UnknownParent | InsertError::OldParent | InsertError::AgainstFinal => {
                Self::Unconnected
            }
            InsertError::TooManyInSlot | InsertError::NoRoom => Self::NoRoom,
        }
    }
}

impl From<&ImportError> for Reason {
    fn from(error: &ImportError) -> Self {
        match error {
            ImportError::Tree(error) => error.into(),
            ImportError::Future => Self::OutOfTime,
            ImportError::Block(BlockError::TooOld) => Self::Unconnected,
            ImportError::Block(
                BlockError::Header(_)
                | BlockError::Body(_)
                | BlockError::Testimony(_)
                | BlockError::Transaction { .. }
                | BlockError::WrongStateRoot,
            ) => Self::AgainstRules,
        }
    }
}

impl From<&PoolError> for Reason {
    fn from(error: &PoolError) -> Self {
        match error {
            PoolError::Known => Self::Known,
            PoolError::OutOfRange => Self::OutOfTime,
            PoolError::SourceNotAncestor | PoolError::WrongTerm | PoolError::NotAVoter => Self::AgainstRules,
            PoolError::BadSignature => Self::BadSignature,
            PoolError::TooMany => Self::NoRoom,
        }
    }
}

impl From<&StatementError> for Reason {
    fn from(error: &StatementError) -> Self {
        match error {
            StatementError::Rests | StatementError::IsAwake => Self::Known,
            StatementError::OtherLife => Self::OutOfTime,
            StatementError::NotHere
            | StatementError::NotAVoter
            | StatementError::AgainstRecorded
            | StatementError::NotInOrder => Self::AgainstRules,
            StatementError::BadSignature => Self::BadSignature,
        }
    }
}

impl From<&MempoolError> for Reason {
    fn from(error: &MempoolError) -> Self {
        match error {
            MempoolError::Refused(_) => Self::AgainstRules,
            MempoolError::Underpriced { .. }
            | MempoolError::LessWork { .. }
            | MempoolError::TooManyOfAccount
            | MempoolError::SecondClaim
            | MempoolError::TooManyClaims
            | MempoolError::TooManyOfInvite
            | MempoolError::Full => Self::NoRoom,
        }
    }
}

/// How often what was not taken, since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotTaken {
    counts: [[u64; Reason::COUNT]; Kind::COUNT],
}

impl NotTaken {
    pub(super) fn count(&mut self, kind: Kind, reason: impl Into<Reason>) {
        let counts = self.counts.get_mut(kind as usize);
        if let Some(count) = counts.and_then(|counts| counts.get_mut(reason.into() as usize)) {
            *count = count.saturating_add(1);
        }
    }

    /// A source is not asked for a while: what it gave was of no use. Silence gave nothing to be taken.
    pub(super) fn note_fault(&mut self, fault: Fault) {
        match fault {
            Fault::Misled => self.count(Kind::Give, Reason::Misleading),
            Fault::Silent => {}
        }
    }

    /// All kinds and reasons that were counted at least once, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, Reason, u64)> {
        let of_kind = |(kind, counts): (Kind, &'_ [u64; Reason::COUNT])| {
            let counts = *counts;
            let reasons = Reason::ALL.into_iter().zip(counts);
            reasons.map(move |(reason, count)| (kind, reason, count))
        };
        let all = Kind::ALL.into_iter().zip(&self.counts).flat_map(of_kind);
        all.filter(|(.., count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_reason_has_a_count_of_its_own_which_stays_at_its_highest() {
        let mut not_taken = NotTaken::default();
        assert_eq!(not_taken.iter().count(), 0);
        for kind in Kind::ALL {
            for reason in Reason::ALL {
                not_taken.count(kind, reason);
            }
        }
        let ones: Vec<_> = not_taken.iter().collect();
        assert_eq!(ones.len(), Kind::COUNT * Reason::COUNT);
        assert!(ones.iter().all(|(.., count)| *count == 1));
        not_taken.counts[Kind::Vote as usize][Reason::Known as usize] = u64::MAX;
        not_taken.count(Kind::Vote, &PoolError::Known);
        assert!(
            not_taken
                .iter()
                .any(|entry| entry == (Kind::Vote, Reason::Known, u64::MAX))
        );
    }
}
