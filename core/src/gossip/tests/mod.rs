//! The wire format and what is built right on it.

mod compact;
mod envelope;
mod greeting;
mod message;

use super::greeting::{
    ChainStatus, Echo, Head, Hello, HelloContent, PeerName, Presence, PresenceContent, SessionId,
};
use crate::{
    chain::{
        block::{Block, BlockHash, Header, HeaderContent, transactions_root, votes_hash},
        checkpoint::{Checkpoint, Pair, Vote},
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
    let votes = votes.try_into().unwrap();
    let content = HeaderContent {
        network: NETWORK,
        slot: Slot(slot),
        height,
        parent,
        proposer: secret(1).address(),
        transactions_root: transactions_root(&transactions),
        votes_hash: votes_hash(&votes),
        state_root: Hash([5; 32]),
        vrf_proof: VrfProof([3; 80]),
    };
    let header = Header::sign(content, &secret(1));
    Block {
        header,
        transactions: transactions.try_into().unwrap(),
        votes,
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

pub(crate) fn status(height: u64) -> ChainStatus {
    let checkpoint = |slot: u64| Checkpoint {
        slot: Slot(slot),
        block: BlockHash(Hash([6; 32])),
    };
    let head = Head {
        block: BlockHash(Hash([4; 32])),
        slot: Slot(height + 8),
        height,
        weight: u128::from(height) << 64,
    };
    ChainStatus {
        head,
        justified: checkpoint(height + 4),
        finalized: checkpoint(height),
    }
}

pub(crate) fn hello_content(account: u8, session: u8) -> HelloContent {
    let genesis = genesis();
    HelloContent {
        session: SessionId([session; 16]),
        network: Some(genesis.network_id()),
        genesis: Some(Box::new(genesis)),
        operators: 3,
        account: secret(account).address(),
        name: PeerName::try_from("Ada").unwrap(),
        chain: Some(status(40)),
        sent_at: Timestamp(1_700_000_050_000),
        echo: Some(Echo {
            session: SessionId([8; 16]),
            sent_at: Timestamp(1_700_000_049_900),
            held_ms: 20,
        }),
        wants_reply: true,
    }
}

pub(crate) fn presence_content(account: u8, session: u8) -> PresenceContent {
    PresenceContent {
        session: SessionId([session; 16]),
        account: secret(account).address(),
        name: PeerName::try_from("Ada").unwrap(),
        chain: status(40),
        typing: Some("hall".try_into().unwrap()),
    }
}

fn hello() -> Hello {
    Hello::sign(hello_content(1, 2), &secret(1))
}

fn presence() -> Presence {
    Presence::sign(presence_content(1, 2), &NETWORK, &secret(1))
}
