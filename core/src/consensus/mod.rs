//! What makes a block valid, a chain chosen and a checkpoint final (docs/protocol.md, sections 4 to 8).
//!
//! - [`transition`] executes and builds blocks; [`header`] checks a header before anything is executed.
//! - [`recorded`] is finality as a branch's blocks record it; [`pool`] is finality as this peer has heard it.
//! - [`quorum`], [`watermark`] and [`grid`] are the rules of voting.
//! - [`tree`] keeps blocks and chooses the chain.
//! - [`readiness`] answers "may I sign?".
//!
//! Safety needs only the watermark and the quorum rule; everything else decides how fast things become final.

pub mod branch;
pub mod grid;
pub mod header;
pub mod pool;
pub mod quorum;
pub mod readiness;
pub mod recorded;
pub mod transition;
pub mod tree;
pub mod watermark;

#[cfg(test)]
mod handover;
#[cfg(test)]
mod tests;
