//! Everything the page knows, one slice per view, each slice a context of its own: what changes redraws only who shows it.

use std::rc::Rc;

use ting_core::{
    crypto::{hash::Hash, keys::Address},
    peer::{
        command::CommandResult,
        event::{Event, Warning},
        view::{
            BlockDetailView, ChainView, ChatView, NetworkView, PulseView, TransactionDetailView, WalletView,
        },
    },
};
use yew::prelude::*;

use crate::{
    amount::{thousands, tng},
    announcement::{self, Announcement},
    bridge::{FromWorker, RelayState, RelayStatus, StartError, Started, StorageStatus, Unread},
    direction::isolated,
    drafts::{Drafts, Edit},
    people::People,
    route::Route,
    unsent::Waiting,
};

/// Toasts shown at once; the oldest goes first.
const MAX_TOASTS: usize = 4;

/// How far the room of this page is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Session {
    /// The worker is starting, and has not said anything yet.
    #[default]
    Opening,
    /// The room is open.
    Open(Started),
    /// The worker has said nothing for long. It may still open the room.
    Late,
    /// The room could not be opened.
    Failed(StartError),
    /// The worker never ran, so there is no room.
    NotStarted,
    /// The worker does not run any more.
    Died,
    /// Another tab goes on as who this one was.
    Left,
}

impl Session {
    /// No room is open, nor will one be.
    pub const fn is_shut(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::NotStarted | Self::Died | Self::Left)
    }

    /// What is left when the worker ends.
    const fn end(&self) -> Self {
        match self {
            Self::Opening | Self::Late | Self::NotStarted => Self::NotStarted,
            Self::Open(_) | Self::Failed(_) | Self::Died => Self::Died,
            Self::Left => Self::Left,
        }
    }

    /// What the worker said when the room opened.
    pub const fn started(&self) -> Option<&Started> {
        match self {
            Self::Open(started) => Some(started),
            _ => None,
        }
    }
}

/// The state of all relay links, and when it was heard, for countdowns.
#[derive(Clone, Debug, PartialEq)]
pub struct Relays {
    /// Every relay and the state of its link.
    pub links: Vec<RelayStatus>,
    /// Time at which the worker said this, in milliseconds since the Unix epoch.
    pub heard_at_ms: u64,
}

impl Relays {
    /// At least one link is down and says why.
    pub fn is_any_down(&self) -> bool {
        let is_down = |link: &RelayStatus| matches!(link.state, RelayState::Down { .. });
        self.links.iter().any(is_down)
    }
}

/// A block's page that was asked for; empty if the block is not kept here.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockAnswer(pub Option<BlockDetailView>);

/// A transaction's page that was asked for; empty if it is not known here.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactionAnswer(pub Option<TransactionDetailView>);

/// The backup words, while they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Words(pub String);

/// What calls for this person: a mention, a payment.
#[derive(Clone, Debug, PartialEq)]
pub struct Summons {
    /// Id of the transaction that calls.
    pub id: Hash,
    /// What has happened, in words for people.
    pub text: String,
    /// Page on which it shows.
    pub to: Route,
}

/// How a toast is meant, which its colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something happened.
    Plain,
    /// Something that the person wanted was done.
    Good,
    /// Something was refused or lost.
    Bad,
}

/// A short notice that goes by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Number that no other notice of this page has.
    pub id: u64,
    /// How it is meant, which its colour says.
    pub tone: Tone,
    /// Words that it shows.
    pub text: String,
}

/// The notices that show, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toasts(pub Vec<Toast>);

/// All that the page knows; each slice is none until it is first known.
#[derive(Clone, Default, PartialEq)]
pub struct State {
    /// How far the room of this page is open.
    pub session: Option<Rc<Session>>,
    /// The pulse as it was last sent.
    pub pulse: Option<Rc<PulseView>>,
    /// How much waits to be read.
    pub unread: Option<Rc<Unread>>,
    /// The last message or payment that calls for this person.
    pub summons: Option<Rc<Summons>>,
    /// The chat page as it was last sent.
    pub chat: Option<Rc<ChatView>>,
    /// The wallet as it was last sent.
    pub wallet: Option<Rc<WalletView>>,
    /// The chain page as it was last sent.
    pub chain: Option<Rc<ChainView>>,
    /// The network page as it was last sent.
    pub network: Option<Rc<NetworkView>>,
    /// The page of one block, as it was last asked for.
    pub block: Option<Rc<BlockAnswer>>,
    /// The page of one transaction, as it was last asked for.
    pub transaction: Option<Rc<TransactionAnswer>>,
    /// State of all relay links.
    pub relays: Option<Rc<Relays>>,
    /// Where the records are stored, and how well.
    pub storage: Option<Rc<StorageStatus>>,
    /// Backup words, while they are shown.
    pub words: Option<Rc<Words>>,
    /// Names that people go by, as far as this page has seen them.
    pub people: Option<Rc<People>>,
    /// Notices that show.
    pub toasts: Option<Rc<Toasts>>,
    /// Messages that wait until the worker takes them.
    pub waiting: Option<Rc<Waiting>>,
    /// What a screen reader is to say next.
    pub announcement: Option<Rc<Announcement>>,
    /// What was written and not sent.
    pub drafts: Option<Rc<Drafts>>,
    next_toast: u64,
}

/// A change of the state, and what brings it.
pub enum Change {
    /// The worker said something at this time.
    Arrived(Box<FromWorker>, u64),
    /// The worker has had long enough to say something.
    Late,
    /// The worker does not run, or not any more.
    Died,
    /// Another tab goes on as who this one was.
    Left,
    /// Something is worth a notice.
    Toast(Tone, String),
    /// The notice with this number goes.
    DropToast(u64),
    /// The backup words are put away.
    HideWords,
    /// The draft of this channel changes.
    Draft(String, Edit),
    /// An earlier load of the page left these drafts.
    EarlierDrafts(Drafts),
    /// These messages have to wait.
    Waiting(Waiting),
}

impl Reducible for State {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut state = Rc::unwrap_or_clone(self);
        match change {
            Change::Arrived(message, now_ms) => state.take(*message, now_ms),
            Change::Late => {
                state.session.get_or_insert_with(|| Rc::new(Session::Late));
            }
            Change::Died => {
                state.session = Some(Rc::new(
                    state.session.as_deref().map_or(Session::NotStarted, Session::end),
                ))
            }
            Change::Left => state.session = Some(Rc::new(Session::Left)),
            Change::Toast(tone, text) => state.toast(tone, text),
            Change::DropToast(id) => {
                let mut toasts = state.toasts.as_deref().cloned().unwrap_or_default();
                toasts.0.retain(|toast| toast.id != id);
                state.toasts = Some(Rc::new(toasts));
            }
            Change::HideWords => state.words = None,
            Change::Draft(channel, edit) => state.drafts_mut().edit(&channel, edit),
            Change::EarlierDrafts(earlier) => state.drafts_mut().join(earlier),
            Change::Waiting(waiting) => state.waiting = Some(Rc::new(waiting)),
        }
        Rc::new(state)
    }
}

impl State {
    fn take(&mut self, message: FromWorker, now_ms: u64) {
        match message {
            FromWorker::Started(started) => self.session = Some(Rc::new(Session::Open(started))),
            FromWorker::Failed(error) => self.session = Some(Rc::new(Session::Failed(error))),
            FromWorker::Pulse(view) => self.pulse = Some(Rc::new(view)),
            FromWorker::Unread(unread) => self.unread = Some(Rc::new(unread)),
            FromWorker::Chat(view) => self.take_chat(view),
            FromWorker::Wallet(view) => self.wallet = Some(Rc::new(view)),
            FromWorker::Chain(view) => self.chain = Some(Rc::new(view)),
            FromWorker::Network(view) => {
                self.learn_names(view.peers.iter().map(|peer| (peer.account, peer.name.as_str())));
                self.network = Some(Rc::new(view));
            }
            FromWorker::Block(view) => self.block = Some(Rc::new(BlockAnswer(view))),
            FromWorker::Transaction(view) => self.transaction = Some(Rc::new(TransactionAnswer(view))),
            FromWorker::Relays(links) => {
                self.relays = Some(Rc::new(Relays {
                    links,
                    heard_at_ms: now_ms,
                }))
            }
            FromWorker::Words(words) => self.words = Some(Rc::new(Words(words))),
            FromWorker::Refused(reason) => self.toast(Tone::Bad, reason),
            FromWorker::Exported(_) => self.toast(Tone::Good, "The room is in your downloads.".into()),
            FromWorker::Imported { height } => self.toast(
                Tone::Good,
                format!(
                    "The room's file is read in. Your chain reaches block {}.",
                    thousands(height)
                ),
            ),
            FromWorker::Storage(status) => self.storage = Some(Rc::new(status)),
            FromWorker::Event(event) => self.take_event(event),
            FromWorker::Forgotten | FromWorker::Farewell(_) => {}
        }
    }

    fn drafts_mut(&mut self) -> &mut Drafts {
        Rc::make_mut(self.drafts.get_or_insert_default())
    }

    fn take_chat(&mut self, view: ChatView) {
        let members = view
            .members
            .iter()
            .map(|member| (member.account, member.name.as_str()));
        let authors = view
            .messages
            .iter()
            .map(|message| (message.author, message.author_name.as_str()));
        self.learn_names(members.chain(authors));
        let people = self.people.as_deref();
        if let Some(text) = self
            .chat
            .as_deref()
            .zip(people)
            .and_then(|(before, people)| announcement::news(before, &view, people))
        {
            let said = self.announcement.as_deref();
            self.announcement = Some(Rc::new(Announcement::after(said, text)));
        }
        self.chat = Some(Rc::new(view));
    }

    fn learn_names<'a>(&mut self, names: impl Iterator<Item = (Address, &'a str)> + Clone) {
        if self
            .people
            .as_deref()
            .is_none_or(|people| !people.knows(names.clone()))
        {
            let people = self.people.as_deref().cloned().unwrap_or_default();
            self.people = Some(Rc::new(people.with(names)));
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Command {
                result: CommandResult::Refused(error),
                ..
            } => self.toast(Tone::Bad, refusal(&error)),
            Event::Received {
                id,
                from,
                amount_micro,
            } => {
                let text = format!("{} from {}.", tng(amount_micro), self.name_of(&from));
                self.toast(Tone::Good, text.clone());
                let to = Route::Wallet;
                self.summons = Some(Rc::new(Summons { id, text, to }));
            }
            Event::Message {
                id,
                channel,
                author,
                mentions_me: true,
            } => {
                let text = format!(
                    "{} mentioned you in #{}.",
                    self.name_of(&author),
                    isolated(&channel)
                );
                let to = Route::channel(&channel);
                self.summons = Some(Rc::new(Summons { id, text, to }));
            }
            Event::NetworkReplaced { .. } => {
                let text = "Two of you opened this room at once. You are in the other one's network now; your messages move along.";
                self.toast(Tone::Plain, text.into());
            }
            Event::Warning(warning) => self.toast(Tone::Bad, warning_text(&warning)),
            _ => {}
        }
    }

    fn name_of(&self, account: &Address) -> String {
        let people = self.people.as_deref();
        people.map_or_else(|| account.short(), |people| people.isolated_words(account))
    }

    fn toast(&mut self, tone: Tone, text: String) {
        let mut toasts = self.toasts.as_deref().cloned().unwrap_or_default();
        toasts.0.retain(|toast| toast.text != text);
        if toasts.0.len() >= MAX_TOASTS {
            toasts.0.remove(0);
        }
        self.next_toast += 1;
        toasts.0.push(Toast {
            id: self.next_toast,
            tone,
            text,
        });
        self.toasts = Some(Rc::new(toasts));
    }
}

/// A refusal in plain words, with what to do.
pub fn refusal(error: &ting_core::peer::command::CommandError) -> String {
    use ting_core::peer::command::CommandError;
    match error {
        CommandError::NoNetwork => "This room has no network yet. Wait a moment and try again.".into(),
        CommandError::InsufficientFunds {
            needed_micro,
            available_micro,
        } => format!(
            "Insufficient funds: {} needed, {} available.",
            tng(*needed_micro),
            tng(*available_micro)
        ),
        CommandError::TooManyPending => {
            "Too many of your transactions wait. Let some of them get into a block first.".into()
        }
        CommandError::ClockUnproven => {
            "This device's clock was not compared with the others' yet. Wait a moment and try again.".into()
        }
        CommandError::NonceContested => {
            "Something else from another device of yours took its place. Try again in a moment.".into()
        }
        CommandError::NotResendable => {
            "That cannot be sent again: it is not yours, or it is on its way.".into()
        }
        CommandError::Refused(reason) => format!("Refused: {reason}."),
    }
}

fn warning_text(warning: &Warning) -> String {
    match warning {
        Warning::OtherNetworkInRoom { network } => {
            format!(
                "Another network ({network}) lives in this room, and neither gives way. Use one invite link for all."
            )
        }
        Warning::BadRecord { reason } => {
            format!("A stored record was unreadable and was left out: {reason}.")
        }
        Warning::ConflictingFinality { .. } => {
            "Two conflicting blocks were both made final: more than a third of the stake broke the rules."
                .into()
        }
        Warning::OtherDeviceSigns => {
            "Another device of yours was chosen to sign in this one's place.".into()
        }
        Warning::SignedElsewhere => {
            "This device's keys signed something elsewhere: they are on two devices or in two profiles. Use only one of them.".into()
        }
        Warning::UnsupportedRules => "This room's rules need a newer version of Ting.".into(),
    }
}

/// Changes the state from anywhere below the app.
#[derive(Clone, PartialEq)]
pub struct Dispatch(pub UseReducerDispatcher<State>);

impl Dispatch {
    /// Adds a notice; the oldest goes where there are too many.
    pub fn toast(&self, tone: Tone, text: impl Into<String>) {
        self.0.dispatch(Change::Toast(tone, text.into()));
    }
}

/// Changes the state; without an app around it, nothing happens.
#[hook]
pub fn use_dispatch() -> Option<Dispatch> {
    use_context::<Dispatch>()
}

/// The newest state of one slice, once there is one.
#[hook]
pub fn use_slice<T: PartialEq + 'static>() -> Option<Rc<T>> {
    use_context::<Option<Rc<T>>>().flatten()
}
