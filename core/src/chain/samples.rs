//! Small made-up pieces of a chain, for tests here and above.

use crate::{
    chain::{
        block::{Block, BlockHash, Header, HeaderContent, Testimony, Votes, transactions_root},
        checkpoint::{Checkpoint, Pair, Vote},
        statement::{Life, Statement, Step},
        watermark::Watermark,
    },
    crypto::{
        hash::Hash,
        keys::{NetworkId, SecretKey},
        vrf::{VrfProof, VrfSecretKey},
    },
    ledger::{
        genesis::{Founder, GENESIS_VERSION, Genesis, Rules},
        transaction::{Action, Transaction},
    },
    time::{Slot, Timestamp},
};

pub(crate) const NETWORK: NetworkId = NetworkId(Hash([9; 32]));

pub(crate) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

pub(crate) fn post(by: u8, nonce: u64, body: Vec<u8>) -> Transaction {
    Transaction::sign(
        &secret(by),
        NETWORK,
        nonce,
        Slot(100),
        50_000,
        Action::post("hall", body).unwrap(),
    )
}

/// A block that fits its parent and its body; nothing else about it is valid.
pub(crate) fn block_after(
    parent: BlockHash,
    height: u64,
    slot: u64,
    transactions: Vec<Transaction>,
    votes: Vec<Vote>,
) -> Block {
    let testimony = Testimony::from(Votes::try_from(votes).unwrap());
    let content = HeaderContent {
        network: NETWORK,
        slot: Slot(slot),
        height,
        parent,
        proposer: secret(1).address(),
        transactions_root: transactions_root(&transactions),
        testimony_hash: testimony.hash(),
        state_root: Hash([5; 32]),
    };
    let header = Header::sign(content, VrfProof([3; 80]), &secret(1));
    Block {
        header,
        transactions: transactions.try_into().unwrap(),
        testimony,
    }
}

pub(crate) fn vote(number: u8) -> Vote {
    let checkpoint = |slot: u8| Checkpoint {
        slot: Slot(slot.into()),
        block: BlockHash(Hash([slot; 32])),
    };
    let pair = Pair {
        source: checkpoint(1),
        target: checkpoint(2),
    };
    Vote::sign(pair, 3, secret(number).address(), &NETWORK, &secret(number))
}

/// A voter leaves after the vote with its number.
pub(crate) fn statement(number: u8) -> Statement {
    let watermark = Watermark::default().covering(&vote(number).pair());
    let (voter, step) = (secret(number).address(), Step::Rest(watermark));
    Statement::sign(voter, Life(1), step, &NETWORK, &secret(number))
}

pub(crate) fn genesis() -> Genesis {
    Genesis {
        version: GENESIS_VERSION,
        room: Hash([7; 32]),
        founded_at: Timestamp(1_700_000_000_000),
        rules: Rules::default(),
        founder: Founder {
            account: secret(1).address(),
            signing_key: secret(2).public(),
            vrf_key: VrfSecretKey::from_seed([3; 32]).public(),
        },
    }
}
