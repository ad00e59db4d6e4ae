//! Which nonces of an account are used: each at most once, in any order within a window.
//!
//! The highest used nonce and a bitmap of the 64 below it. A transaction that waits never blocks the next one, and a replayed one is
//! always refused: what falls out of the window below can never be used again. The size is fixed, whatever an account signs.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{ledger::error::TransactionError, params::NONCE_WINDOW};

/// Which nonces of one account were used, in 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct NonceWindow {
    highest: u64,
    /// Bit `i` is set if nonce `highest - 1 - i` is used.
    below: u64,
}

impl NonceWindow {
    /// The highest used nonce; 0 if none is.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// True if `nonce` may be used now.
    pub fn accepts(&self, nonce: u64) -> bool {
        self.check(nonce).is_ok()
    }

    /// True if `nonce` can never be used again, whatever else is: it was, or it lies below the window.
    pub fn rules_out(&self, nonce: u64) -> bool {
        nonce <= self.highest && !self.accepts(nonce)
    }

    /// Marks `nonce` as used, for good.
    ///
    /// # Errors
    /// [`TransactionError::NonceUsed`] or [`TransactionError::NonceOutOfWindow`]; nothing changes then.
    pub fn take(&mut self, nonce: u64) -> Result<(), TransactionError> {
        self.check(nonce)?;
        match nonce.checked_sub(self.highest) {
            Some(step) => {
                let shifted = u32::try_from(step)
                    .ok()
                    .and_then(|step| self.below.checked_shl(step));
                self.below = shifted.unwrap_or(0) | bit(step.saturating_sub(1));
                self.highest = nonce;
            }
            None => self.below |= bit(self.distance_below(nonce)),
        }
        Ok(())
    }

    fn check(&self, nonce: u64) -> Result<(), TransactionError> {
        let out_of_window = TransactionError::NonceOutOfWindow {
            nonce,
            highest: self.highest,
        };
        if nonce == 0 {
            return Err(out_of_window);
        }
        if nonce > self.highest {
            return if nonce - self.highest <= NONCE_WINDOW {
                Ok(())
            } else {
                Err(out_of_window)
            };
        }
        let used = TransactionError::NonceUsed { nonce };
        match self.distance_below(nonce) {
            _ if nonce == self.highest => Err(used),
            distance if distance >= NONCE_WINDOW => Err(out_of_window),
            distance if self.below & bit(distance) != 0 => Err(used),
            _ => Ok(()),
        }
    }

    /// Index in the bitmap of a nonce below the highest.
    fn distance_below(&self, nonce: u64) -> u64 {
        self.highest.saturating_sub(nonce).saturating_sub(1)
    }
}

/// The bit at `index`, or none beyond the 64.
fn bit(index: u64) -> u64 {
    u32::try_from(index)
        .ok()
        .and_then(|index| 1_u64.checked_shl(index))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nonces_are_taken_in_any_order() {
        let mut window = NonceWindow::default();
        for nonce in [3, 1, 64, 2, 128, 65, 64 + 1 + 1] {
            assert_eq!(window.take(nonce), Ok(()), "{nonce}");
            assert_eq!(window.take(nonce), Err(TransactionError::NonceUsed { nonce }));
        }
        assert_eq!(window.highest(), 128);
    }

    #[test]
    fn a_nonce_is_ruled_out_once_it_is_used_or_below_the_window_and_not_while_it_is_above() {
        let mut window = NonceWindow::default();
        window.take(3).unwrap();
        let ruled_out = |window: &NonceWindow, nonces: [u64; 4]| nonces.map(|nonce| window.rules_out(nonce));
        assert_eq!(ruled_out(&window, [2, 3, 4, 68]), [false, true, false, false]);
        window.take(67).unwrap();
        assert_eq!(ruled_out(&window, [2, 3, 4, 68]), [true, true, false, false]);
    }

    #[test]
    fn zero_and_leaps_beyond_the_window_are_refused() {
        let mut window = NonceWindow::default();
        for nonce in [0, 65, u64::MAX] {
            assert_eq!(
                window.take(nonce),
                Err(TransactionError::NonceOutOfWindow { nonce, highest: 0 })
            );
        }
        window.take(64).unwrap();
        window.take(65).unwrap();
        assert!(window.accepts(1));
        window.take(66).unwrap();
        assert_eq!(
            window.take(1),
            Err(TransactionError::NonceOutOfWindow {
                nonce: 1,
                highest: 66
            })
        );
        assert!(window.accepts(2));
    }

    #[test]
    fn the_window_ends_at_the_last_nonce_without_overflow() {
        let mut window = NonceWindow {
            highest: u64::MAX - 3,
            below: 0,
        };
        assert_eq!(window.take(u64::MAX), Ok(()));
        assert!(!window.accepts(u64::MAX));
        assert!(!window.accepts(u64::MAX - 3));
        assert!(window.accepts(u64::MAX - 1));
    }

    proptest! {
        #[test]
        fn each_nonce_is_used_at_most_once_and_any_within_the_window(
            nonces in proptest::collection::vec(0_u64..300, 0..400),
        ) {
            let mut window = NonceWindow::default();
            let mut used = BTreeSet::new();
            for nonce in nonces {
                let highest = used.last().copied().unwrap_or(0);
                let within = nonce >= 1 && nonce <= highest + 64 && nonce + 64 >= highest;
                let expected = within && !used.contains(&nonce);
                prop_assert_eq!(window.accepts(nonce), expected);
                prop_assert_eq!(window.take(nonce).is_ok(), expected);
                if expected {
                    used.insert(nonce);
                }
            }
        }
    }
}
