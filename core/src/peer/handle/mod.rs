//! One file per kind of input: upon X do Y.

mod block;
mod command;
mod frame;
mod get;
mod give;
mod greeting;
mod link;
mod load;
mod pass;
mod statements;
mod transactions;
mod votes;
