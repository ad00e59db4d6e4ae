//! A room on virtual time: real peers, one relay that loses nothing, and a stranger who holds the room's secret and says what it likes.

use std::collections::BTreeMap;

use ting_core::{
    codec::BoundedString,
    crypto::{
        keys::{Address, NetworkId},
        pass::PassSecret,
        seal::RoomSecret,
        seed::Seed,
    },
    gossip::{envelope::RoomCodec, message::Message},
    ledger::{account::Account, genesis::Rules},
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId, CommandResult},
        event::Event,
        identity::Identity,
        io::{ConnectionId, Effect, Input, LinkId, To, Why},
        network::Network,
        record::Record,
        stored,
        view::{Delivery, MessageContent, MessageView},
    },
    time::Timestamp,
};

/// When a room begins.
pub const BEGIN_MS: u64 = 1_700_000_000_000;
/// Time on the way, in milliseconds.
const LATENCY_MS: u64 = 20;
/// A slice of a claim's work, 20,000 hashes, takes about so long in a tab, in milliseconds.
const SLICE_MS: u64 = 15;
/// The stranger's connection.
pub const STRANGER: ConnectionId = ConnectionId(900);

const LINK: LinkId = LinkId(0);

/// A tab: its peer while it runs, and its store.
#[derive(Default)]
struct Tab {
    peer: Option<Peer>,
    records: Vec<Record>,
    events: Vec<Event>,
    wake_ms: Option<u64>,
    /// Its clock against the true time, in milliseconds.
    ahead_ms: i64,
    starts: u8,
}

/// A room of tabs on virtual time, joined by one relay.
pub struct Net {
    /// The true time, in milliseconds.
    pub now_ms: u64,
    /// Rules of a network that is founded here.
    pub rules: Rules,
    /// What was said to all or to the stranger, by whom.
    pub heard: Vec<(usize, Message)>,
    /// How much of what is final tabs keep that start from now on.
    pub history: History,
    /// Whether the stranger listens.
    pub listens: bool,
    tabs: Vec<Tab>,
    queue: BTreeMap<(u64, u64), (usize, Input)>,
    queued: u64,
    secret: RoomSecret,
    codec: RoomCodec,
}

fn seed(tab: usize, start: u8) -> Seed {
    Seed::new(
        [u8::try_from(tab).unwrap() + 1, start]
            .repeat(16)
            .try_into()
            .unwrap(),
    )
}

/// The keys of a tab's first start.
pub fn identity(tab: usize) -> Identity {
    let seed = seed(tab, 0);
    Identity::new(
        seed.derive("account", 0),
        seed.derive("operator", 0),
        BoundedString::default(),
    )
}

impl Net {
    /// An empty room, whose claims need so much work.
    pub fn new(claim_work_bits: u8) -> Self {
        let secret = RoomSecret::new([42; 32]);
        Self {
            now_ms: BEGIN_MS,
            rules: Rules {
                claim_work_bits,
                ..Rules::default()
            },
            heard: Vec::new(),
            history: History::Whole,
            listens: false,
            tabs: Vec::new(),
            queue: BTreeMap::new(),
            queued: 0,
            codec: RoomCodec::new(&secret, &Seed::new([250; 32])),
            secret,
        }
    }

    /// A room of so many voters.
    pub fn of_voters(count: usize) -> Self {
        Self::new(1).with_voters(count)
    }

    /// A room of so many voters, which waits for each of them for ever.
    pub fn of_patient_voters(count: usize) -> Self {
        let mut net = Self::new(1);
        net.rules.absence = None;
        net.with_voters(count)
    }

    fn with_voters(mut self, count: usize) -> Self {
        let net = &mut self;
        net.open_tab();
        net.run(8_000);
        for _ in 1..count {
            net.invite_tab();
            net.run(6_000);
        }
        let all_vote = |net: &Self| {
            let term = net.network(0).head_state().unwrap().term();
            term.voters.len().min(term.previous_voters.len()) == count
        };
        assert!(net.until(600_000, all_vote), "they do not become voters");
        self
    }

    /// Somebody opens the bare room.
    pub fn open_tab(&mut self) -> usize {
        self.add_tab(0, None, Vec::new())
    }

    /// The person of a tab opens the link on another device, with the same words: its account is that tab's, its operator keys are its own.
    pub fn invite_twin(&mut self, of: usize) -> usize {
        let words = self.tabs[of].records.iter();
        let words = words.filter(|record| matches!(record, Record::AccountSeed(_)));
        self.invite_tab_with(words.cloned().collect())
    }

    /// A tab of the room begins with what another one had stored: a restored profile, a copied machine.
    pub fn invite_tab_with(&mut self, records: Vec<Record>) -> usize {
        let network = self.network(0).id();
        self.add_tab(0, Some(network), records)
    }

    /// A tab begins with what it had stored, and with nothing that says which network is meant.
    pub fn add_stored(&mut self, records: Vec<Record>) -> usize {
        self.add_tab(0, None, records)
    }

    /// Somebody opens the link that the first tab shows.
    pub fn invite_tab(&mut self) -> usize {
        let network = self.network(0).id();
        self.add_tab(0, Some(network), Vec::new())
    }

    /// The link by which somebody came carries a pass.
    pub fn give_pass(&mut self, tab: usize, pass: PassSecret) {
        self.feed(tab, Input::Pass(pass));
    }

    /// Somebody whose clock is wrong opens that link.
    pub fn invite_tab_with_clock(&mut self, ahead_ms: i64) -> usize {
        let network = self.network(0).id();
        self.add_tab(ahead_ms, Some(network), Vec::new())
    }

    fn add_tab(&mut self, ahead_ms: i64, pinned: Option<NetworkId>, records: Vec<Record>) -> usize {
        self.tabs.push(Tab {
            records,
            ahead_ms,
            ..Tab::default()
        });
        self.start(self.tabs.len() - 1, pinned);
        self.tabs.len() - 1
    }

    /// A tab starts (again) from what it stored.
    pub fn start(&mut self, tab: usize, pinned: Option<NetworkId>) {
        let mut peer = Peer::new(PeerConfig {
            secret: self.secret.clone(),
            pinned,
            seed: seed(tab, self.tabs[tab].starts),
            suggested_name: format!("p{tab}"),
            rules: self.rules.clone(),
            history: self.history,
        });
        self.tabs[tab].starts += 1;
        let now = self.clock_of(tab);
        for record in &self.tabs[tab].records {
            peer.handle(now, Input::Loaded(Box::new(record.clone())));
        }
        self.tabs[tab].peer = Some(peer);
        self.feed(tab, Input::Start);
        self.connect(tab);
    }

    /// As [`Self::start`], after its store was compacted as a host does at its start.
    pub fn start_compacted(&mut self, tab: usize) {
        let records = std::mem::take(&mut self.tabs[tab].records);
        self.tabs[tab].records = stored::compact(records);
        self.start(tab, None);
    }

    /// A tab's link comes up.
    pub fn connect(&mut self, tab: usize) {
        let others: Vec<usize> = self.running().filter(|other| *other != tab).collect();
        for other in &others {
            let connection = ConnectionId(tab as u64 + 1);
            self.push(
                1,
                *other,
                Input::Joined {
                    link: LINK,
                    connection,
                },
            );
        }
        let others = u32::try_from(others.len()).unwrap();
        self.push(
            1,
            tab,
            Input::LinkUp {
                link: LINK,
                own: ConnectionId(tab as u64 + 1),
                others,
            },
        );
    }

    /// A tab is closed; its store stays.
    pub fn stop(&mut self, tab: usize) {
        self.tabs[tab].peer = None;
        self.tabs[tab].wake_ms = None;
        self.queue.retain(|_, (to, _)| *to != tab);
        let connection = ConnectionId(tab as u64 + 1);
        for other in self.running().collect::<Vec<_>>() {
            self.push(
                1,
                other,
                Input::Left {
                    link: LINK,
                    connection,
                },
            );
        }
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        let tabs = self.tabs.iter().enumerate();
        tabs.filter(|(_, tab)| tab.peer.is_some()).map(|(index, _)| index)
    }

    fn clock_of(&self, tab: usize) -> Timestamp {
        Timestamp(self.now_ms.saturating_add_signed(self.tabs[tab].ahead_ms))
    }

    fn push(&mut self, after_ms: u64, to: usize, input: Input) {
        self.queued += 1;
        self.queue
            .insert((self.now_ms + after_ms, self.queued), (to, input));
    }

    fn feed(&mut self, tab: usize, input: Input) {
        let now = self.clock_of(tab);
        let Some(peer) = &mut self.tabs[tab].peer else {
            return;
        };
        peer.handle(now, input);
        let effects: Vec<Effect> = std::iter::from_fn(|| peer.poll_effect()).collect();
        let events: Vec<Event> = std::iter::from_fn(|| peer.poll_event()).collect();
        let wake_ms = peer.next_deadline().map(|deadline| {
            let pause_ms = if deadline.why == Why::Work { SLICE_MS } else { 1 };
            self.now_ms + deadline.at.ms_since(now).max(pause_ms)
        });
        self.tabs[tab].wake_ms = wake_ms;
        self.tabs[tab].events.extend(events);
        for effect in effects {
            match effect {
                Effect::Persist(record) => self.tabs[tab].records.push(*record),
                Effect::Farewell(_) => {}
                Effect::Send { to, bytes, .. } => self.carry(tab, to, &bytes),
            }
        }
    }

    fn carry(&mut self, from: usize, to: To, bytes: &[u8]) {
        let is_meant = |connection: ConnectionId| match to {
            To::All => true,
            To::One(one) => one == connection,
        };
        for other in self.running().filter(|other| *other != from).collect::<Vec<_>>() {
            if is_meant(ConnectionId(other as u64 + 1)) {
                self.push_frame(other, ConnectionId(from as u64 + 1), bytes);
            }
        }
        if self.listens && is_meant(STRANGER) {
            let opened = self.codec.open(bytes).unwrap();
            self.heard.push((from, opened.message));
        }
    }

    fn push_frame(&mut self, to: usize, from: ConnectionId, bytes: &[u8]) {
        let (link, bytes) = (LINK, bytes.to_vec());
        self.push(LATENCY_MS, to, Input::Frame { link, from, bytes });
    }

    /// The stranger says something to everybody.
    pub fn say(&mut self, message: &Message) {
        for tab in self.running().collect::<Vec<_>>() {
            self.say_to(tab, message);
        }
    }

    /// The stranger says something to one tab.
    pub fn say_to(&mut self, tab: usize, message: &Message) {
        let bytes = self.codec.seal(message).unwrap();
        self.push_frame(tab, STRANGER, &bytes);
    }

    fn step(&mut self, end_ms: u64) -> bool {
        let queued = self.queue.first_key_value().map(|((at_ms, _), _)| *at_ms);
        let wakes = self.tabs.iter().enumerate();
        let wake = wakes.filter_map(|(tab, state)| Some((state.wake_ms?, tab))).min();
        let next_ms = queued.into_iter().chain(wake.map(|(at_ms, _)| at_ms)).min();
        let Some(next_ms) = next_ms.filter(|next_ms| *next_ms <= end_ms) else {
            self.now_ms = end_ms;
            return false;
        };
        self.now_ms = self.now_ms.max(next_ms);
        match wake {
            Some((at_ms, tab)) if queued.is_none_or(|queued| at_ms < queued) => self.feed(tab, Input::Tick),
            _ => {
                let (_, (to, input)) = self.queue.pop_first().unwrap();
                self.feed(to, input);
            }
        }
        true
    }

    /// Lets this much time pass, and all happen that it brings.
    pub fn run(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while self.step(end_ms) {}
    }

    /// Runs until something is so, for some time at most; says whether it is.
    pub fn until(&mut self, ms: u64, is_so: impl Fn(&Self) -> bool) -> bool {
        let end_ms = self.now_ms + ms;
        while self.now_ms < end_ms && !is_so(self) {
            self.run(100);
        }
        is_so(self)
    }

    /// Peer that runs in a tab.
    pub fn peer(&self, tab: usize) -> &Peer {
        self.tabs[tab].peer.as_ref().unwrap()
    }

    /// Network that a tab's peer is on.
    pub fn network(&self, tab: usize) -> &Network {
        self.peer(tab).network().unwrap()
    }

    /// The final texts in the hall that a tab shows.
    pub fn final_texts(&self, tab: usize) -> Vec<String> {
        let view = self.peer(tab).chat_view(self.clock(tab), "hall", 1_000);
        let text = |line: MessageView| match (line.content, line.delivery) {
            (MessageContent::Text { text, .. }, Delivery::Final(_)) => Some(text),
            _ => None,
        };
        view.messages.into_iter().filter_map(text).collect()
    }

    /// The account of one tab in the books of another.
    pub fn account(&self, of: usize, by: usize) -> Option<Account> {
        let account: Address = self.peer(of).account();
        self.network(by).head_state()?.ledger.account(&account)
    }

    /// A tab has a grant, by the books of the first.
    pub fn has_grant(&self, tab: usize) -> bool {
        self.account(tab, 0).is_some_and(|account| account.claimed)
    }

    /// Somebody sets a tab's clock.
    pub fn set_clock(&mut self, tab: usize, ahead_ms: i64) {
        self.tabs[tab].ahead_ms = ahead_ms;
    }

    /// What a tab's clock shows.
    pub fn clock(&self, tab: usize) -> Timestamp {
        self.clock_of(tab)
    }

    /// What a tab stored.
    pub fn records(&self, tab: usize) -> &[Record] {
        &self.tabs[tab].records
    }

    /// What a tab told since its user last wished something.
    pub fn events(&self, tab: usize) -> &[Event] {
        &self.tabs[tab].events
    }

    /// A user wishes something; the answer.
    pub fn submit(&mut self, tab: usize, command: Command) -> CommandResult {
        self.tabs[tab].events.clear();
        let id = CommandId(1);
        self.feed(tab, Input::Submit { id, command });
        let result = |event: &Event| match event {
            Event::Command { result, .. } => Some(result.clone()),
            _ => None,
        };
        self.tabs[tab].events.iter().find_map(result).unwrap()
    }

    /// A user says something in the hall; the answer.
    pub fn post(&mut self, tab: usize, text: &str) -> CommandResult {
        let command = Command::Post {
            channel: "hall".to_owned(),
            text: text.to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        };
        self.submit(tab, command)
    }
}
