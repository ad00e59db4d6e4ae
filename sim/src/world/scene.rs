//! What is drawn of a world at one moment: data that stand on their own, for a page that lies on the other side of a thread.

use std::collections::BTreeMap;

use ting_core::{
    chain::block::BlockHash,
    crypto::keys::NetworkId,
    gossip::message::Message,
    peer::network::Network,
    time::{Slot, Timestamp},
};

use super::{Happening, World};
use crate::{
    byzantine::Vice,
    clock::{Moment, QueueKey},
    host::{Host, Life},
    hub::{Hub, HubId, PeerId},
    witness::sight::Witness,
};

/// A world at one moment, as data.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// True time of the moment.
    pub now: Moment,
    /// All hosts, by number.
    pub hosts: Vec<HostScene>,
    /// All hubs, by number.
    pub hubs: Vec<HubScene>,
    /// Frames on their way, in the order of their arrival.
    pub frames: Vec<FrameScene>,
}

/// A host at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HostScene {
    /// Number by which the scenario knows it.
    pub peer: PeerId,
    /// Whether it runs.
    pub life: Life,
    /// Does nothing until then, if that is still to come.
    pub frozen_until: Option<Moment>,
    /// Time that its clock shows.
    pub clock: Timestamp,
    /// The ways in which it breaks the rules; none if it is honest.
    pub vices: Vec<Vice>,
    /// The hubs that it is connected to right now.
    pub hubs: Vec<HubId>,
    /// How far its chain is, if it knows one.
    pub chain: Option<ChainScene>,
}

/// How far the chain of a running peer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainScene {
    /// Network that the peer is on.
    pub network: NetworkId,
    /// Hash of its chosen chain's last block.
    pub head: BlockHash,
    /// Height of the head.
    pub height: u64,
    /// Slot in which the head was made.
    pub slot: Slot,
    /// Height of the last final block.
    pub final_height: u64,
}

/// A hub at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubScene {
    /// Number by which the scenario knows it.
    pub hub: HubId,
    /// Who is in which group while it is cut; those not named are in group 0.
    pub groups: BTreeMap<PeerId, u8>,
    /// Forwards nothing until then, if that is still to come.
    pub silent_until: Option<Moment>,
}

/// A frame on its way to one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameScene {
    /// What it is called, and when it arrives.
    pub key: QueueKey,
    /// Host that sent it.
    pub from: PeerId,
    /// Hub that forwards it.
    pub hub: HubId,
    /// Host that it is for.
    pub to: PeerId,
    /// True time at which it was sent.
    pub sent_at: Moment,
    /// Size of the sealed frame, in bytes.
    pub bytes: usize,
}

impl<W: Witness> World<W> {
    /// The world as it is drawn now.
    pub fn scene(&self) -> Scene {
        let now = self.view.now;
        let hubs = self.hubs.iter().enumerate();
        Scene {
            now,
            hosts: self
                .view
                .hosts()
                .map(|(peer, host)| HostScene::of(peer, host, now))
                .collect(),
            hubs: hubs
                .map(|(index, hub)| HubScene::of(HubId(index), hub, now))
                .collect(),
            frames: self.frames().collect(),
        }
    }

    /// What a frame that is on its way says, if it can be read.
    pub fn message(&self, frame: QueueKey) -> Option<Message> {
        match self.queue.get(&frame)? {
            Happening::Frame { bytes, .. } => self.view.open(bytes).ok(),
            Happening::Wake(_) | Happening::Notice { .. } | Happening::Connect(..) | Happening::Act(_) => {
                None
            }
        }
    }

    fn frames(&self) -> impl Iterator<Item = FrameScene> {
        self.queue.iter().filter_map(|(key, happening)| match happening {
            Happening::Frame { to, sent, bytes, .. } => Some(FrameScene {
                key: *key,
                from: sent.from,
                hub: sent.hub,
                to: to.peer,
                sent_at: sent.at,
                bytes: bytes.len(),
            }),
            Happening::Wake(_) | Happening::Notice { .. } | Happening::Connect(..) | Happening::Act(_) => {
                None
            }
        })
    }
}

impl HostScene {
    fn of(peer: PeerId, host: &Host, now: Moment) -> Self {
        let connected = host.links.iter().filter(|link| link.connection.is_some());
        let network = host.peer.as_ref().and_then(|peer| peer.network());
        Self {
            peer,
            life: host.life,
            frozen_until: Some(host.frozen_until).filter(|until| *until > now),
            clock: host.clock.show(now),
            vices: host.vices().to_vec(),
            hubs: connected.map(|link| link.hub).collect(),
            chain: network.and_then(ChainScene::of),
        }
    }
}

impl ChainScene {
    fn of(network: &Network) -> Option<Self> {
        let head = network.head()?;
        Some(Self {
            network: network.id(),
            head: head.hash,
            height: head.height,
            slot: head.slot,
            final_height: network.chain().final_height(),
        })
    }
}

impl HubScene {
    fn of(hub: HubId, room: &Hub, now: Moment) -> Self {
        Self {
            hub,
            groups: room.groups().clone(),
            silent_until: Some(room.silent_until).filter(|until| *until > now),
        }
    }
}
