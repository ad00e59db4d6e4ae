//! All rooms, who may enter, and the membership that leaves by itself.
//!
//! Rooms exist while they have members; the places of empty ones are kept for a while by [`Lingering`]. The map of rooms and the count of connections are under one lock; no frame is
//! handed out under it.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use ting_frame::{CloseReason, ConnectionId, Control, Notice, NoticeKind, RoomName};

use crate::{
    addresses::{Addresses, Place},
    backplane::Backplane,
    limits::Limits,
    linger::Lingering,
    metrics::{Census, Metrics},
    outbox::Outbox,
    room::Room,
    tags::Tags,
    websocket,
};

#[derive(Debug)]
pub(crate) struct Rooms {
    limits: Limits,
    backplane: Option<Arc<Backplane>>,
    id_seed: u64,
    addresses: Arc<Addresses>,
    metrics: Metrics,
    tags: Tags,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rooms: HashMap<RoomName, Arc<Room>>,
    lingering: Lingering,
    connections: u32,
    ids_given: u64,
    draining: bool,
}

/// A connection's place in a room; dropping it leaves the room.
#[derive(Debug)]
pub(crate) struct Membership {
    rooms: Arc<Rooms>,
    room: Arc<Room>,
    id: ConnectionId,
    place: Place,
}

impl Rooms {
    pub(crate) fn new(limits: Limits, backplane: Option<Arc<Backplane>>) -> Self {
        let addresses = Addresses::new(limits.max_connections_per_address, limits.rates_per_address());
        let metrics = Metrics::new(backplane.as_deref());
        let state = State {
            rooms: HashMap::new(),
            lingering: Lingering::new(limits.room_linger(), limits.max_rooms as usize),
            connections: 0,
            ids_given: 0,
            draining: false,
        };
        Self {
            limits,
            backplane,
            id_seed: RandomState::new().hash_one(0),
            addresses,
            metrics,
            tags: Tags::default(),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What joins this relay with its siblings, if it is to have any.
    pub(crate) fn backplane(&self) -> Option<&Backplane> {
        self.backplane.as_deref()
    }

    /// Before a room is entered: learns from the siblings who is in it. It stays open as long as the visit is held.
    pub(crate) async fn visit(&self, name: RoomName) -> Option<Arc<Room>> {
        let room = self.backplane.as_ref()?.room(name);
        room.until_settled().await;
        Some(room)
    }

    /// The room, if somebody is in it, here or on a sibling.
    pub(crate) async fn inhabited(&self, name: RoomName) -> Option<Arc<Room>> {
        match self.visit(name).await {
            Some(room) => Some(room).filter(|room| room.is_inhabited()),
            None => self.lock().rooms.get(&name).cloned(),
        }
    }

    /// One of the places of an address among the connections; `None` when it has as many as it may.
    pub(crate) fn take_place(&self, address: IpAddr) -> Option<Place> {
        self.addresses.take_place(address)
    }

    /// A number for a connection, which was not given before.
    pub(crate) fn number(&self) -> ConnectionId {
        self.next_id(&mut self.lock())
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Enters a room, making it if need be. Welcome is then in the outbox, and the others have heard of it.
    ///
    /// # Errors
    /// The limit that stands in the way.
    pub(crate) fn join(
        self: &Arc<Self>,
        name: RoomName,
        address: IpAddr,
        outbox: &Arc<Outbox>,
    ) -> Result<Membership, CloseReason> {
        let place = self.take_place(address).ok_or(CloseReason::TooManyFromAddress)?;
        let (room, id) = self.admit(name, outbox)?;
        room.announce(id);
        Ok(Membership {
            rooms: self.clone(),
            room,
            id,
            place,
        })
    }

    fn admit(&self, name: RoomName, outbox: &Arc<Outbox>) -> Result<(Arc<Room>, ConnectionId), CloseReason> {
        let mut state = self.lock();
        if state.draining {
            return Err(CloseReason::Draining);
        }
        if state.connections >= self.limits.max_connections {
            return Err(CloseReason::TooManyConnections);
        }
        let room = match state.rooms.get(&name).cloned() {
            Some(room) => room,
            None if state.has_place_for(&name, &self.limits) => self.new_room(name),
            None => return Err(CloseReason::TooManyRooms),
        };
        let id = self.next_id(&mut state);
        room.join(id, outbox, &self.limits)?;
        state.rooms.insert(name, room.clone());
        state.connections += 1;
        Ok((room, id))
    }

    fn new_room(&self, name: RoomName) -> Arc<Room> {
        match &self.backplane {
            Some(backplane) => backplane.room(name),
            None => Arc::new(Room::new(name)),
        }
    }

    /// Lets nobody in any more and tells all members, who are then to be closed.
    ///
    /// They come in the order of their ids, which are random, so members of one room are far from each other.
    pub(crate) fn drain(&self) -> Vec<(ConnectionId, Arc<Outbox>)> {
        self.metrics.drains.inc();
        self.lock().draining = true;
        let rooms = self.all();
        let members = rooms.iter().flat_map(|room| room.members().to_vec());
        let mut members: Vec<_> = members.collect();
        members.sort_unstable_by_key(|(id, _)| *id);
        if let Ok(notice) = Notice::new(NoticeKind::Draining, CloseReason::Draining.sentence()) {
            let wire = websocket::control_message(Control::Notice(notice));
            members.iter().for_each(|(_, outbox)| outbox.push(wire.clone()));
        }
        members
    }

    /// Counts what there is. Takes every outbox's lock in turn, none for longer than a look.
    pub(crate) fn census(&self) -> Census {
        let mut census = {
            let mut state = self.lock();
            Census {
                rooms: state.rooms.len(),
                lingering_rooms: state.lingering.count(Instant::now()),
                connections: state.connections,
                ..Census::default()
            }
        };
        for room in self.all() {
            for (_, outbox) in room.members().iter() {
                let (frames, bytes) = outbox.depth();
                census.queued_frames += frames;
                census.queued_bytes += bytes;
                census.longest_queue_frames = census.longest_queue_frames.max(frames);
            }
        }
        census
    }

    fn all(&self) -> Vec<Arc<Room>> {
        self.lock().rooms.values().cloned().collect()
    }

    /// Whether the relay is about to stop.
    pub(crate) fn is_draining(&self) -> bool {
        self.lock().draining
    }

    /// A number that was not given before and that nobody can guess from another relay's.
    fn next_id(&self, state: &mut State) -> ConnectionId {
        loop {
            state.ids_given = state.ids_given.wrapping_add(1);
            if let Some(id) = ConnectionId::new(scatter(self.id_seed.wrapping_add(state.ids_given))) {
                return id;
            }
        }
    }

    fn leave(&self, room: &Room, id: ConnectionId) {
        let mut state = self.lock();
        room.leave(id);
        if room.is_empty() {
            state.rooms.remove(room.name());
            state.lingering.keep(*room.name(), Instant::now());
        }
        state.connections = state.connections.saturating_sub(1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a room that has no members may have some; its own place, if it lingers, is then used.
    fn has_place_for(&mut self, name: &RoomName, limits: &Limits) -> bool {
        let lingering = self.lingering.count(Instant::now());
        self.lingering.take(name) || self.rooms.len() + lingering < limits.max_rooms as usize
    }
}

impl Membership {
    pub(crate) fn id(&self) -> ConnectionId {
        self.id
    }

    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Spends one frame of so many bytes from what the member's address may send; false when it is too much.
    #[must_use]
    pub(crate) fn spend(&self, bytes: u32, now: Instant) -> bool {
        self.place.spend(bytes, now)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.rooms.leave(&self.room, self.id);
        self.room.farewell(self.id);
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection, so different inputs never meet.
fn scatter(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(limits: Limits) -> Arc<Rooms> {
        Arc::new(Rooms::new(limits, None))
    }

    fn join(rooms: &Arc<Rooms>, room: u8, address: &str) -> Result<Membership, CloseReason> {
        let outbox = Arc::new(Outbox::new(rooms.limits()));
        rooms.join(
            RoomName::from_bytes([room; 32]),
            address.parse().unwrap(),
            &outbox,
        )
    }

    #[test]
    fn a_room_is_gone_with_its_last_member() {
        let rooms = rooms(Limits {
            max_rooms: 1,
            room_linger_ms: 0,
            ..Limits::default()
        });
        let first = join(&rooms, 1, "10.0.0.1").unwrap();
        assert_eq!(
            join(&rooms, 2, "10.0.0.1").unwrap_err(),
            CloseReason::TooManyRooms
        );
        drop(first);
        assert!(join(&rooms, 2, "10.0.0.1").is_ok());
    }

    #[test]
    fn a_room_that_emptied_has_its_place_for_a_while_when_rooms_are_full() {
        let rooms = rooms(Limits {
            max_rooms: 4,
            ..Limits::default()
        });
        let _others = [2, 3, 4].map(|room| join(&rooms, room, "10.0.0.2").unwrap());
        drop(join(&rooms, 1, "10.0.0.1").unwrap());
        assert_eq!(
            join(&rooms, 5, "10.0.0.3").unwrap_err(),
            CloseReason::TooManyRooms
        );
        assert!(join(&rooms, 1, "10.0.0.1").is_ok());
    }

    #[test]
    fn connections_are_counted_in_all_and_by_address() {
        let rooms = rooms(Limits {
            max_connections: 2,
            max_connections_per_address: 1,
            ..Limits::default()
        });
        let first = join(&rooms, 1, "10.0.0.1").unwrap();
        assert_eq!(
            join(&rooms, 1, "10.0.0.1").unwrap_err(),
            CloseReason::TooManyFromAddress
        );
        let _second = join(&rooms, 1, "10.0.0.2").unwrap();
        assert_eq!(
            join(&rooms, 1, "10.0.0.3").unwrap_err(),
            CloseReason::TooManyConnections
        );
        drop(first);
        assert!(join(&rooms, 1, "10.0.0.1").is_ok());
    }

    #[test]
    fn a_refused_connection_leaves_nothing_behind() {
        let rooms = rooms(Limits {
            max_members: 1,
            ..Limits::default()
        });
        let _first = join(&rooms, 1, "10.0.0.1").unwrap();
        assert_eq!(join(&rooms, 1, "10.0.0.2").unwrap_err(), CloseReason::RoomFull);
        let state = rooms.lock();
        assert_eq!((state.connections, state.rooms.len()), (1, 1));
    }

    #[test]
    fn ids_are_never_reused_nor_zero() {
        let rooms = rooms(Limits::default());
        let mut state = rooms.lock();
        let ids: std::collections::BTreeSet<_> = (0..10_000).map(|_| rooms.next_id(&mut state)).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
