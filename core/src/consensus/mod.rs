//! What makes a block valid, a chain chosen and a checkpoint final (docs/protocol.md, sections 4 to 8).
//!
//! - [`transition`] executes and builds blocks; [`header`] checks a header's links before anything is executed.
//! - [`tree`] keeps blocks and chooses the chain by their [`merit`].
//! - [`engine`] is who makes blocks and [`heard`] what this peer knows to be final: behind these two stands [`stake`], and nothing outside asks it.
//! - [`readiness`] answers "may I sign?".

pub mod ancestors;
pub mod branch;
pub mod engine;
pub mod header;
pub mod heard;
pub mod known;
pub mod merit;
pub mod readiness;
pub mod stake;
pub mod transition;
pub mod tree;

#[cfg(test)]
mod tests;
