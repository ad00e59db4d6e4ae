//! A small network for tests: people with fixed keys, and blocks that commit to what they hold.
//!
//! Blocks are well-formed and signed, but no consensus was asked: their votes, state roots and tickets are only right where a test makes them.

use ting_core::{
    chain::block::{Block, BlockHash, Header, HeaderContent, Votes, transactions_root, votes_hash},
    codec::BoundedVec,
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, SecretKey},
        vrf::{VrfProof, VrfSecretKey},
    },
    ledger::{
        genesis::{Founder, Genesis, Rules},
        transaction::{Action, Transaction},
    },
    time::{Slot, Timestamp},
};

/// The account key of the person with this number. Person 0 founded the network.
pub fn person(number: u8) -> SecretKey {
    SecretKey::from_seed([number + 1; 32])
}

/// The account of that person.
pub fn address(number: u8) -> Address {
    person(number).address()
}

/// The founder's operator keys.
pub fn operator_keys() -> (SecretKey, VrfSecretKey) {
    (
        SecretKey::from_seed([101; 32]),
        VrfSecretKey::from_seed([102; 32]),
    )
}

/// The network's genesis.
pub fn genesis() -> Genesis {
    let (signing_key, vrf_key) = operator_keys();
    Genesis {
        version: ting_core::ledger::genesis::GENESIS_VERSION,
        room: Hash([9; 32]),
        founded_at: Timestamp(1_700_000_000_000),
        rules: Rules::default(),
        founder: Founder {
            account: address(0),
            signing_key: signing_key.public(),
            vrf_key: vrf_key.public(),
        },
    }
}

/// A signed transaction of a person that pays a thousandth of a coin per nonce.
pub fn transaction(
    network: NetworkId,
    number: u8,
    nonce: u64,
    valid_until: u64,
    action: Action,
) -> Transaction {
    Transaction::sign(
        &person(number),
        network,
        nonce,
        Slot(valid_until),
        1_000 * nonce + 100_000,
        action,
    )
}

/// A header for these transactions and votes, to be completed by what a test needs to be right.
pub fn header(
    network: NetworkId,
    height: u64,
    slot: u64,
    parent: BlockHash,
    body: (&[Transaction], &Votes),
) -> HeaderContent {
    HeaderContent {
        network,
        slot: Slot(slot),
        height,
        parent,
        proposer: address(0),
        transactions_root: transactions_root(body.0),
        votes_hash: votes_hash(body.1),
        state_root: Hash([3; 32]),
        vrf_proof: VrfProof([5; 80]),
    }
}

/// A block that a person proposed, signed by the founder's operator key.
pub fn block(content: HeaderContent, transactions: Vec<Transaction>, votes: Votes) -> Block {
    let transactions = BoundedVec::try_from(transactions).expect("few transactions");
    Block {
        header: Header::sign(content, &operator_keys().0),
        transactions,
        votes,
    }
}
