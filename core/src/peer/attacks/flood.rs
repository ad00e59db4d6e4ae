//! Frames by which one connection makes a peer work: as many as a relay lets through.

use std::fmt;

use super::world::World;
use crate::{
    chain::{
        block::{BlockHash, Header, HeaderContent, Testimony, transactions_root},
        checkpoint::{Checkpoint, Pair, Vote},
    },
    codec::{BoundedVec, encode},
    crypto::{hash::Hash, keys::SecretKey, vrf::VrfProof},
    gossip::{
        compact::CompactBlock,
        greeting::{Hello, HelloContent, PeerName, ProbeNumber, Question, SessionId},
        message::{Get, Message, RequestId, TransactionList, VoteList},
        rate::Cost,
    },
    ledger::transaction::{Action, Transaction},
    params::{MAX_GIVEN_BLOCKS, MAX_GIVEN_HEADERS, MAX_GOSSIP_TRANSACTIONS, RATE_PER_SECOND},
    time::Slot,
};

/// What a relay lets one connection send in a second, by default.
const RELAY_FRAMES_PER_S: usize = 400;
const RELAY_BYTES_PER_S: usize = 4 * 1024 * 1024;

/// What a connection sends as much of as a relay lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flood {
    /// Small frames that nobody of the room sealed.
    Garbage,
    /// The same, of the largest size.
    LargeGarbage,
    /// Transactions whose signatures do not fit.
    BadSignatures,
    /// More of them than are looked at.
    TooManyTransactions,
    /// Greetings of ever new sessions that want an answer.
    Hellos,
    /// Requests for headers.
    Headers,
    /// Requests for blocks.
    Blocks,
    /// Requests for votes.
    Certificates,
    /// Requests for waiting transactions.
    Mempool,
    /// Claims of ever new accounts, bound to a block that is no anchor.
    Claims,
    /// Votes for blocks that nobody has, signed by a voter.
    UnknownVotes,
    /// The same, in a voter's name.
    ForgedVotes,
    /// Blocks with a made-up ticket.
    ForgedBlocks,
    /// The same, for a slot that has not come.
    FutureBlocks,
}

impl Flood {
    pub(super) const ALL: [Self; 14] = [
        Self::Garbage,
        Self::LargeGarbage,
        Self::BadSignatures,
        Self::TooManyTransactions,
        Self::Hellos,
        Self::Headers,
        Self::Blocks,
        Self::Certificates,
        Self::Mempool,
        Self::Claims,
        Self::UnknownVotes,
        Self::ForgedVotes,
        Self::ForgedBlocks,
        Self::FutureBlocks,
    ];

    /// Frames for peer 0, numbered from `first`: as many as it looks at in a second, if the relay lets so many through.
    pub(super) fn second(self, world: &mut World, first: u64) -> Vec<Vec<u8>> {
        let most = match self {
            Self::Garbage | Self::LargeGarbage | Self::TooManyTransactions => usize::MAX,
            _ => (RATE_PER_SECOND / self.frame(world, first).1.0) as usize,
        };
        self.relayed(world, first, most)
    }

    /// As many as a relay lets through in a second, but not more than these.
    pub(super) fn relayed(self, world: &mut World, first: u64, most: usize) -> Vec<Vec<u8>> {
        let (frame, _) = self.frame(world, first);
        let relayed = RELAY_FRAMES_PER_S.min(RELAY_BYTES_PER_S / frame.len());
        (first..first + relayed.min(most) as u64)
            .map(|number| self.frame(world, number).0)
            .collect()
    }

    /// A frame, and what its source is charged for it.
    fn frame(self, world: &mut World, number: u64) -> (Vec<u8>, Cost) {
        let message = match self {
            Self::Garbage => return (garbage(256, number), Cost(1)),
            Self::LargeGarbage => return (garbage(256 * 1024, number), Cost(1)),
            Self::BadSignatures => Message::Transactions(unsigned(world, number, 16)),
            Self::TooManyTransactions => {
                Message::Transactions(unsigned(world, number, MAX_GOSSIP_TRANSACTIONS as u64))
            }
            Self::Hellos => Message::Hello(Box::new(hello(world, number))),
            Self::Headers => get(number, headers(world)),
            Self::Blocks => get(number, blocks(world)),
            Self::Certificates => get(number, Get::Certificate { above: Slot::GENESIS }),
            Self::Mempool => get(number, Get::Mempool),
            Self::Claims => Message::Transactions(claims(world, number)),
            Self::UnknownVotes => Message::Votes(votes(world, number, VoteKind::Signed)),
            Self::ForgedVotes => Message::Votes(votes(world, number, VoteKind::Forged)),
            Self::ForgedBlocks => Message::Block(Box::new(block(world, number, 0))),
            Self::FutureBlocks => Message::Block(Box::new(block(world, number, 3))),
        };
        let bytes = Cost::of_bytes(encode(&message).len());
        let cost = Cost(1 + bytes.0 + Cost::of(&message).0);
        (world.seal(&message), cost)
    }
}

impl fmt::Display for Flood {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

pub(super) fn garbage(len: usize, number: u64) -> Vec<u8> {
    let mut bytes = vec![7; len];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn get(number: u64, what: Get) -> Message {
    Message::Get {
        to: 1,
        request_id: RequestId(number),
        what,
    }
}

fn headers(world: &World) -> Get {
    Get::Headers {
        locator: vec![world.network(0).chain().genesis()].try_into().unwrap(),
        limit: u16::try_from(MAX_GIVEN_HEADERS).unwrap(),
    }
}

fn blocks(world: &World) -> Get {
    let chain = world.network(0).chain();
    let hashes: Vec<BlockHash> = (1..=MAX_GIVEN_BLOCKS as u64)
        .filter_map(|height| chain.hash_at(height))
        .collect();
    Get::Blocks {
        hashes: hashes.try_into().unwrap(),
    }
}

/// A list whose signatures do not fit: signed once, then changed.
fn unsigned(world: &World, number: u64, count: u64) -> TransactionList {
    let network = world.network(0);
    let valid_until = network.slot(world.now).plus(100);
    let action = Action::post("hall", vec![1]).unwrap();
    let signed = Transaction::sign(
        &SecretKey::from_seed([99; 32]),
        network.id(),
        1,
        valid_until,
        50_000,
        action,
    );
    // The nonce comes after network and account.
    let changed = |index: u64| {
        let mut bytes = encode(&signed);
        bytes[64..72].copy_from_slice(&(number * 1_000 + index).to_le_bytes());
        Transaction::from_bytes(&bytes).unwrap()
    };
    let list: Vec<Transaction> = (2..2 + count).map(changed).collect();
    list.try_into().unwrap()
}

fn claims(world: &World, number: u64) -> TransactionList {
    let network = world.network(0);
    let valid_until = network.slot(world.now).plus(100);
    let claim = |index: u64| {
        let mut seed = [98; 32];
        seed[..8].copy_from_slice(&(number * 16 + index).to_le_bytes());
        let action = Action::Claim {
            anchor: Hash([8; 32]),
            work_nonce: index,
            pass: None,
        };
        Transaction::sign(
            &SecretKey::from_seed(seed),
            network.id(),
            1,
            valid_until,
            0,
            action,
        )
    };
    (0..16).map(claim).collect::<Vec<_>>().try_into().unwrap()
}

fn hello(world: &World, number: u64) -> Hello {
    let key = SecretKey::from_seed([97; 32]);
    let mut session = [96; 16];
    session[..8].copy_from_slice(&number.to_le_bytes());
    let content = HelloContent {
        session: SessionId(session),
        network: Some(world.network(0).id()),
        genesis: None,
        pinned: false,
        account: key.address(),
        name: PeerName::default(),
        chain: None,
        sent_at: world.now,
        answers: None,
        asks: Some(Question {
            probe: ProbeNumber([92; 8]),
            session: None,
        }),
    };
    Hello::sign(content, &key)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum VoteKind {
    Signed,
    Forged,
}

fn votes(world: &World, number: u64, kind: VoteKind) -> VoteList {
    let network = world.network(0);
    let voter = &world.peer(2).identity;
    let term = network.head_state().unwrap().term().number;
    let slot = network.slot(world.now);
    let source = network.chain().justified_checkpoint();
    let vote = |index: u64| {
        let mut block = [95; 32];
        block[..8].copy_from_slice(&(number * 1_000 + index).to_le_bytes());
        let target = Checkpoint {
            slot,
            block: BlockHash(Hash(block)),
        };
        Vote::sign(
            Pair { source, target },
            term,
            voter.address(),
            &network.id(),
            voter.signing_key(),
        )
    };
    let signed = vote(0);
    let forge = |index: u64| {
        let mut forged = signed.clone();
        forged.target.block.0.0[8..16].copy_from_slice(&(index + 1).to_le_bytes());
        forged
    };
    let list: Vec<Vote> = match kind {
        VoteKind::Signed => (0..8).map(vote).collect(),
        VoteKind::Forged => (0..16).map(forge).collect(),
    };
    list.try_into().unwrap()
}

/// An empty block on the head in an operator's name, so many slots ahead.
pub(super) fn block(world: &World, number: u64, ahead: u64) -> CompactBlock {
    let network = world.network(0);
    let head = network.head().unwrap();
    let testimony = Testimony::default();
    let mut state_root = [94; 32];
    state_root[..8].copy_from_slice(&number.to_le_bytes());
    let content = HeaderContent {
        network: network.id(),
        slot: network.slot(world.now).plus(ahead).max(head.slot.plus(1)),
        height: head.height + 1,
        parent: head.hash,
        proposer: world.peer(2).account(),
        transactions_root: transactions_root(&[]),
        testimony_hash: testimony.hash(),
        state_root: Hash(state_root),
    };
    CompactBlock {
        header: Header::sign(content, VrfProof([5; 80]), &SecretKey::from_seed([93; 32])),
        prefixes: BoundedVec::new(),
        testimony,
    }
}
