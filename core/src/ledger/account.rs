//! One account of the ledger.
//!
//! An account's size is bounded whatever its owner does: at most `MAX_UNBONDINGS` unbondings, a fixed nonce window, a short name.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::{BoundedString, BoundedVec},
    ledger::{error::TransactionError, genesis::ClaimMode, nonces::NonceWindow},
    params::{MAX_NAME_BYTES, MAX_UNBONDINGS},
};

/// Coins on their way from bond to balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Unbonding {
    /// In µTNG, more than 0.
    pub amount_micro: u64,
    /// Branch clock, in slots, at which the coins become balance.
    pub release_clock: u64,
}

/// What the ledger says about an account. Amounts are in µTNG.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Coins that the owner may spend.
    pub balance_micro: u64,
    /// Coins that the owner bonded, and can unbond again.
    pub bond_micro: u64,
    /// Coins that the grant bonded for good; they count as stake and can never be spent.
    pub granted_bond_micro: u64,
    /// On the way from bond to balance, oldest first.
    pub unbonding: BoundedVec<Unbonding, MAX_UNBONDINGS>,
    /// Nonces that applied transactions used up.
    pub nonces: NonceWindow,
    /// True once the account has drawn its grant, which it can do once.
    pub claimed: bool,
    /// Name that the account chose for itself; others may have the same.
    pub name: Option<BoundedString<MAX_NAME_BYTES>>,
}

impl Account {
    /// Weight in the lottery: bond and granted bond, in µTNG.
    pub fn stake(&self) -> u64 {
        self.bond_micro.saturating_add(self.granted_bond_micro)
    }

    /// Weight in votes alone, in µTNG: in an open room what was granted does not vote, since anybody may have made any number of accounts.
    pub fn voting_stake(&self, mode: ClaimMode) -> u64 {
        match mode {
            ClaimMode::Link | ClaimMode::Invite | ClaimMode::None => self.stake(),
            ClaimMode::Open => self.bond_micro,
        }
    }

    /// What can be spent when the branch clock shows `clock`: balance and matured unbondings, in µTNG.
    pub fn available(&self, clock: u64) -> u64 {
        self.balance_micro.saturating_add(self.matured(clock))
    }

    /// Moves matured unbondings to the balance. The coins are parts of one supply, so the sum is below 2^64.
    pub fn release_matured(&mut self, clock: u64) {
        if self.matured(clock) == 0 {
            return;
        }
        self.balance_micro = self.available(clock);
        let waiting: Vec<Unbonding> = self
            .unbonding
            .iter()
            .filter(|unbonding| unbonding.release_clock > clock)
            .copied()
            .collect();
        self.unbonding = BoundedVec::try_from(waiting).unwrap_or_default();
    }

    /// Adds to the balance, in µTNG.
    ///
    /// # Errors
    /// [`TransactionError::AmountOverflow`] beyond u64; the account is as before.
    pub fn credit(&mut self, amount_micro: u64) -> Result<(), TransactionError> {
        self.balance_micro = self
            .balance_micro
            .checked_add(amount_micro)
            .ok_or(TransactionError::AmountOverflow)?;
        Ok(())
    }

    /// Takes from the balance, in µTNG.
    ///
    /// # Errors
    /// [`TransactionError::InsufficientFunds`]; the account is as before.
    pub fn debit(&mut self, amount_micro: u64) -> Result<(), TransactionError> {
        let (needed_micro, available_micro) = (amount_micro, self.balance_micro);
        self.balance_micro =
            available_micro
                .checked_sub(needed_micro)
                .ok_or(TransactionError::InsufficientFunds {
                    needed_micro,
                    available_micro,
                })?;
        Ok(())
    }

    fn matured(&self, clock: u64) -> u64 {
        let matured = self
            .unbonding
            .iter()
            .filter(|unbonding| unbonding.release_clock <= clock);
        matured.fold(0, |sum: u64, unbonding| {
            sum.saturating_add(unbonding.amount_micro)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        let unbonding = [(5, 10), (7, 20), (9, 30)].map(|(amount_micro, release_clock)| Unbonding {
            amount_micro,
            release_clock,
        });
        Account {
            balance_micro: 100,
            unbonding: unbonding.to_vec().try_into().unwrap(),
            ..Account::default()
        }
    }

    #[test]
    fn matured_unbondings_are_available_at_once_and_credited_when_settled() {
        for (clock, available, waiting) in [(9, 100, 3), (10, 105, 2), (29, 112, 1), (30, 121, 0)] {
            let mut account = account();
            assert_eq!(account.available(clock), available);
            account.release_matured(clock);
            assert_eq!(
                (account.balance_micro, account.unbonding.len()),
                (available, waiting)
            );
            assert_eq!(account.available(clock), available);
        }
    }

    #[test]
    fn a_balance_never_wraps() {
        let mut account = Account {
            balance_micro: u64::MAX - 4,
            ..account()
        };
        assert_eq!(account.credit(5), Err(TransactionError::AmountOverflow));
        assert_eq!(account.balance_micro, u64::MAX - 4);
        assert_eq!(account.credit(4), Ok(()));
    }
}
