//! The envelope that travels between a client and the relay, and nothing else.
//!
//! One WebSocket binary message holds one frame. A client sends `destination u64 ‖ payload`; the relay
//! replaces the first eight bytes and passes on `source u64 ‖ payload`. All integers are little-endian.
//! Destination 0 means *everybody else in the room*; source 0 means *the relay itself*, and the payload is then
//! a [`Control`] frame. The payload between peers is sealed by them: neither this crate nor the relay looks inside.
//!
//! Invariants: every value has exactly one encoding, decoding refuses all others with a typed [`FrameError`], and
//! trailing bytes are refused.
//!
//! Why a malicious peer or relay cannot hurt the reader: decoding never panics, allocates only what [`Welcome`] and
//! [`Notice`] bound (at most [`MAX_WELCOME_IDS`] ids, at most [`MAX_NOTICE_BYTES`] of text), and borrows payloads
//! from the input.
#![no_std]

extern crate alloc;

mod bytes;
mod close;
mod connection_id;
mod control;
mod envelope;
mod room_name;

pub use bytes::FrameError;
pub use close::CloseReason;
pub use connection_id::ConnectionId;
pub use control::{
    Control, Limits, MAX_NOTICE_BYTES, MAX_WELCOME_IDS, Notice, NoticeKind, PROTOCOL_VERSION, Welcome,
};
pub use envelope::{ClientFrame, Destination, HEADER_BYTES, RelayFrame};
pub use room_name::{RoomName, RoomNameError};
