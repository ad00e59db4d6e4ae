//! One room: who is in it, and how a frame reaches them.
//!
//! The members are a sorted list behind an `Arc`. Whoever sends takes a snapshot and lets the lock go, so members come
//! and go while frames are handed out; the list is copied only if somebody is sending at that moment.
//!
//! Every member learns of every other in order: Welcome, or Joined, before its first frame; Left after its last.
//!
//! With a [backplane](crate::backplane) a room has members on other relays too. Who they are is under the same lock as
//! the members here, and siblings are told under it who comes and goes, so both sides hear it in one order.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use ting_frame::{CloseReason, ConnectionId, Control, Destination, MAX_WELCOME_IDS, RoomName, Welcome};

use crate::{
    backplane::{Changes, Claim, Header, Link, RelayId, RemoteMembers, RoomMessage},
    limits::Limits,
    outbox::Outbox,
    websocket,
};

#[derive(Debug)]
pub(crate) struct Room {
    name: RoomName,
    state: Mutex<State>,
    link: Option<Link>,
}

#[derive(Debug, Default)]
struct State {
    members: Arc<Members>,
    remote: RemoteMembers,
}

pub(crate) type Members = Vec<(ConnectionId, Arc<Outbox>)>;

impl Room {
    pub(crate) fn new(name: RoomName) -> Self {
        Self {
            name,
            state: Mutex::default(),
            link: None,
        }
    }

    /// A room with members on other relays.
    pub(crate) fn linked(name: RoomName, link: Link, remote: RemoteMembers) -> Self {
        let state = State {
            remote,
            ..State::default()
        };
        Self {
            name,
            state: Mutex::new(state),
            link: Some(link),
        }
    }

    pub(crate) fn name(&self) -> &RoomName {
        &self.name
    }

    /// Whether nobody is here on this relay.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().members.is_empty()
    }

    /// Whether somebody is here, on this relay or on a sibling.
    pub(crate) fn is_inhabited(&self) -> bool {
        let state = self.lock();
        !state.members.is_empty() || state.remote.len() > 0
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
        let mut state = self.lock();
        let count = state.members.len() + state.remote.len();
        if count >= limits.max_members as usize {
            return Err(CloseReason::RoomFull);
        }
        let position = position(&state.members, id);
        let others = around(&state.members, position).map(|(other, _)| *other);
        let others = evenly(others, state.remote.around(id, MAX_WELCOME_IDS));
        let welcome = Welcome::new(id, count as u32 + 1, others, limits.published());
        outbox.push(websocket::control_message(Control::Welcome(welcome)));
        Arc::make_mut(&mut state.members).insert(position, (id, outbox.clone()));
        if let Some(link) = &self.link {
            link.tell(&RoomMessage::Joined(id));
            if let Some(notice) = link.standing_notice() {
                outbox.push(notice);
            }
        }
        Ok(())
    }

    /// Tells the others here that a member joined.
    pub(crate) fn announce(&self, id: ConnectionId) {
        self.tell_others(id, Control::Joined(id));
    }

    /// Removes a member. The others are told by [`Room::farewell`].
    pub(crate) fn leave(&self, id: ConnectionId) {
        let mut state = self.lock();
        Arc::make_mut(&mut state.members).retain(|(member, _)| *member != id);
        if let Some(link) = &self.link {
            link.tell(&RoomMessage::Left(id));
        }
    }

    /// Tells the others here that a member left.
    pub(crate) fn farewell(&self, id: ConnectionId) {
        self.tell_others(id, Control::Left(id));
    }

    fn tell_others(&self, id: ConnectionId, news: Control) {
        let members = self.members();
        tell(members.iter().filter(|(member, _)| *member != id), news);
    }

    /// Hands wire bytes to every member here but their source.
    pub(crate) fn send_to_others(&self, source: ConnectionId, wire: &Bytes) {
        let members = self.lock().members.clone();
        for (id, outbox) in members.iter() {
            if *id != source {
                outbox.push(wire.clone());
            }
        }
    }

    /// Does the same with a frame whose time is taken from when it was read.
    pub(crate) fn send_sample_to_others(&self, source: ConnectionId, wire: &Bytes, read_at: Instant) {
        let members = self.lock().members.clone();
        for (id, outbox) in members.iter() {
            if *id != source {
                outbox.push_sample(wire.clone(), read_at);
            }
        }
    }

    /// Hands on a frame of somebody who comes for it and goes again. All others hear of that what they hear of any member.
    pub(crate) fn pass_on(&self, id: ConnectionId, payload: &[u8]) {
        let state = self.lock();
        let members = state.members.clone();
        if let Some(link) = &self.link {
            // Under the lock, so that no roster, which would not name it, comes in between.
            link.tell(&RoomMessage::Joined(id));
            let _concerns_siblings = link.send(id, Destination::EverybodyElse, payload, |_| false);
            link.tell(&RoomMessage::Left(id));
        }
        drop(state);
        let wire = websocket::peer_message(id, payload);
        tell(members.iter(), Control::Joined(id));
        members.iter().for_each(|(_, outbox)| outbox.push(wire.clone()));
        tell(members.iter(), Control::Left(id));
    }

    /// Hands wire bytes to one member here; false when there is no such member.
    #[must_use]
    pub(crate) fn send_to_one(&self, destination: ConnectionId, wire: Bytes) -> bool {
        let members = self.lock().members.clone();
        let outbox = find(&members, destination);
        if let Some(outbox) = outbox {
            outbox.push(wire);
        }
        outbox.is_some()
    }

    /// Hands a frame to the siblings; false when it concerns nobody there.
    #[must_use]
    pub(crate) fn send_to_siblings(
        &self,
        source: ConnectionId,
        destination: Destination,
        payload: &[u8],
    ) -> bool {
        let is_remote = |id| self.lock().remote.contains(id);
        self.link
            .as_ref()
            .is_some_and(|link| link.send(source, destination, payload, is_remote))
    }

    /// Members of the room on this relay, as they are now.
    pub(crate) fn members(&self) -> Arc<Members> {
        self.lock().members.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes from the siblings, and for them.
impl Room {
    /// Waits until the siblings have said who is in the room.
    pub(crate) async fn until_settled(&self) {
        if let Some(link) = &self.link {
            link.until_settled().await;
        }
    }

    /// Takes a sibling's message about the room.
    pub(crate) fn hear(&self, header: Header, message: &RoomMessage<'_>) {
        let Some(link) = &self.link else { return };
        let is_roster = matches!(message, RoomMessage::Roster(_));
        let turn = self.lock().remote.advance(header, is_roster);
        if !link.admits(turn) {
            return;
        }
        match message {
            RoomMessage::Frame {
                source,
                destination,
                payload,
            } => self.hear_frame(link, header.relay, *source, *destination, payload),
            RoomMessage::Joined(id) => {
                if !self.admit_remote(link, header.relay, *id) {
                    link.count_refused(1);
                }
            }
            RoomMessage::Left(id) => {
                let mut state = self.lock();
                let left = state.remote.leave(header.relay, *id);
                let members = state.members.clone();
                drop(state);
                if left {
                    tell(members.iter(), Control::Left(*id));
                }
            }
            RoomMessage::Roster(roster) => {
                let mut state = self.lock();
                let members = state.members.clone();
                let is_local = |id| find(&members, id).is_some();
                let changes = state
                    .remote
                    .replace(header.relay, roster, link.max_members(), is_local);
                let is_settled = state.remote.is_settled();
                drop(state);
                link.count_refused(changes.refused);
                tell_changes(&members, changes);
                if is_settled {
                    link.settle();
                }
            }
        }
    }

    fn hear_frame(
        &self,
        link: &Link,
        relay: RelayId,
        source: ConnectionId,
        destination: Destination,
        payload: &[u8],
    ) {
        if !self.admit_remote(link, relay, source) {
            return link.count_refused(1);
        }
        let wire = websocket::peer_message(source, payload);
        match destination {
            Destination::EverybodyElse => self.send_to_others(source, &wire),
            Destination::One(id) => {
                let _is_here = self.send_to_one(id, wire);
            }
        }
    }

    /// Makes sure that an id is known as the sibling's before it is heard; false when it cannot be.
    fn admit_remote(&self, link: &Link, relay: RelayId, id: ConnectionId) -> bool {
        let mut state = self.lock();
        let claim = match find(&state.members, id) {
            Some(_) => Claim::Refused,
            None => state.remote.claim(relay, id, link.max_members()),
        };
        let members = (claim == Claim::New).then(|| state.members.clone());
        drop(state);
        if let Some(members) = members {
            tell(members.iter(), Control::Joined(id));
        }
        claim != Claim::Refused
    }

    /// Tells the siblings who is in the room by way of this relay.
    pub(crate) fn tell_roster(&self) {
        let state = self.lock();
        if let Some(link) = &self.link {
            let ids: Vec<_> = state.members.iter().map(|(id, _)| *id).collect();
            link.tell_roster(&ids);
        }
    }

    /// A sibling is gone, and its members with it.
    pub(crate) fn lose(&self, relay: RelayId) {
        let mut state = self.lock();
        let left = state.remote.lose(relay);
        let (members, is_settled) = (state.members.clone(), state.remote.is_settled());
        drop(state);
        for id in left {
            tell(members.iter(), Control::Left(id));
        }
        if let (true, Some(link)) = (is_settled, &self.link) {
            link.settle();
        }
    }

    /// The siblings were not heard for a while; they will say again what was missed.
    #[cfg(feature = "nats")]
    pub(crate) fn catch_up(&self) {
        self.lock().remote.catch_up();
    }

    /// Forgets how far a sibling was heard that does not come back.
    pub(crate) fn forget(&self, relay: RelayId) {
        self.lock().remote.forget(relay);
    }
}

fn tell_changes(members: &Members, changes: Changes) {
    for id in changes.left {
        tell(members, Control::Left(id));
    }
    for id in changes.joined {
        tell(members, Control::Joined(id));
    }
}

/// News of members can wait for company: when a thousand come at once, they would else be most of what is written.
fn tell<'a>(members: impl IntoIterator<Item = &'a (ConnectionId, Arc<Outbox>)>, news: Control) {
    let wire = websocket::control_message(news);
    for (_, outbox) in members {
        outbox.push_patiently(wire.clone());
    }
}

fn find(members: &Members, id: ConnectionId) -> Option<&Arc<Outbox>> {
    let found = members.get(position(members, id));
    found
        .filter(|(member, _)| *member == id)
        .map(|(_, outbox)| outbox)
}

/// Takes from both in turn, so that a newcomer is told of members here and of members elsewhere.
fn evenly(
    here: impl Iterator<Item = ConnectionId>,
    elsewhere: impl Iterator<Item = ConnectionId>,
) -> impl Iterator<Item = ConnectionId> {
    let (mut here, mut elsewhere) = (here, elsewhere);
    let mut is_elsewhere_next = false;
    std::iter::from_fn(move || {
        is_elsewhere_next = !is_elsewhere_next;
        if is_elsewhere_next {
            here.next().or_else(|| elsewhere.next())
        } else {
            elsewhere.next().or_else(|| here.next())
        }
    })
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
