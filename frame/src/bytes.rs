//! Strict little-endian reading of a bounded slice.
//!
//! Every read checks the length first, so hostile input ends in a [`FrameError`], never in a panic.

use thiserror::Error;

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The bytes end before the value does.
    #[error("the frame ends early")]
    TooShort,
    /// A frame between peers carries nothing.
    #[error("the frame has no payload")]
    EmptyPayload,
    /// Bytes follow the end of a control frame.
    #[error("{0} bytes follow the end of the frame")]
    TrailingBytes(usize),
    /// The control frame is of no known type.
    #[error("unknown control frame type {0}")]
    UnknownControl(u8),
    /// The notice is of no known kind.
    #[error("unknown notice kind {0}")]
    UnknownNotice(u8),
    /// The relay speaks another version of the envelope.
    #[error("envelope version {0} is not supported")]
    UnsupportedVersion(u8),
    /// A connection id is 0, which stands for the relay or for everybody.
    #[error("a connection id is zero")]
    ZeroConnectionId,
    /// The ids of a Welcome are not strictly ascending, name the joiner, or are more than the room has.
    #[error("the ids of the welcome are not canonical")]
    BadRoster,
    /// A list or text is longer than its bound.
    #[error("a field holds {length} items where {limit} are allowed")]
    TooLong {
        /// Items or bytes that the frame says it holds.
        length: usize,
        /// Most that may be there.
        limit: usize,
    },
    /// The text of a notice is not UTF-8.
    #[error("the text is not UTF-8")]
    BadText,
}

/// Reads a frame from its beginning; holds the bytes that are left.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, FrameError> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, FrameError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FrameError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, FrameError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], FrameError> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(FrameError::TooShort)?;
        self.0 = tail;
        Ok(head)
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Succeeds only when everything was read.
    pub(crate) fn finish(self) -> Result<(), FrameError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(FrameError::TrailingBytes(self.0.len()))
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (head, tail) = self.0.split_first_chunk().ok_or(FrameError::TooShort)?;
        self.0 = tail;
        Ok(*head)
    }
}
