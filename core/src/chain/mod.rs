//! The parts that a chain is made of: headers and blocks, checkpoints and the votes for them, and what voters state about themselves.
//!
//! Data only. What makes a block valid and a checkpoint final is decided one level up, in
//! [`consensus`](crate::consensus).

pub mod block;
mod block_hash;
pub mod checkpoint;
#[cfg(test)]
pub(crate) mod samples;
pub mod statement;
pub mod watermark;
