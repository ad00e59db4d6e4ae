//! What the state trie costs with 100,000 accounts.

use std::sync::Arc;

use divan::{Bencher, black_box};
use ting_core::ledger::trie::{Path, Trie};

const ACCOUNTS: u32 = 100_000;
const UPDATES: u32 = 500;
const VALUE_BYTES: usize = 80;

fn path(index: u32) -> Path {
    Path::of(1, &index.to_le_bytes())
}

fn insert(trie: &mut Trie, index: u32, fill: u8) {
    let value: Arc<[u8]> = [fill; VALUE_BYTES].into();
    assert!(trie.insert(path(index), value).is_ok());
}

fn full() -> Trie {
    let mut trie = Trie::new();
    (0..ACCOUNTS).for_each(|index| insert(&mut trie, index, 1));
    trie.root();
    trie
}

fn updates(block: u32) -> Vec<(Path, Arc<[u8]>)> {
    let index = |update| (update * 7919 + block * 104_729) % ACCOUNTS;
    (0..UPDATES)
        .map(|update| (path(index(update)), [2; VALUE_BYTES].into()))
        .collect()
}

/// One block: a clone of the state, 500 updates, the new root. The clone is dropped outside the measurement.
#[divan::bench(sample_count = 400)]
fn clone_update_500_and_root(bencher: Bencher) {
    let trie = full();
    let mut block = 0;
    bencher
        .with_inputs(|| {
            block += 1;
            updates(block)
        })
        .bench_local_values(|updates| {
            let mut next = trie.clone();
            assert!(next.insert_all(updates).is_ok());
            next.root();
            next
        });
}

/// The same by one insertion after the other.
#[divan::bench(sample_count = 400)]
fn clone_update_500_singly_and_root(bencher: Bencher) {
    let trie = full();
    let mut block = 0;
    bencher
        .with_inputs(|| {
            block += 1;
            updates(block)
        })
        .bench_local_values(|updates| {
            let mut next = trie.clone();
            for (path, value) in updates {
                assert!(next.insert(path, value).is_ok());
            }
            next.root();
            next
        });
}

#[divan::bench]
fn get(bencher: Bencher) {
    let trie = full();
    let mut index = 0;
    bencher
        .with_inputs(|| {
            index = (index + 7919) % ACCOUNTS;
            path(index)
        })
        .bench_local_refs(|path| trie.get(path).is_some());
}

#[divan::bench]
fn prove_and_verify(bencher: Bencher) {
    let trie = full();
    let root = trie.root();
    let path = path(77);
    bencher.bench(|| {
        trie.proof(black_box(&path))
            .verify(&root, &path, Some(&[1; VALUE_BYTES]))
    });
}

#[divan::bench(sample_count = 5)]
fn build_100_000_and_root(bencher: Bencher) {
    bencher.bench(full);
}
