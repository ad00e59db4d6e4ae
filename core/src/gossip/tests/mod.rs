//! The wire format and what is built right on it.

mod compact;
mod envelope;
mod greeting;
mod message;

use super::greeting::{
    ChainStatus, Head, Hello, HelloContent, PeerName, Presence, PresenceContent, ProbeNumber, Question,
    SessionId,
};
pub(crate) use crate::chain::samples::{NETWORK, block_after, genesis, post, secret, statement, vote};
use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    crypto::{hash::Hash, keys::NetworkId},
    ledger::transaction::{Action, Transaction},
    time::{Slot, Timestamp},
};

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
        pinned: true,
        account: secret(account).address(),
        name: PeerName::try_from("Ada").unwrap(),
        chain: Some(status(40)),
        sent_at: Timestamp(1_700_000_050_000),
        answers: Some(ProbeNumber([8; 8])),
        asks: Some(Question {
            probe: ProbeNumber([9; 8]),
            session: Some(SessionId([7; 16])),
        }),
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
