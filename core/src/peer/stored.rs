//! Records in a log: how a host writes, reads, compacts and exports them.
//!
//! A log is trusted as far as its own disk is: whatever was damaged is reported, never guessed. If a lost record may have been
//! a watermark or the slot of the last block, [`Stored::signing_state_lost`] says so, and the host must not go on with the
//! same operator keys.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
};

use super::record::Record;
use crate::chain::{block::BlockHash, checkpoint::Checkpoint};
use crate::crypto::keys::{Address, NetworkId};
use crate::ledger::transaction::{Transaction, TransactionId};
use crate::params::{MAX_OWN_BYTES, MAX_OWN_TRANSACTIONS, MAX_RECORD_BYTES, MAX_RECORDED_VOTES};
use crate::store::log::{self, Damage, HeaderError, PayloadSizeError};
use crate::{codec, sorting};

/// What a log holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The records, oldest first.
    pub records: Vec<Record>,
    /// What is wrong with the file, if anything.
    pub damage: Option<Damage>,
    /// Whole records that this version cannot read.
    pub unreadable: usize,
    /// A watermark or last slot may be lost: only new operator keys may sign.
    pub signing_state_lost: bool,
}

/// The bytes to append for a record.
///
/// # Errors
/// [`PayloadSizeError`] for a record over [`MAX_RECORD_BYTES`], which no bound of the protocol admits.
pub fn frame(record: &Record) -> Result<Vec<u8>, PayloadSizeError> {
    log::frame(&codec::encode(record))
}

/// The frames of records, one after the other.
///
/// # Errors
/// As [`frame`].
pub fn frames(records: &[Record]) -> Result<Vec<u8>, PayloadSizeError> {
    let frames: Result<Vec<Vec<u8>>, PayloadSizeError> = records.iter().map(frame).collect();
    frames.map(|frames| frames.concat())
}

/// Reads a log.
///
/// # Errors
/// [`HeaderError`] when the bytes are no log of this version.
pub fn read(bytes: &[u8]) -> Result<Stored, HeaderError> {
    let contents = log::read(bytes)?;
    let mut records = Vec::new();
    let mut unreadable = 0;
    let mut after_damage = 0;
    for (index, payload) in contents.payloads.iter().enumerate() {
        if index == contents.before_damage {
            after_damage = records.len();
        }
        match codec::decode(payload, MAX_RECORD_BYTES) {
            Ok(record) => records.push(record),
            Err(_) => {
                unreadable += 1;
                after_damage = records.len();
            }
        }
    }
    if contents.before_damage == contents.payloads.len() && unreadable == 0 {
        after_damage = records.len();
    }
    let lost = unreadable > 0
        || matches!(contents.damage, Some(Damage::Corrupt { skipped_frames, lost_bytes, .. }) if skipped_frames + lost_bytes > 0);
    let newer = records.get(after_damage..).unwrap_or_default();
    let renewed = newer
        .iter()
        .any(|record| matches!(record, Record::OperatorSeed(_)))
        || (newer.iter().any(|record| matches!(record, Record::Watermark(_)))
            && newer.iter().any(|record| matches!(record, Record::LastSlot(_))));
    Ok(Stored {
        records,
        damage: contents.damage,
        unreadable,
        signing_state_lost: lost && !renewed,
    })
}

/// The fewest records with the same meaning, in an order in which they can be given back.
///
/// Blocks and own transactions add up, each once, and the newest own votes; of everything else the last one counts. Blocks that the final checkpoint
/// ruled out, own transactions in final blocks and those that were signed anew are left out; the other own ones come before the blocks, as they did, for these to take them up. New operator keys void what the old ones signed; another network voids all but the identity.
pub fn compact(records: Vec<Record>) -> Vec<Record> {
    let mut kept = Kept::default();
    records.into_iter().for_each(|record| kept.add(record));
    kept.into_records()
}

/// The part of a log that is everybody's, as a file of its own: genesis and blocks.
///
/// # Errors
/// As [`frame`].
pub fn export(records: &[Record]) -> Result<Vec<u8>, PayloadSizeError> {
    let public: Vec<Record> = compact(records.to_vec())
        .into_iter()
        .filter_map(public_part)
        .collect();
    Ok([&log::header(1)[..], &frames(&public)?].concat())
}

fn public_part(record: Record) -> Option<Record> {
    match record {
        Record::Network { genesis, .. } => Some(Record::Network {
            genesis,
            founded: false,
            pinned: true,
        }),
        Record::Block(block) => Some(Record::Block(block)),
        _ => None,
    }
}

/// A block's place beside its record.
struct KeptBlock {
    hash: BlockHash,
    parent: BlockHash,
    record: Record,
}

/// The final block and its ancestors.
fn final_chain(blocks: &[KeptBlock], last_final: &BlockHash) -> BTreeSet<BlockHash> {
    let mut ancestors = BTreeSet::new();
    let mut sought = *last_final;
    // Parents were stored before their children.
    for block in blocks.iter().rev() {
        if block.hash == sought {
            ancestors.insert(sought);
            sought = block.parent;
        }
    }
    ancestors
}

/// Leaves out blocks that are neither ancestors nor descendants of the final one. Without that one nothing is known about the others.
fn leave_dead_forks(blocks: &mut Vec<KeptBlock>, last_final: &BlockHash, ancestors: &BTreeSet<BlockHash>) {
    if ancestors.is_empty() {
        return;
    }
    let mut descendants = sorting::set([*last_final]);
    blocks.retain(|block| {
        ancestors.contains(&block.hash)
            || (descendants.contains(&block.parent) && descendants.insert(block.hash))
    });
}

/// Leaves out own transactions that are in final blocks.
fn leave_settled(own: &mut OwnKept, blocks: &[KeptBlock], ancestors: &BTreeSet<BlockHash>) {
    let authors: BTreeSet<Address> = sorting::set(own.values().map(|(_, transaction)| transaction.account));
    let settled = blocks.iter().filter(|block| ancestors.contains(&block.hash));
    for block in settled {
        let Record::Block(block) = &block.record else {
            continue;
        };
        let mine = block
            .transactions
            .iter()
            .filter(|one| authors.contains(&one.account));
        for transaction in mine {
            own.remove(&transaction.id());
        }
    }
}

/// The newest own transactions within the bounds, oldest first.
fn newest(own: OwnKept) -> Vec<Record> {
    let mut own: Vec<(usize, Box<Transaction>)> = own.into_values().collect();
    sorting::sort_by_key(&mut own, |(order, _)| Reverse(*order));
    let mut bytes: usize = 0;
    let fits = |(_, transaction): &(usize, Box<Transaction>)| {
        bytes = bytes.saturating_add(transaction.encoded_len());
        bytes <= MAX_OWN_BYTES
    };
    let within = own.into_iter().take(MAX_OWN_TRANSACTIONS).take_while(fits);
    let mut records: Vec<Record> = within.map(|(_, transaction)| Record::Own(transaction)).collect();
    records.reverse();
    records
}

/// Own transactions, and when each was stored.
type OwnKept = BTreeMap<TransactionId, (usize, Box<Transaction>)>;

#[derive(Default)]
struct Kept {
    account_seed: Option<Record>,
    operator_seed: Option<Record>,
    name: Option<Record>,
    network: Option<(NetworkId, Record)>,
    blocks: Vec<KeptBlock>,
    block_hashes: BTreeSet<BlockHash>,
    final_checkpoint: Option<Checkpoint>,
    watermark: Option<Record>,
    last_slot: Option<Record>,
    votes: VecDeque<Record>,
    own: OwnKept,
    read_marks: BTreeMap<String, Record>,
    count: usize,
}

impl Kept {
    fn add(&mut self, record: Record) {
        self.count += 1;
        match &record {
            Record::AccountSeed(_) => self.account_seed = Some(record),
            Record::OperatorSeed(_) => {
                self.operator_seed = Some(record);
                (self.watermark, self.last_slot) = (None, None);
                self.votes.clear();
            }
            Record::Name(_) => self.name = Some(record),
            Record::Network { genesis, .. } => {
                let id = genesis.network_id();
                if self.network.as_ref().is_some_and(|(old, _)| *old != id) {
                    let identity = (
                        self.account_seed.take(),
                        self.operator_seed.take(),
                        self.name.take(),
                    );
                    *self = Self {
                        count: self.count,
                        ..Self::default()
                    };
                    (self.account_seed, self.operator_seed, self.name) = identity;
                }
                self.network = Some((id, record));
            }
            Record::Block(block) => {
                let (hash, parent) = (block.hash(), block.header.content.parent);
                if self.block_hashes.insert(hash) {
                    self.blocks.push(KeptBlock { hash, parent, record });
                }
            }
            Record::Final(checkpoint) => self.final_checkpoint = Some(*checkpoint),
            Record::Watermark(_) => self.watermark = Some(record),
            Record::LastSlot(_) => self.last_slot = Some(record),
            Record::Vote(_) => {
                self.votes.push_back(record);
                if self.votes.len() > MAX_RECORDED_VOTES {
                    self.votes.pop_front();
                }
            }
            Record::Own(transaction) => self.add_own(transaction),
            Record::SignedAnew { old, transaction } => {
                self.own.remove(old);
                self.add_own(transaction);
            }
            Record::ReadMark { channel, .. } => {
                self.read_marks.insert(channel.as_str().to_owned(), record);
            }
        }
    }

    fn add_own(&mut self, transaction: &Transaction) {
        let kept = (self.count, Box::new(transaction.clone()));
        self.own.insert(transaction.id(), kept);
    }

    fn into_records(self) -> Vec<Record> {
        let mut blocks = self.blocks;
        let mut own = self.own;
        if let Some(checkpoint) = self.final_checkpoint {
            let ancestors = final_chain(&blocks, &checkpoint.block);
            leave_dead_forks(&mut blocks, &checkpoint.block, &ancestors);
            leave_settled(&mut own, &blocks, &ancestors);
        }
        let first = [
            self.account_seed,
            self.operator_seed,
            self.name,
            self.network.map(|(_, record)| record),
        ];
        let last = [
            self.final_checkpoint.map(Record::Final),
            self.watermark,
            self.last_slot,
        ];
        first
            .into_iter()
            .flatten()
            .chain(newest(own))
            .chain(blocks.into_iter().map(|block| block.record))
            .chain(last.into_iter().flatten())
            .chain(self.votes)
            .chain(self.read_marks.into_values())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::{
            block::{Block, BlockHash, Header, HeaderContent, Transactions, Votes},
            checkpoint::Checkpoint,
        },
        codec::BoundedString,
        consensus::stake::watermark::Watermark,
        crypto::{hash::Hash, keys::SecretKey, vrf::VrfSecretKey},
        ledger::{
            genesis::{Founder, GENESIS_VERSION, Genesis, Rules},
            transaction::{Action, Transaction},
        },
        time::{Slot, Timestamp},
    };

    fn key() -> SecretKey {
        SecretKey::from_seed([1; 32])
    }

    fn genesis(founded_at: u64) -> Genesis {
        let vrf_key = VrfSecretKey::from_seed([2; 32]).public();
        let founder = Founder {
            account: key().address(),
            signing_key: key().public(),
            vrf_key,
        };
        Genesis {
            version: GENESIS_VERSION,
            room: Hash([5; 32]),
            founded_at: Timestamp(founded_at),
            rules: Rules::default(),
            founder,
        }
    }

    fn network(founded_at: u64) -> Record {
        Record::Network {
            genesis: Box::new(genesis(founded_at)),
            founded: true,
            pinned: false,
        }
    }

    fn block(slot: u64) -> Record {
        let content = HeaderContent {
            network: genesis(1).network_id(),
            slot: Slot(slot),
            height: slot,
            parent: BlockHash::default(),
            proposer: key().address(),
            transactions_root: Hash::ZERO,
            votes_hash: Hash::ZERO,
            state_root: Hash::ZERO,
            vrf_proof: VrfSecretKey::from_seed([2; 32]).prove(b"slot").1,
        };
        let header = Header::sign(content, &key());
        Record::Block(Box::new(Block {
            header,
            transactions: Transactions::default(),
            votes: Votes::default(),
        }))
    }

    fn own(nonce: u64) -> Record {
        let action = Action::Bond { amount_micro: 1 };
        let transaction = Transaction::sign(&key(), genesis(1).network_id(), nonce, Slot(9), 0, action);
        Record::Own(Box::new(transaction))
    }

    fn read_mark(channel: &str, count: u64) -> Record {
        Record::ReadMark {
            channel: BoundedString::try_from(channel).unwrap(),
            count,
        }
    }

    fn last_final(slot: u64) -> Record {
        Record::Final(Checkpoint {
            slot: Slot(slot),
            block: BlockHash::default(),
        })
    }

    fn whole_life() -> Vec<Record> {
        vec![
            Record::AccountSeed([1; 32]),
            Record::OperatorSeed([2; 32]),
            network(1),
            block(1),
            Record::LastSlot(Slot(1)),
            block(2),
            block(1),
            Record::Watermark(Watermark::default()),
            last_final(1),
            read_mark("hall", 1),
            own(1),
            last_final(2),
            Record::LastSlot(Slot(2)),
            read_mark("hall", 2),
            own(2),
            own(1),
        ]
    }

    fn log_of(records: &[Record]) -> Vec<u8> {
        [&log::header(1)[..], &frames(records).unwrap()].concat()
    }

    #[test]
    fn records_are_read_back() {
        let stored = read(&log_of(&whole_life())).unwrap();
        assert_eq!(stored.records, whole_life());
        assert_eq!(
            (stored.damage, stored.unreadable, stored.signing_state_lost),
            (None, 0, false)
        );
    }

    #[test]
    fn compaction_keeps_every_block_once_and_the_last_of_the_rest() {
        let expected = vec![
            Record::AccountSeed([1; 32]),
            Record::OperatorSeed([2; 32]),
            network(1),
            own(2),
            own(1),
            block(1),
            block(2),
            last_final(2),
            Record::Watermark(Watermark::default()),
            Record::LastSlot(Slot(2)),
            read_mark("hall", 2),
        ];
        let once = compact(whole_life());
        assert_eq!(once, expected);
        assert_eq!(compact(once.clone()), once);
    }

    #[test]
    fn what_was_signed_anew_does_not_come_back_and_what_stands_for_it_does() {
        let [Record::Own(old), Record::Own(new)] = [own(1), own(2)] else {
            panic!("they are own transactions")
        };
        let anew = Record::SignedAnew {
            old: old.id(),
            transaction: new,
        };
        assert_eq!(
            compact(vec![network(1), own(1), own(3), anew]),
            [network(1), own(3), own(2)]
        );
    }

    #[test]
    fn another_network_voids_all_but_the_identity_and_the_same_one_nothing() {
        let mut records = whole_life();
        records.push(network(1));
        assert_eq!(compact(records.clone()).len(), compact(whole_life()).len());
        records.push(network(2));
        assert_eq!(
            compact(records),
            [
                Record::AccountSeed([1; 32]),
                Record::OperatorSeed([2; 32]),
                network(2)
            ]
        );
    }

    #[test]
    fn new_operator_keys_void_what_the_old_ones_signed() {
        let mut records = whole_life();
        records.push(Record::OperatorSeed([3; 32]));
        let kept = compact(records);
        assert!(kept.contains(&Record::OperatorSeed([3; 32])));
        assert!(
            !kept
                .iter()
                .any(|record| matches!(record, Record::Watermark(_) | Record::LastSlot(_)))
        );
    }

    #[test]
    fn a_torn_tail_keeps_the_operator_keys_and_a_lost_watermark_does_not() {
        let log = log_of(&whole_life());
        let torn = read(&log[..log.len() - 3]).unwrap();
        assert!(matches!(torn.damage, Some(Damage::Torn { .. })) && !torn.signing_state_lost);
        let before = log_of(&whole_life()[..7]).len();
        let mut corrupt = log;
        corrupt[before + log::FRAME_HEADER_BYTES] ^= 1;
        let corrupt = read(&corrupt).unwrap();
        assert_eq!(corrupt.records.len(), whole_life().len() - 1);
        assert!(corrupt.signing_state_lost);
    }

    #[test]
    fn damage_before_the_newest_watermark_and_slot_does_not_cost_the_operator_keys() {
        let mut records = whole_life();
        records.extend([Record::Watermark(Watermark::default()), Record::LastSlot(Slot(3))]);
        let mut log = log_of(&records);
        let first_block = log_of(&records[..3]).len();
        log[first_block + log::FRAME_HEADER_BYTES + 50] ^= 1;
        let stored = read(&log).unwrap();
        assert!(stored.damage.is_some() && !stored.signing_state_lost);
    }

    #[test]
    fn a_record_of_a_later_version_is_counted_and_costs_the_operator_keys() {
        let mut log = log_of(&whole_life());
        log.extend(log::frame(&[250]).unwrap());
        let stored = read(&log).unwrap();
        assert_eq!((stored.records.len(), stored.unreadable), (whole_life().len(), 1));
        assert!(stored.signing_state_lost);
    }

    #[test]
    fn an_export_holds_the_network_and_its_blocks_and_no_secret() {
        let file = export(&whole_life()).unwrap();
        let network = Record::Network {
            genesis: Box::new(genesis(1)),
            founded: false,
            pinned: true,
        };
        assert_eq!(read(&file).unwrap().records, [network, block(1), block(2)]);
    }
}
