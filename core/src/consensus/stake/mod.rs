//! Proof of stake: a private lottery for blocks, and the votes of a bounded set for finality (docs/protocol.md, sections 4 and 6).
//!
//! - [`lottery`] is the luck of a [`ticket`], which a header shows; [`term`] says who takes part.
//! - [`state`] is what a branch's state holds of all this, [`summary`] what of it outlives the state.
//! - [`recorded`] is finality as a branch's blocks record it, kept in [`finality`]; [`pool`] is finality as this peer has heard it.
//! - [`attendance`] is who of the voters is away, [`outlook`] what becomes of finality without them.
//! - [`rests`] is who has left politely and who returns, [`statements`] how a branch records it, [`statement_pool`] what of it was heard.
//! - [`electorate`], [`quorum`] and [`grid`] are the rules of voting.
//!
//! Safety needs only the watermark and the quorum rule; everything else decides how fast things become final.

pub mod attendance;
pub mod electorate;
pub mod finality;
pub mod grid;
pub mod lottery;
pub mod outlook;
pub mod pool;
pub mod quorum;
pub mod recorded;
pub mod rests;
pub mod state;
pub mod statement_pool;
pub mod statements;
pub mod summary;
pub mod term;
pub mod ticket;
mod voter_record;

#[cfg(test)]
mod handover;
#[cfg(test)]
mod leaving;
