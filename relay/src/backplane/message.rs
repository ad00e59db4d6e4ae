//! The messages that relays send each other, and their encoding.
//!
//! `version u8 ‖ kind u8 ‖ relay u64 ‖ sequence u64 ‖ previous u64 ‖ body`, all integers little-endian. On a room's
//! subject the sequence grows with every message of a relay, and a message whose sequence is not greater than the last
//! one heard from that relay in that room is old: it came over a connection that was given up, or it is said again in
//! case it was missed. `previous` is the sequence of the relay's message before it in that room, by which a hole is
//! seen; 0 when the one before will not be said again. On the relays' subject the sequence says up to where the relay
//! has spoken on all rooms' subjects.
//!
//! Why a malicious sibling cannot hurt the reader: every length is checked before it is used, lists are bounded by
//! [`MAX_ROSTER_IDS`] and [`MAX_HEARD`], payloads by the relay's own limit for frames, and nothing panics.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;
use ting_frame::{ConnectionId, Destination};

use super::room_key::RoomKey;

/// Most ids in one piece of a roster.
pub(crate) const MAX_ROSTER_IDS: usize = 1_024;
/// Most siblings that a heartbeat can speak of.
pub(crate) const MAX_HEARD: usize = 64;
/// Bytes of a frame's message besides its payload.
pub(crate) const FRAME_OVERHEAD_BYTES: usize = HEADER_BYTES + 16;

const VERSION: u8 = 1;
const PREVIOUS_AT: usize = 18;
const HEADER_BYTES: usize = PREVIOUS_AT + 8;
const FRAME: u8 = 1;
const JOINED: u8 = 2;
const LEFT: u8 = 3;
const ROSTER: u8 = 4;
const ALIVE: u8 = 5;
const WHO: u8 = 6;
const GOODBYE: u8 = 7;

/// One run of one relay: random, so a relay that starts again is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RelayId(pub(crate) u64);

/// Why bytes are not a message of a sibling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum MessageError {
    #[error("the message ends early")]
    TooShort,
    #[error("bytes follow the end of the message")]
    TrailingBytes,
    #[error("version {0} is not supported")]
    UnsupportedVersion(u8),
    #[error("unknown kind {0}")]
    UnknownKind(u8),
    #[error("a connection id is zero")]
    ZeroConnectionId,
    #[error("the payload is empty or larger than a frame may be")]
    BadPayload,
    #[error("the roster is not ascending, too long or outside of its range")]
    BadRoster,
    #[error("the heartbeat speaks of too many relays")]
    BadHeartbeat,
}

/// Who speaks, and when in its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) relay: RelayId,
    pub(crate) sequence: u64,
    /// Its message before this one in the room, if it can still be had.
    pub(crate) previous: u64,
}

/// The same message, but the one before it will not be said again.
pub(crate) fn without_previous(message: &Bytes) -> Bytes {
    let mut bytes = BytesMut::from(&message[..]);
    if let Some(previous) = bytes.get_mut(PREVIOUS_AT..HEADER_BYTES) {
        previous.fill(0);
    }
    bytes.freeze()
}

/// A message on a room's subject: for the siblings that have the room open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoomMessage<'a> {
    /// A frame of one of the sender's members.
    Frame {
        source: ConnectionId,
        destination: Destination,
        payload: &'a [u8],
    },
    /// A member of the sender's entered.
    Joined(ConnectionId),
    /// A member of the sender's left.
    Left(ConnectionId),
    /// A piece of the list of the sender's members.
    Roster(Roster),
}

/// Of the numbers `first..=last`, exactly these are ids of the sender's members. A whole roster is pieces that cover
/// all numbers, so a lost piece is only not up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roster {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) ids: Vec<ConnectionId>,
}

/// What is said on the subject of all relays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RelayMessage {
    /// A heartbeat, which says that the sender lives and whom it has heard.
    Alive {
        /// The relay just came or came back: answer at once, and say again what it may have missed.
        is_hello: bool,
        /// The sequence of the last heartbeat heard of each sibling.
        heard: Vec<(RelayId, u64)>,
    },
    /// Who is in this room? Every relay answers on the room's subject, with an empty roster if need be.
    Who(RoomKey),
    /// The relay stops, and its members have left.
    Goodbye,
}

impl Roster {
    /// The whole of a room in which nobody is.
    pub(crate) const EMPTY: Self = Self {
        first: 0,
        last: u64::MAX,
        ids: Vec::new(),
    };

    /// Pieces that tell all of these ids, which must be ascending.
    pub(crate) fn pieces(ids: &[ConnectionId]) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut first = 0;
        let mut rest = ids;
        loop {
            let (now, later) = rest.split_at(rest.len().min(MAX_ROSTER_IDS));
            let last = match now.last() {
                Some(last) if !later.is_empty() => last.get(),
                _ => u64::MAX,
            };
            pieces.push(Self {
                first,
                last,
                ids: now.to_vec(),
            });
            if later.is_empty() {
                return pieces;
            }
            first = last.saturating_add(1);
            rest = later;
        }
    }
}

impl RoomMessage<'_> {
    pub(crate) fn encode(&self, header: Header) -> Bytes {
        match self {
            Self::Frame {
                source,
                destination,
                payload,
            } => {
                let mut bytes = start(FRAME, header, 16 + payload.len());
                bytes.put_u64_le(source.get());
                bytes.put_u64_le(match destination {
                    Destination::EverybodyElse => 0,
                    Destination::One(id) => id.get(),
                });
                bytes.put_slice(payload);
                bytes.freeze()
            }
            Self::Joined(id) => with_id(JOINED, header, *id),
            Self::Left(id) => with_id(LEFT, header, *id),
            Self::Roster(roster) => {
                let mut bytes = start(ROSTER, header, 16 + 8 * roster.ids.len());
                bytes.put_u64_le(roster.first);
                bytes.put_u64_le(roster.last);
                for id in &roster.ids {
                    bytes.put_u64_le(id.get());
                }
                bytes.freeze()
            }
        }
    }
}

impl RelayMessage {
    pub(crate) fn encode(&self, header: Header) -> Bytes {
        match self {
            Self::Alive { is_hello, heard } => {
                let mut bytes = start(ALIVE, header, 1 + 16 * heard.len());
                bytes.put_u8(u8::from(*is_hello));
                for (relay, sequence) in heard {
                    bytes.put_u64_le(relay.0);
                    bytes.put_u64_le(*sequence);
                }
                bytes.freeze()
            }
            Self::Who(room) => {
                let mut bytes = start(WHO, header, 16);
                bytes.put_slice(room.as_bytes());
                bytes.freeze()
            }
            Self::Goodbye => start(GOODBYE, header, 0).freeze(),
        }
    }
}

/// Reads what was said on a room's subject.
pub(crate) fn decode_room(
    mut bytes: &[u8],
    max_payload_bytes: usize,
) -> Result<(Header, RoomMessage<'_>), MessageError> {
    let (kind, header) = read_start(&mut bytes)?;
    let message = match kind {
        FRAME => {
            let source = read_id(&mut bytes)?;
            let destination = match ConnectionId::new(read_u64(&mut bytes)?) {
                None => Destination::EverybodyElse,
                Some(id) => Destination::One(id),
            };
            if bytes.is_empty() || bytes.len() > max_payload_bytes {
                return Err(MessageError::BadPayload);
            }
            let payload = std::mem::take(&mut bytes);
            RoomMessage::Frame {
                source,
                destination,
                payload,
            }
        }
        JOINED => RoomMessage::Joined(read_id(&mut bytes)?),
        LEFT => RoomMessage::Left(read_id(&mut bytes)?),
        ROSTER => RoomMessage::Roster(read_roster(&mut bytes)?),
        unknown => return Err(MessageError::UnknownKind(unknown)),
    };
    finish(bytes)?;
    Ok((header, message))
}

/// Reads what was said on the subject of all relays.
pub(crate) fn decode_relay(mut bytes: &[u8]) -> Result<(Header, RelayMessage), MessageError> {
    let (kind, header) = read_start(&mut bytes)?;
    let message = match kind {
        ALIVE => {
            let is_hello = match bytes.try_get_u8().map_err(|_| MessageError::TooShort)? {
                0 => false,
                1 => true,
                _ => return Err(MessageError::BadHeartbeat),
            };
            if bytes.len() > 16 * MAX_HEARD {
                return Err(MessageError::BadHeartbeat);
            }
            let mut heard = Vec::with_capacity(bytes.len() / 16);
            while !bytes.is_empty() {
                heard.push((RelayId(read_u64(&mut bytes)?), read_u64(&mut bytes)?));
            }
            RelayMessage::Alive { is_hello, heard }
        }
        WHO => {
            let (key, rest) = bytes.split_first_chunk().ok_or(MessageError::TooShort)?;
            bytes = rest;
            RelayMessage::Who(RoomKey::from_bytes(*key))
        }
        GOODBYE => RelayMessage::Goodbye,
        unknown => return Err(MessageError::UnknownKind(unknown)),
    };
    finish(bytes)?;
    Ok((header, message))
}

fn start(kind: u8, header: Header, body_bytes: usize) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(HEADER_BYTES + body_bytes);
    bytes.put_u8(VERSION);
    bytes.put_u8(kind);
    bytes.put_u64_le(header.relay.0);
    bytes.put_u64_le(header.sequence);
    bytes.put_u64_le(header.previous);
    bytes
}

fn with_id(kind: u8, header: Header, id: ConnectionId) -> Bytes {
    let mut bytes = start(kind, header, 8);
    bytes.put_u64_le(id.get());
    bytes.freeze()
}

fn read_start(bytes: &mut &[u8]) -> Result<(u8, Header), MessageError> {
    let version = bytes.try_get_u8().map_err(|_| MessageError::TooShort)?;
    if version != VERSION {
        return Err(MessageError::UnsupportedVersion(version));
    }
    let kind = bytes.try_get_u8().map_err(|_| MessageError::TooShort)?;
    let relay = RelayId(read_u64(bytes)?);
    let header = Header {
        relay,
        sequence: read_u64(bytes)?,
        previous: read_u64(bytes)?,
    };
    Ok((kind, header))
}

fn read_roster(bytes: &mut &[u8]) -> Result<Roster, MessageError> {
    let (first, last) = (read_u64(bytes)?, read_u64(bytes)?);
    if bytes.len() > 8 * MAX_ROSTER_IDS {
        return Err(MessageError::BadRoster);
    }
    let mut ids: Vec<ConnectionId> = Vec::with_capacity(bytes.len() / 8);
    while !bytes.is_empty() {
        let id = read_id(bytes)?;
        let is_ascending = ids.last().is_none_or(|before| *before < id);
        if !is_ascending || !(first..=last).contains(&id.get()) {
            return Err(MessageError::BadRoster);
        }
        ids.push(id);
    }
    Ok(Roster { first, last, ids })
}

fn read_u64(bytes: &mut &[u8]) -> Result<u64, MessageError> {
    bytes.try_get_u64_le().map_err(|_| MessageError::TooShort)
}

fn read_id(bytes: &mut &[u8]) -> Result<ConnectionId, MessageError> {
    ConnectionId::new(read_u64(bytes)?).ok_or(MessageError::ZeroConnectionId)
}

fn finish(rest: &[u8]) -> Result<(), MessageError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(MessageError::TrailingBytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_PAYLOAD: usize = 100;
    const HEADER: Header = Header {
        relay: RelayId(7),
        sequence: 9,
        previous: 8,
    };

    fn id(number: u64) -> ConnectionId {
        ConnectionId::new(number).unwrap()
    }

    #[test]
    fn a_frame_has_golden_bytes() {
        let frame = RoomMessage::Frame {
            source: id(3),
            destination: Destination::One(id(4)),
            payload: b"hi",
        };
        let mut expected = vec![1, 1];
        for number in [7_u64, 9, 8, 3, 4] {
            expected.extend(number.to_le_bytes());
        }
        expected.extend(b"hi");
        let bytes = frame.encode(HEADER);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), FRAME_OVERHEAD_BYTES + 2);
        assert_eq!(decode_room(&bytes, MAX_PAYLOAD), Ok((HEADER, frame.clone())));
        let alone = Header {
            previous: 0,
            ..HEADER
        };
        assert_eq!(without_previous(&bytes), frame.encode(alone));
    }

    #[test]
    fn a_payload_is_bounded_and_never_empty() {
        for (length, good) in [
            (0, false),
            (1, true),
            (MAX_PAYLOAD, true),
            (MAX_PAYLOAD + 1, false),
        ] {
            let frame = RoomMessage::Frame {
                source: id(3),
                destination: Destination::EverybodyElse,
                payload: &vec![0; length],
            };
            assert_eq!(decode_room(&frame.encode(HEADER), MAX_PAYLOAD).is_ok(), good);
        }
    }

    #[test]
    fn pieces_of_a_roster_cover_all_numbers_once() {
        let ids: Vec<_> = (1..=2_500).map(|number| id(number * 10)).collect();
        let pieces = Roster::pieces(&ids);
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0].first, 0);
        assert_eq!(pieces[2].last, u64::MAX);
        assert!(pieces.windows(2).all(|two| two[0].last + 1 == two[1].first));
        for piece in &pieces {
            let message = RoomMessage::Roster(piece.clone());
            let bytes = message.encode(HEADER);
            assert_eq!(decode_room(&bytes, MAX_PAYLOAD), Ok((HEADER, message)));
        }
        assert_eq!(Roster::pieces(&[]).len(), 1);
    }

    #[test]
    fn rosters_that_are_not_canonical_are_refused() {
        for (first, last, ids) in [
            (0, 9, vec![id(2), id(2)]),
            (0, 9, vec![id(10)]),
            (5, 9, vec![id(4)]),
        ] {
            let bytes = RoomMessage::Roster(Roster { first, last, ids }).encode(HEADER);
            assert_eq!(decode_room(&bytes, MAX_PAYLOAD), Err(MessageError::BadRoster));
        }
    }

    fn any_relay_message() -> impl Strategy<Value = RelayMessage> {
        let heard = prop::collection::vec((any::<u64>().prop_map(RelayId), any::<u64>()), 0..=MAX_HEARD);
        prop_oneof![
            (any::<bool>(), heard).prop_map(|(is_hello, heard)| RelayMessage::Alive { is_hello, heard }),
            any::<[u8; 16]>().prop_map(|bytes| RelayMessage::Who(RoomKey::from_bytes(bytes))),
            Just(RelayMessage::Goodbye),
        ]
    }

    proptest! {
        #[test]
        fn relay_messages_round_trip_and_every_shortened_one_but_a_heartbeat_is_refused(
            message in any_relay_message(), cut in any::<prop::sample::Index>(),
        ) {
            let bytes = message.encode(HEADER);
            prop_assert_eq!(decode_relay(&bytes), Ok((HEADER, message)));
            let at = cut.index(bytes.len());
            if at < HEADER_BYTES + 1 || !(at - HEADER_BYTES - 1).is_multiple_of(16) {
                prop_assert!(decode_relay(&bytes[..at]).is_err() || at == HEADER_BYTES);
            }
        }

        #[test]
        fn garbage_never_panics_and_what_decodes_is_canonical(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            if let Ok((header, message)) = decode_room(&bytes, MAX_PAYLOAD) {
                prop_assert_eq!(&message.encode(header)[..], &bytes[..]);
            }
            if let Ok((header, message)) = decode_relay(&bytes) {
                prop_assert_eq!(&message.encode(header)[..], &bytes[..]);
            }
        }
    }
}
