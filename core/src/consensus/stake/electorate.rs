//! Who votes on a block: the set of its term, and while that term has no final checkpoint the set before (docs/protocol.md, section 6).
//!
//! A seat is bound to a key, since a watermark is: an account whose key changed between the two sets has a seat with each. Bounded by the two sets.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::checkpoint::Seat,
    consensus::stake::term::{Term, VoterSet},
    crypto::keys::{Address, PublicKey},
};

/// Who votes for checkpoints on a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Electorate {
    /// Number of the block's term.
    pub(super) term: u64,
    pub(super) voters: Arc<VoterSet>,
    /// Those of the term before, while quorums are joint.
    pub(super) previous: Option<Arc<VoterSet>>,
}

impl Electorate {
    /// Those of a block in `term` whose state has recorded a final checkpoint of term `final_term`.
    pub fn new(term: &Term, final_term: u64) -> Self {
        let is_joint = final_term < term.number;
        Self {
            term: term.number,
            voters: term.voters.clone(),
            previous: is_joint.then(|| term.previous_voters.clone()),
        }
    }

    /// Both sets of this term, which has no final checkpoint yet.
    #[cfg(test)]
    pub(super) fn joint(term: &Term) -> Self {
        Self {
            previous: Some(term.previous_voters.clone()),
            ..Self::new(term, term.number)
        }
    }

    /// Accounts that have a seat, some of them twice.
    pub(super) fn accounts(&self) -> impl Iterator<Item = Address> {
        let previous = self.previous.iter().flat_map(|voters| voters.iter());
        self.voters.iter().chain(previous).map(|voter| voter.account)
    }

    pub(super) fn set_of(&self, number: u64) -> Option<&VoterSet> {
        if number == self.term {
            return Some(&self.voters);
        }
        let is_one_before = number.checked_add(1) == Some(self.term);
        self.previous.as_deref().filter(|_| is_one_before)
    }

    /// The key by which a seat votes here, if it does. Who is in both sets with one key has one seat, that of the newer set.
    pub(super) fn key_of(&self, seat: &Seat) -> Option<&PublicKey> {
        let key = self.set_of(seat.term)?.key_of(&seat.account)?;
        let is_older = seat.term != self.term;
        let counts_in_both = is_older && self.voters.key_of(&seat.account) == Some(key);
        (!counts_in_both).then_some(key)
    }

    /// The seat that this account has here with this key, if it has one.
    pub(super) fn seat_of(&self, account: &Address, key: &PublicKey) -> Option<Seat> {
        let terms = [Some(self.term), self.term.checked_sub(1)];
        let seats = terms.into_iter().flatten().map(|term| Seat {
            term,
            account: *account,
        });
        seats.into_iter().find(|seat| self.key_of(seat) == Some(key))
    }
}
