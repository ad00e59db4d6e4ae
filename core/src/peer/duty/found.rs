//! Upon an open room without a network: found one, if nobody is there to join. Upon the first block of another network of the room: join it, give
//! way to it, or say that the room is split (docs/protocol.md, section 9).

use crate::{
    consensus::readiness::Readiness,
    ledger::genesis::{Founder, GENESIS_VERSION, Genesis},
    peer::{
        Peer,
        event::{Event, Warning},
        network::Origin,
        record::Record,
        room::room_hash,
    },
};

impl Peer {
    pub(super) fn found_if_alone(&mut self) {
        let alone = self.network.is_none() && self.pinned.is_none() && !self.is_of_other_version;
        let is_time = self.gate.readiness() == Readiness::Ready && !self.candidates.are_awaited(self.now);
        if !alone || !is_time || self.rules.validate().is_err() {
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
        let network = self.at_genesis(genesis.clone(), Origin::Founded);
        let id = network.id();
        self.network = Some(network);
        self.persist(Record::Network {
            genesis: Box::new(genesis),
            founded: true,
            pinned: false,
        });
        self.to_host.event(Event::NetworkKnown {
            network: id,
            founded: true,
        });
        self.ask_for_heads();
    }

    /// Fetches the chains of other networks in the room, and draws the consequences of the first blocks.
    pub(super) fn compare_with_candidates(&mut self) {
        let fetched = self
            .candidates
            .fetch(&self.batch_secret, &mut self.not_taken, self.now);
        for (to, request_id, what) in fetched {
            self.ask(to, request_id, what);
        }
        let Some((rank, candidate)) = self.candidates.greatest() else {
            return;
        };
        let genesis = candidate.genesis();
        match self.own_rank() {
            Some(mine) if rank > mine => self.join_network(genesis.clone()),
            // It may have more operators further on.
            Some(_) => {}
            None => {
                let network = genesis.network_id();
                self.candidates.close(&network);
                if rank.stays() {
                    self.foreign_network = Some(network);
                    self.to_host
                        .event(Event::Warning(Warning::OtherNetworkInRoom { network }));
                }
            }
        }
    }
}
