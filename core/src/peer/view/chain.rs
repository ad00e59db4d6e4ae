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
    /// Block hash.
    pub hash: Hash,
    /// Parent hash.
    pub parent: Hash,
    /// Number of ancestors.
    pub height: u64,
    /// Slot.
    pub slot: u64,
    /// Wall-clock start of the slot.
    pub time_ms: u64,
    /// Account that proposed it.
    pub proposer: Address,
    /// Lottery level, 0 is a full ticket.
    pub level: u32,
    /// Transactions inside.
    pub transactions: u32,
    /// Votes recorded inside.
    pub votes: u32,
    /// Encoded size.
    pub bytes: u32,
    /// Colour.
    pub status: BlockStatus,
}

/// The chain page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChainView {
    /// Newest blocks, side branches included (at most 160), by slot.
    pub blocks: Vec<BlockView>,
    /// Head.
    pub head: Hash,
    /// State root of the head.
    pub state_root: Hash,
    /// Highest justified block.
    pub justified: Hash,
    /// Last final block.
    pub final_block: Hash,
    /// Term of the head.
    pub term: u64,
    /// Whole supply.
    pub supply_micro: u64,
    /// Coins left in the fund.
    pub fund_micro: u64,
    /// Accounts in the state.
    pub accounts: u64,
    /// Waiting transactions, best fee rate first (at most 200).
    pub mempool: Vec<TransactionView>,
    /// Bytes waiting in the mempool.
    pub mempool_bytes: u64,
    /// Last reorganisations, newest first (at most 20).
    pub reorgs: Vec<ReorgView>,
}

/// A block's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockDetailView {
    /// The block.
    pub block: BlockView,
    /// Weight of the chain up to here.
    pub chain_weight: u128,
    /// Weight of this block.
    pub weight: u128,
    /// State root.
    pub state_root: Hash,
    /// Root of the transactions.
    pub transactions_root: Hash,
    /// VRF proof.
    pub vrf_proof: VrfProof,
    /// Term it belongs to.
    pub term: u64,
    /// Its transactions.
    pub transactions: Vec<TransactionView>,
    /// Who voted, for what.
    pub votes: Vec<VoteView>,
    /// Blocks on top of it.
    pub children: Vec<Hash>,
}

/// A recorded vote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoteView {
    /// Voter.
    pub voter: Address,
    /// Source slot.
    pub source_slot: u64,
    /// Target slot.
    pub target_slot: u64,
    /// Source and target are the same: an acknowledgement.
    pub acknowledgement: bool,
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionView {
    /// Pays somebody.
    Transfer {
        /// Receiver.
        to: Address,
        /// Amount.
        amount_micro: u64,
        /// Memo, possibly empty.
        memo: String,
    },
    /// Says something.
    Post {
        /// Channel.
        channel: String,
        /// Size of what is said.
        body_bytes: u32,
    },
    /// Moves coins into the bond.
    Bond {
        /// Amount.
        amount_micro: u64,
    },
    /// Begins to move coins out of it.
    Unbond {
        /// Amount.
        amount_micro: u64,
    },
    /// Registers operator keys.
    Operator {
        /// The key that signs blocks and votes.
        signing_key: PublicKey,
    },
    /// Changes the name.
    Profile {
        /// New name.
        name: String,
    },
    /// Draws the welcome grant.
    Claim {
        /// Block to which the work is bound.
        anchor: Hash,
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
            | Self::Claim { .. } => None,
        }
    }

    /// The amount that it is about, if it is about one.
    pub const fn amount_micro(&self) -> Option<u64> {
        match self {
            Self::Transfer { amount_micro, .. }
            | Self::Bond { amount_micro }
            | Self::Unbond { amount_micro } => Some(*amount_micro),
            Self::Post { .. } | Self::Operator { .. } | Self::Profile { .. } | Self::Claim { .. } => None,
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
            Action::Claim { anchor, .. } => Self::Claim { anchor: *anchor },
        }
    }
}

/// A transaction in a block page or in the mempool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionView {
    /// Transaction id.
    pub id: Hash,
    /// Sender.
    pub account: Address,
    /// Nonce.
    pub nonce: u64,
    /// What it does.
    pub action: ActionView,
    /// Fee.
    pub fee_micro: u64,
    /// Encoded size.
    pub bytes: u32,
    /// Last slot it is valid in.
    pub valid_until: u64,
    /// How far it has come.
    pub delivery: Delivery,
    /// Block that holds it on the chosen chain.
    pub block: Option<Hash>,
}

/// A transaction's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransactionDetailView {
    /// The transaction.
    pub transaction: TransactionView,
    /// End of the last slot it is valid in.
    pub valid_until_ms: u64,
    /// The block of the chosen chain that holds it.
    pub block: Option<BlockView>,
    /// Root of that block's transactions, and the proof that this one is among them.
    pub inclusion: Option<(Hash, MerkleProof)>,
}
