//! What a block of 500 transfers costs on a state of 100,000 accounts.

use std::sync::LazyLock;

use divan::{Bencher, counter::ItemsCount};
use ting_core::{
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, SecretKey},
        vrf::VrfSecretKey,
    },
    ledger::{
        apply::{
            BlockContext, advance_clock, apply_transaction, begin_block, settle_fees, verify_signatures,
        },
        genesis::{Fees, Founder, GENESIS_VERSION, Genesis, Rules},
        state::LedgerState,
        transaction::{Action, Transaction},
    },
    time::{Slot, Timestamp},
};

const ACCOUNTS: u32 = 100_000;
const TRANSFERS: u32 = 500;
const ENTROPY: [u8; 32] = [9; 32];

static BOOKS: LazyLock<Books> = LazyLock::new(Books::new);

fn main() {
    divan::main();
}

/// A state with many accounts, and a block's transactions: each from another account, to another account.
struct Books {
    network: NetworkId,
    rules: Rules,
    state: LedgerState,
    transactions: Vec<Transaction>,
}

impl Books {
    fn new() -> Self {
        let fees = Fees {
            flat_micro: 2,
            per_byte_micro: 0,
            basis_points: 0,
        };
        let rules = Rules {
            fees,
            ..Rules::default()
        };
        let genesis = Genesis {
            version: GENESIS_VERSION,
            room: Hash::ZERO,
            founded_at: Timestamp(0),
            rules: rules.clone(),
            founder: Founder {
                account: secret(0).address(),
                signing_key: secret(0).public(),
                vrf_key: VrfSecretKey::from_seed([1; 32]).public(),
            },
        };
        let (network, state) = (genesis.network_id(), LedgerState::genesis(&genesis));
        let mut books = Self {
            network,
            rules,
            state,
            transactions: Vec::new(),
        };
        let mut state = books.state.clone();
        for index in 1..ACCOUNTS {
            let gift = books.transfer(0, u64::from(index), index, 5_000);
            assert!(apply_transaction(&mut state, &books.block(), &gift).is_ok());
        }
        state.root();
        books.state = state;
        books.transactions = (0..TRANSFERS)
            .map(|index| books.transfer(1 + index, 1, (index * 7_919 + 50_000) % ACCOUNTS, 100))
            .collect();
        books
    }

    fn transfer(&self, from: u32, nonce: u64, to: u32, amount_micro: u64) -> Transaction {
        let action = Action::Transfer {
            to: secret(to).address(),
            amount_micro,
            memo: Default::default(),
        };
        Transaction::sign(&secret(from), self.network, nonce, Slot(60), 2, action)
    }

    fn block(&self) -> BlockContext<'_> {
        BlockContext {
            network: self.network,
            rules: &self.rules,
            slot: Slot(1),
            proposer: proposer(),
            term: 0,
            term_operators: 1,
            anchors: &[],
        }
    }

    /// The state after the block, its root taken; signatures are not checked.
    fn execute(&self) -> LedgerState {
        let (mut state, block) = (self.state.clone(), self.block());
        advance_clock(&mut state, 1);
        begin_block(&mut state, &block);
        let mut fees_micro = 0;
        for transaction in &self.transactions {
            let receipt = apply_transaction(&mut state, &block, transaction);
            fees_micro += receipt.map_or(0, |receipt| receipt.fee_micro);
        }
        assert_eq!(fees_micro, 2 * u64::from(TRANSFERS));
        settle_fees(&mut state, &block, fees_micro);
        state.root();
        state
    }
}

fn secret(index: u32) -> SecretKey {
    let mut seed = [7; 32];
    seed.iter_mut()
        .zip(index.to_le_bytes())
        .for_each(|(byte, digit)| *byte = digit);
    SecretKey::from_seed(seed)
}

fn proposer() -> Address {
    static FOUNDER: LazyLock<Address> = LazyLock::new(|| secret(0).address());
    *FOUNDER
}

/// All of it: signatures in one batch, execution, new root.
#[divan::bench(sample_count = 50)]
fn verify_execute_and_root(bencher: Bencher) {
    let books = &*BOOKS;
    bencher.counter(ItemsCount::new(TRANSFERS)).bench_local(|| {
        assert!(verify_signatures(&books.transactions, ENTROPY).is_ok());
        books.execute()
    });
}

#[divan::bench(sample_count = 50)]
fn verify(bencher: Bencher) {
    let books = &*BOOKS;
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .bench_local(|| verify_signatures(&books.transactions, ENTROPY));
}

#[divan::bench(sample_count = 50)]
fn execute_and_root(bencher: Bencher) {
    let books = &*BOOKS;
    bencher
        .counter(ItemsCount::new(TRANSFERS))
        .bench_local(|| books.execute());
}
