//! The pieces of work that are measured natively and in WASM alike.
//!
//! Preparing and dropping results is no part of what is measured.

use std::{any::Any, cell::OnceCell, collections::BTreeSet, fmt, hint::black_box, rc::Rc, sync::Arc};

use ting_core::{
    chain::block::Block,
    codec::{decode, encode},
    crypto::{
        hash::{Domain, Hash},
        keys::NetworkId,
        seal::RoomSecret,
        vrf::VrfSecretKey,
    },
    ledger::{
        apply::{verify_new_signatures, verify_signatures},
        transaction::TransactionId,
        trie::{Path, Trie},
    },
    params::MAX_BLOCK_BYTES,
};

use crate::books::{ACCOUNTS, BLOCKS, Books, TRANSFERS, secret};

const UPDATES: u32 = 500;
const VALUE_BYTES: usize = 80;
const FRAME: [u8; 1024] = [7; 1024];
const ENTROPY: [u8; 32] = [9; 32];

/// A piece of work whose cost is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// Signatures, execution and new root of a block.
    Apply,
    /// The signatures of a block in one batch.
    VerifyBlock,
    /// Execution and new root of a block.
    Execute,
    /// A block from its bytes to its new root.
    BytesToRoot,
    /// The same where the receiver has heard half of the transactions before.
    HeardToRoot,
    /// Changes of the state's trie, and its new root.
    TrieUpdate,
    /// A block to bytes.
    EncodeBlock,
    /// A block from bytes.
    DecodeBlock,
    /// Making one signature.
    Sign,
    /// The check of one signature.
    Verify,
    /// A lottery ticket.
    VrfProve,
    /// The check of a lottery ticket.
    VrfVerify,
    /// A frame for the relay.
    Seal,
    /// A frame from the relay.
    Open,
    /// A hash of 64 bytes, a thousand times.
    Hash,
}

/// Does the work once; the result is to be dropped after the clock was read.
pub type Work = Box<dyn FnMut() -> Box<dyn Any>>;

impl Workload {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 15] = [
        Self::Apply,
        Self::VerifyBlock,
        Self::Execute,
        Self::BytesToRoot,
        Self::HeardToRoot,
        Self::TrieUpdate,
        Self::EncodeBlock,
        Self::DecodeBlock,
        Self::Sign,
        Self::Verify,
        Self::VrfProve,
        Self::VrfVerify,
        Self::Seal,
        Self::Open,
        Self::Hash,
    ];

    /// How many things the work is done on.
    pub fn items(self) -> u32 {
        match self {
            Self::Apply | Self::VerifyBlock | Self::Execute | Self::BytesToRoot | Self::HeardToRoot => {
                TRANSFERS
            }
            Self::Hash => 1_000,
            _ => 1,
        }
    }

    /// Makes the work ready, which may take seconds.
    pub fn prepare(self) -> Work {
        match self {
            Self::Apply => on_blocks(|books, block| {
                assert!(verify_signatures(&block.transactions, ENTROPY).is_ok());
                books.execute(&block.transactions)
            }),
            Self::VerifyBlock => on_blocks(|_, block| verify_signatures(&block.transactions, ENTROPY)),
            Self::Execute => on_blocks(|books, block| books.execute(&block.transactions)),
            Self::BytesToRoot => bytes_to_root(|_| false),
            Self::HeardToRoot => bytes_to_root(is_in_the_first_half),
            Self::TrieUpdate => trie_update(),
            Self::EncodeBlock => on_blocks(|_, block| encode(block)),
            Self::DecodeBlock => decode_block(),
            Self::Sign | Self::Verify => signature(self == Self::Sign),
            Self::VrfProve | Self::VrfVerify => ticket(self == Self::VrfProve),
            Self::Seal | Self::Open => frame(self == Self::Seal),
            Self::Hash => work(|| {
                (0..1_000).fold(Hash::ZERO, |hash, _| {
                    Hash::of(Domain::Content, &[&hash.0, black_box(&[7; 32])])
                })
            }),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Apply => "block apply: verify, execute, root",
            Self::VerifyBlock => "- signatures of the block in one batch",
            Self::Execute => "- execution and root",
            Self::BytesToRoot => "block from bytes to root",
            Self::HeardToRoot => "- half of it heard before",
            Self::TrieUpdate => "trie: 500 updates and root",
            Self::EncodeBlock => "encode the block",
            Self::DecodeBlock => "decode the block",
            Self::Sign => "sign",
            Self::Verify => "verify one signature",
            Self::VrfProve => "VRF prove",
            Self::VrfVerify => "VRF verify",
            Self::Seal => "seal 1 KiB",
            Self::Open => "open 1 KiB",
            Self::Hash => "SHA-256 of 64 bytes",
        })
    }
}

fn work<T: 'static>(mut once: impl FnMut() -> T + 'static) -> Work {
    Box::new(move || Box::new(once()))
}

/// Work on one block after the other, each with other accounts, so that not all of the state is in the processor's cache.
fn on_blocks<T: 'static>(each: impl Fn(&Books, &Block) -> T + 'static) -> Work {
    let (books, mut turn) = (books(), 0);
    work(move || {
        turn = (turn + 1) % BLOCKS as usize;
        books.blocks.get(turn).map(|block| each(&books, block))
    })
}

/// Made once for all workloads.
fn books() -> Rc<Books> {
    thread_local! {
        static BOOKS: OnceCell<Rc<Books>> = const { OnceCell::new() };
    }
    BOOKS.with(|books| books.get_or_init(|| Rc::new(Books::new())).clone())
}

fn bytes_to_root(is_heard: fn(usize) -> bool) -> Work {
    let books = books();
    let transactions = books
        .blocks
        .iter()
        .flat_map(|block| block.transactions.iter().enumerate());
    let heard: BTreeSet<TransactionId> = transactions
        .filter(|(place, _)| is_heard(*place))
        .map(|(_, transaction)| transaction.id())
        .collect();
    let mut blocks = books
        .blocks
        .iter()
        .map(encode)
        .collect::<Vec<_>>()
        .into_iter()
        .cycle();
    work(move || {
        let block = blocks
            .next()
            .and_then(|bytes| decode::<Block>(&bytes, MAX_BLOCK_BYTES).ok())?;
        let verified = verify_new_signatures(&block.transactions, ENTROPY, |id| heard.contains(id));
        assert!(block.check_body().is_ok() && verified.is_ok());
        Some(books.execute(&block.transactions))
    })
}

fn is_in_the_first_half(place: usize) -> bool {
    place < TRANSFERS as usize / 2
}

fn decode_block() -> Work {
    let bytes = books().blocks.first().map(encode).unwrap_or_default();
    work(move || {
        let block = decode::<Block>(black_box(&bytes), MAX_BLOCK_BYTES);
        assert!(block.is_ok());
        block
    })
}

fn trie_update() -> Work {
    let path = |index: u32| Path::of(1, &index.to_le_bytes());
    let entry = |index, fill| -> (Path, Arc<[u8]>) { (path(index), [fill; VALUE_BYTES].into()) };
    let mut trie = Trie::new();
    assert!(
        trie.insert_all((0..ACCOUNTS).map(|index| entry(index, 1)).collect())
            .is_ok()
    );
    trie.root();
    let updates = |block: u32| {
        let index = move |update: u32| (update * 7_919 + block * 104_729) % ACCOUNTS;
        (0..UPDATES)
            .map(|update| entry(index(update), 2))
            .collect::<Vec<_>>()
    };
    let mut updates = (0..BLOCKS).map(updates).collect::<Vec<_>>().into_iter().cycle();
    work(move || {
        let mut next = trie.clone();
        assert!(next.insert_all(updates.next().unwrap_or_default()).is_ok());
        next.root();
        next
    })
}

fn signature(sign: bool) -> Work {
    const MESSAGE: [u8; 200] = [7; 200];
    let (network, secret) = (NetworkId(Hash([5; 32])), secret(0));
    let (key, signature) = (
        secret.public(),
        secret.sign(Domain::Transaction, &network, &MESSAGE),
    );
    if sign {
        work(move || secret.sign(Domain::Transaction, &network, black_box(&MESSAGE)))
    } else {
        work(move || key.verify(Domain::Transaction, &network, black_box(&MESSAGE), &signature))
    }
}

fn ticket(prove: bool) -> Work {
    let secret = VrfSecretKey::from_seed([1; 32]);
    let (public, (_, proof)) = (secret.public(), secret.prove(&[3; 32]));
    if prove {
        work(move || secret.prove(black_box(&[3; 32])))
    } else {
        work(move || public.verify(black_box(&[3; 32]), &proof))
    }
}

fn frame(seal: bool) -> Work {
    let key = RoomSecret::new([1; 32]).room_key();
    let sealed = key.seal([2; 24], &FRAME).unwrap_or_default();
    if seal {
        work(move || key.seal([2; 24], black_box(&FRAME)))
    } else {
        work(move || key.open(black_box(&sealed)))
    }
}
