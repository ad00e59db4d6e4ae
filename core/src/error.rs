//! Errors shared by every layer; an operation's own errors live beside the operation.

use thiserror::Error;

/// Why bytes were refused as the encoding of a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The input is longer than any valid encoding of the wanted type.
    #[error("{len} bytes, at most {max} allowed")]
    TooLong {
        /// Bytes that came.
        len: usize,
        /// Most bytes that a valid encoding has.
        max: usize,
    },
    /// Bytes are left over after the value.
    #[error("{count} bytes after the value")]
    TrailingBytes {
        /// Bytes that follow the value.
        count: usize,
    },
    /// The bytes do not encode a value of the wanted type.
    #[error("malformed: {0}")]
    Malformed(String),
}

/// A container was given more than its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("length {len} is over the bound of {max}")]
pub struct BoundExceeded {
    /// Elements or bytes that it was given.
    pub len: usize,
    /// Most that it may hold.
    pub max: usize,
}
