//! Which network this peer is in: joining one, giving one up, or never giving it up again (docs/protocol.md, section 9).

use std::collections::BTreeSet;

use crate::{
    crypto::keys::{Address, NetworkId},
    ledger::{
        genesis::Genesis,
        transaction::{Action, Transaction},
    },
    params::MAX_OWN_TRANSACTIONS,
    peer::{
        Peer,
        candidates::Rank,
        event::{Event, Warning},
        network::{Network, Origin},
        record::Record,
        room::room_hash,
        snapshot::SnapshotSchedule,
    },
};

impl Peer {
    /// A network of this genesis, which has been validated, at its beginning.
    pub(in crate::peer) fn at_genesis(&self, genesis: Genesis, origin: Origin) -> Network {
        let mut network = Network::new(genesis, self.identity.address(), origin);
        network.keep(self.history);
        network
    }

    /// Joins the network of this genesis, giving up the own one if there is one. The caller has compared the two by their chains. A stored
    /// network of another version is never given up: what a store holds of two networks shrinks to the last one.
    pub(in crate::peer) fn join_network(&mut self, genesis: Genesis) {
        let id = genesis.network_id();
        if self.is_of_other_version
            || genesis.room != room_hash(&self.secret)
            || self.pinned.is_some_and(|pinned| pinned != id)
        {
            return;
        }
        if genesis.validate().is_err() {
            self.to_host.event(Event::Warning(Warning::UnsupportedRules));
            return;
        }
        self.candidates.clear();
        let old = self.network.take();
        let origin = if self.pinned.is_some() {
            Origin::Named
        } else {
            Origin::Met
        };
        self.persist(Record::Network {
            genesis: Box::new(genesis.clone()),
            founded: false,
            pinned: origin == Origin::Named,
        });
        self.network = Some(self.at_genesis(genesis, origin));
        self.snapshots = SnapshotSchedule::default();
        self.timers.begin_network();
        match &old {
            Some(old) => self.to_host.event(Event::NetworkReplaced {
                old: old.id(),
                new: id,
            }),
            None => self.to_host.event(Event::NetworkKnown {
                network: id,
                founded: false,
            }),
        }
        self.ask_for_heads();
        if let Some(old) = old {
            self.say_again(&old);
        }
    }

    /// Says the own messages of a network that gave way again in the new one, once coins are there.
    fn say_again(&mut self, old: &Network) {
        let me = self.identity.address();
        let blocks = old.chain().blocks();
        let included: Vec<Transaction> = blocks.flat_map(|block| block.transactions.to_vec()).collect();
        let mine = included
            .into_iter()
            .chain(old.told().own().iter().cloned())
            .filter(|transaction| transaction.account == me);
        let mut seen = BTreeSet::new();
        let posts = mine.filter(|transaction| matches!(transaction.action, Action::Post { .. }));
        self.unsaid = posts
            .filter(|post| seen.insert(post.id()))
            .map(|post| post.action.clone())
            .collect();
        self.unsaid.truncate(MAX_OWN_TRANSACTIONS);
    }

    /// What another network has to outrank for the own one to be given up for it; none if it never is.
    pub(in crate::peer) fn own_rank(&self) -> Option<Rank> {
        let Some(network) = &self.network else {
            return (!self.is_of_other_version).then_some(Rank::NOTHING);
        };
        if network.is_pinned() {
            return None;
        }
        if network.is_founded() {
            return Some(Rank::of(network, false));
        }
        // Its founder gave way just when this peer had come.
        let mut online = self.roster.online(self.now, self.online_ms());
        let is_abandoned = online.all(|member| member.network != Some(network.id()));
        let has_nothing = network.head_state()?.ledger.account(&network.me()).is_none();
        (is_abandoned && has_nothing).then_some(Rank::NOTHING)
    }

    /// Somebody else is in the own network: who founded it never gives it up from now on.
    pub(in crate::peer) fn note_company(&mut self, other: &Address) {
        let founded = self.network.as_ref().is_some_and(|network| network.is_founded());
        if founded && *other != self.identity.address() {
            self.pin_network();
        }
    }

    /// The own network is never given up from now on, and every greeting says so.
    pub(in crate::peer) fn pin_network(&mut self) {
        let Some(network) = self.network.as_mut().filter(|network| !network.is_pinned()) else {
            return;
        };
        network.pin();
        let (genesis, founded) = (Box::new(network.genesis().clone()), network.is_founded());
        self.persist(Record::Network {
            genesis,
            founded,
            pinned: true,
        });
    }

    pub(in crate::peer) fn own_network_id(&self) -> Option<NetworkId> {
        self.network.as_ref().map(|network| network.id())
    }
}
