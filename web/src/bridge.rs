//! What the page and the worker say to each other. Encoded with postcard, moved as transferred buffers.
//!
//! The worker owns the peer, the sockets and the storage. The page owns nothing but what it draws, and holds the farewell that it
//! leaves when it closes ([`FarewellWord`]): it says what it looks at
//! ([`ToWorker::Watch`]) and gets whole views back whenever they change, at most ten times a second each.

use serde::{Deserialize, Serialize};
use ting_core::{
    crypto::hash::Hash,
    ledger::genesis::ClaimMode,
    peer::{
        command::{Command, CommandId},
        event::Event,
        view::{
            BlockDetailView, ChainView, ChatView, NetworkView, PulseView, TransactionDetailView, UnreadView,
            WalletView,
        },
    },
};
pub use ting_host::{LinkFault, MAX_RELAYS, PastFault, RelayState, RelayStatus};

/// The fragment that opens a new room, whichever was the last one, with this way in.
pub const fn new_room(mode: ClaimMode) -> &'static str {
    match mode {
        ClaimMode::Link => "new",
        ClaimMode::Invite => "new-invite",
        ClaimMode::Open => "new-open",
        ClaimMode::None => "new-none",
    }
}

/// A message from the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// First message: open a room. Sent once per worker.
    Start {
        /// The invite fragment without `#` (`<secret>`, `<secret>.<network>` or `<secret>.<network>.<pass>`), or empty: this browser's last
        /// room, or a new one; or [`new_room`].
        fragment: String,
        /// Relay addresses that the page names (`ws://` or `wss://`, no path). Those that the person added are in the worker's storage.
        relays: Vec<String>,
        /// The name suggested to the user, used when the identity is new.
        suggested_name: String,
        /// The identity slot that this page had before a reload, from [`Started::identity`]; the page keeps it in its session storage.
        preferred_identity: Option<u32>,
    },
    /// The user asks for something.
    Submit {
        /// Number that the answer repeats.
        id: CommandId,
        /// What the user wants.
        command: Command,
    },
    /// What the page shows now, so that the worker sends only that (the pulse is always sent).
    Watch(Watch),
    /// Asks for one block's page.
    Block(Hash),
    /// Asks for one transaction's page.
    Transaction(Hash),
    /// Replaces the relay addresses, and keeps those that the page did not name at the start for the next time.
    Relays(Vec<String>),
    /// Shows the backup words of this identity's account.
    RevealWords,
    /// Replaces this identity's account by the one of these words; operator keys are made anew.
    RestoreWords(String),
    /// Exports the room (genesis and chain) as bytes for a file.
    Export,
    /// Imports such a file into an empty room of the same network.
    Import(Vec<u8>),
    /// Deletes this identity, its keys and its chain from this browser. The worker ends afterwards.
    ForgetMe,
    /// Another tab goes on as this identity. The worker ends, and its identity is free.
    Leave,
    /// Answers what the worker asked about its farewell. Goes past what waits: the worker does nothing else until it is answered.
    Farewell(FarewellAnswer),
    /// The page is visible or hidden (a hidden page gets no view but of what is unread, once a second, and keeps its node).
    Visible(bool),
}

/// Which page shows, and so which view it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Watch {
    /// Chat: this channel, so many messages.
    Chat {
        /// Name of the channel, without `#`.
        channel: String,
        /// At most so many newest messages (the page raises it to see earlier ones).
        limit: u32,
    },
    /// The wallet page.
    Wallet,
    /// The chain page.
    Chain,
    /// The network page.
    Network,
    /// Nothing but the pulse.
    Nothing,
}

/// A message from the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The room is open: storage is locked and read, the peer runs.
    Started(Started),
    /// The room could not be opened.
    Failed(StartError),
    /// The pulse, which every page shows.
    Pulse(PulseView),
    /// The chat page.
    Chat(ChatView),
    /// The wallet (sent also while other pages show, because the composer and the rail need the balance).
    Wallet(WalletView),
    /// What is unread, on every page and while it is hidden.
    Unread(Unread),
    /// The chain page.
    Chain(ChainView),
    /// The network page.
    Network(NetworkView),
    /// A block's page; `None` if it is not kept here.
    Block(Option<BlockDetailView>),
    /// A transaction's page; `None` if it is not known here.
    Transaction(Option<TransactionDetailView>),
    /// Something happened to the peer or its network.
    Event(Event),
    /// State of all relay links, after a change.
    Relays(Vec<RelayStatus>),
    /// Backup words that were asked for, separated by spaces.
    Words(String),
    /// Words were refused, or an import failed; the reason in plain words.
    Refused(String),
    /// The exported room, as the bytes of a file.
    Exported(Vec<u8>),
    /// The file's blocks are in the room, which now reaches this height.
    Imported {
        /// Height of the chosen chain's last block now.
        height: u64,
    },
    /// State of storage, after a change.
    Storage(StorageStatus),
    /// The identity was forgotten; the page reloads into nothing.
    Forgotten,
    /// What the page does for the peer's farewell.
    Farewell(FarewellWord),
}

/// What the worker asks of the page for the peer's farewell, which the page leaves when it closes: the worker is then gone too soon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FarewellWord {
    /// Was the farewell left that a former run of this identity had held? Answered by [`FarewellAnswer::WasLeft`].
    WasLeft {
        /// Where in the browser's storage the page marks for the next run that it left one.
        mark: String,
    },
    /// What follows from its having been left is durable: the mark is needed no more.
    Remembered,
    /// Hold this in place of the one before, or none. Answered by [`FarewellAnswer::Held`].
    Hold(Option<Farewell>),
}

/// A farewell, and where it is to be left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Farewell {
    /// The sealed frame.
    pub frame: Vec<u8>,
    /// Where each relay takes it by POST.
    pub urls: Vec<String>,
}

/// What the page answers to a [`FarewellWord`]. A page that is closing answers nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FarewellAnswer {
    /// The one that was left, if it was; empty if the page does not know it any more.
    WasLeft(Option<Vec<u8>>),
    /// It is as the worker wants it.
    Held,
}

/// How much waits to be read, in all channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Unread {
    /// Number of unread messages, and of those that call for me.
    pub view: UnreadView,
    /// The page is seen and had all other views of now before this: what comes from here on, comes before the person's eyes.
    pub is_caught_up: bool,
}

/// What the worker says when a room is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The invite fragment: secret, and network once known. The page puts it into the address bar. Sent again when the network becomes known.
    pub fragment: String,
    /// A short name for the room, from its secret: two words.
    pub room: String,
    /// Identity slot of this tab in this browser and room, from 0.
    pub identity: u32,
    /// The identity was made just now.
    pub new_identity: bool,
}

impl Started {
    /// The part of the fragment that is the room and stays.
    pub fn secret(&self) -> &str {
        self.fragment.split('.').next().unwrap_or_default()
    }
}

/// Why a room could not be opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StartError {
    /// The link's fragment is not an invite.
    WrongLink(String),
    /// Storage is refused or broken in this browser (private window, full disk); the reason.
    Storage(String),
}

/// Where the peer's records are stored, and how well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StorageStatus {
    /// Kind of storage that is used.
    pub kind: StorageKind,
    /// The browser promised not to evict it.
    pub persistent: bool,
    /// Bytes used by this room and identity.
    pub used_bytes: u64,
    /// The last write failed: storage is full or gone.
    pub failing: Option<String>,
}

/// Kinds of storage that a browser may have, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageKind {
    /// Origin-private file system with synchronous handles.
    Opfs,
    /// The browser's database, IndexedDB.
    IndexedDb,
    /// Nothing lasts: the tab is all there is.
    Memory,
}
