//! A room's end of the backplane: what its members send, and who comes and goes, is queued here for the siblings.
//!
//! Nothing waits: a message is queued or, when the queue is full, counted as dropped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use ting_frame::{ConnectionId, Destination};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    Backplane, lock,
    message::{RoomMessage, Roster},
    room_key::RoomKey,
    roster::Turn,
};

/// Longest time that a newcomer waits until the siblings have said who is in the room.
const SETTLE_DEADLINE: Duration = Duration::from_secs(1);

/// A room's end of the backplane; dropping it closes the room there.
#[derive(Debug)]
pub(crate) struct Link {
    backplane: Arc<Backplane>,
    key: RoomKey,
    settled: CancellationToken,
    /// Sequence of the last message for this room.
    last_sequence: AtomicU64,
}

impl Link {
    pub(super) fn new(backplane: Arc<Backplane>, key: RoomKey) -> Self {
        Self {
            backplane,
            key,
            settled: CancellationToken::new(),
            last_sequence: AtomicU64::new(0),
        }
    }

    /// Tells the siblings of a member's frame; false when nobody there is concerned.
    #[must_use]
    pub(crate) fn send(
        &self,
        source: ConnectionId,
        destination: Destination,
        payload: &[u8],
        is_remote: impl FnOnce(ConnectionId) -> bool,
    ) -> bool {
        let concerns = match destination {
            Destination::EverybodyElse => !self.backplane.is_alone.load(Ordering::Relaxed),
            Destination::One(id) => is_remote(id),
        };
        if concerns {
            let frame = RoomMessage::Frame {
                source,
                destination,
                payload,
            };
            self.push(&frame);
        }
        concerns
    }

    /// Tells the siblings who came or went.
    pub(crate) fn tell(&self, message: &RoomMessage<'_>) {
        if !self.backplane.is_alone.load(Ordering::Relaxed) {
            self.push(message);
        }
    }

    /// Tells the siblings all of this relay's members in the room.
    pub(crate) fn tell_roster(&self, ids: &[ConnectionId]) {
        for piece in Roster::pieces(ids) {
            self.push(&RoomMessage::Roster(piece));
        }
    }

    /// Most members that siblings may have in the room.
    pub(crate) fn max_members(&self) -> usize {
        self.backplane.max_members
    }

    /// What a newcomer has to know besides its Welcome.
    pub(crate) fn standing_notice(&self) -> Option<Bytes> {
        self.backplane.standing_notice()
    }

    /// Counts a message by its place in the order; whether it is to be heard.
    #[must_use]
    pub(crate) fn admits(&self, turn: Turn) -> bool {
        let counters = &self.backplane.counters;
        match turn {
            Turn::Next => {}
            Turn::AfterHole => drop(counters.holes.inc()),
            Turn::Stale | Turn::TooEarly => drop(counters.stale.inc()),
            Turn::Refused => drop(counters.refused.inc()),
        }
        matches!(turn, Turn::Next | Turn::AfterHole)
    }

    fn push(&self, message: &RoomMessage<'_>) {
        self.backplane.push(self.key, &self.last_sequence, message);
    }

    pub(crate) fn count_refused(&self, messages: u64) {
        self.backplane.counters.refused.inc_by(messages);
    }

    /// The siblings have said who is in the room.
    pub(crate) fn settle(&self) {
        self.settled.cancel();
    }

    /// Waits until the siblings have said who is in the room, or have had the time for it.
    pub(crate) async fn until_settled(&self) {
        let _ = timeout(SETTLE_DEADLINE, self.settled.cancelled()).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut rooms = lock(&self.backplane.rooms);
        if rooms.get(&self.key).is_some_and(|room| room.strong_count() == 0) {
            rooms.remove(&self.key);
        }
        drop(rooms);
        self.backplane.mark_changed(self.key);
    }
}
