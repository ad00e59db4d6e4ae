//! How far a transaction has come, and the bookkeeping that chat and wallet, which stand on it, share: what waits for a block, and what is in one.
//!
//! A [`Waiting`] holds at most the number of entries it was made for. What others sent can never push out what I sent, so a flood of
//! other accounts' transactions hides only other accounts' transactions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    crypto::keys::Address,
    ledger::transaction::{Transaction, TransactionId},
    sorting,
    time::{Slot, Timestamp},
};

/// How far a transaction has come. The coin of the interface: hollow, half, full, crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// Signed and gossiped, in no block of the chosen chain.
    Sent,
    /// In a block of the chosen chain at this height.
    InBlock(u64),
    /// In a block at this height that is final: it stays there.
    Final(u64),
    /// `valid_until` passed without inclusion, or the mempool refuses it for good.
    Expired,
}

impl Delivery {
    /// The state of something in a block at `height`, if everything up to `final_height` is final.
    pub fn at(height: u64, final_height: u64) -> Self {
        if height <= final_height {
            Self::Final(height)
        } else {
            Self::InBlock(height)
        }
    }
}

/// Why a transaction left the mempool without getting into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// Another transaction of the account with the same nonce took its place: there is nothing left to show.
    Replaced,
    /// Evicted, or not valid any more. An own one is shown as expired, so that it can be sent again.
    Refused,
}

/// What a read model keeps of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked<T> {
    /// Hash that identifies the transaction.
    pub id: TransactionId,
    /// Account that signed the transaction.
    pub account: Address,
    /// Nonce of the transaction: orders what was first seen in the same millisecond.
    pub nonce: u64,
    /// Last slot in which a block may hold it.
    pub valid_until: Slot,
    /// When it was first seen here, or the slot of the block in which it was.
    pub first_seen: Timestamp,
    /// What the read model shows of it: a line of the chat, a movement of coins.
    pub item: T,
}

impl<T> Tracked<T> {
    /// Takes id, account, nonce and expiry from the transaction, and keeps `item` with them.
    pub fn new(transaction: &Transaction, first_seen: Timestamp, item: T) -> Self {
        Self {
            id: transaction.id(),
            account: transaction.account,
            nonce: transaction.nonce,
            valid_until: transaction.valid_until,
            first_seen,
            item,
        }
    }

    fn order(&self) -> (Timestamp, u64, TransactionId) {
        (self.first_seen, self.nonce, self.id)
    }
}

/// Something in a block of the chosen chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled<T> {
    /// Height of the block that holds the transaction.
    pub height: u64,
    /// Time at which the block's slot began.
    pub time: Timestamp,
    /// What is kept of the transaction.
    pub tracked: Tracked<T>,
}

/// Something in no block of the chosen chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter<T> {
    /// What is kept of the transaction.
    pub tracked: Tracked<T>,
    /// `Sent`, or `Expired` if it is mine and waits no longer.
    pub delivery: Delivery,
}

/// What waits for a block, and what I sent in vain.
#[derive(Clone, Debug)]
pub struct Waiting<T> {
    me: Address,
    max: usize,
    entries: BTreeMap<TransactionId, Waiter<T>>,
}

impl<T> Waiting<T> {
    /// Room for `max` entries; those of `me` stay when they expire.
    pub fn new(me: Address, max: usize) -> Self {
        Self {
            me,
            max,
            entries: BTreeMap::new(),
        }
    }

    /// Adds what waits, or makes it wait again. With no room left, something of others is not kept, and something of mine takes the
    /// place of [`Self::least_missed`].
    pub fn insert(&mut self, tracked: Tracked<T>) {
        if let Some(known) = self.entries.get_mut(&tracked.id) {
            known.delivery = Delivery::Sent;
            return;
        }
        if self.entries.len() >= self.max {
            if tracked.account != self.me {
                return;
            }
            if let Some(id) = self.least_missed() {
                self.entries.remove(&id);
            }
        }
        self.entries.insert(
            tracked.id,
            Waiter {
                tracked,
                delivery: Delivery::Sent,
            },
        );
    }

    /// The newest of others, else the oldest of mine.
    fn least_missed(&self) -> Option<TransactionId> {
        let all = || self.entries.values().map(|waiter| &waiter.tracked);
        let newest_of_others = all()
            .filter(|tracked| tracked.account != self.me)
            .max_by_key(|tracked| tracked.order());
        let oldest_of_mine = || all().min_by_key(|tracked| tracked.order());
        newest_of_others.or_else(oldest_of_mine).map(|tracked| tracked.id)
    }

    /// Takes out what waits no longer: it is in a block, or is sent again under another id.
    pub fn remove(&mut self, id: &TransactionId) -> Option<Tracked<T>> {
        self.entries.remove(id).map(|waiter| waiter.tracked)
    }

    /// The entry of this transaction, if it waits or has expired here.
    pub fn get(&self, id: &TransactionId) -> Option<&Waiter<T>> {
        self.entries.get(id)
    }

    /// Follows the mempool, which let a transaction go: shows an own one as expired, and drops all others.
    pub fn let_go(&mut self, id: &TransactionId, reason: Dropped) {
        match self.entries.get_mut(id) {
            Some(waiter) if reason == Dropped::Refused && waiter.tracked.account == self.me => {
                waiter.delivery = Delivery::Expired;
            }
            _ => {
                self.entries.remove(id);
            }
        }
    }

    /// No block can hold anything any more whose `valid_until` lies before `slot`.
    pub fn expire(&mut self, slot: Slot) {
        let me = self.me;
        self.entries.retain(|_, waiter| {
            if waiter.tracked.valid_until >= slot {
                return true;
            }
            waiter.delivery = Delivery::Expired;
            waiter.tracked.account == me
        });
    }

    /// All entries, in the order in which they were first seen.
    pub fn in_order(&self) -> Vec<&Waiter<T>> {
        let mut all: Vec<&Waiter<T>> = self.entries.values().collect();
        sorting::sort_by_key(&mut all, |waiter| waiter.tracked.order());
        all
    }

    /// All entries, for changing what is shown.
    pub fn items_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut().map(|waiter| &mut waiter.tracked.item)
    }

    /// What still waits, without what expired.
    pub fn sent(&self) -> impl Iterator<Item = &Tracked<T>> {
        self.entries
            .values()
            .filter(|waiter| waiter.delivery == Delivery::Sent)
            .map(|waiter| &waiter.tracked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chain::samples::secret, crypto::hash::Hash};

    #[derive(Clone, Copy)]
    enum Who {
        Me,
        Other,
    }
    use Who::{Me, Other};

    impl Who {
        fn address(self) -> Address {
            match self {
                Self::Me => secret(1).address(),
                Self::Other => secret(2).address(),
            }
        }
    }

    /// Ids fall while time and nonces rise, so that no order is that of the ids.
    fn tracked(who: Who, number: u8) -> Tracked<u8> {
        Tracked {
            id: TransactionId(Hash([u8::MAX - number; 32])),
            account: who.address(),
            nonce: u64::from(number),
            valid_until: Slot(u64::from(number)),
            first_seen: Timestamp(u64::from(number / 2)),
            item: number,
        }
    }

    fn waiting(max: usize, entries: &[(Who, u8)]) -> Waiting<u8> {
        let mut waiting = Waiting::new(Me.address(), max);
        for (who, number) in entries {
            waiting.insert(tracked(*who, *number));
        }
        waiting
    }

    fn numbers(waiting: &Waiting<u8>) -> Vec<u8> {
        let entries = waiting.in_order().into_iter();
        entries.map(|waiter| waiter.tracked.item).collect()
    }

    #[test]
    fn with_no_room_left_mine_takes_the_place_of_the_newest_of_others_and_then_of_the_oldest_of_mine() {
        let mut waiting = waiting(3, &[(Other, 2), (Other, 3), (Me, 4), (Other, 5)]);
        assert_eq!(numbers(&waiting), [2, 3, 4], "others push nothing out");
        let mut after = |number| {
            waiting.insert(tracked(Me, number));
            numbers(&waiting)
        };
        assert_eq!(after(6), [2, 4, 6]);
        assert_eq!(after(7), [4, 6, 7]);
        assert_eq!(after(8), [6, 7, 8]);
        assert_eq!(after(8), [6, 7, 8], "it is there");
    }

    #[test]
    fn what_i_sent_in_vain_stays_and_waits_no_longer_and_what_others_sent_goes() {
        let mut waiting = waiting(9, &[(Other, 2), (Me, 3), (Me, 4), (Other, 5), (Me, 6)]);
        let sent = |waiting: &Waiting<u8>| {
            let mut sent: Vec<u8> = waiting.sent().map(|tracked| tracked.item).collect();
            sorting::sort(&mut sent);
            sent
        };
        waiting.expire(Slot(4));
        assert_eq!(numbers(&waiting), [3, 4, 5, 6]);
        assert_eq!(sent(&waiting), [4, 5, 6]);
        for (number, reason) in [
            (4, Dropped::Refused),
            (5, Dropped::Refused),
            (6, Dropped::Replaced),
        ] {
            waiting.let_go(&tracked(Me, number).id, reason);
        }
        assert_eq!((numbers(&waiting), sent(&waiting)), (vec![3, 4], vec![]));
        waiting.insert(tracked(Me, 3));
        assert_eq!(sent(&waiting), [3], "it waits again");
        let shown = waiting.items_mut().map(|item| *item += 10).count();
        assert_eq!((shown, numbers(&waiting)), (2, vec![13, 14]));
        assert!(waiting.remove(&tracked(Me, 4).id).is_some());
        assert!(waiting.get(&tracked(Me, 4).id).is_none());
    }
}
