//! The loop: one event in, one turn of the host, what it has to tell out to the page.

use ting_core::{
    crypto::{keys::NetworkId, seed::Seed},
    ledger::genesis::Rules,
    peer::event::{Event, Warning},
    time::Timestamp,
};
use ting_frame::RoomName;
use ting_host::{Found, Host, HostConfig, HostInput, Invite, Journal, custody::Account, post_url};

use super::{
    host::{now_ms, random, reason},
    identity::{self, AccountTaken, Identity},
    inbox::{HostEvent, Inbox},
    journal,
    keeper::PageKeeper,
    port,
    rooms::{self, OpenError},
    screen::Screen,
    socket::Sockets,
    storage::{self, LogFile, Settings},
    timer::Timer,
};
use crate::bridge::{FromWorker, StartError, Started, ToWorker};

const RELAYS_SETTING: &str = "relays";

/// Waits for the page to say what to open, opens it, and runs it until the page is gone.
pub(crate) async fn run(inbox: Inbox, keeper: PageKeeper) {
    let start = loop {
        if let HostEvent::Page(ToWorker::Start {
            fragment,
            relays,
            suggested_name,
            preferred_identity,
        }) = inbox.next().await
        {
            break Start {
                fragment,
                relays,
                suggested_name,
                preferred_identity,
            };
        }
    };
    match Node::open(start, inbox, keeper).await {
        Ok(mut node) => while node.turn().await {},
        Err(error) => port::post(&FromWorker::Failed(error)),
    }
    port::close_worker();
}

/// What [`ToWorker::Start`] says.
struct Start {
    fragment: String,
    relays: Vec<String>,
    suggested_name: String,
    preferred_identity: Option<u32>,
}

/// An open room: the host of its peer, its storage and the page that it draws.
pub(super) struct Node {
    inbox: Inbox,
    settings: Option<Settings>,
    pub(super) identity: Identity,
    new_identity: bool,
    pub(super) host: Host<LogFile, Sockets, PageKeeper>,
    keeper: PageKeeper,
    /// The page may still have it marked that a former run's farewell was left.
    is_mark_needed: bool,
    /// The network that the page was told last.
    told_network: Option<NetworkId>,
    /// Turns of the peer that the screen knows of.
    seen_turns: u64,
    /// The browser promised to keep what is stored.
    persistent: bool,
    /// Relays that the page named at the start: these are not the person's own.
    named_relays: Vec<String>,
    screen: Screen,
    timer: Timer,
}

impl Node {
    async fn open(start: Start, inbox: Inbox, keeper: PageKeeper) -> Result<Self, StartError> {
        let timer = Timer::new(inbox.clone()).map_err(|error| StartError::Storage(reason(&error)))?;
        let settings = Settings::open().await.ok();
        let (invite, claim_mode) =
            rooms::open(&start.fragment, settings.as_ref())
                .await
                .map_err(|error| match error {
                    OpenError::Link(error) => StartError::WrongLink(error.to_string()),
                    OpenError::Browser(reason) => StartError::Storage(reason),
                })?;
        let room = invite.storage_name();
        let (identity, journal, found) = find_identity(&room, start.preferred_identity).await?;
        let new_identity = Account::stored(&found.records).is_none();
        // What a former identity left of itself is none of a new one's.
        let farewell_left = farewell_left(&identity, &room, &keeper)
            .await
            .filter(|_| !new_identity);
        let linked = invite.network;
        let config = HostConfig {
            invite,
            suggested_name: start.suggested_name,
            rules: Rules {
                claim_mode,
                ..Rules::default()
            },
            seed: Seed::new(random().map_err(StartError::Storage)?),
            farewell_left,
        };
        let sockets = Sockets(inbox.clone());
        let host = Host::with_keeper(config, journal, &found.records, now(), sockets, keeper.clone());
        remember(&host, settings.as_ref()).await;
        let mut node = Self {
            inbox,
            settings,
            identity,
            new_identity,
            host,
            keeper,
            is_mark_needed: true,
            told_network: None,
            seen_turns: 0,
            persistent: storage::is_persistent().await,
            named_relays: start.relays,
            screen: Screen::new(),
            timer,
        };
        node.post_started();
        node.warn_of(found, linked);
        node.give(HostInput::Start).await;
        if node.new_identity {
            node.reserve_new_account().await;
        }
        node.open_relays().await;
        Ok(node)
    }

    /// No tab can run an account that was made just now; from now on none will.
    async fn reserve_new_account(&mut self) {
        let (room, account) = (self.host.invite().storage_name(), self.host.peer().account());
        let reserved = self.identity.reserve(&room, &account).await;
        self.identity.become_account(reserved.ok().flatten());
    }

    fn post_started(&mut self) {
        let invite = self.host.invite();
        self.told_network = invite.network;
        port::post(&FromWorker::Started(Started {
            fragment: invite.fragment(),
            room: invite.words(),
            identity: self.identity.slot,
            new_identity: self.new_identity,
        }));
    }

    fn warn_of(&self, found: Found, linked: Option<NetworkId>) {
        if let Some(loss) = found.loss {
            let reason = journal::sentence(loss);
            port::post(&FromWorker::Event(Event::Warning(Warning::BadRecord { reason })));
        }
        if let Some(network) = linked.filter(|_| linked != self.host.invite().network) {
            port::post(&FromWorker::Event(Event::Warning(Warning::OtherNetworkInRoom {
                network,
            })));
        }
    }

    /// Relays that the page names, then those that the user once added in this browser.
    async fn open_relays(&mut self) {
        let stored = match &self.settings {
            Some(settings) => settings
                .get(RELAYS_SETTING)
                .await
                .ok()
                .flatten()
                .unwrap_or_default(),
            None => String::new(),
        };
        let own = stored.lines().map(str::to_owned);
        let addresses: Vec<String> = self.named_relays.iter().cloned().chain(own).collect();
        self.link(addresses).await;
    }

    /// Links with these relays; farewells are left with them from now on.
    async fn link(&mut self, addresses: Vec<String>) {
        self.give(HostInput::Relays(addresses)).await;
        let room = RoomName::from_bytes(self.host.invite().secret.room_name());
        let relays = self.host.relays().into_iter();
        self.keeper.set_urls(
            relays
                .filter_map(|relay| post_url(&relay.address, &room))
                .collect(),
        );
    }

    /// Takes one event and does all that follows. False: the worker is done.
    async fn turn(&mut self) -> bool {
        let input = match self.inbox.next().await {
            HostEvent::Page(message) => {
                if !self.on_page(message).await {
                    return false;
                }
                HostInput::Woke
            }
            HostEvent::Socket(event) => HostInput::Socket(event),
            HostEvent::Timer => {
                self.timer.rang();
                HostInput::Woke
            }
            HostEvent::Online => HostInput::Hurry,
        };
        self.give(input).await;
        self.draw();
        self.set_timer();
        true
    }

    /// One turn of the host, and what it has to tell.
    async fn give(&mut self, input: HostInput) {
        self.host.handle(now(), input).await;
        if self.is_mark_needed && !self.host.owes_farewell_left() {
            self.is_mark_needed = false;
            self.keeper.remembered();
        }
        self.tell().await;
    }

    /// Tells the page what happened.
    async fn tell(&mut self) {
        while let Some(event) = self.host.poll_event() {
            port::post(&FromWorker::Event(event));
            if self.told_network != self.host.invite().network {
                rooms::remember_network(self.host.invite(), self.settings.as_ref()).await;
                self.post_started();
            }
        }
        if self.seen_turns != self.host.turns() {
            self.seen_turns = self.host.turns();
            self.screen.touch();
        }
    }

    /// Shows another peer, which came in the place of the one before.
    pub(super) async fn show_anew(&mut self) {
        self.new_identity = false;
        self.screen.forget();
        self.post_started();
        self.tell().await;
    }

    async fn on_page(&mut self, message: ToWorker) -> bool {
        match message {
            ToWorker::Start { .. } | ToWorker::Farewell(_) => {}
            ToWorker::Submit { id, command } => self.give(HostInput::Submit { id, command }).await,
            ToWorker::Watch(watch) => self.screen.watch(watch),
            ToWorker::Block(hash) => port::post(&FromWorker::Block(self.host.peer().block_view(&hash))),
            ToWorker::Transaction(id) => {
                port::post(&FromWorker::Transaction(self.host.peer().transaction_view(&id)))
            }
            ToWorker::Relays(addresses) => self.replace_relays(addresses).await,
            ToWorker::RevealWords => port::post(&FromWorker::Words(self.host.peer().words())),
            ToWorker::RestoreWords(words) => refuse(self.restore_words(&words).await),
            ToWorker::Export => refuse(self.export().await),
            ToWorker::Import(file) => match self.import(&file).await {
                Ok(()) => port::post(&FromWorker::Imported {
                    height: self.host.peer().pulse_view(now()).height,
                }),
                refused => refuse(refused),
            },
            ToWorker::ForgetMe => match self.forget_me().await {
                Ok(()) => return false,
                refused => refuse(refused),
            },
            ToWorker::Leave => {
                self.host.withdraw_farewell().await;
                return false;
            }
            ToWorker::Visible(visible) => self.set_visible(visible).await,
        }
        true
    }

    async fn replace_relays(&mut self, addresses: Vec<String>) {
        let own = |address: &&String| !self.named_relays.contains(address);
        let own: Vec<&str> = addresses.iter().filter(own).map(String::as_str).collect();
        if let Some(settings) = &self.settings {
            // Without storage the list holds as long as the tab.
            let _ = settings.set(RELAYS_SETTING, &own.join("\n")).await;
        }
        self.link(addresses).await;
    }

    async fn set_visible(&mut self, visible: bool) {
        self.screen.set_visible(visible);
        if visible {
            self.give(HostInput::Hurry).await;
            self.persistent = self.persistent || storage::is_persistent().await;
        }
    }

    fn draw(&mut self) {
        let now_ms = now_ms();
        if self.screen.is_due(now_ms) {
            let storage = journal::status(self.host.journal(), self.persistent);
            self.screen
                .draw(self.host.peer(), self.host.relays(), storage, now_ms);
        }
    }

    fn set_timer(&mut self) {
        let now = now();
        let host = self.host.next_deadline(now).map(|at| at.0);
        let due = [host, self.screen.next_deadline_ms()];
        self.timer.set(due.into_iter().flatten().min(), now.0);
    }
}

/// The farewell that the page of a former run of this identity left.
async fn farewell_left(identity: &Identity, room: &str, keeper: &PageKeeper) -> Option<Vec<u8>> {
    keeper.was_left(identity.farewell_mark(room)?).await
}

/// Keeps the room for the plain address, and which network it has.
async fn remember(host: &Host<LogFile, Sockets, PageKeeper>, settings: Option<&Settings>) {
    let last = Invite {
        secret: host.invite().secret.clone(),
        network: host.pinned(),
        pass: None,
    };
    rooms::remember(&last, settings).await;
    rooms::remember_network(host.invite(), settings).await;
}

/// The slot that this tab had, or the first that no tab has, and whose account none runs.
async fn find_identity(
    room: &str,
    preferred: Option<u32>,
) -> Result<(Identity, Journal<LogFile>, Found), StartError> {
    let mut passed = Vec::new();
    loop {
        let wanted = preferred.filter(|_| passed.is_empty());
        let claimed = identity::claim(room, wanted).await;
        let mut identity = claimed.map_err(|error| StartError::Storage(error.to_string()))?;
        let opened = journal::open(room, identity.slot, identity.is_exclusive()).await;
        let (journal, found) = opened.map_err(|error| StartError::Storage(error.to_string()))?;
        let reserved = match Account::stored(&found.records) {
            Some(account) => identity.reserve(room, &account.address()).await,
            None => Ok(None),
        };
        match reserved {
            Ok(reserved) => {
                identity.become_account(reserved);
                return Ok((identity, journal, found));
            }
            // Held until one is found, so that the next claim passes it over.
            Err(AccountTaken) => passed.push(identity),
        }
    }
}

fn refuse(outcome: Result<(), String>) {
    if let Err(reason) = outcome {
        port::post(&FromWorker::Refused(reason));
    }
}

/// The system's clock, as the peer takes it.
pub(super) fn now() -> Timestamp {
    Timestamp(now_ms())
}
