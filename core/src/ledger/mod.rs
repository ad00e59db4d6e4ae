//! The ledger: accounts, the transactions that change them, and the state they add up to.
//!
//! Built from the bottom: [`genesis`] fixes the rules; a [`transaction`] is what one account wants and signed; [`apply`] turns a [`state::LedgerState`]
//! into the next one or says by a [`error::TransactionError`] why not. Coins are never made or lost after genesis: fund, balances,
//! bonds and unbondings always add up to the supply.

pub mod account;
pub mod anchor;
pub mod apply;
pub mod claim;
pub mod context;
pub mod error;
pub mod fee;
pub mod genesis;
pub mod invite;
pub mod name;
pub mod nonces;
pub mod state;
pub mod transaction;
pub mod trie;

#[cfg(test)]
mod tests;
