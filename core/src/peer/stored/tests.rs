use super::*;
use crate::{
    chain::{
        block::{Block, BlockHash, Header, HeaderContent, Testimony, Transactions},
        checkpoint::Checkpoint,
        statement::Life,
        watermark::Watermark,
    },
    codec::BoundedString,
    crypto::{hash::Hash, keys::SecretKey, vrf::VrfSecretKey},
    ledger::{
        genesis::{Founder, GENESIS_VERSION, Genesis, Rules},
        transaction::{Action, Transaction},
    },
    params::{MAX_VIEW_BLOCKS, SNAPSHOT_PART_BYTES},
    peer::snapshot::SnapshotPart,
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
        testimony_hash: Hash::ZERO,
        state_root: Hash::ZERO,
    };
    let (_, vrf_proof) = VrfSecretKey::from_seed([2; 32]).prove(b"slot");
    let header = Header::sign(content, vrf_proof, &key());
    Record::Block(Box::new(Block {
        header,
        transactions: Transactions::default(),
        testimony: Testimony::default(),
    }))
}

/// Blocks of a chain of this length, one in each slot from `first_slot` on.
fn chain(length: u64, first_slot: u64) -> Vec<Record> {
    let mut parent = BlockHash(genesis(1).network_id().0);
    let blocks = (1..=length).map(|height| {
        let Record::Block(mut block) = block(first_slot + height) else {
            panic!("it is a block")
        };
        (block.header.content.height, block.header.content.parent) = (height, parent);
        parent = block.hash();
        Record::Block(block)
    });
    blocks.collect()
}

/// A snapshot of the block of this height, in three parts.
fn snapshot(chain: &[Record], height: usize) -> Vec<Record> {
    let Record::Block(block) = &chain[height - 1] else {
        panic!("it is a block")
    };
    let checkpoint = Checkpoint {
        slot: block.header.content.slot,
        block: block.hash(),
    };
    let parts = SnapshotPart::cut(checkpoint, &vec![7; 2 * SNAPSHOT_PART_BYTES + 1]);
    parts
        .into_iter()
        .map(|part| Record::Snapshot(Box::new(part)))
        .collect()
}

fn own(nonce: u64) -> Record {
    let action = Action::Bond { amount_micro: 1 };
    let transaction = Transaction::sign(&key(), genesis(1).network_id(), nonce, Slot(9), 0, action);
    Record::Own(Box::new(transaction))
}

fn read_mark(channel: &str, height: u64) -> Record {
    Record::ReadMark {
        channel: BoundedString::try_from(channel).unwrap(),
        height,
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
    [&log::header(1)[..], &entries(records).unwrap()].concat()
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
fn the_snapshot_to_begin_with_is_the_newest_with_enough_blocks_above_it_and_the_next_one_stays() {
    let chain = chain(200, 0);
    let above = MAX_VIEW_BLOCKS + 1;
    let [old, older, new] = [199 - above, 200 - above, 201 - above].map(|height| snapshot(&chain, height));
    let blocks = |records: &[Record]| [&[network(1)][..], &chain, records].concat();
    let begun = |first: &[Record], next: &[Record]| [&[network(1)][..], first, &chain, next].concat();
    assert_eq!(compact(blocks(&old)), begun(&old, &[]));
    assert_eq!(
        compact(blocks(&[old.clone(), new.clone()].concat())),
        begun(&old, &new)
    );
    assert_eq!(
        compact(blocks(&[old.clone(), older.clone()].concat())),
        begun(&older, &[])
    );
    assert_eq!(compact(blocks(&new)), begun(&[], &new));
    let torn = [&old[..], &older[..2]].concat();
    assert_eq!(compact(blocks(&torn)), begun(&old, &[]));
    assert_eq!(compact(begun(&old, &new)), begun(&old, &new));
    let mut holed = begun(&old, &new);
    holed.retain(|record| *record != chain[4]);
    assert!(
        !compact(holed)
            .iter()
            .any(|record| matches!(record, Record::Snapshot(_)))
    );
}

#[test]
fn what_the_snapshot_to_begin_with_rules_out_goes_though_nothing_else_says_what_is_final() {
    let [chain, fork] = [(200, 0), (2, 300)].map(|(length, slot)| chain(length, slot));
    let records = [&[network(1)][..], &fork, &chain, &snapshot(&chain, 3)].concat();
    let kept = compact(records);
    assert_eq!(kept, [&[network(1)][..], &snapshot(&chain, 3), &chain].concat());
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
    corrupt[before + log::ENTRY_HEADER_BYTES] ^= 1;
    let corrupt = read(&corrupt).unwrap();
    assert_eq!(corrupt.records.len(), whole_life().len() - 1);
    assert!(corrupt.signing_state_lost);
}

#[test]
fn damage_before_the_newest_watermark_slot_and_life_does_not_cost_the_operator_keys() {
    let mut records = whole_life();
    records.extend([
        Record::Watermark(Watermark::default()),
        Record::LastSlot(Slot(3)),
        Record::Life {
            life: Life(1),
            covered: Watermark::default(),
        },
    ]);
    let mut log = log_of(&records);
    let first_block = log_of(&records[..3]).len();
    log[first_block + log::ENTRY_HEADER_BYTES + 50] ^= 1;
    let stored = read(&log).unwrap();
    assert!(stored.damage.is_some() && !stored.signing_state_lost);
}

#[test]
fn a_record_of_a_later_version_is_counted_and_costs_the_operator_keys() {
    let mut log = log_of(&whole_life());
    log.extend(log::entry(&[250]).unwrap());
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
