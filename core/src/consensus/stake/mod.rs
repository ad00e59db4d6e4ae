//! Proof of stake: a private lottery for blocks, and the votes of a bounded set for finality (docs/protocol.md, sections 4 and 6).
//!
//! - [`lottery`] draws tickets, [`term`] says who takes part.
//! - [`recorded`] is finality as a branch's blocks record it, kept in [`finality`]; [`pool`] is finality as this peer has heard it.
//! - [`quorum`], [`watermark`] and [`grid`] are the rules of voting.
//!
//! Safety needs only the watermark and the quorum rule; everything else decides how fast things become final.

pub mod finality;
pub mod grid;
pub mod lottery;
pub mod pool;
pub mod quorum;
pub mod recorded;
pub mod term;
pub mod watermark;

#[cfg(test)]
mod handover;
