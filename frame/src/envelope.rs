//! The envelope in its two directions: what a client sends to the relay, and what the relay sends to a client.
//!
//! A malicious client can name any destination, but only within its own room, and the relay writes the source: nobody
//! can speak in another connection's name.

use alloc::vec::Vec;

use crate::{
    bytes::{FrameError, Reader},
    connection_id::ConnectionId,
    control::Control,
};

/// Bytes before the payload in both directions: one `u64`.
pub const HEADER_BYTES: usize = 8;

/// To whom the relay hands a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Every other member of the room.
    EverybodyElse,
    /// One member of the room; dropped when there is no such member.
    One(ConnectionId),
}

impl Destination {
    fn number(self) -> u64 {
        match self {
            Self::EverybodyElse => 0,
            Self::One(id) => id.get(),
        }
    }
}

/// What a client sends to the relay: `destination u64 ‖ payload`, the payload at least one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientFrame<'a> {
    /// Members that the relay is to hand the payload to.
    pub destination: Destination,
    /// Sealed bytes, opaque to the relay.
    pub payload: &'a [u8],
}

impl<'a> ClientFrame<'a> {
    /// Encodes the frame as one binary WebSocket message.
    pub fn encode(&self) -> Vec<u8> {
        with_header(self.destination.number(), self.payload)
    }

    /// Decodes one binary WebSocket message.
    ///
    /// # Errors
    /// [`FrameError::TooShort`] without a whole header, [`FrameError::EmptyPayload`] with nothing after it.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let destination = match ConnectionId::new(reader.u64()?) {
            None => Destination::EverybodyElse,
            Some(id) => Destination::One(id),
        };
        let payload = not_empty(reader.rest())?;
        Ok(Self { destination, payload })
    }
}

/// What the relay sends to a client: `source u64 ‖ payload`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayFrame<'a> {
    /// Source 0: the relay itself speaks.
    Control(Control),
    /// What another member sent.
    Peer {
        /// Connection that sent it; written by the relay, so no member can pretend to be another.
        source: ConnectionId,
        /// Sealed bytes as they were sent, opaque to the relay.
        payload: &'a [u8],
    },
}

impl<'a> RelayFrame<'a> {
    /// Encodes the frame as one binary WebSocket message.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Control(control) => with_header(0, &control.encode()),
            Self::Peer { source, payload } => with_header(source.get(), payload),
        }
    }

    /// Decodes one binary WebSocket message.
    ///
    /// # Errors
    /// The first [`FrameError`] met; control frames must be canonical to the last byte.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        match ConnectionId::new(reader.u64()?) {
            None => Control::decode(reader.rest()).map(Self::Control),
            Some(source) => Ok(Self::Peer {
                source,
                payload: not_empty(reader.rest())?,
            }),
        }
    }
}

fn with_header(number: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn not_empty(payload: &[u8]) -> Result<&[u8], FrameError> {
    if payload.is_empty() {
        Err(FrameError::EmptyPayload)
    } else {
        Ok(payload)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u64) -> ConnectionId {
        ConnectionId::new(number).unwrap()
    }

    #[test]
    fn client_frames_have_golden_bytes() {
        let to_all = ClientFrame {
            destination: Destination::EverybodyElse,
            payload: b"hi",
        };
        assert_eq!(to_all.encode(), [0, 0, 0, 0, 0, 0, 0, 0, b'h', b'i']);
        let to_one = ClientFrame {
            destination: Destination::One(id(0x0102)),
            payload: b"hi",
        };
        assert_eq!(to_one.encode(), [2, 1, 0, 0, 0, 0, 0, 0, b'h', b'i']);
    }

    #[test]
    fn relay_frames_have_golden_bytes() {
        let frame = RelayFrame::Peer {
            source: id(u64::MAX),
            payload: b"!",
        };
        assert_eq!(frame.encode(), [255, 255, 255, 255, 255, 255, 255, 255, b'!']);
    }

    #[test]
    fn a_frame_without_a_whole_header_is_refused() {
        assert_eq!(ClientFrame::decode(&[]), Err(FrameError::TooShort));
        assert_eq!(ClientFrame::decode(&[0; 7]), Err(FrameError::TooShort));
        assert_eq!(RelayFrame::decode(&[1; 7]), Err(FrameError::TooShort));
    }

    #[test]
    fn a_frame_without_a_payload_is_refused() {
        assert_eq!(ClientFrame::decode(&[0; 8]), Err(FrameError::EmptyPayload));
        assert_eq!(RelayFrame::decode(&[1; 8]), Err(FrameError::EmptyPayload));
    }

    proptest! {
        #[test]
        fn client_frames_round_trip(number: u64, payload in prop::collection::vec(any::<u8>(), 1..200)) {
            let destination = ConnectionId::new(number).map_or(Destination::EverybodyElse, Destination::One);
            let frame = ClientFrame { destination, payload: &payload };
            let bytes = frame.encode();
            prop_assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        }

        #[test]
        fn peer_frames_round_trip(number in 1u64.., payload in prop::collection::vec(any::<u8>(), 1..200)) {
            let frame = RelayFrame::Peer { source: id(number), payload: &payload };
            let bytes = frame.encode();
            prop_assert_eq!(RelayFrame::decode(&bytes), Ok(frame.clone()));
        }

        #[test]
        fn whatever_decodes_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(frame) = ClientFrame::decode(&bytes) {
                prop_assert_eq!(frame.encode(), bytes.clone());
            }
            if let Ok(frame) = RelayFrame::decode(&bytes) {
                prop_assert_eq!(frame.encode(), bytes);
            }
        }
    }
}
