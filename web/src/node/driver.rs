//! The loop: one event in, one turn of the peer, its effects out in order.
//!
//! Order is what makes a peer safe to restart: a record is durable before any frame that the peer asked for after it leaves.
//! When storage fails, frames are dropped until it works again; the peer goes on and believes that it speaks, which other
//! peers take for a lost connection.

use ting_core::crypto::keys::{Address, NetworkId, SecretKey};
use ting_core::crypto::seed::Seed;
use ting_core::ledger::genesis::Rules;
use ting_core::peer::event::{Event, Warning};
use ting_core::peer::io::{Effect, Input};
use ting_core::peer::record::Record;
use ting_core::peer::{Peer, PeerConfig};
use ting_core::time::Timestamp;
use ting_frame::RoomName;

use super::host::{now_ms, random, reason};
use super::identity::{self, AccountTaken, Identity};
use super::inbox::{HostEvent, Inbox};
use super::journal::{Found, Journal};
use super::port;
use super::rooms::{self, Invite, OpenError};
use super::screen::Screen;
use super::sockets::Relays;
use super::storage::Settings;
use super::timer::Timer;
use crate::bridge::{FromWorker, StartError, Started, ToWorker};

const RELAYS_SETTING: &str = "relays";

/// Waits for the page to say what to open, opens it, and runs it until the page is gone.
pub(crate) async fn run(inbox: Inbox) {
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
    match Node::open(start, inbox).await {
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

/// An open room.
pub(super) struct Node {
    inbox: Inbox,
    settings: Option<Settings>,
    pub(super) invite: Invite,
    suggested_name: String,
    pub(super) identity: Identity,
    new_identity: bool,
    pub(super) journal: Journal,
    pub(super) peer: Peer,
    relays: Relays,
    /// Relays that the page named at the start: these are not the person's own.
    named_relays: Vec<String>,
    screen: Screen,
    timer: Timer,
}

impl Node {
    async fn open(start: Start, inbox: Inbox) -> Result<Self, StartError> {
        let timer = Timer::new(inbox.clone()).map_err(|error| StartError::Storage(reason(&error)))?;
        let settings = Settings::open().await.ok();
        let mut invite =
            rooms::open(&start.fragment, settings.as_ref())
                .await
                .map_err(|error| match error {
                    OpenError::Link(error) => StartError::WrongLink(error.to_string()),
                    OpenError::Browser(reason) => StartError::Storage(reason),
                })?;
        let room = invite.storage_name();
        let (identity, journal, found) = find_identity(&room, start.preferred_identity).await?;
        let linked = invite.network;
        let pinned = settle_network(&mut invite, &found.records);
        rooms::remember(
            &Invite {
                secret: invite.secret.clone(),
                network: pinned,
            },
            settings.as_ref(),
        )
        .await;
        rooms::remember_network(&invite, settings.as_ref()).await;
        let new_identity = !found
            .records
            .iter()
            .any(|record| matches!(record, Record::AccountSeed(_)));
        let peer =
            load_peer(&invite, pinned, &start.suggested_name, &found.records).map_err(StartError::Storage)?;
        let room_name = RoomName::from_bytes(invite.secret.room_name());
        let mut node = Self {
            relays: Relays::new(room_name, inbox.clone()),
            inbox,
            settings,
            named_relays: start.relays,
            invite,
            suggested_name: start.suggested_name,
            identity,
            new_identity,
            journal,
            peer,
            screen: Screen::new(),
            timer,
        };
        node.post_started();
        node.warn_of(found, linked);
        node.peer.handle(now(), Input::Start);
        node.drain().await;
        if node.new_identity {
            node.reserve_new_account().await;
        }
        node.open_relays().await;
        Ok(node)
    }

    /// No tab can run an account that was made just now; from now on none will.
    async fn reserve_new_account(&mut self) {
        let account = self.peer.wallet_view(now()).account;
        let reserved = self.identity.reserve(&self.invite.storage_name(), &account).await;
        self.identity.become_account(reserved.ok().flatten());
    }

    fn post_started(&self) {
        port::post(&FromWorker::Started(Started {
            fragment: self.invite.fragment(),
            room: self.invite.words(),
            identity: self.identity.slot,
            new_identity: self.new_identity,
        }));
    }

    fn warn_of(&self, found: Found, linked: Option<NetworkId>) {
        if let Some(reason) = found.damage {
            port::post(&FromWorker::Event(Event::Warning(Warning::BadRecord { reason })));
        }
        if let Some(network) = linked.filter(|_| linked != self.invite.network) {
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
        self.set_relays(&addresses).await;
    }

    async fn set_relays(&mut self, addresses: &[String]) {
        let inputs = self.relays.set_addresses(addresses, now_ms());
        self.feed(inputs).await;
    }

    /// Takes one event and does all that follows. False: the worker is done.
    async fn turn(&mut self) -> bool {
        let inputs = match self.inbox.next().await {
            HostEvent::Page(message) => {
                if !self.on_page(message).await {
                    return false;
                }
                Vec::new()
            }
            HostEvent::Socket(event) => self.relays.on_event(event, now_ms()),
            HostEvent::Timer => {
                self.timer.rang();
                Vec::new()
            }
            HostEvent::Online => {
                self.relays.hurry();
                Vec::new()
            }
        };
        self.feed(inputs).await;
        let due = self.relays.tick(now_ms());
        self.feed(due).await;
        if self
            .peer
            .next_deadline()
            .is_some_and(|deadline| deadline.at <= now())
        {
            self.feed(vec![Input::Tick]).await;
        }
        self.draw();
        self.set_timer();
        true
    }

    async fn feed(&mut self, inputs: Vec<Input>) {
        for input in inputs {
            self.peer.handle(now(), input);
            self.drain().await;
        }
    }

    /// Does what the peer asks for, in order; records that follow each other are written at once.
    async fn drain(&mut self) {
        let mut records = Vec::new();
        while let Some(effect) = self.peer.poll_effect() {
            match effect {
                Effect::Persist(record) => records.push(*record),
                Effect::Send { link, to, bytes } => {
                    if !records.is_empty() {
                        self.journal.append(&std::mem::take(&mut records)).await;
                    }
                    if self.journal.is_durable() {
                        self.relays.send(link, to, &bytes, now_ms());
                    }
                }
            }
        }
        if !records.is_empty() {
            self.journal.append(&records).await;
        }
        while let Some(event) = self.peer.poll_event() {
            self.on_event(event).await;
        }
        self.screen.touch();
    }

    async fn on_event(&mut self, event: Event) {
        let network = match &event {
            Event::NetworkKnown { network, .. } | Event::NetworkReplaced { new: network, .. } => {
                Some(*network)
            }
            _ => None,
        };
        port::post(&FromWorker::Event(event));
        if network.is_some() && self.invite.network != network {
            self.invite.network = network;
            rooms::remember_network(&self.invite, self.settings.as_ref()).await;
            self.post_started();
        }
    }

    async fn on_page(&mut self, message: ToWorker) -> bool {
        match message {
            ToWorker::Start { .. } => {}
            ToWorker::Submit { id, command } => self.feed(vec![Input::Submit { id, command }]).await,
            ToWorker::Watch(watch) => self.screen.watch(watch),
            ToWorker::Block(hash) => port::post(&FromWorker::Block(self.peer.block_view(&hash))),
            ToWorker::Transaction(id) => {
                port::post(&FromWorker::Transaction(self.peer.transaction_view(&id)))
            }
            ToWorker::Relays(addresses) => self.replace_relays(addresses).await,
            ToWorker::RevealWords => port::post(&FromWorker::Words(self.peer.words())),
            ToWorker::RestoreWords(words) => refuse(self.restore_words(&words).await),
            ToWorker::Export => refuse(self.export().await),
            ToWorker::Import(file) => match self.import(&file).await {
                Ok(()) => port::post(&FromWorker::Imported {
                    height: self.peer.pulse_view(now()).height,
                }),
                refused => refuse(refused),
            },
            ToWorker::ForgetMe => match self.forget_me().await {
                Ok(()) => return false,
                refused => refuse(refused),
            },
            ToWorker::Leave => return false,
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
        self.set_relays(&addresses).await;
    }

    async fn set_visible(&mut self, visible: bool) {
        self.screen.set_visible(visible);
        if visible {
            self.relays.hurry();
            self.journal.refresh_persistence().await;
        }
    }

    fn draw(&mut self) {
        let now_ms = now_ms();
        if self.screen.is_due(now_ms) {
            self.screen
                .draw(&self.peer, self.relays.statuses(), self.journal.status(), now_ms);
        }
    }

    fn set_timer(&mut self) {
        let now_ms = now_ms();
        let peer = self.peer.next_deadline().map(|deadline| deadline.at.0);
        let due = [
            peer,
            self.relays.next_deadline_ms(now_ms),
            self.screen.next_deadline_ms(),
        ];
        self.timer.set(due.into_iter().flatten().min(), now_ms);
    }
}

impl Node {
    /// Begins anew with other records, behind the links that are up.
    pub(super) async fn restart(&mut self, records: &[Record]) -> Result<(), String> {
        let pinned = settle_network(&mut self.invite, records);
        self.peer = load_peer(&self.invite, pinned, &self.suggested_name, records)?;
        self.new_identity = false;
        self.screen.forget();
        self.post_started();
        let inputs = [Input::Start].into_iter().chain(self.relays.links_up()).collect();
        self.feed(inputs).await;
        Ok(())
    }
}

/// The slot that this tab had, or the first that no tab has, and whose account none runs.
async fn find_identity(room: &str, preferred: Option<u32>) -> Result<(Identity, Journal, Found), StartError> {
    let mut passed = Vec::new();
    loop {
        let wanted = preferred.filter(|_| passed.is_empty());
        let claimed = identity::claim(room, wanted).await;
        let mut identity = claimed.map_err(|error| StartError::Storage(error.to_string()))?;
        let opened = Journal::open(room, identity.slot, identity.is_exclusive()).await;
        let (journal, found) = opened.map_err(|error| StartError::Storage(error.to_string()))?;
        let reserved = match account_of(&found.records) {
            Some(account) => identity.reserve(room, &account).await,
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

fn account_of(records: &[Record]) -> Option<Address> {
    let seed = records.iter().rev().find_map(|record| match record {
        Record::AccountSeed(seed) => Some(*seed),
        _ => None,
    })?;
    Some(SecretKey::from_seed(seed).address())
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

/// Which network the peer may not leave. The stored one goes before the one in the link: who founded a room has its network
/// in the address bar too, and must still be able to give way to another founder. The invite is brought in line.
fn settle_network(invite: &mut Invite, records: &[Record]) -> Option<NetworkId> {
    let stored = records.iter().rev().find_map(|record| match record {
        Record::Network { genesis, pinned, .. } => Some((genesis.network_id(), *pinned)),
        _ => None,
    });
    match stored {
        Some((network, pinned)) => {
            invite.network = Some(network);
            pinned.then_some(network)
        }
        None => invite.network,
    }
}

fn load_peer(
    invite: &Invite,
    pinned: Option<NetworkId>,
    suggested_name: &str,
    records: &[Record],
) -> Result<Peer, String> {
    let mut peer = Peer::new(PeerConfig {
        secret: invite.secret.clone(),
        pinned,
        seed: Seed::new(random()?),
        suggested_name: suggested_name.to_owned(),
        rules: Rules::default(),
    });
    for record in records {
        peer.handle(now(), Input::Loaded(Box::new(record.clone())));
    }
    Ok(peer)
}
