//! The founder of a council as a whole peer on virtual time, in front of a host that sees every effect in its order.
//!
//! Whatever a test is about: what binds the founder has to be in its store before a signature leaves.

use ting_core::{
    chain::watermark::Watermark,
    chain::{
        block::Block,
        checkpoint::{Pair, Vote},
    },
    crypto::{
        keys::{Address, NetworkId},
        seal::RoomSecret,
        seed::Seed,
    },
    gossip::{
        compact::CompactBlock,
        envelope::RoomCodec,
        greeting::{
            ChainStatus, Hello, HelloContent, PeerName, Presence, PresenceContent, ProbeNumber, Question,
            SessionId,
        },
        message::{Get, Give, Message, RequestId, VoteList},
    },
    ledger::genesis::Rules,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId},
        event::Event,
        io::{ConnectionId, Effect, Input, LinkId, To},
        network::Network,
        record::Record,
    },
    time::Timestamp,
};

use super::council::Council;

pub const LINK: LinkId = LinkId(0);
/// Where the others of the council speak from.
pub const OTHERS: ConnectionId = ConnectionId(7);

/// The founder of a council as a peer, its store, and what it has said.
pub struct Founder {
    pub now: Timestamp,
    pub peer: Peer,
    pub me: Address,
    codec: RoomCodec,
    pub records: Vec<Record>,
    pub said: Vec<Message>,
    pub events: Vec<Event>,
    /// What my key has voted for, here or elsewhere.
    bound_by: Vec<Pair>,
}

impl Founder {
    /// With the council's blocks up to this height in its store and what else is given, in the middle of a slot some slots after the last of them.
    pub fn with_records(council: &Council, height: u64, slots_later: u64, more: Vec<Record>) -> Self {
        let secret = RoomSecret::new([42; 32]);
        let slot = council.checkpoint(height).slot.plus(slots_later);
        let network = Record::Network {
            genesis: Box::new((*council.network.genesis()).clone()),
            founded: true,
            pinned: false,
        };
        let seeds = [Record::AccountSeed([1; 32]), Record::OperatorSeed([101; 32])];
        let blocks = (1..=height).map(|height| {
            let block = council.network.chain().get(&council.checkpoint(height).block);
            Record::Block(Box::new((**block.unwrap().block.as_ref().unwrap()).clone()))
        });
        let mut founder = Self {
            now: council.network.clock().middle_of(slot),
            peer: new_peer(&secret),
            me: council.address(0),
            codec: RoomCodec::new(&secret, &Seed::new([250; 32])),
            records: seeds
                .into_iter()
                .chain([network])
                .chain(blocks)
                .chain(more)
                .collect(),
            said: Vec::new(),
            events: Vec::new(),
            bound_by: Vec::new(),
        };
        founder.restart();
        assert_eq!(founder.peer.account(), founder.me);
        assert_eq!(founder.network().chain().height(), height);
        founder
    }

    pub fn with_blocks(council: &Council, height: u64, slots_later: u64) -> Self {
        Self::with_records(council, height, slots_later, Vec::new())
    }

    /// The peer is gone, and starts again from what is stored.
    pub fn restart(&mut self) {
        self.peer = new_peer(&RoomSecret::new([42; 32]));
        for record in self.records.clone() {
            self.peer.handle(self.now, Input::Loaded(Box::new(record)));
        }
        self.input(Input::Start);
    }

    /// With all blocks of the council, in the slot after the last one.
    pub fn of(council: &Council) -> Self {
        Self::with_blocks(council, council.network.chain().height(), 1)
    }

    pub fn network(&self) -> &Network {
        self.peer.network().unwrap()
    }

    /// Gives an input and looks at each effect when its turn comes, as a host does.
    pub fn input(&mut self, input: Input) {
        self.peer.handle(self.now, input);
        while let Some(effect) = self.peer.poll_effect() {
            match effect {
                Effect::Persist(record) => self.records.push(*record),
                Effect::Farewell(_) => {}
                Effect::Send { bytes, to, .. } => {
                    assert!(to == To::All || to == To::One(OTHERS));
                    let message = self.codec.open(&bytes).unwrap().message;
                    self.check_bound(&message);
                    self.said.push(message);
                }
            }
        }
        self.events.extend(std::iter::from_fn(|| self.peer.poll_event()));
    }

    /// What a frame of mine is bound by is in the store before it leaves.
    fn check_bound(&mut self, message: &Message) {
        let last = |wanted: fn(&Record) -> bool| self.records.iter().rev().find(|record| wanted(record));
        match message {
            Message::Votes(votes) => {
                for vote in votes.iter().filter(|vote| vote.voter == self.me) {
                    let Some(Record::Watermark(mark)) = last(|record| matches!(record, Record::Watermark(_)))
                    else {
                        panic!("a vote left before any watermark was stored");
                    };
                    assert_eq!(mark.covering(&vote.pair()), *mark, "the stored watermark binds");
                    assert!(self.records.contains(&Record::Vote(Box::new(vote.clone()))));
                    let pair = vote.pair();
                    if self.bound_by.contains(&pair) {
                        continue;
                    }
                    let unbound = Watermark::default();
                    let bound = self
                        .bound_by
                        .iter()
                        .fold(unbound, |mark, pair| mark.covering(pair));
                    assert!(bound.allows(&pair), "{pair:?} after {:?}", self.bound_by);
                    self.bound_by.push(pair);
                    let middle = self.network().clock().middle_of(pair.target.slot);
                    assert!(self.now >= middle, "half a slot after its slot at the earliest");
                }
            }
            Message::Block(compact) if compact.header.content.proposer == self.me => {
                let Some(Record::LastSlot(slot)) = last(|record| matches!(record, Record::LastSlot(_)))
                else {
                    panic!("a block left before any slot was stored");
                };
                assert!(*slot >= compact.header.content.slot);
                let is_it = |record: &Record| matches!(record, Record::Block(block) if block.hash() == compact.hash());
                assert!(self.records.iter().any(is_it));
            }
            _ => {}
        }
    }

    /// Hears a vote of a copy of its own key, which binds it from now on.
    pub fn hear_copy(&mut self, vote: Vote) {
        self.bound_by.push(vote.pair());
        self.hear(&Message::Votes(VoteList::try_from(vec![vote]).unwrap()));
    }

    pub fn link_up(&mut self, others: u32) {
        self.input(Input::LinkUp {
            link: LINK,
            own: ConnectionId(1),
            others,
        });
    }

    pub fn hear(&mut self, message: &Message) {
        self.hear_from(OTHERS, message);
    }

    /// Who was asked for votes upon its first word has none that are news.
    pub fn hear_no_votes(&mut self) {
        let asks = |message: &mut Message| {
            matches!(
                message,
                Message::Get {
                    what: Get::Certificate { .. },
                    ..
                }
            )
        };
        let mut asked: Vec<Message> = self.said.extract_if(.., asks).collect();
        let (request_id, _) = question(&mut asked).expect("votes are asked for");
        let what = Give::Certificate(VoteList::default());
        self.hear(&Message::Give { request_id, what });
    }

    pub fn hear_from(&mut self, from: ConnectionId, message: &Message) {
        let bytes = self.codec.seal(message).unwrap();
        self.input(Input::Frame {
            link: LINK,
            from,
            bytes,
        });
    }

    /// Hears a block as its maker would announce it; whether it joined the tree.
    pub fn hear_block(&mut self, block: &Block) -> bool {
        self.hear(&Message::Block(Box::new(CompactBlock::of(block))));
        self.network().chain().get(&block.hash()).is_some()
    }

    /// Time passes; the peer is woken when it wants to be.
    pub fn run(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while self.now < end {
            let wakes_at = self.peer.next_deadline().map_or(end, |deadline| deadline.at);
            self.now = wakes_at.max(self.now.plus_ms(1)).min(end);
            self.input(Input::Tick);
        }
    }

    /// So that there is something to make a block of.
    pub fn say(&mut self, text: &str) {
        let command = Command::Post {
            channel: "hall".to_owned(),
            text: text.to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        };
        self.submit(command);
    }

    pub fn submit(&mut self, command: Command) {
        let id = CommandId(1);
        self.input(Input::Submit { id, command });
    }

    /// Counts own votes and blocks that left since this was asked the last time.
    pub fn take_signed(&mut self) -> usize {
        let before = self.said.len();
        let me = self.me;
        self.said.retain(|message| match message {
            Message::Votes(votes) => votes.iter().all(|vote| vote.voter != me),
            Message::Block(compact) => compact.header.content.proposer != me,
            _ => true,
        });
        before - self.said.len()
    }

    /// The probe of the last greeting that asked everybody for their heads, if one was said since this was asked the last time.
    pub fn asked_for_heads(&mut self) -> Option<ProbeNumber> {
        let mut asked = None;
        self.said.retain(|message| {
            let Message::Hello(hello) = message else {
                return true;
            };
            let question = hello.verify().unwrap().asks;
            asked = question.filter(|question| question.session.is_none()).or(asked);
            false
        });
        asked.map(|question| question.probe)
    }
}

fn new_peer(secret: &RoomSecret) -> Peer {
    Peer::new(PeerConfig {
        secret: secret.clone(),
        pinned: None,
        seed: Seed::new([77; 32]),
        suggested_name: "Ada".to_owned(),
        rules: Rules::default(),
        history: History::Whole,
    })
}

/// A sign of life of somebody, for a network.
pub fn presence(council: &Council, who: usize, network: NetworkId, chain: ChainStatus) -> Message {
    let content = PresenceContent {
        session: SessionId([9; 16]),
        account: council.address(who),
        name: PeerName::default(),
        chain,
        typing: None,
    };
    let key = council.people[who].account_key();
    Message::Presence(Box::new(Presence::sign(content, &network, key)))
}

/// A greeting of somebody on this network or on none, perhaps as an answer to a probe, by a clock that shows this.
pub fn hello(
    council: &Council,
    who: usize,
    network: Option<NetworkId>,
    (answers, sent_at): (Option<ProbeNumber>, Timestamp),
) -> Message {
    greeting(council, who, network, (answers, None, sent_at))
}

fn greeting(
    council: &Council,
    who: usize,
    network: Option<NetworkId>,
    (answers, asks, sent_at): (Option<ProbeNumber>, Option<Question>, Timestamp),
) -> Message {
    let content = HelloContent {
        session: SessionId([9; 16]),
        network,
        genesis: None,
        pinned: true,
        account: council.address(who),
        name: PeerName::default(),
        chain: council.network.status(),
        sent_at,
        answers,
        asks,
    };
    Message::Hello(Box::new(Hello::sign(content, council.people[who].account_key())))
}

/// A greeting of somebody who asks everybody for their clocks.
pub fn asking(council: &Council, who: usize, probe: ProbeNumber, sent_at: Timestamp) -> Message {
    let question = Question { probe, session: None };
    greeting(
        council,
        who,
        Some(council.network.id()),
        (None, Some(question), sent_at),
    )
}

/// The next question that was said, taken from what was said.
pub fn question(said: &mut Vec<Message>) -> Option<(RequestId, Get)> {
    let index = said
        .iter()
        .position(|message| matches!(message, Message::Get { .. }))?;
    match said.remove(index) {
        Message::Get { request_id, what, .. } => Some((request_id, what)),
        _ => None,
    }
}
