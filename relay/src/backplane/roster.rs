//! Who is in a room by way of which sibling.
//!
//! An id belongs to the relay that named it first, until it leaves: no sibling can speak for another's member. What is
//! remembered is bounded: [`MAX_RELAYS`] relays and as many ids as the room may have members.

use std::collections::{BTreeMap, BTreeSet};

use ting_frame::ConnectionId;

use super::message::{Header, MAX_HEARD, RelayId, Roster};

/// Most siblings that one room remembers.
pub(crate) const MAX_RELAYS: usize = MAX_HEARD;

/// The members of a room that are on other relays.
#[derive(Debug, Default)]
pub(crate) struct RemoteMembers {
    owners: BTreeMap<ConnectionId, RelayId>,
    heard: BTreeMap<RelayId, Heard>,
    /// Siblings that have not yet said who is in the room.
    unheard: BTreeSet<RelayId>,
}

/// How far one sibling was heard.
#[derive(Debug)]
struct Heard {
    last: u64,
    /// The connection was lost: what was missed is going to be said again, until a roster ends it.
    is_catching_up: bool,
}

/// What a message's place in the order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is the next one in order.
    Next,
    /// It is newer, and something before it is lost.
    AfterHole,
    /// It was heard before, or is older than what was.
    Stale,
    /// It will come again, after what is missing before it.
    TooEarly,
    /// There is no space for another sibling.
    Refused,
}

/// Whose member the id is that a message speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It was the sender's before.
    Known,
    /// It is the sender's from now on.
    New,
    /// It is another's, or there is no space.
    Refused,
}

/// Members that a roster brought or took away.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) joined: Vec<ConnectionId>,
    pub(crate) left: Vec<ConnectionId>,
    /// Number of ids that the sender may not have.
    pub(crate) refused: u64,
}

impl RemoteMembers {
    /// Nobody yet; these siblings are to say who is here.
    pub(crate) fn waiting_for(unheard: BTreeSet<RelayId>) -> Self {
        Self {
            unheard,
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.owners.len()
    }

    pub(crate) fn contains(&self, id: ConnectionId) -> bool {
        self.owners.contains_key(&id)
    }

    /// At most `most` ids, those that follow `id` in a circle.
    pub(crate) fn around(&self, id: ConnectionId, most: usize) -> impl Iterator<Item = ConnectionId> {
        let after = self.owners.range(id..);
        after.chain(self.owners.range(..id)).map(|(id, _)| *id).take(most)
    }

    /// Whether all siblings have said who is here.
    pub(crate) fn is_settled(&self) -> bool {
        self.unheard.is_empty()
    }

    /// Finds a message's place in the order; when it is its turn, it counts as heard.
    pub(crate) fn advance(&mut self, header: Header, is_roster: bool) -> Turn {
        let Header {
            relay,
            sequence,
            previous,
        } = header;
        let Some(heard) = self.heard.get_mut(&relay) else {
            if self.heard.len() >= MAX_RELAYS {
                return Turn::Refused;
            }
            let heard = Heard {
                last: sequence,
                is_catching_up: false,
            };
            self.heard.insert(relay, heard);
            return Turn::Next;
        };
        if sequence <= heard.last {
            return Turn::Stale;
        }
        let has_hole = previous > heard.last;
        if has_hole && heard.is_catching_up && !is_roster {
            return Turn::TooEarly;
        }
        heard.is_catching_up &= !is_roster;
        heard.last = sequence;
        if has_hole { Turn::AfterHole } else { Turn::Next }
    }

    /// The connection was lost: what comes now may come too early.
    pub(crate) fn catch_up(&mut self) {
        for heard in self.heard.values_mut() {
            heard.is_catching_up = true;
        }
    }

    /// Takes an id as the sender's, unless it is another's or there are as many as `most`.
    pub(crate) fn claim(&mut self, relay: RelayId, id: ConnectionId, most: usize) -> Claim {
        match self.owners.get(&id) {
            Some(owner) if *owner == relay => Claim::Known,
            None if self.owners.len() < most => {
                self.owners.insert(id, relay);
                Claim::New
            }
            _ => Claim::Refused,
        }
    }

    /// Removes an id of the sender's; false when it has no such id.
    pub(crate) fn leave(&mut self, relay: RelayId, id: ConnectionId) -> bool {
        let is_its_own = self.owners.get(&id) == Some(&relay);
        if is_its_own {
            self.owners.remove(&id);
        }
        is_its_own
    }

    /// Takes a piece of the sender's roster. `is_local` tells ids that no sibling may have.
    pub(crate) fn replace(
        &mut self,
        relay: RelayId,
        roster: &Roster,
        most: usize,
        is_local: impl Fn(ConnectionId) -> bool,
    ) -> Changes {
        let mut changes = Changes::default();
        let Roster { first, last, ids } = roster;
        let before = self.owners.iter().filter(|(_, owner)| **owner == relay);
        changes.left = before
            .map(|(id, _)| *id)
            .filter(|id| (*first..=*last).contains(&id.get()) && ids.binary_search(id).is_err())
            .collect();
        for id in &changes.left {
            self.owners.remove(id);
        }
        for &id in ids {
            match self.claim_unless(relay, id, most, is_local(id)) {
                Claim::Known => {}
                Claim::New => changes.joined.push(id),
                Claim::Refused => changes.refused += 1,
            }
        }
        if *last == u64::MAX {
            self.unheard.remove(&relay);
        }
        changes
    }

    /// Removes all members of a sibling that fell silent, or that said goodbye; its members.
    pub(crate) fn lose(&mut self, relay: RelayId) -> Vec<ConnectionId> {
        let lost = self.owners.iter().filter(|(_, owner)| **owner == relay);
        let lost: Vec<_> = lost.map(|(id, _)| *id).collect();
        for id in &lost {
            self.owners.remove(id);
        }
        self.unheard.remove(&relay);
        lost
    }

    /// Forgets a sibling that does not come back.
    pub(crate) fn forget(&mut self, relay: RelayId) {
        self.heard.remove(&relay);
    }

    fn claim_unless(&mut self, relay: RelayId, id: ConnectionId, most: usize, refuse: bool) -> Claim {
        if refuse {
            Claim::Refused
        } else {
            self.claim(relay, id, most)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: RelayId = RelayId(1);
    const B: RelayId = RelayId(2);

    fn id(number: u64) -> ConnectionId {
        ConnectionId::new(number).unwrap()
    }

    fn whole(ids: &[u64]) -> Roster {
        Roster {
            first: 0,
            last: u64::MAX,
            ids: ids.iter().map(|number| id(*number)).collect(),
        }
    }

    fn header(relay: RelayId, sequence: u64, previous: u64) -> Header {
        Header {
            relay,
            sequence,
            previous,
        }
    }

    fn turn(remote: &mut RemoteMembers, sequence: u64, previous: u64) -> Turn {
        remote.advance(header(A, sequence, previous), false)
    }

    #[test]
    fn a_roster_tells_only_the_differences() {
        let mut remote = RemoteMembers::default();
        assert_eq!(
            remote.replace(A, &whole(&[1, 2]), 10, |_| false).joined,
            [id(1), id(2)]
        );
        let changes = remote.replace(A, &whole(&[2, 3]), 10, |_| false);
        assert_eq!((changes.joined, changes.left), (vec![id(3)], vec![id(1)]));
        let piece = Roster {
            first: 0,
            last: 2,
            ids: vec![],
        };
        assert_eq!(remote.replace(A, &piece, 10, |_| false).left, [id(2)]);
        assert!(remote.contains(id(3)), "outside of the piece");
    }

    #[test]
    fn no_sibling_takes_a_local_id_or_that_of_another_sibling() {
        let mut remote = RemoteMembers::default();
        assert_eq!(remote.claim(A, id(1), 10), Claim::New);
        assert_eq!(remote.claim(B, id(1), 10), Claim::Refused);
        assert!(!remote.leave(B, id(1)));
        let changes = remote.replace(B, &whole(&[1, 7]), 10, |id| id.get() == 7);
        assert_eq!((changes.joined.len(), changes.refused), (0, 2));
        assert_eq!(remote.lose(A), [id(1)]);
        assert_eq!(remote.claim(B, id(1), 10), Claim::New);
    }

    #[test]
    fn members_and_relays_are_bounded() {
        let mut remote = RemoteMembers::default();
        let changes = remote.replace(A, &whole(&[1, 2, 3]), 2, |_| false);
        assert_eq!((changes.joined.len(), changes.refused, remote.len()), (2, 1, 2));
        assert_eq!(remote.claim(B, id(9), 2), Claim::Refused);
        for relay in 0..MAX_RELAYS as u64 {
            assert_eq!(remote.advance(header(RelayId(relay), 1, 0), false), Turn::Next);
        }
        let one_more = header(RelayId(u64::MAX), 1, 0);
        assert_eq!(remote.advance(one_more, false), Turn::Refused);
    }

    #[test]
    fn old_messages_and_repeated_ones_are_known_by_their_sequence() {
        let mut remote = RemoteMembers::default();
        assert_eq!(turn(&mut remote, 5, 4), Turn::Next, "the first that is heard");
        assert_eq!(turn(&mut remote, 5, 4), Turn::Stale);
        assert_eq!(turn(&mut remote, 4, 3), Turn::Stale);
        assert_eq!(turn(&mut remote, 9, 5), Turn::Next);
        assert_eq!(turn(&mut remote, 12, 11), Turn::AfterHole);
        assert_eq!(turn(&mut remote, 15, 0), Turn::Next);
    }

    #[test]
    fn after_a_lost_connection_nothing_is_heard_before_what_was_missed() {
        let mut remote = RemoteMembers::default();
        assert_eq!(turn(&mut remote, 1, 0), Turn::Next);
        remote.catch_up();
        assert_eq!(turn(&mut remote, 3, 2), Turn::TooEarly);
        assert_eq!(turn(&mut remote, 2, 1), Turn::Next);
        assert_eq!(turn(&mut remote, 3, 2), Turn::Next);
        assert_eq!(turn(&mut remote, 6, 5), Turn::TooEarly);
        assert_eq!(remote.advance(header(A, 7, 6), true), Turn::AfterHole, "a roster");
        assert_eq!(turn(&mut remote, 9, 8), Turn::AfterHole);
    }

    #[test]
    fn a_room_is_settled_when_every_sibling_answered_or_is_lost() {
        let mut remote = RemoteMembers::waiting_for([A, B].into());
        remote.replace(A, &whole(&[]), 10, |_| false);
        assert!(!remote.is_settled());
        remote.lose(B);
        assert!(remote.is_settled());
    }
}
