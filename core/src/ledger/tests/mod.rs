//! The rules of docs/protocol.md, section 3, one by one and all together.

mod actions;
mod claims;
mod codec;
mod conservation;
mod invites;
mod refusals;

use super::{
    anchor::Anchor,
    apply::{Receipt, advance_clock, apply_transaction, begin_block, settle_fees},
    context::{BlockContext, ClaimWindow},
    error::TransactionError,
    genesis::{Founder, GENESIS_VERSION, Genesis, MICRO_PER_COIN, Rules},
    state::LedgerState,
    transaction::{Action, Transaction},
};
use crate::{
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, SecretKey},
        vrf::VrfSecretKey,
    },
    time::{Slot, Timestamp},
};

const FOUNDER: u8 = 1;
const ALICE: u8 = 2;
const BOB: u8 = 3;

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn address(number: u8) -> Address {
    secret(number).address()
}

fn transfer(to: u8, amount_micro: u64) -> Action {
    Action::transfer(address(to), amount_micro, "").unwrap()
}

fn post(text: &str) -> Action {
    Action::post("hall", text.as_bytes().to_vec()).unwrap()
}

fn genesis_with(rules: Rules) -> Genesis {
    Genesis {
        version: GENESIS_VERSION,
        room: Hash([7; 32]),
        founded_at: Timestamp(1_700_000_000_000),
        rules,
        founder: Founder {
            account: address(FOUNDER),
            signing_key: SecretKey::from_seed([101; 32]).public(),
            vrf_key: VrfSecretKey::from_seed([102; 32]).public(),
        },
    }
}

/// A network of which the founder, who alone has coins, proposes every block.
struct Books {
    network: NetworkId,
    rules: Rules,
    state: LedgerState,
    slot: Slot,
    term: u64,
    term_operators: usize,
    anchors: Vec<Anchor>,
}

impl Books {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut Rules)) -> Self {
        let mut rules = Rules {
            claim_work_bits: 4,
            ..Rules::default()
        };
        change(&mut rules);
        assert_eq!(rules.validate(), Ok(()));
        let genesis = genesis_with(rules.clone());
        let network = genesis.network_id();
        let anchors = vec![Anchor {
            slot: Slot::GENESIS,
            block: network.0,
        }];
        let state = LedgerState::genesis(&genesis);
        let mut books = Self {
            network,
            rules,
            state,
            slot: Slot::GENESIS,
            term: 0,
            term_operators: 1,
            anchors,
        };
        books.next_block(1);
        books
    }

    fn block(&self) -> BlockContext<'_> {
        BlockContext {
            network: self.network,
            rules: &self.rules,
            slot: self.slot,
            proposer: address(FOUNDER),
            claims: ClaimWindow {
                period: self.term,
                members: self.term_operators,
                anchors: &self.anchors,
            },
        }
    }

    /// Begins a block that many slots after the one before.
    fn next_block(&mut self, slots: u64) {
        self.slot = self.slot.plus(slots);
        let mut state = self.state.clone();
        advance_clock(&mut state, slots);
        begin_block(&mut state, &self.block());
        self.state = state;
    }

    /// A transaction that the rules allow to be applied now, if the account can pay.
    fn sign(&self, by: u8, nonce: u64, action: Action) -> Transaction {
        let fee_micro = self.rules.fees.minimum_micro(&action);
        Transaction::sign(
            &secret(by),
            self.network,
            nonce,
            self.slot.plus(10),
            fee_micro,
            action,
        )
    }

    fn try_apply(&mut self, transaction: &Transaction) -> Result<Receipt, TransactionError> {
        let mut state = self.state.clone();
        let result = apply_transaction(&mut state, &self.block(), transaction);
        self.state = state;
        result
    }

    /// Applies a transaction and settles its fee.
    fn apply(&mut self, transaction: &Transaction) {
        let receipt = self.try_apply(transaction).unwrap();
        let mut state = self.state.clone();
        settle_fees(&mut state, &self.block(), receipt.fee_micro);
        self.state = state;
        assert_eq!(
            self.state.audit().total_micro(),
            u128::from(self.state.supply_micro())
        );
    }

    fn act(&mut self, by: u8, nonce: u64, action: Action) {
        let transaction = self.sign(by, nonce, action);
        self.apply(&transaction);
    }

    /// The reason for which a transaction is refused; checks that nothing changed.
    fn refusal(&mut self, transaction: &Transaction) -> TransactionError {
        let root = self.state.clone().root();
        let error = self.try_apply(transaction).unwrap_err();
        assert_eq!(self.state.root(), root);
        error
    }

    fn refusal_of(&mut self, by: u8, nonce: u64, action: Action) -> TransactionError {
        let transaction = self.sign(by, nonce, action);
        self.refusal(&transaction)
    }

    fn balance(&self, of: u8) -> u64 {
        self.state
            .account(&address(of))
            .map_or(0, |account| account.balance_micro)
    }
}
