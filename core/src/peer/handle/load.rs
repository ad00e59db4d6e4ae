//! Upon stored records: become who and where this peer was. Upon Start: make durable what is new, and begin.

use crate::{
    chain::block::Block,
    consensus::{
        transition::Verified,
        tree::{Standing, snapshot::Snapshot},
    },
    ledger::genesis::{Genesis, RulesError},
    params::LOAD_SETTLE_BLOCKS,
    peer::{
        Peer,
        event::{Event, Warning},
        identity::Identity,
        network::{ImportError, Origin},
        record::Record,
        snapshot::{SnapshotPart, SnapshotSchedule},
    },
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
                    network.forget_signing();
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
            Record::Pass(pass) => self.pass = Some(pass),
            Record::Block(block) => self.load_block(*block),
            Record::Snapshot(part) => self.load_snapshot(*part),
            other => self.load_progress(other),
        }
    }

    fn load_progress(&mut self, record: Record) {
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        match record {
            Record::Final(checkpoint) => network.restore_final(checkpoint),
            Record::Watermark(watermark) => network.signing_mut().restore_watermark(watermark),
            Record::Vote(vote) => network.signing_mut().restore_vote(*vote),
            Record::LastSlot(slot) => network.signing_mut().bind_slot(slot),
            Record::Life { life, covered } => network.signing_mut().begin_life(life, &covered),
            Record::Own(transaction) => network.told_mut().restore_own(*transaction, now),
            Record::SignedAnew { old, transaction } => {
                network.told_mut().forget_resent(&old);
                network.told_mut().restore_own(*transaction, now);
            }
            Record::ReadMark { channel, height } => {
                network.told_mut().restore_read_mark(channel.as_str(), height)
            }
            // Taken before there was a network to go on with.
            Record::AccountSeed(_)
            | Record::OperatorSeed(_)
            | Record::Name(_)
            | Record::Network { .. }
            | Record::Pass(_)
            | Record::Block(_)
            | Record::Snapshot(_) => {}
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
            self.to_host.event(Event::Warning(Warning::BadRecord {
                reason: error.to_string(),
            }));
            return;
        }
        self.is_of_other_version = false;
        if let Some(network) = &mut self.network
            && network.id() == genesis.network_id()
        {
            if pinned {
                network.pin();
            }
            return;
        }
        let origin = if founded { Origin::Founded } else { Origin::Met };
        let mut network = self.at_genesis(genesis, origin);
        if pinned {
            network.pin();
        }
        self.network = Some(network);
        self.stored.blocks_loaded = 0;
        self.snapshots = SnapshotSchedule::default();
    }

    /// Before all blocks, a snapshot is where the chain begins. One behind them was stored too late for that: it only says when the next one is due.
    fn load_snapshot(&mut self, part: SnapshotPart) {
        let Some(parts) = self.stored.snapshot.add(part) else {
            return;
        };
        let Some(network) = &mut self.network else { return };
        let bytes = SnapshotPart::join(&parts);
        let is_first = network.chain().height() == 0;
        if is_first {
            match Snapshot::read_root(&bytes, network.genesis()) {
                Ok(root) => {
                    *network = network.resumed(root);
                    network.keep(self.history);
                }
                // All blocks follow, and are executed.
                Err(error) => {
                    self.to_host.event(Event::Warning(Warning::BadRecord {
                        reason: error.to_string(),
                    }));
                    return;
                }
            }
        }
        let of = parts
            .last()
            .and_then(|part| network.chain().get(&part.checkpoint.block));
        if let Some(height) = of.map(|node| node.height) {
            let above = network.chain().chosen_from(height.saturating_add(1));
            self.snapshots
                .resume(height, bytes.len(), above.map(|node| node.bytes).sum());
        }
    }

    fn load_block(&mut self, block: Block) {
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        if block.header.content.height <= network.chain().settled_height() {
            network.take_settled(block);
            return;
        }
        self.snapshots.note_block(block.encoded_len());
        match network.import_as(Standing::Promised, block, Verified::Signatures, now) {
            Ok(_) => {
                self.stored.blocks_loaded += 1;
                if self.stored.blocks_loaded.is_multiple_of(LOAD_SETTLE_BLOCKS) {
                    // What came of it was told when it happened.
                    let _ = network.settle(now);
                }
            }
            // Side blocks that were pruned since may be missing their parents; the chain itself is complete.
            Err(ImportError::Tree(_) | ImportError::Future) => {}
            Err(error) => {
                self.to_host.event(Event::Warning(Warning::BadRecord {
                    reason: error.to_string(),
                }));
            }
        }
    }

    /// Begins with what the stored records say, and makes durable what is new.
    pub(in crate::peer) fn on_start(&mut self) {
        if self.started {
            return;
        }
        self.started = true;
        self.persist_identity();
        let now = self.now;
        if let Some(network) = &mut self.network {
            network.count_own_votes(now);
            let id = network.id();
            let founded = network.is_founded();
            self.to_host.event(Event::NetworkKnown { network: id, founded });
            self.settle();
            self.notice_signing_device();
            if let Some(network) = &mut self.network {
                network.rest_sync();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::watermark::Watermark,
        chain::{block::BlockHash, checkpoint::Checkpoint, samples},
        codec::BoundedString,
        crypto::{keys::NetworkId, seal::RoomSecret, seed::Seed},
        ledger::{
            genesis::{GENESIS_VERSION, Rules},
            transaction::{Action, Transaction},
        },
        peer::{
            History, PeerConfig,
            io::{ConnectionId, Effect, Input, LinkId},
            room::room_hash,
            stored,
            view::Condition,
        },
        time::{Slot, Timestamp},
    };

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn room() -> RoomSecret {
        RoomSecret::new([5; 32])
    }

    fn genesis_of_version(version: u16) -> Genesis {
        Genesis {
            version,
            room: room_hash(&room()),
            ..samples::genesis()
        }
    }

    /// What a founder stored under another version: who it is, a network, and something of every kind that belongs to one.
    fn stored_by_another_version() -> Vec<Record> {
        let genesis = genesis_of_version(GENESIS_VERSION - 1);
        let network: NetworkId = genesis.network_id();
        let block = samples::block_after(BlockHash(network.0), 1, 7, vec![], vec![]);
        let last_final = Checkpoint {
            slot: Slot(7),
            block: block.hash(),
        };
        let action = Action::Bond { amount_micro: 1 };
        let own = Transaction::sign(&samples::secret(1), network, 1, Slot(9), 0, action);
        vec![
            Record::AccountSeed([1; 32]),
            Record::OperatorSeed([2; 32]),
            Record::Name(BoundedString::try_from("Ada".to_owned()).unwrap()),
            Record::Network {
                genesis: Box::new(genesis),
                founded: true,
                pinned: false,
            },
            Record::Own(Box::new(own)),
            Record::Block(Box::new(block)),
            Record::Final(last_final),
            Record::Watermark(Watermark::default()),
            Record::LastSlot(Slot(7)),
        ]
    }

    fn load(records: &[Record]) -> Peer {
        let mut peer = Peer::new(PeerConfig {
            secret: room(),
            pinned: None,
            seed: Seed::new([9; 32]),
            suggested_name: "Eve".to_owned(),
            rules: Rules::default(),
            history: History::Whole,
        });
        for record in records {
            peer.handle(NOW, Input::Loaded(Box::new(record.clone())));
        }
        peer
    }

    #[test]
    fn a_stored_room_of_another_version_is_told_by_name_and_loses_nothing() {
        let records = stored_by_another_version();
        let log = [
            &crate::store::log::header(1)[..],
            &stored::entries(&records).unwrap(),
        ]
        .concat();
        let read = stored::read(&log).unwrap();
        assert_eq!(
            (&read.records, read.unreadable, read.signing_state_lost),
            (&records, 0, false)
        );

        let mut peer = load(&read.records);
        let expected = RulesError::UnknownVersion {
            version: GENESIS_VERSION - 1,
        };
        let reason = expected.to_string();
        let told = Event::Warning(Warning::BadRecord { reason });
        assert_eq!(peer.poll_event(), Some(told));

        let (link, own, others) = (LinkId(0), ConnectionId(1), 0);
        peer.handle(NOW, Input::Start);
        peer.handle(NOW, Input::LinkUp { link, own, others });
        for seconds in 0..20 {
            peer.handle(NOW.plus_ms(1_000 * seconds), Input::Tick);
        }
        // Somebody says hello from a network of this version in the same room.
        peer.join_network(genesis_of_version(GENESIS_VERSION));
        assert!(peer.network().is_none());
        assert_eq!(peer.pulse_view(NOW).condition, Condition::OtherVersion);
        let stores = |effect: &Effect| matches!(effect, Effect::Persist(_));
        let mut effects = std::iter::from_fn(|| peer.poll_effect());
        assert!(!effects.any(|effect| stores(&effect)));
        assert_eq!(stored::compact(records.clone()), records);
    }

    #[test]
    fn a_room_of_this_version_is_opened() {
        let mut records = stored_by_another_version();
        records.truncate(3);
        records.push(Record::Network {
            genesis: Box::new(genesis_of_version(GENESIS_VERSION)),
            founded: true,
            pinned: false,
        });
        let peer = load(&records);
        assert_eq!(
            peer.network().map(|network| network.id()),
            Some(genesis_of_version(GENESIS_VERSION).network_id())
        );
    }
}
