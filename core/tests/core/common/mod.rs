//! A small network for tests: people with fixed keys, and blocks that commit to what they hold.
//!
//! Blocks are well-formed and signed, but no consensus was asked: their votes, state roots and tickets are only right where a test makes them.

pub mod council;
pub mod founder;
pub mod net;

use ting_core::{
    chain::block::{Block, BlockHash, Header, HeaderContent, Testimony, transactions_root},
    codec::BoundedVec,
    consensus::{
        branch::BranchState,
        engine::Plan,
        known::Nothing,
        stake::{
            lottery::ticket_alpha,
            ticket::{Winning, draw_ticket},
        },
        transition::{BlockError, Executed, Proposer, Surroundings, Verified, execute, propose},
        tree::{BlockTree, root::Root},
    },
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId, SecretKey},
        vrf::{VrfProof, VrfSecretKey},
    },
    ledger::{
        genesis::{Founder, Genesis, Rules},
        transaction::{Action, Transaction},
        trie::{Path, Trie},
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

/// A header for these transactions and this testimony, to be completed by what a test needs to be right.
pub fn header(
    network: NetworkId,
    height: u64,
    slot: u64,
    parent: BlockHash,
    body: (&[Transaction], &Testimony),
) -> HeaderContent {
    HeaderContent {
        network,
        slot: Slot(slot),
        height,
        parent,
        proposer: address(0),
        transactions_root: transactions_root(body.0),
        testimony_hash: body.1.hash(),
        state_root: Hash([3; 32]),
    }
}

/// A block that a person proposed, signed by the founder's operator key.
pub fn block(content: HeaderContent, transactions: Vec<Transaction>, testimony: Testimony) -> Block {
    let transactions = BoundedVec::try_from(transactions).expect("few transactions");
    Block {
        header: Header::sign(content, VrfProof([5; 80]), &operator_keys().0),
        transactions,
        testimony,
    }
}

/// The first block of the network: the founder pays, speaks and bonds in the first slot in which its ticket wins.
pub fn first_block() -> (Block, Executed) {
    let genesis = genesis();
    let network = genesis.network_id();
    let tree = BlockTree::new(Root::genesis(&genesis, BranchState::genesis(&genesis)), &genesis);
    let (node, state) = tree.head_node().expect("genesis is there");
    let branch = tree.branch(tree.head());
    let around = Surroundings {
        branch: &branch,
        parent: node.as_parent(),
        state,
        network,
        rules: &genesis.rules,
    };
    let (signing_key, vrf_key) = operator_keys();
    let founder = state
        .term()
        .operators
        .get(&address(0))
        .expect("the founder is an operator");
    let (slot, proof, ticket) = (1..=200)
        .find_map(|slot| {
            let alpha = ticket_alpha(&network, &state.term().nonce, Slot(slot), &founder.account);
            let (output, proof) = vrf_key.prove(alpha.as_bytes());
            let ticket = draw_ticket(output, founder, state.term()).ok()?;
            ticket
                .level
                .is_allowed_after(slot)
                .then_some((Slot(slot), proof, ticket))
        })
        .expect("half of the slots are won");
    let actions = [
        Action::transfer(address(1), 5_000_000, "welcome").expect("short"),
        Action::post("hall", b"any bytes".to_vec()).expect("short"),
        Action::Bond {
            amount_micro: 7_000_000,
        },
    ];
    let transactions: Vec<Transaction> = (1..)
        .zip(actions)
        .map(|(nonce, action)| transaction(network, 0, nonce, 300, action))
        .collect();
    let proposer = Proposer {
        account: address(0),
        signing_key: &signing_key,
        plan: Plan::Stake(Winning {
            ticket,
            proof,
            nonce: state.term().nonce,
        }),
    };
    let heard = (std::iter::empty(), std::iter::empty());
    propose(&around, slot, proposer, heard, transactions.iter())
}

/// Executes the first block as somebody who received it does; the state root that it leads to.
pub fn execute_first(block: &Block) -> Result<Hash, BlockError> {
    let genesis = genesis();
    let network = genesis.network_id();
    let tree = BlockTree::new(Root::genesis(&genesis, BranchState::genesis(&genesis)), &genesis);
    let (node, state) = tree.head_node().expect("genesis is there");
    let branch = tree.branch(tree.head());
    let around = Surroundings {
        branch: &branch,
        parent: node.as_parent(),
        state,
        network,
        rules: &genesis.rules,
    };
    execute(&around, block, Verified::Nothing { entropy: [4; 32] }, &Nothing)
        .map(|mut executed| executed.state.ledger.root())
}

/// A trie of sixteen entries.
pub fn trie() -> Trie {
    let mut trie = Trie::new();
    for number in 0..16_u8 {
        trie.insert(Path::of(1, &[number]), vec![number; 40].into())
            .expect("small values");
    }
    trie
}

/// Root of [`trie`].
pub const TRIE_ROOT: &str = "fd37483ac5f8dadca2db636c4576c0f207e51f316b48c6887f290f3ac6b54195";
/// Hash of [`first_block`].
pub const FIRST_BLOCK: &str = "4ccf20b8ebdab25d0359807c69a125e3656b6ec4aa52e48d90dc67a8b2a0f26f";
/// State root after [`first_block`].
pub const FIRST_STATE_ROOT: &str = "92b3c61e9c25a1d071bbc63efef8165430fa205b07741a500a008da8d5d76ec1";
