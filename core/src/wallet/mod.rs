//! The wallet: what happened to the coins of one account, read off the chain and the mempool.
//!
//! A read model like the chat: it is told of blocks and of what waits, and decides nothing. Balances are not its business; the ledger's
//! state has them.

pub mod history;
pub mod view;
