//! What a user interface shows: plain, owned snapshots of the peer, cheap to send to another thread.
//!
//! Views are derived, never consulted by the protocol. All lists are bounded by the peer's own containers and by the limits
//! named at each list. Amounts are µTNG; times are milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};

use crate::crypto::{
    hash::{Hash, MerkleProof},
    keys::{Address, NetworkId},
};
pub use crate::{
    chain::delivery::Delivery,
    chat::view::{ChannelView, MessageContent, MessageView, QuoteView, UnreadView},
    wallet::view::{HistoryKind, HistoryView},
};

/// What stands between the user and a healthy network, worst first; the strip says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// No relay link is up.
    RelayGone,
    /// Heads were asked for and the peer still waits for an answer or for silence.
    Joining,
    /// The network's genesis is not known yet (opened by a link that names it).
    WaitingForNetwork,
    /// Blocks are being fetched: this many heights are missing.
    Syncing {
        /// Heights to go.
        behind: u64,
    },
    /// The clock is off by this much: beyond three seconds the peer only observes.
    ClockOff {
        /// Offset to the operators' median; positive if they are ahead.
        offset_ms: i64,
        /// True beyond three seconds.
        observing: bool,
    },
    /// The stored network is of another version of the protocol: this one cannot open it.
    OtherVersion,
    /// Another network lives in the same room and neither can give way.
    SplitRoom,
    /// No checkpoint became final for this long although blocks are made.
    FinalityStalled {
        /// Slots since the last final checkpoint.
        slots: u64,
    },
    /// Another device of the account signs, this one only observes.
    OtherDeviceSigns,
    /// Nothing is wrong.
    Healthy,
}

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

/// The strip on every page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulseView {
    /// The network, once known.
    pub network: Option<NetworkId>,
    /// The last blocks of the chosen chain (at most 24), oldest first, and side blocks beside them.
    pub beads: Vec<BlockView>,
    /// The current slot.
    pub slot: u64,
    /// Start of the current slot.
    pub slot_started_ms: u64,
    /// Length of a slot.
    pub slot_ms: u64,
    /// Height of the head.
    pub height: u64,
    /// Height of the last final block.
    pub final_height: u64,
    /// Other peers heard within the last seconds.
    pub peers: u32,
    /// Median time from a block's slot start to it being final, over the last 32; none yet: `None`.
    pub time_to_final_ms: Option<u64>,
    /// What is wrong, if anything.
    pub condition: Condition,
    /// Which device signs for my account.
    pub signing_device: SigningDevice,
}

/// A person in the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberView {
    /// Account.
    pub account: Address,
    /// Profile name on the chain, or the one it announces; may be empty.
    pub name: String,
    /// Heard within the last seconds.
    pub online: bool,
    /// Typing in this channel right now.
    pub typing_in: Option<String>,
    /// This is me.
    pub me: bool,
}

/// The chat page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatView {
    /// All channels, the default one ("hall") first.
    pub channels: Vec<ChannelView>,
    /// The open channel.
    pub channel: String,
    /// Its newest messages (at most the number asked for), oldest first: those in blocks in chain order, then pending ones.
    pub messages: Vec<MessageView>,
    /// Earlier messages exist.
    pub has_earlier: bool,
    /// First unread message, if any.
    pub first_unread: Option<Hash>,
    /// People, online first.
    pub members: Vec<MemberView>,
}

/// Coins on their way out of the bond.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnbondingView {
    /// Amount.
    pub amount_micro: u64,
    /// Slots of the branch clock until it is available.
    pub remaining_slots: u64,
}

/// The wallet page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WalletView {
    /// My account.
    pub account: Address,
    /// My name, possibly empty.
    pub name: String,
    /// Spendable now: what waits to go out no longer counts. The figure that a refusal for want of coins names too.
    pub available_micro: u64,
    /// Bonded, of which `granted_bond_micro` for good.
    pub bonded_micro: u64,
    /// The part of the bond that never unbonds.
    pub granted_bond_micro: u64,
    /// On its way out of the bond.
    pub unbonding: Vec<UnbondingView>,
    /// Incoming coins not yet in a block.
    pub pending_in_micro: u64,
    /// Outgoing coins and fees not yet in a block.
    pub pending_out_micro: u64,
    /// The welcome grant: `None` if there is none to have, else how far it has come (`Sent` while being worked for).
    pub grant: Option<Delivery>,
    /// Size of the welcome grant.
    pub grant_micro: u64,
    /// Newest entries first, at most 500.
    pub history: Vec<HistoryView>,
    /// The network's fee schedule.
    pub fee_flat_micro: u64,
    /// Per byte.
    pub fee_per_byte_micro: u64,
    /// Per 10,000 of the amount.
    pub fee_basis_points: u32,
    /// The network's unbonding time.
    pub unbonding_slots: u64,
    /// Blocks that I made on the chosen chain.
    pub blocks_made: u64,
    /// Fees that I earned by them.
    pub earned_micro: u64,
    /// My share of the whole stake of the term, in parts per million.
    pub stake_share_ppm: u32,
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
    /// One word for the action: transfer, post, bond, unbond, operator, profile, claim.
    pub action: String,
    /// One line of detail.
    pub summary: String,
    /// Amount, 0 where there is none.
    pub amount_micro: u64,
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
    /// Who gets the coins of a transfer.
    pub recipient: Option<Address>,
    /// Memo of a transfer, channel of a post, name of a profile; else empty.
    pub note: String,
    /// End of the last slot it is valid in.
    pub valid_until_ms: u64,
    /// The block of the chosen chain that holds it.
    pub block: Option<BlockView>,
    /// Root of that block's transactions, and the proof that this one is among them.
    pub inclusion: Option<(Hash, MerkleProof)>,
}

/// A reorganisation, for the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReorgView {
    /// When it happened.
    pub time_ms: u64,
    /// Head before.
    pub old_head: Hash,
    /// Head after.
    pub new_head: Hash,
    /// Height of the last block that both branches share.
    pub common_height: u64,
    /// Blocks undone.
    pub undone: u32,
    /// Blocks applied instead.
    pub applied: u32,
    /// Transactions that went back to the mempool.
    pub returned: u32,
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
    /// Chain weight up to here, decimal.
    pub chain_weight: String,
    /// Weight of this block, decimal.
    pub weight: String,
    /// State root.
    pub state_root: Hash,
    /// Root of the transactions.
    pub transactions_root: Hash,
    /// VRF proof, hex.
    pub vrf_proof: String,
    /// Term it belongs to.
    pub term: u64,
    /// Its transactions.
    pub transactions: Vec<TransactionView>,
    /// Who voted, for what: source slot, target slot, voter.
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

/// Another peer, or me.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerView {
    /// Account.
    pub account: Address,
    /// Name, possibly empty.
    pub name: String,
    /// This is me.
    pub me: bool,
    /// Heard within the last seconds.
    pub online: bool,
    /// Milliseconds since it was last heard; 0 for me.
    pub last_heard_ms: u64,
    /// Half of the newest round trip, if measured.
    pub latency_ms: Option<u32>,
    /// Clock offset to me, if measured.
    pub clock_offset_ms: Option<i64>,
    /// Height of its head.
    pub height: Option<u64>,
    /// Stake in the current term.
    pub stake_micro: u64,
    /// Operator of the current term.
    pub operator: bool,
    /// Voter of the current term.
    pub voter: bool,
    /// Its vote for the newest checkpoint was heard.
    pub voted: bool,
}

/// A relay link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkView {
    /// Link number given by the host.
    pub link: u8,
    /// Up or down.
    pub up: bool,
    /// Connections in the room, me included.
    pub connections: u32,
    /// Frames received.
    pub frames_in: u64,
    /// Frames sent.
    pub frames_out: u64,
    /// Frames that did not open or decode.
    pub frames_bad: u64,
}

/// Which device signs for an account, seen from this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningDevice {
    /// None: the account has no registered keys.
    Nobody,
    /// This one.
    Here,
    /// This one was registered; another one signs until the next terms take it in.
    ComingHere,
    /// Another one was registered; this one signs until the next terms let it go.
    LeavingHere,
    /// Another one.
    Elsewhere,
}

/// Why this peer signs or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningView {
    /// It may sign.
    Signing,
    /// No relay link is up.
    NoLink,
    /// It waits for heads.
    AskingHeads,
    /// It fetches blocks.
    Syncing,
    /// Its clock is off.
    ClockOff,
    /// It is no operator of the current term (yet).
    NoOperator,
    /// Another device was registered: it signs until the next terms let it go.
    HandingOver,
    /// Another device of the account signs until the next terms take this one in.
    TakingOver,
    /// Another device of the account signs.
    OtherDevice,
}

/// The network page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkView {
    /// The network, once known.
    pub network: Option<NetworkId>,
    /// Peers, me first, then by stake.
    pub peers: Vec<PeerView>,
    /// Relay links.
    pub links: Vec<LinkView>,
    /// Whole stake of the term.
    pub total_stake_micro: u64,
    /// Stake of the voters.
    pub voting_stake_micro: u64,
    /// Stake of the voters heard within the last seconds.
    pub voting_stake_online_micro: u64,
    /// Slot of the highest justified checkpoint.
    pub justified_slot: u64,
    /// Slot of the last final checkpoint.
    pub final_slot: u64,
    /// Current slot.
    pub slot: u64,
    /// Median clock offset to operators, if measured.
    pub clock_offset_ms: Option<i64>,
    /// Why I sign or not.
    pub signing: SigningView,
    /// My level in this slot, if I hold a ticket.
    pub my_level: Option<u32>,
}
