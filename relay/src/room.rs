//! One room: who is in it, and how a frame reaches them.
//!
//! The members are a sorted list behind an `Arc`. Whoever sends takes a snapshot and lets the lock go, so members come
//! and go while frames are handed out; the list is copied only if somebody is sending at that moment.
//!
//! Every member learns of every other in order: Welcome, or Joined, before its first frame; Left after its last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use ting_frame::{CloseReason, ConnectionId, Control, MAX_WELCOME_IDS, RoomName, Welcome};

use crate::limits::Limits;
use crate::outbox::Outbox;
use crate::websocket;

#[derive(Debug)]
pub(crate) struct Room {
    name: RoomName,
    members: Mutex<Arc<Members>>,
}

pub(crate) type Members = Vec<(ConnectionId, Arc<Outbox>)>;

impl Room {
    pub(crate) fn new(name: RoomName) -> Self {
        Self {
            name,
            members: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &RoomName {
        &self.name
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Adds a member: Welcome is the first thing in its outbox, then it hears all that is sent in the room.
    /// The others are told by [`Room::announce`].
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] at the limit.
    pub(crate) fn join(
        &self,
        id: ConnectionId,
        outbox: &Arc<Outbox>,
        limits: &Limits,
    ) -> Result<(), CloseReason> {
        let mut members = self.lock();
        if members.len() >= limits.max_members as usize {
            return Err(CloseReason::RoomFull);
        }
        let position = position(&members, id);
        let others = around(&members, position).map(|(other, _)| *other);
        let welcome = Welcome::new(id, members.len() as u32 + 1, others, limits.published());
        outbox.push(websocket::control_message(Control::Welcome(welcome)));
        Arc::make_mut(&mut members).insert(position, (id, outbox.clone()));
        Ok(())
    }

    /// Tells the others that a member joined.
    pub(crate) fn announce(&self, id: ConnectionId) {
        self.tell_others(id, Control::Joined(id));
    }

    /// Removes a member. The others are told by [`Room::farewell`].
    pub(crate) fn leave(&self, id: ConnectionId) {
        Arc::make_mut(&mut self.lock()).retain(|(member, _)| *member != id);
    }

    /// Tells the others that a member left.
    pub(crate) fn farewell(&self, id: ConnectionId) {
        self.tell_others(id, Control::Left(id));
    }

    /// News of members can wait for company: when a thousand come at once, they would else be most of what is written.
    fn tell_others(&self, id: ConnectionId, news: Control) {
        let wire = websocket::control_message(news);
        let members = self.lock().clone();
        for (member, outbox) in members.iter() {
            if *member != id {
                outbox.push_patiently(wire.clone());
            }
        }
    }

    /// Hands wire bytes to every member but their source.
    pub(crate) fn send_to_others(&self, source: ConnectionId, wire: &Bytes) {
        let members = self.lock().clone();
        for (id, outbox) in members.iter() {
            if *id != source {
                outbox.push(wire.clone());
            }
        }
    }

    /// Does the same with a frame whose time is taken from when it was read.
    pub(crate) fn send_sample_to_others(&self, source: ConnectionId, wire: &Bytes, read_at: Instant) {
        let members = self.lock().clone();
        for (id, outbox) in members.iter() {
            if *id != source {
                outbox.push_sample(wire.clone(), read_at);
            }
        }
    }

    /// Hands wire bytes to one member; false when there is no such member.
    #[must_use]
    pub(crate) fn send_to_one(&self, destination: ConnectionId, wire: Bytes) -> bool {
        let members = self.lock().clone();
        let outbox = members
            .get(position(&members, destination))
            .filter(|(id, _)| *id == destination);
        if let Some((_, outbox)) = outbox {
            outbox.push(wire);
        }
        outbox.is_some()
    }

    /// All members as they are now.
    pub(crate) fn members(&self) -> Arc<Members> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Members>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an id is, or belongs, in the sorted list.
fn position(members: &Members, id: ConnectionId) -> usize {
    members.partition_point(|(member, _)| *member < id)
}

/// A bounded choice of members, those that follow the position in a circle: ids being random, a different choice for
/// every newcomer, so that newcomers do not all ask the same members for the chain.
fn around(members: &Members, position: usize) -> impl Iterator<Item = &(ConnectionId, Arc<Outbox>)> {
    let after = members.iter().skip(position);
    after.chain(members.iter().take(position)).take(MAX_WELCOME_IDS)
}
