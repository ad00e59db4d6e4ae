//! One frame by POST to a room: what a page leaves behind that has no time to say it over its connection, because it closes.
//!
//! For the room it is a connection that comes, says this one thing to all others and goes, under a number of its own. The relay knows no
//! more of the frame than of any other and keeps nothing of it.
//!
//! Why a malicious client cannot hurt the relay: a frame by POST holds a place of its address while it is taken, and costs the address's
//! rate three frames: coming, saying, going, which is what the room hears of it. Its body is bounded as a frame is, in bytes, and in time
//! as a handshake is. It makes no room: where nobody is, it ends.

use std::{net::IpAddr, time::Instant};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use ting_frame::{CloseReason, HEADER_BYTES, RoomName};
use tokio::time::timeout;

use crate::{limits::Limits, rooms::Rooms};

/// Why a frame by POST is not handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The room's name is none.
    BadRoom,
    /// A page of this origin may not use the relay.
    BadOrigin,
    /// There is no frame in it, or it broke off.
    BadFrame,
    /// It is larger than a frame may be.
    FrameTooLarge,
    /// It did not come whole within the time of a handshake.
    TooSlow,
    /// The address has as many connections as it may.
    TooManyFromAddress,
    /// The address has sent as much as it may.
    AddressRateExceeded,
    /// Nobody is in the room.
    NoSuchRoom,
    /// The relay is about to stop.
    Draining,
}

impl Refused {
    /// Status, name and sentence of the answer; where a connection would be closed for the same, those of its close code.
    pub(crate) fn answer(self) -> (StatusCode, &'static str, &'static str) {
        let as_closed = |status, reason: CloseReason| (status, reason.name(), reason.sentence());
        match self {
            Self::BadRoom => as_closed(StatusCode::BAD_REQUEST, CloseReason::BadRoom),
            Self::BadOrigin => as_closed(StatusCode::FORBIDDEN, CloseReason::BadOrigin),
            Self::BadFrame => as_closed(StatusCode::BAD_REQUEST, CloseReason::BadFrame),
            Self::FrameTooLarge => as_closed(StatusCode::PAYLOAD_TOO_LARGE, CloseReason::FrameTooLarge),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The frame took too long to come.",
            ),
            Self::TooManyFromAddress => {
                as_closed(StatusCode::TOO_MANY_REQUESTS, CloseReason::TooManyFromAddress)
            }
            Self::AddressRateExceeded => {
                as_closed(StatusCode::TOO_MANY_REQUESTS, CloseReason::AddressRateExceeded)
            }
            Self::NoSuchRoom => (StatusCode::NOT_FOUND, "no-such-room", "Nobody is in this room."),
            Self::Draining => as_closed(StatusCode::SERVICE_UNAVAILABLE, CloseReason::Draining),
        }
    }
}

/// Largest body of such a POST, in bytes: a frame without the header that says for whom it is.
pub(crate) fn max_body_bytes(limits: &Limits) -> usize {
    (limits.max_frame_bytes as usize).saturating_sub(HEADER_BYTES)
}

/// Reads the frame out of a request, whose body is limited to [`max_body_bytes`].
///
/// # Errors
/// [`Refused`] where it is none, too large or too slow.
pub(crate) async fn read(request: Request, limits: &Limits) -> Result<Bytes, Refused> {
    let reading = timeout(limits.handshake_timeout(), Bytes::from_request(request, &()));
    match reading.await.map_err(|_| Refused::TooSlow)? {
        Ok(payload) if payload.is_empty() => Err(Refused::BadFrame),
        Ok(payload) => Ok(payload),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Refused::FrameTooLarge),
        Err(_) => Err(Refused::BadFrame),
    }
}

/// Hands a frame from this address on to everybody in the room.
///
/// # Errors
/// [`Refused`], and nobody hears of it.
pub(crate) async fn hand_on(
    rooms: &Rooms,
    name: RoomName,
    address: IpAddr,
    payload: &[u8],
) -> Result<(), Refused> {
    if rooms.is_draining() {
        return Err(Refused::Draining);
    }
    let place = rooms.take_place(address).ok_or(Refused::TooManyFromAddress)?;
    // It fits in `u32` because the frame limit does.
    let bytes = (HEADER_BYTES + payload.len()) as u32;
    let now = Instant::now();
    let coming_saying_going = [HEADER_BYTES as u32, bytes, HEADER_BYTES as u32];
    if !coming_saying_going
        .into_iter()
        .all(|bytes| place.spend(bytes, now))
    {
        return Err(Refused::AddressRateExceeded);
    }
    let room = rooms.inhabited(name).await.ok_or(Refused::NoSuchRoom)?;
    room.pass_on(rooms.number(), payload);
    rooms.metrics().frames_in.inc();
    rooms.metrics().bytes_in.inc_by(bytes.into());
    Ok(())
}
