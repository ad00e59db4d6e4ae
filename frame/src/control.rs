//! What the relay itself says: who is here, what it allows, and what it is about to do.
//!
//! Joins and leaves travel as deltas of one id each, and a Welcome names at most [`MAX_WELCOME_IDS`] members, so
//! a thousand joins never cost a roster to everybody.
//!
//! A relay can lie in all of this. Nothing but link state follows from it: who a member is, and what it says, is proven
//! by its signatures inside the sealed payload.

use alloc::{string::String, vec::Vec};

use crate::{
    bytes::{FrameError, Reader},
    connection_id::ConnectionId,
};

/// Version of the envelope that this crate speaks.
pub const PROTOCOL_VERSION: u8 = 1;
/// Most ids of other members in a Welcome.
pub const MAX_WELCOME_IDS: usize = 64;
/// Longest text of a notice, in bytes of UTF-8.
pub const MAX_NOTICE_BYTES: usize = 256;

const WELCOME: u8 = 1;
const JOINED: u8 = 2;
const LEFT: u8 = 3;
const NOTICE: u8 = 4;

/// A frame from the relay itself: `type u8 ‖ body`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The first frame on every connection.
    Welcome(Welcome),
    /// A member entered the room after you.
    Joined(ConnectionId),
    /// A member left the room, or lost its connection.
    Left(ConnectionId),
    /// Something that people should know.
    Notice(Notice),
}

/// Your place in the room, and the rules of the house.
///
/// Bytes: `version u8 ‖ your id u64 ‖ member count u32 ‖ number of ids u8 ‖ ids u64… ‖ limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The id that others see as the source of your frames.
    pub your_id: ConnectionId,
    /// Number of members of the room, you included.
    pub member_count: u32,
    other_ids: Vec<ConnectionId>,
    /// Limits that the relay holds this connection to.
    pub limits: Limits,
}

/// What the relay allows one connection; over any of it, the connection is closed with its
/// [`CloseReason`](crate::CloseReason).
///
/// Bytes: six `u32` in the order of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest frame from a client, the eight bytes of header included.
    pub max_frame_bytes: u32,
    /// Frames that a client may send each second, sustained.
    pub frames_per_s: u32,
    /// Frames that a client may send at once after a silence.
    pub burst_frames: u32,
    /// Bytes that a client may send each second, sustained.
    pub bytes_per_s: u32,
    /// Bytes that a client may send at once after a silence.
    pub burst_bytes: u32,
    /// Most connections that one room may have.
    pub max_members: u32,
}

/// A sentence from the relay to its clients.
///
/// Bytes: `kind u8 ‖ length u16 ‖ UTF-8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    kind: NoticeKind,
    text: String,
}

/// What a notice is about, for clients that act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// The relay is about to stop: connect again, later or elsewhere.
    Draining,
    /// The relay has lost its siblings: members on other relays are not reached until [`NoticeKind::Rejoined`].
    CutOff,
    /// The relay has its siblings again.
    Rejoined,
}

impl NoticeKind {
    const ALL: [Self; 3] = [Self::Draining, Self::CutOff, Self::Rejoined];

    fn code(self) -> u8 {
        match self {
            Self::Draining => 1,
            Self::CutOff => 2,
            Self::Rejoined => 3,
        }
    }

    fn from_code(code: u8) -> Result<Self, FrameError> {
        let kind = Self::ALL.into_iter().find(|kind| kind.code() == code);
        kind.ok_or(FrameError::UnknownNotice(code))
    }
}

impl Notice {
    /// A notice of this kind, with a text for people.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] for more than [`MAX_NOTICE_BYTES`] of text.
    pub fn new(kind: NoticeKind, text: &str) -> Result<Self, FrameError> {
        bounded(text.len(), MAX_NOTICE_BYTES)?;
        Ok(Self {
            kind,
            text: text.into(),
        })
    }

    /// Kind of notice, for clients that act on it.
    pub fn kind(&self) -> NoticeKind {
        self.kind
    }

    /// Text to be shown to people.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.kind.code());
        bytes.extend_from_slice(&(self.text.len() as u16).to_le_bytes());
        bytes.extend_from_slice(self.text.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, FrameError> {
        let kind = NoticeKind::from_code(reader.u8()?)?;
        let length = usize::from(reader.u16()?);
        bounded(length, MAX_NOTICE_BYTES)?;
        let text = core::str::from_utf8(reader.take(length)?).map_err(|_| FrameError::BadText)?;
        Ok(Self {
            kind,
            text: text.into(),
        })
    }
}

impl Control {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Welcome(welcome) => {
                bytes.push(WELCOME);
                welcome.write(&mut bytes);
            }
            Self::Joined(id) => {
                bytes.push(JOINED);
                bytes.extend_from_slice(&id.get().to_le_bytes());
            }
            Self::Left(id) => {
                bytes.push(LEFT);
                bytes.extend_from_slice(&id.get().to_le_bytes());
            }
            Self::Notice(notice) => {
                bytes.push(NOTICE);
                notice.write(&mut bytes);
            }
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let control = match reader.u8()? {
            WELCOME => Self::Welcome(Welcome::read(&mut reader)?),
            JOINED => Self::Joined(read_id(&mut reader)?),
            LEFT => Self::Left(read_id(&mut reader)?),
            NOTICE => Self::Notice(Notice::read(&mut reader)?),
            unknown => return Err(FrameError::UnknownControl(unknown)),
        };
        reader.finish()?;
        Ok(control)
    }
}

impl Welcome {
    /// A Welcome that names the given others, or the first [`MAX_WELCOME_IDS`] of them, in canonical order.
    pub fn new(
        your_id: ConnectionId,
        member_count: u32,
        others: impl IntoIterator<Item = ConnectionId>,
        limits: Limits,
    ) -> Self {
        let mut other_ids: Vec<_> = others
            .into_iter()
            .filter(|id| *id != your_id)
            .take(MAX_WELCOME_IDS)
            .collect();
        other_ids.sort_unstable();
        other_ids.dedup();
        let member_count = member_count.max(other_ids.len() as u32 + 1);
        Self {
            your_id,
            member_count,
            other_ids,
            limits,
        }
    }

    /// Some of the other members: at most [`MAX_WELCOME_IDS`], strictly ascending, never you.
    pub fn other_ids(&self) -> &[ConnectionId] {
        &self.other_ids
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(PROTOCOL_VERSION);
        bytes.extend_from_slice(&self.your_id.get().to_le_bytes());
        bytes.extend_from_slice(&self.member_count.to_le_bytes());
        bytes.push(self.other_ids.len() as u8);
        for id in &self.other_ids {
            bytes.extend_from_slice(&id.get().to_le_bytes());
        }
        self.limits.write(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, FrameError> {
        match reader.u8()? {
            PROTOCOL_VERSION => {}
            other => return Err(FrameError::UnsupportedVersion(other)),
        }
        let your_id = read_id(reader)?;
        let member_count = reader.u32()?;
        let number_of_ids = usize::from(reader.u8()?);
        bounded(number_of_ids, MAX_WELCOME_IDS)?;
        let mut other_ids: Vec<ConnectionId> = Vec::with_capacity(number_of_ids);
        for _ in 0..number_of_ids {
            let id = read_id(reader)?;
            if id == your_id || other_ids.last().is_some_and(|last| *last >= id) {
                return Err(FrameError::BadRoster);
            }
            other_ids.push(id);
        }
        if member_count as usize <= number_of_ids {
            return Err(FrameError::BadRoster);
        }
        Ok(Self {
            your_id,
            member_count,
            other_ids,
            limits: Limits::read(reader)?,
        })
    }
}

impl Limits {
    fn write(&self, bytes: &mut Vec<u8>) {
        let fields = [
            self.max_frame_bytes,
            self.frames_per_s,
            self.burst_frames,
            self.bytes_per_s,
            self.burst_bytes,
            self.max_members,
        ];
        for field in fields {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, FrameError> {
        Ok(Self {
            max_frame_bytes: reader.u32()?,
            frames_per_s: reader.u32()?,
            burst_frames: reader.u32()?,
            bytes_per_s: reader.u32()?,
            burst_bytes: reader.u32()?,
            max_members: reader.u32()?,
        })
    }
}

fn read_id(reader: &mut Reader<'_>) -> Result<ConnectionId, FrameError> {
    ConnectionId::new(reader.u64()?).ok_or(FrameError::ZeroConnectionId)
}

fn bounded(length: usize, limit: usize) -> Result<(), FrameError> {
    if length > limit {
        Err(FrameError::TooLong { length, limit })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;
    use crate::RelayFrame;

    fn id(number: u64) -> ConnectionId {
        ConnectionId::new(number).unwrap()
    }

    fn limits() -> Limits {
        Limits {
            max_frame_bytes: 0x01,
            frames_per_s: 0x02,
            burst_frames: 0x03,
            bytes_per_s: 0x04,
            burst_bytes: 0x05,
            max_members: 0x06,
        }
    }

    fn encode(control: Control) -> Vec<u8> {
        RelayFrame::Control(control).encode()
    }

    fn welcome_bytes() -> Vec<u8> {
        encode(Control::Welcome(Welcome::new(id(7), 3, [id(9), id(8)], limits())))
    }

    #[test]
    fn a_welcome_has_golden_bytes() {
        let mut expected = vec![0; 8];
        expected.extend([1, 1]);
        expected.extend([7, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend([3, 0, 0, 0]);
        expected.push(2);
        expected.extend([8, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend([9, 0, 0, 0, 0, 0, 0, 0]);
        for field in 1..=6 {
            expected.extend([field, 0, 0, 0]);
        }
        assert_eq!(welcome_bytes(), expected);
    }

    #[test]
    fn joined_and_left_have_golden_bytes() {
        assert_eq!(
            encode(Control::Joined(id(5))),
            [0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(
            encode(Control::Left(id(5))),
            [0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 0, 0, 0, 0, 0, 0, 0]
        );
    }

    #[test]
    fn a_notice_has_golden_bytes() {
        let notice = Notice::new(NoticeKind::Draining, "bye").unwrap();
        assert_eq!(
            encode(Control::Notice(notice)),
            [0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 3, 0, b'b', b'y', b'e']
        );
    }

    #[test]
    fn trailing_bytes_after_a_control_frame_are_refused() {
        let mut bytes = encode(Control::Joined(id(5)));
        bytes.push(0);
        assert_eq!(RelayFrame::decode(&bytes), Err(FrameError::TrailingBytes(1)));
    }

    #[test]
    fn unknown_types_kinds_and_versions_are_refused() {
        assert_eq!(
            RelayFrame::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 9]),
            Err(FrameError::UnknownControl(9))
        );
        assert_eq!(
            RelayFrame::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 4, 9]),
            Err(FrameError::UnknownNotice(9))
        );
        let mut bytes = welcome_bytes();
        bytes[9] = 2;
        assert_eq!(RelayFrame::decode(&bytes), Err(FrameError::UnsupportedVersion(2)));
    }

    #[test]
    fn a_roster_out_of_order_or_naming_the_joiner_is_refused() {
        let (first_id, second_id) = (23, 31);
        let mut swapped = welcome_bytes();
        swapped.swap(first_id, second_id);
        assert_eq!(RelayFrame::decode(&swapped), Err(FrameError::BadRoster));
        let mut mine = welcome_bytes();
        mine[first_id] = 7;
        assert_eq!(RelayFrame::decode(&mine), Err(FrameError::BadRoster));
    }

    #[test]
    fn a_roster_larger_than_the_room_is_refused() {
        let mut bytes = welcome_bytes();
        bytes[18] = 2;
        assert_eq!(RelayFrame::decode(&bytes), Err(FrameError::BadRoster));
    }

    #[test]
    fn a_zero_id_is_refused() {
        assert_eq!(
            RelayFrame::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]),
            Err(FrameError::ZeroConnectionId)
        );
    }

    #[test]
    fn a_notice_that_is_too_long_or_no_text_is_refused() {
        let long = String::from_utf8(vec![b'a'; MAX_NOTICE_BYTES + 1]).unwrap();
        let too_long = FrameError::TooLong {
            length: MAX_NOTICE_BYTES + 1,
            limit: MAX_NOTICE_BYTES,
        };
        assert_eq!(Notice::new(NoticeKind::Draining, &long), Err(too_long));
        assert_eq!(
            RelayFrame::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 1, 1]),
            Err(too_long)
        );
        assert_eq!(
            RelayFrame::decode(&[0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 1, 0, 0xff]),
            Err(FrameError::BadText)
        );
    }

    #[test]
    fn a_welcome_names_a_bounded_number_of_members() {
        let welcome = Welcome::new(id(1), 1000, (1..1000).map(id), limits());
        assert_eq!(welcome.other_ids().len(), MAX_WELCOME_IDS);
        let bytes = encode(Control::Welcome(welcome.clone()));
        assert_eq!(
            RelayFrame::decode(&bytes),
            Ok(RelayFrame::Control(Control::Welcome(welcome)))
        );
    }

    fn any_control() -> impl Strategy<Value = Control> {
        let any_id = || (1u64..).prop_map(id);
        let welcome = (
            any_id(),
            prop::collection::btree_set(any_id(), 0..=MAX_WELCOME_IDS),
            any::<[u32; 6]>(),
        )
            .prop_map(|(your_id, others, fields)| {
                let [
                    max_frame_bytes,
                    frames_per_s,
                    burst_frames,
                    bytes_per_s,
                    burst_bytes,
                    max_members,
                ] = fields;
                let limits = Limits {
                    max_frame_bytes,
                    frames_per_s,
                    burst_frames,
                    bytes_per_s,
                    burst_bytes,
                    max_members,
                };
                Control::Welcome(Welcome::new(your_id, others.len() as u32 + 1, others, limits))
            });
        let notice = (prop::sample::select(&NoticeKind::ALL[..]), "[a-zé ]{0,100}")
            .prop_map(|(kind, text)| Control::Notice(Notice::new(kind, &text).unwrap()));
        prop_oneof![
            welcome,
            any_id().prop_map(Control::Joined),
            any_id().prop_map(Control::Left),
            notice
        ]
    }

    proptest! {
        #[test]
        fn control_frames_round_trip(control in any_control()) {
            let bytes = encode(control.clone());
            prop_assert_eq!(RelayFrame::decode(&bytes), Ok(RelayFrame::Control(control)));
        }

        #[test]
        fn every_shortened_control_frame_is_refused(control in any_control(), cut in any::<prop::sample::Index>()) {
            let bytes = encode(control);
            let shortened = &bytes[..cut.index(bytes.len())];
            prop_assert!(RelayFrame::decode(shortened).is_err());
        }

        #[test]
        fn mutated_control_frames_are_refused_or_canonical(
            control in any_control(), at in any::<prop::sample::Index>(), value: u8,
        ) {
            let mut bytes = encode(control);
            let at = at.index(bytes.len());
            bytes[at] = value;
            if let Ok(frame) = RelayFrame::decode(&bytes) {
                prop_assert_eq!(frame.encode(), bytes);
            }
        }
    }
}
