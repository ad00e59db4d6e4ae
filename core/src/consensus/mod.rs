//! What makes a block valid, a chain chosen and a checkpoint final (docs/protocol.md, sections 4 to 8).
//!
//! - [`transition`] executes and builds blocks; [`header`] checks a header before anything is executed.
//! - [`tree`] keeps blocks and chooses the chain by their [`merit`].
//! - [`stake`] is who makes blocks, and what makes them final.
//! - [`readiness`] answers "may I sign?".

pub mod branch;
pub mod header;
pub mod merit;
pub mod readiness;
pub mod stake;
pub mod transition;
pub mod tree;

#[cfg(test)]
mod tests;
