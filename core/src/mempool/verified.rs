//! Transactions whose signature was checked: nothing else enters the mempool.

use std::ops::Deref;

use crate::{
    chain::block::Block,
    ledger::{apply::verify_signatures, error::TransactionError, transaction::Transaction},
};

/// A transaction that its account signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTransaction(Transaction);

impl VerifiedTransaction {
    /// Checks the signature of the transaction's account.
    ///
    /// # Errors
    /// [`TransactionError::BadSignature`].
    pub fn verify(transaction: Transaction) -> Result<Self, TransactionError> {
        transaction.verify_signature()?;
        Ok(Self(transaction))
    }

    /// Checks many signatures in one batch, and one by one if that fails. Gives those that fit, then those that do not. `entropy` is 32
    /// bytes that nobody else knows.
    pub fn verify_all(transactions: Vec<Transaction>, entropy: [u8; 32]) -> (Vec<Self>, Vec<Transaction>) {
        if verify_signatures(&transactions, entropy).is_ok() {
            return (transactions.into_iter().map(Self).collect(), Vec::new());
        }
        let (good, bad): (Vec<Transaction>, Vec<Transaction>) = transactions
            .into_iter()
            .partition(|transaction| transaction.verify_signature().is_ok());
        (good.into_iter().map(Self).collect(), bad)
    }

    /// The transactions of a block that was executed, and so checked, before.
    pub fn of_executed(block: &Block) -> impl Iterator<Item = Self> {
        block.transactions.iter().cloned().map(Self)
    }

    /// Borrows the transaction.
    pub fn transaction(&self) -> &Transaction {
        &self.0
    }

    /// Takes the transaction out.
    pub fn into_transaction(self) -> Transaction {
        self.0
    }
}

impl Deref for VerifiedTransaction {
    type Target = Transaction;
    fn deref(&self) -> &Transaction {
        &self.0
    }
}
