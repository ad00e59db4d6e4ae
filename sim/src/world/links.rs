//! Connections that come and go, and what travels over them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ting_core::peer::io::{ConnectionId, Input, LinkId, To};

use super::{Departure, Happening, World};
use crate::{
    byzantine::Audience,
    clock::{Moment, QueueKey},
    host::Life,
    hub::{HubId, Member, PeerId},
    witness::sight::Witness,
};

/// A lost connection is made again after this long, in milliseconds.
const RECONNECT_MS: u64 = 300;

impl<W: Witness> World<W> {
    pub(super) fn connect(&mut self, peer: PeerId, link: LinkId) {
        let Some(host) = self.host_mut(peer).filter(|host| host.life == Life::Up) else {
            return;
        };
        let Some(hub) = host
            .link(link)
            .filter(|link| link.connection.is_none())
            .map(|link| link.hub)
        else {
            return;
        };
        let Some(room) = self.hub(hub) else { return };
        let connection = room.join(peer, link);
        let others = room.others(peer);
        self.host_mut(peer)
            .and_then(|host| host.link(link))
            .into_iter()
            .for_each(|link| link.connection = Some(connection));
        for other in &others {
            self.notify(
                *other,
                Input::Joined {
                    link: other.link,
                    connection,
                },
            );
        }
        let others = u32::try_from(others.len()).unwrap_or(u32::MAX);
        self.notify(
            Member {
                connection,
                peer,
                link,
            },
            Input::LinkUp {
                link,
                own: connection,
                others,
            },
        );
    }

    /// Breaks all links of a host; tells it so if it still runs.
    pub(super) fn disconnect(&mut self, peer: PeerId, tell: bool) {
        let Some(host) = self.host_mut(peer) else { return };
        let mut broken = Vec::new();
        for (index, link) in host.links.iter_mut().enumerate() {
            if let Some(connection) = link.connection.take() {
                broken.push((
                    LinkId(u8::try_from(index).unwrap_or_default()),
                    link.hub,
                    connection,
                ));
            }
        }
        for (link, hub, connection) in broken {
            let Some(room) = self.hub(hub) else { continue };
            room.leave(connection);
            for other in room.others(peer) {
                self.notify(
                    other,
                    Input::Left {
                        link: other.link,
                        connection,
                    },
                );
            }
            if tell {
                self.feed(peer, Input::LinkDown { link });
            }
        }
    }

    pub(super) fn cut(&mut self, peer: PeerId, ms: u64) {
        self.disconnect(peer, true);
        let links = self.view.hosts.get(peer.0).map_or(0, |host| host.links.len());
        for link in (0..links).filter_map(|link| u8::try_from(link).ok()) {
            self.push(self.view.now.plus_ms(ms), Happening::Connect(peer, LinkId(link)));
        }
    }

    pub(super) fn partition(&mut self, hub: HubId, groups: BTreeMap<PeerId, u8>) {
        let Some(room) = self.hub(hub) else { return };
        let before: Vec<(Member, Vec<Member>)> = room
            .members()
            .map(|member| (*member, room.others(member.peer)))
            .collect();
        room.split(groups);
        for (member, heard_before) in before {
            let heard: BTreeSet<ConnectionId> = self
                .hub(hub)
                .map(|room| {
                    room.others(member.peer)
                        .iter()
                        .map(|other| other.connection)
                        .collect()
                })
                .unwrap_or_default();
            for lost in heard_before
                .iter()
                .filter(|other| !heard.contains(&other.connection))
            {
                self.notify(
                    member,
                    Input::Left {
                        link: member.link,
                        connection: lost.connection,
                    },
                );
            }
        }
    }

    pub(super) fn heal(&mut self, hub: HubId, reconnect: bool) {
        let Some(room) = self.hub(hub).filter(|room| room.is_split()) else {
            return;
        };
        let members: Vec<Member> = room.members().copied().collect();
        if reconnect {
            room.split(BTreeMap::new());
            for member in members {
                self.cut(member.peer, RECONNECT_MS);
            }
            return;
        }
        let heard: Vec<Vec<Member>> = members.iter().map(|member| room.others(member.peer)).collect();
        room.split(BTreeMap::new());
        for (member, heard_before) in members.iter().zip(heard) {
            let known: BTreeSet<ConnectionId> = heard_before.iter().map(|other| other.connection).collect();
            let new = members
                .iter()
                .filter(|other| other.peer != member.peer && !known.contains(&other.connection));
            for other in new {
                self.notify(
                    *member,
                    Input::Joined {
                        link: member.link,
                        connection: other.connection,
                    },
                );
            }
        }
    }

    fn notify(&mut self, to: Member, input: Input) {
        let at = self.arrival(to, 0, true);
        self.push(at, Happening::Notice { to, input });
    }

    /// When something that leaves a hub for a member after `delay_ms` arrives there.
    fn arrival(&mut self, to: Member, delay_ms: u64, in_order: bool) -> Moment {
        let now = self.view.now;
        let Some(link) = self.host_mut(to.peer).and_then(|host| host.link(to.link)) else {
            return now;
        };
        let at = now.plus_ms(delay_ms.saturating_add(link.latency_ms));
        let at = if in_order { at.max(link.last_arrival) } else { at };
        link.last_arrival = link.last_arrival.max(at);
        at
    }

    pub(super) fn send(&mut self, peer: PeerId, link: LinkId, to: Audience, bytes: Vec<u8>) {
        let Some(own) = self.host_mut(peer).and_then(|host| host.link(link)) else {
            return;
        };
        let (Some(from), latency_ms, hub) = (own.connection, own.latency_ms, own.hub) else {
            return;
        };
        let (now, conditions) = (self.view.now, self.conditions);
        let Some(room) = self.hub(hub).filter(|room| room.silent_until <= now) else {
            return;
        };
        let audience = match to {
            Audience::Whole(to) => room.audience(peer, to),
            Audience::Half(half) => {
                let mut audience = room.audience(peer, To::All);
                audience.retain(|member| half.holds(member.peer.0));
                audience
            }
        };
        let sent = Departure {
            from: peer,
            hub,
            at: now,
        };
        let bytes = Arc::new(bytes);
        for member in audience {
            if self.random.chance(conditions.loss_per_mille) {
                continue;
            }
            let copies = 1 + u64::from(self.random.chance(conditions.duplicate_per_mille));
            for _ in 0..copies {
                let delay_ms = latency_ms.saturating_add(self.random.within(0..=conditions.jitter_ms));
                let at = self.arrival(member, delay_ms, !conditions.reorder);
                self.push(
                    at,
                    Happening::Frame {
                        to: member,
                        from,
                        sent,
                        bytes: bytes.clone(),
                    },
                );
            }
        }
    }
    /// Loses a frame that is on its way, and nothing else.
    pub(super) fn drop_frame(&mut self, frame: QueueKey) {
        if matches!(self.queue.get(&frame), Some(Happening::Frame { .. })) {
            self.queue.remove(&frame);
        }
    }
}
