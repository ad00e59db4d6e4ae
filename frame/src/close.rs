//! Why the relay ends a connection: the WebSocket close code and its sentence.
//!
//! Codes lie in 4000-4999, which RFC 6455 section 7.4.2 leaves to applications. A number once given is never reused.

/// Why the relay closed a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// A frame was larger than the published limit.
    FrameTooLarge,
    /// A message was text, had no whole header or no payload, or broke the WebSocket protocol.
    BadFrame,
    /// More frames or bytes per second than the published limits.
    RateExceeded,
    /// The client read more slowly than the room spoke, until its queue was full.
    SlowReader,
    /// The room has as many members as the relay allows.
    RoomFull,
    /// The relay has as many rooms as it allows.
    TooManyRooms,
    /// The relay has as many connections as it allows.
    TooManyConnections,
    /// One address has as many connections as the relay allows.
    TooManyFromAddress,
    /// The relay is about to stop: connect again, later or elsewhere.
    Draining,
    /// Nothing was heard from the client for too long, not even an answer to a ping.
    IdleTimeout,
    /// The room's name is not 64 lowercase hexadecimal digits.
    BadRoom,
    /// A page of this origin may not use the relay.
    BadOrigin,
    /// All connections of one address together sent more frames or bytes per second than the published limits.
    AddressRateExceeded,
}

impl CloseReason {
    /// Every reason, in the order of their codes.
    pub const ALL: [Self; 13] = [
        Self::FrameTooLarge,
        Self::BadFrame,
        Self::RateExceeded,
        Self::SlowReader,
        Self::RoomFull,
        Self::TooManyRooms,
        Self::TooManyConnections,
        Self::TooManyFromAddress,
        Self::Draining,
        Self::IdleTimeout,
        Self::BadRoom,
        Self::BadOrigin,
        Self::AddressRateExceeded,
    ];

    /// Code of the WebSocket close frame, 4000 to 4999.
    pub fn code(self) -> u16 {
        match self {
            Self::FrameTooLarge => 4000,
            Self::BadFrame => 4001,
            Self::RateExceeded => 4002,
            Self::SlowReader => 4003,
            Self::RoomFull => 4004,
            Self::TooManyRooms => 4005,
            Self::TooManyConnections => 4006,
            Self::TooManyFromAddress => 4007,
            Self::Draining => 4008,
            Self::IdleTimeout => 4009,
            Self::BadRoom => 4010,
            Self::BadOrigin => 4011,
            Self::AddressRateExceeded => 4012,
        }
    }

    /// The reason with this close code; `None` for codes that are not the relay's.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The name that logs and HTTP answers use.
    pub fn name(self) -> &'static str {
        match self {
            Self::FrameTooLarge => "frame-too-large",
            Self::BadFrame => "bad-frame",
            Self::RateExceeded => "rate-exceeded",
            Self::SlowReader => "slow-reader",
            Self::RoomFull => "room-full",
            Self::TooManyRooms => "too-many-rooms",
            Self::TooManyConnections => "too-many-connections",
            Self::TooManyFromAddress => "too-many-from-address",
            Self::Draining => "draining",
            Self::IdleTimeout => "idle-timeout",
            Self::BadRoom => "bad-room",
            Self::BadOrigin => "bad-origin",
            Self::AddressRateExceeded => "address-rate-exceeded",
        }
    }

    /// What happened, as a sentence for people; short enough for a close frame (123 bytes).
    pub fn sentence(self) -> &'static str {
        match self {
            Self::FrameTooLarge => "A frame was larger than this relay allows.",
            Self::BadFrame => "A frame was not what this relay understands.",
            Self::RateExceeded => "Too many frames or bytes per second.",
            Self::SlowReader => "The connection was too slow for the room.",
            Self::RoomFull => "The room is full on this relay.",
            Self::TooManyRooms => "The relay has no space for another room.",
            Self::TooManyConnections => "The relay has no space for another connection.",
            Self::TooManyFromAddress => "Too many connections from your address.",
            Self::Draining => "The relay is stopping; connect again in a moment.",
            Self::IdleTimeout => "Nothing was heard from you for too long.",
            Self::BadRoom => "The room's name is not valid.",
            Self::BadOrigin => "This page may not use the relay.",
            Self::AddressRateExceeded => "Too many frames or bytes per second from your address.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_by_its_code() {
        for reason in CloseReason::ALL {
            assert_eq!(CloseReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(CloseReason::from_code(1006), None);
    }

    #[test]
    fn codes_are_golden_and_within_the_range_for_applications() {
        let codes = CloseReason::ALL.map(CloseReason::code);
        assert_eq!(
            codes,
            [
                4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4010, 4011, 4012
            ]
        );
    }

    #[test]
    fn sentences_fit_a_close_frame() {
        assert!(
            CloseReason::ALL
                .iter()
                .all(|reason| reason.sentence().len() <= 123)
        );
    }
}
