//! Compaction: keeps of all that was stored what still counts.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
};

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    crypto::keys::{Address, NetworkId},
    ledger::transaction::{Transaction, TransactionId},
    params::{MAX_OWN_BYTES, MAX_OWN_TRANSACTIONS, MAX_RECORDED_VOTES},
    peer::record::Record,
    sorting,
};

/// The fewest records with the same meaning, in an order in which they can be given back.
///
/// Blocks and own transactions add up, each once, and the newest own votes; of everything else the last one counts. Blocks that the final checkpoint
/// ruled out, own transactions in final blocks and those that were signed anew are left out; the other own ones come before the blocks, as they did, for these to take them up. New operator keys void what the old ones signed; another network voids all but the identity.
pub fn compact(records: Vec<Record>) -> Vec<Record> {
    let mut kept = Kept::default();
    records.into_iter().for_each(|record| kept.add(record));
    kept.into_records()
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
