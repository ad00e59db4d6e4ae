//! The server's half of RFC 6455 as pure functions on bytes: what a client sent, and what goes on the wire.
//!
//! A server's frames are not masked, so the bytes of one relayed frame are the same for every reader: it is encoded
//! once, and all queues share it. That, and no buffers while a connection is idle, is why this is not a WebSocket
//! stream from a library; frame headers are read and written by `tungstenite`.
//!
//! Why a malicious client cannot hurt the relay: a frame's length is checked when its header is known, before its
//! payload is kept; memory grows only with bytes that came, up to one frame of the limit and one read.

use std::io::Cursor;

use bytes::{Buf, Bytes, BytesMut};
use ting_frame::{CloseReason, ConnectionId, HEADER_BYTES, RelayFrame};
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

const MAX_CONTROL_BYTES: u64 = 125;

/// One whole message or control frame from a client, unmasked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    /// The client says goodbye, with its close code if it gave one.
    Close(Option<u16>),
}

/// Cuts a client's bytes into messages.
#[derive(Debug)]
pub(crate) struct Decoder {
    max_message_bytes: usize,
    unread: BytesMut,
    header: Option<(FrameHeader, usize)>,
    /// What came so far of a message in fragments.
    fragments: Option<Vec<u8>>,
}

impl Decoder {
    pub(crate) fn new(max_message_bytes: usize) -> Self {
        Self {
            max_message_bytes,
            unread: BytesMut::new(),
            header: None,
            fragments: None,
        }
    }

    /// Takes over bytes read from the socket.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next message, or `None` until more bytes come.
    ///
    /// # Errors
    /// [`CloseReason::FrameTooLarge`] or [`CloseReason::BadFrame`]; the rest of the bytes is then meaningless.
    pub(crate) fn next(&mut self) -> Result<Option<Incoming>, CloseReason> {
        loop {
            let Some((header, payload)) = self.next_frame()? else {
                if self.unread.is_empty() {
                    self.unread = BytesMut::new();
                }
                return Ok(None);
            };
            match header.opcode {
                OpCode::Control(control) => return incoming_control(control, payload).map(Some),
                OpCode::Data(data) => {
                    if let Some(message) = self.add_fragment(data, header.is_final, payload)? {
                        return Ok(Some(Incoming::Binary(message)));
                    }
                }
            }
        }
    }

    fn next_frame(&mut self) -> Result<Option<(FrameHeader, Vec<u8>)>, CloseReason> {
        if self.header.is_none() {
            let mut cursor = Cursor::new(&self.unread);
            let parsed = FrameHeader::parse(&mut cursor).map_err(|_| CloseReason::BadFrame)?;
            let Some((header, length)) = parsed else {
                return Ok(None);
            };
            let header_bytes = cursor.position() as usize;
            let length = self.check(&header, length)?;
            self.unread.advance(header_bytes);
            self.header = Some((header, length));
        }
        match self.header.take() {
            Some((header, length)) if self.unread.len() >= length => {
                let masked = self.unread.split_to(length);
                let payload = unmask(&masked, header.mask.unwrap_or_default());
                Ok(Some((header, payload)))
            }
            waiting => {
                self.header = waiting;
                Ok(None)
            }
        }
    }

    /// Refuses a frame by its header alone.
    fn check(&self, header: &FrameHeader, length: u64) -> Result<usize, CloseReason> {
        let reserved = header.rsv1 || header.rsv2 || header.rsv3;
        if reserved || header.mask.is_none() {
            return Err(CloseReason::BadFrame);
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final || length > MAX_CONTROL_BYTES => {
                return Err(CloseReason::BadFrame);
            }
            OpCode::Control(_) => {}
            OpCode::Data(_) => {
                let before = self.fragments.as_ref().map_or(0, Vec::len);
                let allowed = self.max_message_bytes.saturating_sub(before);
                if length > allowed as u64 {
                    return Err(CloseReason::FrameTooLarge);
                }
            }
        }
        usize::try_from(length).map_err(|_| CloseReason::FrameTooLarge)
    }

    fn add_fragment(
        &mut self,
        data: Data,
        is_final: bool,
        payload: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, CloseReason> {
        let message = match (data, self.fragments.take()) {
            (Data::Binary, None) => payload,
            (Data::Continue, Some(mut fragments)) => {
                fragments.extend_from_slice(&payload);
                fragments
            }
            _ => return Err(CloseReason::BadFrame),
        };
        if is_final {
            return Ok(Some(message));
        }
        self.fragments = Some(message);
        Ok(None)
    }
}

fn incoming_control(control: Control, payload: Vec<u8>) -> Result<Incoming, CloseReason> {
    match control {
        Control::Ping => Ok(Incoming::Ping(payload)),
        Control::Pong => Ok(Incoming::Pong),
        Control::Close => Ok(Incoming::Close(
            payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
        )),
        Control::Reserved(_) => Err(CloseReason::BadFrame),
    }
}

fn unmask(masked: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut payload = masked.to_vec();
    let (words, rest) = payload.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
    payload
}

/// The wire bytes of a member's payload, ready for every reader.
pub(crate) fn peer_message(source: ConnectionId, payload: &[u8]) -> Bytes {
    let header = source.get().to_le_bytes();
    message(
        OpCode::Data(Data::Binary),
        &[&header, payload],
        HEADER_BYTES + payload.len(),
    )
}

/// The wire bytes of a control frame of the relay.
pub(crate) fn control_message(control: ting_frame::Control) -> Bytes {
    let frame = RelayFrame::Control(control).encode();
    message(OpCode::Data(Data::Binary), &[&frame], frame.len())
}

/// A ping; its answer proves that the client is alive.
pub(crate) fn ping() -> Bytes {
    Bytes::from_static(&[0x89, 0])
}

/// A pong frame: the answer to a client's ping.
pub(crate) fn pong(payload: &[u8]) -> Bytes {
    message(OpCode::Control(Control::Pong), &[payload], payload.len())
}

/// Why the server closes, as the last frame on the wire.
pub(crate) fn close(reason: CloseReason) -> Bytes {
    let code = reason.code().to_be_bytes();
    let sentence = reason.sentence().as_bytes();
    message(
        OpCode::Control(Control::Close),
        &[&code, sentence],
        code.len() + sentence.len(),
    )
}

/// A close frame: the answer to a client's.
pub(crate) fn close_answer(code: Option<u16>) -> Bytes {
    let code = code.map(u16::to_be_bytes);
    let payload = code.as_ref().map_or(&[][..], |code| code);
    message(OpCode::Control(Control::Close), &[payload], payload.len())
}

fn message(opcode: OpCode, parts: &[&[u8]], length: usize) -> Bytes {
    let header = FrameHeader {
        opcode,
        ..FrameHeader::default()
    };
    let mut wire = Vec::with_capacity(header.len(length as u64) + length);
    // Writing to a `Vec` cannot fail.
    let _ = header.format(length as u64, &mut wire);
    for part in parts {
        wire.extend_from_slice(part);
    }
    wire.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1_000;
    const MASK: [u8; 4] = [1, 2, 3, 4];
    const BINARY: OpCode = OpCode::Data(Data::Binary);
    const CONTINUE: OpCode = OpCode::Data(Data::Continue);
    const PING: OpCode = OpCode::Control(Control::Ping);

    fn from_client(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
        let header = FrameHeader {
            opcode,
            is_final,
            mask: Some(MASK),
            ..FrameHeader::default()
        };
        let mut wire = Vec::new();
        header.format(payload.len() as u64, &mut wire).unwrap();
        wire.extend(unmask(payload, MASK));
        wire
    }

    fn decode_all(wire: &[u8], piece: usize) -> (Vec<Incoming>, Option<CloseReason>) {
        let mut decoder = Decoder::new(MAX);
        let mut messages = Vec::new();
        for piece in wire.chunks(piece) {
            decoder.extend(piece);
            loop {
                match decoder.next() {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => break,
                    Err(reason) => return (messages, Some(reason)),
                }
            }
        }
        (messages, None)
    }

    fn refusal(wire: &[u8]) -> Option<CloseReason> {
        decode_all(wire, 4_096).1
    }

    #[test]
    fn a_message_in_fragments_comes_out_whole_with_a_ping_between_them() {
        let wire = [
            from_client(BINARY, false, b"one "),
            from_client(PING, true, b"?"),
            from_client(CONTINUE, false, b"two "),
            from_client(CONTINUE, true, b"three"),
        ];
        let expected = vec![
            Incoming::Ping(b"?".to_vec()),
            Incoming::Binary(b"one two three".to_vec()),
        ];
        assert_eq!(decode_all(&wire.concat(), 3), (expected, None));
    }

    #[test]
    fn a_message_over_the_limit_is_refused_by_its_header() {
        let whole = from_client(BINARY, true, &[0; MAX + 1]);
        assert_eq!(refusal(&whole[..8]), Some(CloseReason::FrameTooLarge));
        assert_eq!(refusal(&from_client(BINARY, true, &[0; MAX])), None);
        let huge = [
            0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
        ];
        assert_eq!(refusal(&huge), Some(CloseReason::FrameTooLarge));
    }

    #[test]
    fn fragments_over_the_limit_together_are_refused() {
        let wire = [
            from_client(BINARY, false, &[0; MAX]),
            from_client(CONTINUE, true, &[0]),
        ]
        .concat();
        assert_eq!(refusal(&wire), Some(CloseReason::FrameTooLarge));
    }

    #[test]
    fn what_breaks_the_protocol_is_refused() {
        let text = from_client(OpCode::Data(Data::Text), true, b"hello");
        let unmasked = peer_message(ConnectionId::new(1).unwrap(), b"hello");
        let mut reserved_bit = from_client(BINARY, true, b"hello");
        reserved_bit[0] |= 0x40;
        let bare_continuation = from_client(CONTINUE, true, b"hello");
        let two_starts = [from_client(BINARY, false, b"a"), from_client(BINARY, true, b"b")].concat();
        let split_ping = from_client(PING, false, b"");
        let long_ping = from_client(PING, true, &[0; 126]);
        let reserved_opcode = [0x83, 0x80, 0, 0, 0, 0];
        for wire in [
            &text[..],
            &unmasked,
            &reserved_bit,
            &bare_continuation,
            &two_starts,
            &split_ping,
            &long_ping,
            &reserved_opcode,
        ] {
            assert_eq!(refusal(wire), Some(CloseReason::BadFrame), "{wire:02x?}");
        }
    }

    #[test]
    fn an_idle_decoder_holds_no_buffer() {
        let mut decoder = Decoder::new(MAX);
        decoder.extend(&from_client(BINARY, true, &[0; MAX]));
        assert!(decoder.next().unwrap().is_some());
        assert!(decoder.next().unwrap().is_none());
        assert_eq!(decoder.unread.capacity(), 0);
    }

    #[test]
    fn server_frames_have_golden_bytes() {
        let peer = peer_message(ConnectionId::new(7).unwrap(), b"hi");
        assert_eq!(peer[..], [0x82, 10, 7, 0, 0, 0, 0, 0, 0, 0, b'h', b'i']);
        assert_eq!(ping()[..], [0x89, 0]);
        assert_eq!(pong(b"x")[..], [0x8a, 1, b'x']);
        assert_eq!(close_answer(Some(1000))[..], [0x88, 2, 3, 0xe8]);
        assert_eq!(close_answer(None)[..], [0x88, 0]);
        assert_eq!(close(CloseReason::RateExceeded)[..4], [0x88, 38, 0x0f, 0xa2]);
    }

    proptest! {
        #[test]
        fn messages_survive_any_cutting_of_the_stream(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6),
            piece in 1_usize..400,
        ) {
            let wire: Vec<u8> = payloads.iter().flat_map(|payload| from_client(BINARY, true, payload)).collect();
            let expected = payloads.into_iter().map(Incoming::Binary).collect();
            prop_assert_eq!(decode_all(&wire, piece), (expected, None));
        }

        #[test]
        fn garbage_never_panics(wire in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..300) {
            decode_all(&wire, piece);
        }
    }
}
