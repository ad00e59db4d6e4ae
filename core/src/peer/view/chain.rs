//! The chain page, and the pages of single blocks and transactions.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{
        hash::{Hash, MerkleProof},
        keys::{Address, PublicKey},
        vrf::VrfProof,
    },
    delivery::Delivery,
    ledger::transaction::Action,
    peer::reorg::ReorgView,
};

/// The state of a block as the interface colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockStatus {
    /// Off the chosen chain.
    Side,
    /// On the chosen chain.
    Chain,
    /// On the chosen chain, at or below the highest justified checkpoint.
    Justified,
    /// At or below the last final checkpoint.
    Final,
}

/// One block as a bead on the thread or a node in the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockView {
    /// Hash that identifies the block.
    pub hash: Hash,
    /// Hash of the block before it.
    pub parent: Hash,
    /// Number of ancestors, back to genesis.
    pub height: u64,
    /// Slot in which it was made.
    pub slot: u64,
    /// Time at which that slot began.
    pub time_ms: u64,
    /// Account that proposed it.
    pub proposer: Address,
    /// Lottery level: 0 is a full ticket, higher ones were easier and weigh less.
    pub level: u32,
    /// Number of its transactions.
    pub transactions: u32,
    /// Number of votes that it records.
    pub votes: u32,
    /// Size of its encoding, in bytes.
    pub bytes: u32,
    /// How far it is decided; the interface colours it by this.
    pub status: BlockStatus,
}

/// The chain page: the tree of recent blocks, the ledger's sums, and what waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainView {
    /// Newest blocks, side branches included (at most 160), by slot.
    pub blocks: Vec<BlockView>,
    /// Hash of the chosen chain's last block.
    pub head: Hash,
    /// State root after the head.
    pub state_root: Hash,
    /// Hash of the highest justified block.
    pub justified: Hash,
    /// Hash of the last final block.
    pub final_block: Hash,
    /// Number of the head's term.
    pub term: u64,
    /// All coins there are.
    pub supply_micro: u64,
    /// Coins that no grant or reward has given out yet.
    pub fund_micro: u64,
    /// Number of accounts in the state after the head.
    pub accounts: u64,
    /// Waiting transactions, best fee rate first (at most 200).
    pub mempool: Vec<TransactionView>,
    /// Encoded size of all waiting transactions, in bytes.
    pub mempool_bytes: u64,
    /// Last reorganisations, newest first (at most 20).
    pub reorgs: Vec<ReorgView>,
}

/// The page of one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockDetailView {
    /// The block, as lists show it.
    pub block: BlockView,
    /// Weight of the whole chain up to here, this block included.
    pub chain_weight: u128,
    /// Weight that this block alone adds.
    pub weight: u128,
    /// State root after the block.
    pub state_root: Hash,
    /// Merkle root over the ids of its transactions.
    pub transactions_root: Hash,
    /// Proof of the lottery ticket by which it was made.
    pub vrf_proof: VrfProof,
    /// Number of the term that it belongs to.
    pub term: u64,
    /// All its transactions, in the block's order.
    pub transactions: Vec<TransactionView>,
    /// Votes that it records.
    pub votes: Vec<VoteView>,
    /// Voters that leave or return with it.
    pub statements: Vec<StatementView>,
    /// Hashes of the blocks that build directly on it.
    pub children: Vec<Hash>,
}

/// A vote as a block records it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoteView {
    /// Account whose stake is behind the vote.
    pub voter: Address,
    /// Slot of the checkpoint that it starts from.
    pub source_slot: u64,
    /// Slot of the checkpoint that it asks to justify.
    pub target_slot: u64,
    /// True if both are the same checkpoint, which the vote acknowledges.
    pub acknowledgement: bool,
}

/// A voter that leaves or returns, as a block records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementView {
    /// Account whose stake is behind its vote.
    pub voter: Address,
    /// Which of the two it does.
    pub step: StepView,
}

/// Whether a voter leaves or returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepView {
    /// Finality does not wait for it any more.
    Leaves,
    /// It counts again once this is final.
    Returns,
}

/// What a transaction does, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionView {
    /// Moves coins to another account.
    Transfer {
        /// Account that receives them.
        to: Address,
        /// In µTNG, without the fee.
        amount_micro: u64,
        /// Text for the receiver, possibly empty.
        memo: String,
    },
    /// Says something in a channel.
    Post {
        /// Name of the channel, without `#`.
        channel: String,
        /// Size of the encoded content, in bytes.
        body_bytes: u32,
    },
    /// Moves coins from the balance into the bond.
    Bond {
        /// In µTNG, without the fee.
        amount_micro: u64,
    },
    /// Begins to move coins from the bond back to the balance.
    Unbond {
        /// In µTNG, without the fee.
        amount_micro: u64,
    },
    /// Registers operator keys, or replaces them.
    Operator {
        /// Public key that checks signatures on blocks and votes.
        signing_key: PublicKey,
    },
    /// Chooses the account's name.
    Profile {
        /// Name that it chooses.
        name: String,
    },
    /// Draws the grant of a newcomer.
    Claim {
        /// Hash of the final block to which the work is bound.
        anchor: Hash,
        /// Account by whose invite it is admitted, where that is asked for.
        inviter: Option<Address>,
    },
    /// Lets people draw a grant.
    Invite {
        /// How many may come.
        uses: u8,
        /// Last slot in which they may.
        until: u64,
    },
}

impl ActionView {
    /// Who gets coins by it, if somebody does.
    pub const fn recipient(&self) -> Option<Address> {
        match self {
            Self::Transfer { to, .. } => Some(*to),
            Self::Post { .. }
            | Self::Bond { .. }
            | Self::Unbond { .. }
            | Self::Operator { .. }
            | Self::Profile { .. }
            | Self::Claim { .. }
            | Self::Invite { .. } => None,
        }
    }

    /// The amount that it is about, if it is about one.
    pub const fn amount_micro(&self) -> Option<u64> {
        match self {
            Self::Transfer { amount_micro, .. }
            | Self::Bond { amount_micro }
            | Self::Unbond { amount_micro } => Some(*amount_micro),
            Self::Post { .. }
            | Self::Operator { .. }
            | Self::Profile { .. }
            | Self::Claim { .. }
            | Self::Invite { .. } => None,
        }
    }
}

impl From<&Action> for ActionView {
    fn from(action: &Action) -> Self {
        match action {
            Action::Transfer {
                to,
                amount_micro,
                memo,
            } => Self::Transfer {
                to: *to,
                amount_micro: *amount_micro,
                memo: memo.as_str().to_owned(),
            },
            Action::Post { channel, body } => Self::Post {
                channel: channel.as_str().to_owned(),
                body_bytes: u32::try_from(body.len()).unwrap_or(u32::MAX),
            },
            Action::Bond { amount_micro } => Self::Bond {
                amount_micro: *amount_micro,
            },
            Action::Unbond { amount_micro } => Self::Unbond {
                amount_micro: *amount_micro,
            },
            Action::Operator { signing_key, .. } => Self::Operator {
                signing_key: *signing_key,
            },
            Action::Profile { name } => Self::Profile {
                name: name.as_str().to_owned(),
            },
            Action::Claim { anchor, pass, .. } => Self::Claim {
                anchor: *anchor,
                inviter: pass.map(|pass| pass.inviter),
            },
            Action::Invite { uses, until, .. } => Self::Invite {
                uses: *uses,
                until: until.0,
            },
        }
    }
}

/// A transaction in a block page or in the mempool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionView {
    /// Hash that identifies the transaction.
    pub id: Hash,
    /// Account that signed it and pays for it.
    pub account: Address,
    /// Number by which the account uses it only once.
    pub nonce: u64,
    /// What the transaction does.
    pub action: ActionView,
    /// What it pays for its place in a block.
    pub fee_micro: u64,
    /// Size of its encoding, in bytes.
    pub bytes: u32,
    /// Last slot in which a block may hold it.
    pub valid_until: u64,
    /// How far it has come towards being final.
    pub delivery: Delivery,
    /// Hash of the block of the chosen chain that holds it, if one does.
    pub block: Option<Hash>,
}

/// The page of one transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionDetailView {
    /// The transaction, as lists show it.
    pub transaction: TransactionView,
    /// Time at which the last slot ends in which a block may hold it.
    pub valid_until_ms: u64,
    /// Block of the chosen chain that holds it, if one does.
    pub block: Option<BlockView>,
    /// Root of that block's transactions, and the proof that this one is among them.
    pub inclusion: Option<(Hash, MerkleProof)>,
}
