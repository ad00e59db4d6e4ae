//! Compaction: keeps of all that was stored what still counts.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
};

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    crypto::keys::{Address, NetworkId},
    ledger::transaction::{Transaction, TransactionId},
    params::{MAX_OWN_BYTES, MAX_OWN_TRANSACTIONS, MAX_RECORDED_VOTES, MAX_VIEW_BLOCKS},
    peer::{
        record::Record,
        snapshot::{Assembly, SnapshotPart},
    },
    sorting,
};

/// The last one may have too few blocks above it to begin with.
const KEPT_SNAPSHOTS: usize = 2;

/// The fewest records with the same meaning, in an order in which they can be given back.
///
/// Blocks and own transactions add up, each once, and the newest own votes; of snapshots the last two whole ones count, of everything else the last one.
/// The snapshot to begin with stands before all blocks. Blocks that the final checkpoint
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
    height: u64,
    record: Record,
}

/// A snapshot of which all parts are there.
struct KeptSnapshot {
    checkpoint: Checkpoint,
    parts: Vec<SnapshotPart>,
}

impl KeptSnapshot {
    /// Height of its block, if all blocks from the first one to it are there: others may have to be given them.
    fn height_in(&self, blocks: &[KeptBlock]) -> Option<u64> {
        let block = blocks.iter().find(|block| block.hash == self.checkpoint.block)?;
        let below = final_chain(blocks, &block.hash);
        (below.len() as u64 == block.height).then_some(block.height)
    }

    fn into_records(self) -> impl Iterator<Item = Record> {
        self.parts
            .into_iter()
            .map(|part| Record::Snapshot(Box::new(part)))
    }
}

/// Of the last two snapshots, which are ordered from old to new: the one to begin with, which is the newest with enough blocks above it to be shown, and
/// the one that comes after it, for the start after this one.
fn first_and_next(
    snapshots: VecDeque<KeptSnapshot>,
    blocks: &[KeptBlock],
) -> (Option<KeptSnapshot>, Option<KeptSnapshot>) {
    let highest = blocks.iter().map(|block| block.height).max().unwrap_or_default();
    let (mut first, mut next) = (None, None);
    for snapshot in snapshots {
        match snapshot.height_in(blocks) {
            Some(height) if highest.saturating_sub(height) > MAX_VIEW_BLOCKS as u64 => first = Some(snapshot),
            Some(_) => next = Some(snapshot),
            None => {}
        }
    }
    (first, next)
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
    pass: Option<Record>,
    network: Option<(NetworkId, Record)>,
    blocks: Vec<KeptBlock>,
    block_hashes: BTreeSet<BlockHash>,
    final_checkpoint: Option<Checkpoint>,
    watermark: Option<Record>,
    last_slot: Option<Record>,
    life: Option<Record>,
    votes: VecDeque<Record>,
    own: OwnKept,
    read_marks: BTreeMap<String, Record>,
    assembly: Assembly,
    snapshots: VecDeque<KeptSnapshot>,
    count: usize,
}

impl Kept {
    fn add(&mut self, record: Record) {
        self.count += 1;
        match &record {
            Record::AccountSeed(_) => self.account_seed = Some(record),
            Record::OperatorSeed(_) => {
                self.operator_seed = Some(record);
                (self.watermark, self.last_slot, self.life) = (None, None, None);
                self.votes.clear();
            }
            Record::Name(_) => self.name = Some(record),
            Record::Pass(_) => self.pass = Some(record),
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
                let (hash, content) = (block.hash(), &block.header.content);
                if self.block_hashes.insert(hash) {
                    self.blocks.push(KeptBlock {
                        hash,
                        parent: content.parent,
                        height: content.height,
                        record,
                    });
                }
            }
            Record::Final(checkpoint) => self.final_checkpoint = Some(*checkpoint),
            Record::Watermark(_) => self.watermark = Some(record),
            Record::LastSlot(_) => self.last_slot = Some(record),
            Record::Life { covered, .. } => {
                let covered = *covered;
                self.votes.retain(|vote| match vote {
                    Record::Vote(vote) => covered.covers(&vote.pair()),
                    _ => false,
                });
                self.life = Some(record);
            }
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
            Record::Snapshot(part) => self.add_part(part),
        }
    }

    fn add_part(&mut self, part: &SnapshotPart) {
        if let Some(parts) = self.assembly.add(part.clone()) {
            let checkpoint = part.checkpoint;
            self.snapshots.push_back(KeptSnapshot { checkpoint, parts });
            if self.snapshots.len() > KEPT_SNAPSHOTS {
                self.snapshots.pop_front();
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
        let (begin, next) = first_and_next(self.snapshots, &blocks);
        // What a snapshot is of was final, should the record that says so be lost.
        let begun = begin.as_ref().map(|snapshot| snapshot.checkpoint);
        let last_final = begun.into_iter().chain(self.final_checkpoint);
        if let Some(checkpoint) = last_final.max_by_key(|checkpoint| checkpoint.slot) {
            let ancestors = final_chain(&blocks, &checkpoint.block);
            leave_dead_forks(&mut blocks, &checkpoint.block, &ancestors);
            leave_settled(&mut own, &blocks, &ancestors);
        }
        let first = [
            self.account_seed,
            self.operator_seed,
            self.name,
            self.pass,
            self.network.map(|(_, record)| record),
        ];
        let last = [
            self.final_checkpoint.map(Record::Final),
            self.watermark,
            self.last_slot,
            self.life,
        ];
        first
            .into_iter()
            .flatten()
            .chain(begin.into_iter().flat_map(KeptSnapshot::into_records))
            .chain(newest(own))
            .chain(blocks.into_iter().map(|block| block.record))
            .chain(last.into_iter().flatten())
            .chain(self.votes)
            .chain(self.read_marks.into_values())
            .chain(next.into_iter().flat_map(KeptSnapshot::into_records))
            .collect()
    }
}
