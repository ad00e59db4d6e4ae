//! What a chain is made of: checkpoints and votes, blocks, the lottery, and the terms that say who takes part.
//!
//! Data and arithmetic only. What makes a block valid and a checkpoint final is decided one level up, in
//! [`consensus`](crate::consensus).

pub mod block;
mod block_hash;
pub mod checkpoint;
pub mod lottery;
#[cfg(test)]
pub(crate) mod samples;
pub mod term;
