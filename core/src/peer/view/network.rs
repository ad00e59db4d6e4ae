//! The network page: peers, links, stake, and who signs.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::keys::{Address, NetworkId},
    peer::not_taken::{Kind, Reason},
};

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
    /// Why what others sent was not taken, since the start, for what was counted: at most one entry for each kind and reason.
    pub not_taken: Vec<NotTakenView>,
}

/// What was not taken for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTakenView {
    /// What it was.
    pub kind: Kind,
    /// Why not.
    pub reason: Reason,
    /// How often.
    pub count: u64,
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
    /// Milliseconds since it was last heard; `None` for me and for operators who were not heard since this peer started.
    pub last_heard_ms: Option<u64>,
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
