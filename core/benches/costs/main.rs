//! What the parts of a peer cost, natively: `cargo bench -p ting-core`, or `cargo xtask bench` for a table beside WASM.

mod books;
mod crypto;
mod trie;
mod workloads;

use divan::{Bencher, counter::ItemsCount};
use workloads::Workload;

fn main() {
    divan::main();
}

/// What `cargo xtask bench` also measures in WASM.
#[divan::bench(args = Workload::ALL, sample_count = 200, max_time = 3)]
fn workload(bencher: Bencher, workload: Workload) {
    bencher
        .counter(ItemsCount::new(workload.items()))
        .bench_local(workload.prepare());
}
