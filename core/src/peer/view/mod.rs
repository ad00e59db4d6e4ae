//! What a user interface shows: plain, owned snapshots of the peer, cheap to send to another thread.
//!
//! Views are derived, never consulted by the protocol. They give data, never sentences: what shows them words them. All lists are bounded
//! by the peer's own containers and by the limits named at each list. Amounts are µTNG; times are milliseconds since the Unix epoch.

mod chain;
mod network;

use serde::{Deserialize, Serialize};

pub use self::{
    chain::{
        ActionView, BlockDetailView, BlockStatus, BlockView, ChainView, StatementView, StepView,
        TransactionDetailView, TransactionView, VoteView,
    },
    network::{Away, LinkView, NetworkView, NotTakenView, PeerView, SigningDevice, SigningView},
};
use crate::crypto::{
    hash::Hash,
    keys::{Address, NetworkId},
};
pub use crate::{
    chat::view::{ChannelView, MessageContent, MessageView, QuoteView, UnreadView},
    delivery::Delivery,
    ledger::genesis::ClaimMode,
    peer::reorg::ReorgView,
    wallet::view::{HistoryKind, HistoryView},
};

/// What stands between the user and a healthy network, worst first; the pulse says it in words.
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
        /// Blocks that are known by their headers and not executed yet.
        behind: u64,
    },
    /// The clock is off by this much: beyond three seconds the peer only observes.
    ClockOff {
        /// Offset to the operators' median; positive if they are ahead.
        offset_ms: i64,
        /// True beyond three seconds: the peer signs nothing.
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

/// The pulse: a strip on every page that shows whether the network lives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulseView {
    /// Id of the network; none while it is not known yet.
    pub network: Option<NetworkId>,
    /// The last blocks of the chosen chain (at most 24), oldest first, and side blocks beside them.
    pub beads: Vec<BlockView>,
    /// Number of the current slot, from 0 at genesis.
    pub slot: u64,
    /// Time at which the current slot began.
    pub slot_started_ms: u64,
    /// Length of a slot, by the network's rules.
    pub slot_ms: u64,
    /// Height of the chosen chain's last block.
    pub height: u64,
    /// Height of the last final block.
    pub final_height: u64,
    /// Other peers heard within the last seconds.
    pub peers: u32,
    /// Median time from a block's slot start to it being final, over the last 32; none yet: `None`.
    pub time_to_final_ms: Option<u64>,
    /// Worst thing that is wrong, or that all is well.
    pub condition: Condition,
    /// Which device signs for my account.
    pub signing_device: SigningDevice,
}

/// A person in the list beside the chat: one account, whatever its devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberView {
    /// Account by which the person is known.
    pub account: Address,
    /// Profile name on the chain, or the one it announces; may be empty.
    pub name: String,
    /// True if one of its sessions was heard within the last seconds.
    pub online: bool,
    /// Channel that the person is typing in right now, without `#`.
    pub typing_in: Option<String>,
    /// True for my own account.
    pub me: bool,
}

/// The chat page, open at one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatView {
    /// All channels, the default one ("hall") first.
    pub channels: Vec<ChannelView>,
    /// Name of the open channel, without `#`.
    pub channel: String,
    /// Its newest messages (at most the number asked for), oldest first: those in blocks in chain order, then pending ones.
    pub messages: Vec<MessageView>,
    /// True if earlier messages are kept and would be shown if more were asked for.
    pub has_earlier: bool,
    /// Id of the first unread message that is kept, if any.
    pub first_unread: Option<Hash>,
    /// People of the room, online ones first.
    pub members: Vec<MemberView>,
}

/// Coins on their way out of the bond.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnbondingView {
    /// In µTNG, more than 0.
    pub amount_micro: u64,
    /// Slots of the branch clock until it is available.
    pub remaining_slots: u64,
}

/// What is known of the pass that somebody came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PassView {
    /// There is none.
    None,
    /// There is one, and nothing speaks against it.
    Held,
    /// There is one, and it belongs to no open invite as far as is known.
    Void,
}

/// An invite of mine, and the pass that leads in by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InviteView {
    /// The pass as links say it; none if it was made by other means than this account's key.
    pub pass: Option<String>,
    /// How many may still come.
    pub uses_left: u8,
    /// Time at which the last slot ends in which they may.
    pub until_ms: u64,
    /// True once it is in a block: before that the pass opens nothing.
    pub is_open: bool,
}

/// The wallet page of my account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WalletView {
    /// Account whose coins these are.
    pub account: Address,
    /// Name that I go by, possibly empty.
    pub name: String,
    /// Spendable now: what waits to go out no longer counts. The figure that a refusal for want of coins names too.
    pub available_micro: u64,
    /// Own and granted bond together.
    pub bonded_micro: u64,
    /// The part of the bond that came with the grant and never unbonds.
    pub granted_bond_micro: u64,
    /// Coins on their way from the bond to the balance, oldest first.
    pub unbonding: Vec<UnbondingView>,
    /// Incoming coins not yet in a block.
    pub pending_in_micro: u64,
    /// Outgoing coins and fees not yet in a block.
    pub pending_out_micro: u64,
    /// The welcome grant: `None` if there is none to have, else how far it has come (`Sent` while being worked for).
    pub grant: Option<Delivery>,
    /// Who may draw a grant, by the network's rules.
    pub claim_mode: ClaimMode,
    /// What is known of the pass that I came by.
    pub pass: PassView,
    /// The account may open invites.
    pub may_invite: bool,
    /// Its invites that are open, and behind them those that wait for a block.
    pub invites: Vec<InviteView>,
    /// Size of a newcomer's grant, by the network's rules.
    pub grant_micro: u64,
    /// Entries of the history, newest first, at most 500.
    pub history: Vec<HistoryView>,
    /// Flat part of the least fee, by the network's rules.
    pub fee_flat_micro: u64,
    /// Part of the least fee for each encoded byte.
    pub fee_per_byte_micro: u64,
    /// Part of the least fee by the amount, in hundredths of a percent.
    pub fee_basis_points: u32,
    /// Slots that the branch clock advances until unbonded coins are free.
    pub unbonding_slots: u64,
    /// Height of the block after which history and earnings are known: 0 for all of the network's time.
    pub known_after_height: u64,
    /// Blocks that I made on the chosen chain since.
    pub blocks_made: u64,
    /// Rewards, and shares of fees, that I earned by them.
    pub earned_micro: u64,
    /// My share of the whole stake of the term, in parts per million.
    pub stake_share_ppm: u32,
}
