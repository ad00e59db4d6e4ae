//! A state of 100,000 accounts, and blocks of 500 transfers on it.

use ting_core::{
    chain::block::{Block, Header, HeaderContent, Testimony, Transactions, transactions_root},
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, SecretKey},
        vrf::VrfSecretKey,
    },
    ledger::{
        apply::{advance_clock, apply_transaction, begin_block, settle_fees},
        context::{BlockContext, ClaimWindow},
        genesis::{Fees, Founder, GENESIS_VERSION, Genesis, Rules},
        state::LedgerState,
        transaction::{Action, Transaction},
    },
    time::{Slot, Timestamp},
};

/// Accounts of the state.
pub const ACCOUNTS: u32 = 100_000;
/// Transfers of a block.
pub const TRANSFERS: u32 = 500;
/// Blocks to choose from, all on the same state.
pub const BLOCKS: u32 = 4;
const FEE_MICRO: u64 = 2;

/// A state with many accounts, and blocks: each transfer from another account, to another account.
pub struct Books {
    network: NetworkId,
    rules: Rules,
    founder: Address,
    state: LedgerState,
    /// Not chained: each follows the state.
    pub blocks: Vec<Block>,
}

impl Books {
    /// Makes 100,000 keys, accounts and signatures, which takes seconds.
    pub fn new() -> Self {
        let genesis = genesis();
        let mut books = Self {
            network: genesis.network_id(),
            founder: genesis.founder.account,
            state: LedgerState::genesis(&genesis),
            rules: genesis.rules,
            blocks: Vec::new(),
        };
        books.state = books.filled();
        let addresses: Vec<Address> = (0..ACCOUNTS).map(|index| secret(index).address()).collect();
        books.blocks = (0..BLOCKS)
            .map(|number| books.block(number, &addresses))
            .collect();
        books
    }

    /// The state after the founder paid everybody.
    fn filled(&self) -> LedgerState {
        let (founder, mut state) = (secret(0), self.state.clone());
        for index in 1..ACCOUNTS {
            let gift = self.transfer(&founder, u64::from(index), secret(index).address(), 5_000);
            assert!(apply_transaction(&mut state, &self.context(), &gift).is_ok());
        }
        state.root();
        state
    }

    fn transfer(&self, from: &SecretKey, nonce: u64, to: Address, amount_micro: u64) -> Transaction {
        let action = Action::Transfer {
            to,
            amount_micro,
            memo: Default::default(),
        };
        Transaction::sign(from, self.network, nonce, Slot(60), FEE_MICRO, action)
    }

    fn block(&self, number: u32, addresses: &[Address]) -> Block {
        let transfers = (number * TRANSFERS..(number + 1) * TRANSFERS).filter_map(|index| {
            let to = (index * 7_919 + 50_000) % ACCOUNTS;
            Some(self.transfer(&secret(1 + index), 1, *addresses.get(to as usize)?, 100))
        });
        let transactions = Transactions::try_from(transfers.collect::<Vec<_>>()).unwrap_or_default();
        let testimony = Testimony::default();
        let content = HeaderContent {
            network: self.network,
            slot: Slot(1),
            height: 1,
            parent: Default::default(),
            proposer: self.founder,
            transactions_root: transactions_root(&transactions),
            testimony_hash: testimony.hash(),
            state_root: Hash::ZERO,
        };
        let (_, vrf_proof) = VrfSecretKey::from_seed([1; 32]).prove(&[]);
        Block {
            header: Header::sign(content, vrf_proof, &secret(0)),
            transactions,
            testimony,
        }
    }

    fn context(&self) -> BlockContext<'_> {
        BlockContext {
            network: self.network,
            rules: &self.rules,
            slot: Slot(1),
            proposer: self.founder,
            claims: ClaimWindow {
                period: 0,
                members: 1,
                anchors: &[],
            },
        }
    }

    /// The state after the transactions, its root taken; signatures are not checked.
    pub fn execute(&self, transactions: &[Transaction]) -> LedgerState {
        let (mut state, context) = (self.state.clone(), self.context());
        advance_clock(&mut state, 1);
        begin_block(&mut state, &context);
        let mut fees_micro = 0;
        for transaction in transactions {
            let receipt = apply_transaction(&mut state, &context, transaction);
            fees_micro += receipt.map_or(0, |receipt| receipt.fee_micro);
        }
        assert_eq!(fees_micro, FEE_MICRO * u64::from(TRANSFERS));
        settle_fees(&mut state, &context, fees_micro);
        state.root();
        state
    }
}

fn genesis() -> Genesis {
    let fees = Fees {
        flat_micro: FEE_MICRO,
        per_byte_micro: 0,
        basis_points: 0,
    };
    Genesis {
        version: GENESIS_VERSION,
        room: Hash::ZERO,
        founded_at: Timestamp(0),
        rules: Rules {
            fees,
            ..Rules::default()
        },
        founder: Founder {
            account: secret(0).address(),
            signing_key: secret(0).public(),
            vrf_key: VrfSecretKey::from_seed([1; 32]).public(),
        },
    }
}

/// The key of the account with this number.
pub fn secret(index: u32) -> SecretKey {
    let mut seed = [7; 32];
    seed.iter_mut()
        .zip(index.to_le_bytes())
        .for_each(|(byte, digit)| *byte = digit);
    SecretKey::from_seed(seed)
}
