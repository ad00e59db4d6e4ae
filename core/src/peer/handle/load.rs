//! Upon stored records: become who and where this peer was. Upon Start: make durable what is new, and begin.

use crate::{
    chain::block::Block,
    consensus::{transition::Verified, tree::Standing, watermark::Watermark},
    ledger::genesis::{Genesis, RulesError},
    params::LOAD_SETTLE_BLOCKS,
    peer::{
        Peer,
        event::{Event, Warning},
        identity::Identity,
        network::{ImportError, Network},
        record::Record,
    },
    time::Slot,
};

impl Peer {
    /// Takes one stored record. What cannot be used is reported and left out; everything else stays usable.
    pub(in crate::peer) fn on_loaded(&mut self, record: Record) {
        match record {
            Record::AccountSeed(seed) => {
                self.stored.account_seed = Some(seed);
                self.rebuild_identity();
            }
            Record::OperatorSeed(seed) => {
                self.stored.operator_seed = Some(seed);
                self.rebuild_identity();
                if let Some(network) = &mut self.network {
                    network.watermark = Watermark::default();
                    network.last_slot = Slot::GENESIS;
                    network.forget_own_votes();
                }
            }
            Record::Name(name) => {
                self.stored.name = Some(name);
                self.rebuild_identity();
            }
            Record::Network {
                genesis,
                founded,
                pinned,
            } => self.load_network(*genesis, founded, pinned),
            Record::Block(block) => self.load_block(*block),
            other => self.load_progress(other),
        }
    }

    fn load_progress(&mut self, record: Record) {
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        match record {
            Record::Final(checkpoint) => network.restore_final(checkpoint),
            Record::Watermark(watermark) => network.watermark = watermark,
            Record::Vote(vote) => network.restore_own_vote(*vote),
            Record::LastSlot(slot) => network.last_slot = network.last_slot.max(slot),
            Record::Own(transaction) => {
                let slot = network.slot(now);
                // More own transactions than the bound were never stored.
                let _ = network.own.insert(*transaction, now, slot);
            }
            Record::ReadMark { channel, count } => network.chat.restore_read_mark(channel.as_str(), count),
            _ => {}
        }
    }

    fn rebuild_identity(&mut self) {
        let account = self
            .stored
            .account_seed
            .unwrap_or_else(|| self.seed.derive("account", 0));
        let operator = self
            .stored
            .operator_seed
            .unwrap_or_else(|| self.seed.derive("operator", 0));
        let name = self
            .stored
            .name
            .clone()
            .unwrap_or_else(|| self.identity.name().clone());
        self.identity = Identity::new(account, operator, name);
    }

    fn load_network(&mut self, genesis: Genesis, founded: bool, pinned: bool) {
        if let Err(error) = genesis.validate() {
            self.is_of_other_version |= matches!(error, RulesError::UnknownVersion { .. });
            self.outbox.event(Event::Warning(Warning::BadRecord {
                reason: error.to_string(),
            }));
            return;
        }
        self.is_of_other_version = false;
        if let Some(network) = &mut self.network
            && network.id == genesis.network_id()
        {
            network.pinned |= pinned;
            return;
        }
        self.network = Some(Network::new(genesis, self.identity.address(), pinned, founded));
        self.stored.blocks_loaded = 0;
    }

    fn load_block(&mut self, block: Block) {
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        match network.import_as(Standing::Promised, block, Verified::Signatures, now) {
            Ok(_) => {
                self.stored.blocks_loaded += 1;
                if self.stored.blocks_loaded.is_multiple_of(LOAD_SETTLE_BLOCKS) {
                    network.settle(now);
                }
            }
            // Side blocks that were pruned since may be missing their parents; the chain itself is complete.
            Err(ImportError::Tree(_) | ImportError::Future) => {}
            Err(error) => {
                self.outbox.event(Event::Warning(Warning::BadRecord {
                    reason: error.to_string(),
                }));
            }
        }
    }

    /// All records were given.
    pub(in crate::peer) fn on_start(&mut self) {
        if self.started {
            return;
        }
        self.started = true;
        self.persist_identity();
        let now = self.now;
        if let Some(network) = &mut self.network {
            network.count_own_votes(now);
            let id = network.id;
            let founded = network.founded;
            self.outbox.event(Event::NetworkKnown { network: id, founded });
            self.settle();
            if let Some(network) = &mut self.network {
                network.tree.release_promised();
            }
            self.offer_own_transactions();
        }
    }

    fn persist_identity(&mut self) {
        if self.stored.account_seed.is_none() {
            self.persist(Record::AccountSeed(self.seed.derive("account", 0)));
        }
        if self.stored.operator_seed.is_none() {
            self.persist(Record::OperatorSeed(self.seed.derive("operator", 0)));
        }
        if self.stored.name.is_none() {
            self.persist(Record::Name(self.identity.name().clone()));
        }
    }
}
