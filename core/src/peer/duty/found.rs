//! Upon an open room without a network: found one, if nobody is there to join (docs/protocol.md, section 9).

use crate::{
    consensus::readiness::Readiness,
    crypto::{
        hash::{Domain, Hash},
        seal::RoomSecret,
    },
    ledger::genesis::{Founder, GENESIS_VERSION, Genesis},
    peer::{Peer, event::Event, network::Network, record::Record},
};

/// What a genesis says of its room: bound to the secret, tells nothing about it.
pub(in crate::peer) fn room_hash(secret: &RoomSecret) -> Hash {
    Hash::of(Domain::Fingerprint, &[&secret.room_name()])
}

impl Peer {
    pub(super) fn found_if_alone(&mut self) {
        let alone = self.network.is_none() && self.pinned.is_none() && !self.is_of_other_version;
        if !alone || self.gate.readiness() != Readiness::Ready || self.rules.validate().is_err() {
            return;
        }
        let genesis = Genesis {
            version: GENESIS_VERSION,
            room: room_hash(&self.secret),
            founded_at: self.now,
            rules: self.rules.clone(),
            founder: Founder {
                account: self.identity.address(),
                signing_key: self.identity.signing_public(),
                vrf_key: self.identity.vrf_public(),
            },
        };
        let network = Network::new(genesis.clone(), self.identity.address(), false, true);
        let id = network.id;
        self.network = Some(network);
        self.persist(Record::Network {
            genesis: Box::new(genesis),
            founded: true,
            pinned: false,
        });
        self.outbox.event(Event::NetworkKnown {
            network: id,
            founded: true,
        });
        self.ask_for_heads();
    }
}
