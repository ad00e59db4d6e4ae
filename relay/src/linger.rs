//! Rooms whose last member has left but whose place among the rooms is kept for a while.
//!
//! After a hiccup of the network all members of a room are gone for a moment. On a relay that has as many rooms as it
//! allows, somebody else's room would take the place in that moment; so an empty room lingers. All that is kept is its
//! name and the time. At most a quarter of the places linger, the oldest go first: nobody can fill the relay with
//! empty rooms.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use ting_frame::RoomName;

/// The share of all places that may linger, as its reciprocal.
const SHARE: usize = 4;

#[derive(Debug)]
pub(crate) struct Lingering {
    linger: Duration,
    most: usize,
    left_at: HashMap<RoomName, Instant>,
    order: BTreeSet<(Instant, RoomName)>,
}

impl Lingering {
    pub(crate) fn new(linger: Duration, max_rooms: usize) -> Self {
        Self {
            linger,
            most: max_rooms / SHARE,
            left_at: HashMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Keeps the place of a room that is empty from now on.
    pub(crate) fn keep(&mut self, name: RoomName, now: Instant) {
        self.take(&name);
        if self.linger.is_zero() || self.most == 0 {
            return;
        }
        if self.order.len() >= self.most {
            self.forget_first();
        }
        self.left_at.insert(name, now);
        self.order.insert((now, name));
    }

    /// Gives a room its place back; false when it had none.
    pub(crate) fn take(&mut self, name: &RoomName) -> bool {
        let left_at = self.left_at.remove(name);
        left_at.is_some_and(|left_at| self.order.remove(&(left_at, *name)))
    }

    /// Number of rooms that linger at `now`.
    pub(crate) fn count(&mut self, now: Instant) -> usize {
        while let Some((left_at, _)) = self.order.first() {
            if now.saturating_duration_since(*left_at) < self.linger {
                break;
            }
            self.forget_first();
        }
        self.order.len()
    }

    fn forget_first(&mut self) {
        if let Some((_, name)) = self.order.pop_first() {
            self.left_at.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINGER: Duration = Duration::from_secs(10);

    fn name(number: u8) -> RoomName {
        RoomName::from_bytes([number; 32])
    }

    #[test]
    fn a_place_is_kept_for_its_time_and_taken_once() {
        let start = Instant::now();
        let mut lingering = Lingering::new(LINGER, 8);
        lingering.keep(name(1), start);
        lingering.keep(name(2), start + LINGER / 2);
        assert!(lingering.take(&name(1)) && !lingering.take(&name(1)));
        assert_eq!(lingering.count(start + LINGER), 1);
        assert_eq!(lingering.count(start + LINGER * 2), 0);
        assert!(!lingering.take(&name(2)) && lingering.left_at.is_empty());
    }

    #[test]
    fn at_most_a_quarter_lingers_and_the_oldest_goes_first() {
        let start = Instant::now();
        let mut lingering = Lingering::new(LINGER, 8);
        for number in 1..=100 {
            lingering.keep(name(number), start + Duration::from_millis(number.into()));
        }
        assert_eq!((lingering.order.len(), lingering.left_at.len()), (2, 2));
        assert!(lingering.take(&name(100)) && !lingering.take(&name(98)));
    }

    #[test]
    fn a_room_that_empties_again_and_again_has_one_place() {
        let start = Instant::now();
        let mut lingering = Lingering::new(LINGER, 8);
        for second in 0..5 {
            lingering.keep(name(1), start + Duration::from_secs(second));
        }
        assert_eq!(lingering.count(start + LINGER), 1);
    }
}
