//! A list of keys that signed something bad: what they sign is ignored for a while.
//!
//! Only a valid signature over a bad object brings a key here, so nobody can be framed. New keys are free, so this spares work and is no
//! security: at most [`MAX_PENALTIES`] keys are kept, and the one that is free soonest goes first.

use std::collections::BTreeMap;

use crate::{
    crypto::keys::Address,
    params::{MAX_PENALTIES, PENALTY_MS},
    time::Timestamp,
};

/// Accounts that are ignored, each until its time.
#[derive(Clone, Debug, Default)]
pub struct PenaltyBox {
    until: BTreeMap<Address, Timestamp>,
}

impl PenaltyBox {
    /// Ignores an account from now on for [`PENALTY_MS`].
    pub fn penalize(&mut self, account: Address, now: Timestamp) {
        self.until.retain(|_, until| is_ahead(*until, now));
        if self.until.len() >= MAX_PENALTIES && !self.until.contains_key(&account) {
            let soonest = self
                .until
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(account, _)| *account);
            soonest.and_then(|account| self.until.remove(&account));
        }
        self.until.insert(account, now.plus_ms(PENALTY_MS));
    }

    /// Whether what this account signs is ignored now.
    pub fn is_ignored(&self, account: &Address, now: Timestamp) -> bool {
        self.until.get(account).is_some_and(|until| is_ahead(*until, now))
    }

    /// Number of accounts on the list, at most [`MAX_PENALTIES`].
    pub fn len(&self) -> usize {
        self.until.len()
    }

    /// Whether no account is on the list.
    pub fn is_empty(&self) -> bool {
        self.until.is_empty()
    }
}

/// A clock that was set back never makes a penalty longer than it was.
fn is_ahead(until: Timestamp, now: Timestamp) -> bool {
    (1..=PENALTY_MS).contains(&until.ms_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::SecretKey;

    fn account(number: u16) -> Address {
        let [low, high] = number.to_le_bytes();
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&[low, high]);
        SecretKey::from_seed(seed).address()
    }

    #[test]
    fn a_key_is_ignored_for_its_time_and_then_heard_again() {
        let mut penalties = PenaltyBox::default();
        penalties.penalize(account(1), Timestamp(1_000));
        assert!(penalties.is_ignored(&account(1), Timestamp(1_000)));
        assert!(penalties.is_ignored(&account(1), Timestamp(1_000 + PENALTY_MS - 1)));
        assert!(!penalties.is_ignored(&account(1), Timestamp(1_000 + PENALTY_MS)));
        assert!(!penalties.is_ignored(&account(2), Timestamp(1_000)));
    }

    #[test]
    fn a_clock_set_back_prolongs_no_penalty() {
        let mut penalties = PenaltyBox::default();
        penalties.penalize(account(1), Timestamp(10 * PENALTY_MS));
        assert!(!penalties.is_ignored(&account(1), Timestamp(PENALTY_MS)));
    }

    #[test]
    fn the_box_holds_a_bounded_number_and_the_soonest_free_leaves_first() {
        let mut penalties = PenaltyBox::default();
        for number in 0..=MAX_PENALTIES as u16 {
            penalties.penalize(account(number), Timestamp(u64::from(number)));
        }
        assert_eq!(penalties.len(), MAX_PENALTIES);
        let now = Timestamp(MAX_PENALTIES as u64);
        assert!(!penalties.is_ignored(&account(0), now));
        assert!(penalties.is_ignored(&account(1), now));
        penalties.penalize(account(0), now.plus_ms(2 * PENALTY_MS));
        assert_eq!(penalties.len(), 1);
    }
}
