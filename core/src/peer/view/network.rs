//! The network page: peers, links, stake, and who signs.

use serde::{Deserialize, Serialize};

use crate::{
    consensus::stake::{attendance::Absence, outlook::Outlook, rests::RestState},
    crypto::keys::{Address, NetworkId},
    peer::not_taken::{Kind, Reason},
};

/// The network page: who is there, who votes, and whether this peer signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkView {
    /// Id of the network; none while it is not known yet.
    pub network: Option<NetworkId>,
    /// One for each account that was heard here or operates in the term: me first, then by stake.
    pub peers: Vec<PeerView>,
    /// Links to relays, up or down.
    pub links: Vec<LinkView>,
    /// Stake of all operators of the term.
    pub total_stake_micro: u64,
    /// Stake of the voters of the term that have not left.
    pub voting_stake_micro: u64,
    /// Stake of those of them heard within the last seconds.
    pub voting_stake_online_micro: u64,
    /// What becomes of finality if those who are online stay; none while the network is not known.
    pub outlook: Option<Outlook>,
    /// Slot of the highest justified checkpoint.
    pub justified_slot: u64,
    /// Slot of the last final checkpoint.
    pub final_slot: u64,
    /// Number of the current slot, from 0 at genesis.
    pub slot: u64,
    /// How far the operators' clocks are ahead of mine, as a median; none until measured.
    pub clock_offset_ms: Option<i64>,
    /// Whether this peer signs, and why not.
    pub signing: SigningView,
    /// Lottery level of my ticket in this slot, if it wins.
    pub my_level: Option<u32>,
    /// Why what others sent was not taken, since the start, for what was counted: at most one entry for each kind and reason.
    pub not_taken: Vec<NotTakenView>,
}

/// How often one kind of thing was not taken for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTakenView {
    /// Kind of what others sent.
    pub kind: Kind,
    /// Why it was not taken.
    pub reason: Reason,
    /// How often, since this peer started.
    pub count: u64,
}

/// Why this peer signs or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningView {
    /// It signs blocks and votes.
    Signing,
    /// It has left and is back: it signs blocks, and its votes count once those who stayed have made that final.
    Returning,
    /// No relay link is up.
    NoLink,
    /// It waits for the others' heads, so as not to sign against what they know.
    AskingHeads,
    /// It fetches the blocks of a better chain first.
    Syncing,
    /// Its clock and the operators' are too far apart.
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

/// One account on the network page: mine, or that of another peer or operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerView {
    /// Account that it acts for.
    pub account: Address,
    /// Name that it goes by, possibly empty.
    pub name: String,
    /// True for this peer itself.
    pub me: bool,
    /// True if it was heard within the last seconds.
    pub online: bool,
    /// Milliseconds since it was last heard; `None` for me and for operators who were not heard since this peer started.
    pub last_heard_ms: Option<u64>,
    /// Half of the newest round trip, if measured.
    pub latency_ms: Option<u32>,
    /// How far its clock is ahead of mine, if measured.
    pub clock_offset_ms: Option<i64>,
    /// Height of its head, by its own word.
    pub height: Option<u64>,
    /// Stake of its account in the current term; 0 if it has none.
    pub stake_micro: u64,
    /// True if its account is an operator of the current term.
    pub operator: bool,
    /// True if its account is a voter of the current term.
    pub voter: bool,
    /// Its vote for the newest checkpoint was heard.
    pub voted: bool,
    /// How its votes count, if it is a voter that has left or is away.
    pub away: Option<Away>,
}

/// Why finality does not wait for a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Away {
    /// It has left, and said so.
    Resting,
    /// It has left and is back: it counts again once those who stayed have made that final.
    Returning,
    /// No vote of it was recorded for a while: it is not waited for, as long as half of all vote.
    Silent,
    /// None was for long: it does not count until it votes.
    Forgotten,
}

impl From<RestState> for Away {
    fn from(state: RestState) -> Self {
        match state {
            RestState::Resting => Self::Resting,
            RestState::Waking => Self::Returning,
        }
    }
}

impl From<Absence> for Away {
    fn from(absence: Absence) -> Self {
        match absence {
            Absence::Silent => Self::Silent,
            Absence::Forgotten => Self::Forgotten,
        }
    }
}

/// A link to one relay, and what has passed over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkView {
    /// Number that the host gave to the link.
    pub link: u8,
    /// True while the relay holds this peer in the room.
    pub up: bool,
    /// Connections in the room, me included.
    pub connections: u32,
    /// Number of frames that came over it.
    pub frames_in: u64,
    /// Number of frames that were sent over it.
    pub frames_out: u64,
    /// Number of frames that came and did not open or decode.
    pub frames_bad: u64,
}

/// Which device signs for an account, seen from this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningDevice {
    /// None: the account has no registered keys.
    Nobody,
    /// This device signs.
    Here,
    /// This one was registered; another one signs until the next terms take it in.
    ComingHere,
    /// Another one was registered; this one signs until the next terms let it go.
    LeavingHere,
    /// Another device of the account signs.
    Elsewhere,
}
