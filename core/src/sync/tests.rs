use std::sync::Arc;

use proptest::prelude::*;

use super::{plan::follow_links, worth::Worth, *};
use crate::{
    chain::block::Seal,
    consensus::{
        engine::Makers,
        header::{HeaderError, Parent},
        merit::Weight,
        stake::term::{OperatorSet, Term},
        tree::headers::{HeaderChain, Unproven},
    },
    crypto::{hash::Hash, keys::Signature},
    gossip::{
        message::Locator,
        tests::{NETWORK, block_after, post},
    },
    params::{
        MAX_HEADERS_FOR_CHILD, MAX_LAG_MS, MAX_LOCATOR_HASHES, MAX_SYNC_BYTES, MAX_SYNC_HEADERS,
        MAX_SYNC_REQUESTS, MAX_SYNC_SOURCES, MAX_WEIGHED_HEADERS, SYNC_HEADERS_PER_STEP, SYNC_HEDGE_MS,
        SYNC_LEFT_OUT_MS,
    },
};

const GENESIS: BlockHash = BlockHash(Hash([1; 32]));
const SLOT: Slot = Slot(1_000_000);
const START: Timestamp = Timestamp(1_000_000);
/// One way through the room.
const DELAY_MS: u64 = 20;

/// A chain on which every block but a marked one counts as valid.
#[derive(Clone, Default)]
struct Chain {
    blocks: Vec<Block>,
    by_hash: BTreeMap<BlockHash, usize>,
    /// Nothing can follow on its blocks any more, as on those below a final one.
    is_closed: bool,
    /// Headers above this height belong to a term that only the blocks below tell of.
    next_term: Option<u64>,
    /// No block is taken that nobody asked for.
    takes_none_unasked: bool,
}

impl Chain {
    /// So many blocks after genesis, or after the first `common` blocks of another chain.
    fn of(count: usize, common: &[Block], salt: u64) -> Self {
        let mut chain = Self::default();
        for block in common {
            chain.push(block.clone());
        }
        while chain.blocks.len() < count {
            let height = chain.blocks.len() as u64 + 1;
            chain.push(block_after(
                chain.head(),
                height,
                height * 10 + salt,
                vec![],
                vec![],
            ));
        }
        chain
    }

    fn push(&mut self, block: Block) {
        self.by_hash.insert(block.hash(), self.blocks.len());
        self.blocks.push(block);
    }

    fn head(&self) -> BlockHash {
        self.blocks.last().map_or(GENESIS, Block::hash)
    }

    fn target(&self) -> Target {
        Target {
            head: self.head(),
            height: self.head_height(),
            cause: Cause::Weight,
        }
    }
}

/// All headers after it pass their checks, and weigh one each.
fn header_chain(tip: BlockHash, height: u64, slot: Slot) -> HeaderChain {
    let tip = Parent {
        hash: tip,
        slot,
        height,
    };
    HeaderChain::new(tip, Weight(height.into()))
}

impl ChainReader for Chain {
    fn head_height(&self) -> u64 {
        self.blocks.len() as u64
    }

    fn root_height(&self) -> u64 {
        0
    }

    fn hash_at(&self, height: u64) -> Option<BlockHash> {
        match height.checked_sub(1) {
            None => Some(GENESIS),
            Some(index) => self.blocks.get(index as usize).map(Block::hash),
        }
    }

    fn position(&self, hash: &BlockHash) -> Option<Position> {
        if *hash == GENESIS {
            return Some(Position {
                height: 0,
                slot: Slot::GENESIS,
            });
        }
        let content = &self.block(hash)?.header.content;
        Some(Position {
            height: content.height,
            slot: content.slot,
        })
    }

    fn block(&self, hash: &BlockHash) -> Option<&Block> {
        self.blocks.get(*self.by_hash.get(hash)?)
    }

    fn head_weight(&self) -> Weight {
        Weight(self.head_height().into())
    }

    fn header_chain(&self, block: &BlockHash) -> Option<HeaderChain> {
        let position = self.position(block)?;
        Some(header_chain(*block, position.height, position.slot))
    }

    fn check_next(&self, chain: &HeaderChain, header: &Header) -> Result<HeaderChain, Unproven> {
        if self.is_closed && chain.is_empty() {
            return Err(Unproven::Unconnected);
        }
        let is_later = |next_term| header.content.height >= next_term;
        let Seal::Stake { signature, .. } = &header.seal;
        if *signature == Signature([0; 64]) || self.next_term.is_some_and(is_later) {
            return Err(Unproven::Broken(HeaderError::BadSignature));
        }
        let term = Term::founding(&Hash::ZERO, OperatorSet::new(std::iter::empty()));
        Ok(chain.with(header, Weight(1), Makers::Stake(Arc::new(term))))
    }

    fn admits_unasked(&self, _: &Header) -> bool {
        !self.takes_none_unasked
    }
}

/// How a source of a test answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Honest,
    /// No answer at all.
    Silent,
    /// Headers of a chain that it made up, and no bodies.
    NoBodies,
    /// Blocks of its own making that execution refuses.
    Invalid,
    /// The right headers, wrong bodies.
    WrongBodies,
    /// Headers that do not link.
    Unlinked,
    /// Nothing new, whatever it claimed.
    Boaster,
    /// Headers first, silence afterwards.
    Withholder,
    /// Headers that nobody signed.
    Forger,
}

const LIARS: [Manner; 8] = [
    Manner::Forger,
    Manner::Silent,
    Manner::NoBodies,
    Manner::Invalid,
    Manner::WrongBodies,
    Manner::Unlinked,
    Manner::Boaster,
    Manner::Withholder,
];

fn source(connection: u64) -> Source {
    Source { link: 0, connection }
}

enum Answer {
    Headers(Vec<Header>),
    Blocks(Vec<Block>),
}

/// One peer that catches up in a room of others.
struct Room {
    session: SyncSession,
    own: Chain,
    honest: Chain,
    made_up: Chain,
    manners: BTreeMap<Source, Manner>,
    answers: VecDeque<(Timestamp, Source, RequestId, Answer)>,
    now: Timestamp,
    abandoned: Vec<Source>,
    faults: Vec<Fault>,
    executed: usize,
    is_full: bool,
    done: bool,
}

impl Room {
    fn new(own: usize, honest: usize, manners: &[Manner]) -> Self {
        let honest = Chain::of(honest, &[], 0);
        let mut room = Self {
            session: SyncSession::new(NETWORK),
            own: Chain::of(own, &honest.blocks[..own], 0),
            made_up: Chain::of(honest.blocks.len() + 50, &honest.blocks[..own], 3),
            honest,
            manners: (1..).map(source).zip(manners.iter().copied()).collect(),
            answers: VecDeque::new(),
            now: START,
            abandoned: Vec::new(),
            faults: Vec::new(),
            executed: 0,
            is_full: false,
            done: false,
        };
        room.announce();
        room
    }

    fn announce(&mut self) {
        for (source, manner) in &self.manners {
            let target = match manner {
                Manner::Honest | Manner::WrongBodies | Manner::Silent | Manner::Withholder => {
                    self.honest.target()
                }
                _ => self.made_up.target(),
            };
            self.session.hear_target(*source, target, self.now);
        }
    }

    /// Runs until there is nothing more to do, or for that long.
    fn run(&mut self, for_ms: u64) {
        let end = self.now.plus_ms(for_ms);
        loop {
            self.drain();
            if self.done && self.answers.is_empty() {
                return;
            }
            let answer_at = self.answers.front().map(|(at, ..)| *at);
            let next = answer_at.into_iter().chain(self.session.next_deadline()).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            self.session.tick(self.now);
            while let Some((at, ..)) = self.answers.front()
                && *at <= self.now
            {
                let (_, from, request, answer) = self.answers.pop_front().unwrap();
                self.receive(from, request, answer);
            }
        }
    }

    fn drain(&mut self) {
        while let Some(action) = self.session.poll(&self.own, self.now) {
            self.check_bounds();
            self.done = action == SyncAction::Done;
            match action {
                SyncAction::Request { to, request_id, what } => self.ask(to, request_id, &what),
                SyncAction::Checked(headers) => assert!(headers <= SYNC_HEADERS_PER_STEP),
                SyncAction::Execute { block, .. } => self.execute(*block),
                SyncAction::Abandon(source, fault) => {
                    self.abandoned.push(source);
                    self.faults.push(fault);
                }
                SyncAction::Done => {}
            }
        }
    }

    fn execute(&mut self, block: Block) {
        let hash = block.hash();
        assert!(self.own.position(&block.header.content.parent).is_some());
        let valid = self.honest.block(&hash).is_some();
        if valid && self.own.block(&hash).is_none() {
            assert_eq!(block.header.content.parent, self.own.head());
            self.own.push(block);
        }
        self.executed += 1;
        let verdict = match (self.is_full, valid) {
            (true, _) => Verdict::Refused,
            (false, true) => Verdict::Valid,
            (false, false) => Verdict::Invalid,
        };
        self.session.note_executed(&hash, verdict, self.now);
    }

    fn ask(&mut self, to: Source, request: RequestId, what: &Get) {
        assert!(request.0 >= FIRST_SYNC_REQUEST);
        if let Some(answer) = self.answer(self.manners[&to], what) {
            self.answers
                .push_back((self.now.plus_ms(2 * DELAY_MS), to, request, answer));
        }
    }

    fn answer(&self, manner: Manner, what: &Get) -> Option<Answer> {
        let chain = match manner {
            Manner::Honest | Manner::WrongBodies | Manner::Withholder => &self.honest,
            _ => &self.made_up,
        };
        match what {
            Get::Headers { locator, limit } => {
                let mut headers = answer_headers(chain, locator, *limit).into_vec();
                match manner {
                    Manner::Silent => return None,
                    Manner::Unlinked => headers.reverse(),
                    Manner::Boaster => headers.clear(),
                    Manner::Forger => {
                        for header in &mut headers {
                            let Seal::Stake { signature, .. } = &mut header.seal;
                            *signature = Signature([0; 64]);
                        }
                    }
                    _ => {}
                }
                Some(Answer::Headers(headers))
            }
            Get::Blocks { hashes } => {
                assert!((1..=MAX_GIVEN_BLOCKS).contains(&hashes.len()));
                let mut blocks = answer_blocks(chain, hashes).into_vec();
                match manner {
                    Manner::Silent | Manner::Withholder => return None,
                    Manner::NoBodies => blocks.clear(),
                    Manner::WrongBodies => blocks.reverse(),
                    _ => {}
                }
                Some(Answer::Blocks(blocks))
            }
            _ => panic!("sync asked for {what:?}"),
        }
    }

    fn receive(&mut self, from: Source, request: RequestId, answer: Answer) {
        match answer {
            Answer::Headers(headers) => {
                self.session
                    .take_headers(from, request, &headers, &self.own, (SLOT, self.now))
            }
            Answer::Blocks(blocks) => self.session.take_blocks(from, request, blocks, self.now),
        };
        self.check_bounds();
    }

    fn check_bounds(&self) {
        let session = &self.session;
        let quick = session.requests.values().filter(|open| !open.is_slow);
        assert!(quick.count() <= MAX_SYNC_REQUESTS && session.requests.len() <= MAX_SYNC_SOURCES);
        assert_eq!(session.busy().len(), session.requests.len());
        assert!(session.sources.len() <= MAX_SYNC_SOURCES && session.left_out.len() <= MAX_SYNC_SOURCES);
        assert!(
            session
                .plan
                .as_ref()
                .is_none_or(|plan| plan.unchecked_headers() <= MAX_SYNC_HEADERS
                    && plan.len() <= MAX_WEIGHED_HEADERS + MAX_SYNC_HEADERS)
        );
        assert!(
            session
                .plan
                .as_ref()
                .is_none_or(|plan| session.sources.contains_key(&plan.leader))
        );
    }

    fn is_caught_up(&self) -> bool {
        self.own.head() == self.honest.head()
    }
}

#[test]
fn a_late_joiner_fetches_all_blocks_in_order() {
    let mut room = Room::new(0, 1_500, &[Manner::Honest]);
    room.run(60_000);
    assert!(room.is_caught_up() && room.done && !room.session.is_active());
    assert_eq!((room.executed, room.abandoned.len()), (1_500, 0));
}

#[test]
fn several_sources_are_asked_at_once() {
    let mut one = Room::new(0, 1_024, &[Manner::Honest]);
    one.run(60_000);
    let mut four = Room::new(0, 1_024, &[Manner::Honest; 4]);
    four.run(60_000);
    assert!(one.is_caught_up() && four.is_caught_up());
    assert!(2 * four.now.ms_since(START) < one.now.ms_since(START));
}

#[test]
fn a_peer_on_a_branch_finds_where_it_left_the_others() {
    let mut room = Room::new(0, 120, &[Manner::Honest]);
    let branch = Chain::of(100, &room.honest.blocks[..70], 5);
    for header in answer_headers(&room.honest, &locator(&branch), 512)
        .iter()
        .take(1)
    {
        assert_eq!(
            header.content.parent,
            room.honest.hash_at(header.content.height - 1).unwrap()
        );
        assert!((50..=71).contains(&header.content.height));
    }
    room.own = Chain::of(70, &room.honest.blocks[..70], 0);
    room.run(60_000);
    assert_eq!((room.is_caught_up(), room.executed), (true, 50));
}

#[test]
fn a_known_head_starts_nothing() {
    let mut room = Room::new(40, 40, &[Manner::Honest]);
    room.run(60_000);
    assert!(room.done && room.executed == 0 && room.abandoned.is_empty() && room.now == START);
}

#[test]
fn no_kind_of_liar_keeps_the_honest_source_from_being_heard() {
    for liar in LIARS {
        let mut room = Room::new(10, 200, &[liar, Manner::Honest]);
        for _ in 0..5 {
            room.announce();
            room.run(8_000);
        }
        assert!(room.is_caught_up(), "{liar:?}");
        assert!(!room.abandoned.contains(&source(2)), "{liar:?}");
        let is_caught = matches!(
            liar,
            Manner::NoBodies | Manner::Invalid | Manner::Unlinked | Manner::Forger
        );
        assert!(room.abandoned.contains(&source(1)) || !is_caught, "{liar:?}");
        let expected = match liar {
            Manner::Silent | Manner::Withholder => Fault::Silent,
            _ => Fault::Misled,
        };
        assert!(room.faults.iter().all(|fault| *fault == expected), "{liar:?}");
    }
}

#[test]
fn liars_alone_end_the_session_and_nothing_is_executed_twice() {
    let mut room = Room::new(10, 200, &LIARS);
    room.run(90_000);
    assert!(room.done && !room.session.is_active() && room.session.plan.is_none());
    assert!(room.executed <= 1 + 190);
}

#[test]
fn who_was_left_out_is_heard_again_after_a_minute() {
    let mut room = Room::new(0, 20, &[Manner::Unlinked]);
    room.run(1_000);
    assert_eq!(room.abandoned, [source(1)]);
    room.manners.insert(source(1), Manner::Honest);
    room.announce();
    assert!(!room.session.is_active());
    room.now = room.now.plus_ms(SYNC_LEFT_OUT_MS);
    room.announce();
    room.run(1_000);
    assert!(room.is_caught_up());
}

#[test]
fn an_invalid_block_is_executed_once_however_many_offer_it() {
    let mut room = Room::new(5, 100, &[Manner::Invalid; 8]);
    room.run(60_000);
    assert_eq!(room.executed, 1);
    assert_eq!(room.faults, [Fault::Misled; 8]);
}

#[test]
fn a_source_that_leaves_is_replaced() {
    let mut room = Room::new(0, 600, &[Manner::Honest, Manner::Honest]);
    room.run(300);
    let leader = room.session.plan.as_ref().unwrap().leader;
    assert!(!room.is_caught_up() && room.executed > 0);
    room.session.forget_source(leader);
    room.manners.insert(leader, Manner::Silent);
    room.run(60_000);
    assert!(room.is_caught_up());
}

#[test]
fn an_unanswered_request_goes_to_somebody_else_after_three_seconds() {
    let mut room = Room::new(0, 64, &[Manner::Withholder, Manner::Honest]);
    room.run(SYNC_TIMEOUT_MS + 500);
    assert!(room.is_caught_up());
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut room = Room::new(0, 20, &[Manner::Honest]);
    let Some(SyncAction::Request { to, request_id, .. }) = room.session.poll(&room.own, room.now) else {
        panic!("no request")
    };
    let headers: Vec<Header> = room
        .honest
        .blocks
        .iter()
        .map(|block| block.header.clone())
        .collect();
    let (own, when) = (&room.own, (SLOT, room.now));
    assert!(
        !room
            .session
            .take_headers(source(9), request_id, &headers, own, when)
    );
    assert!(!room.session.take_headers(to, RequestId(5), &headers, own, when));
    assert!(
        !room
            .session
            .take_blocks(to, request_id, room.honest.blocks.clone(), room.now)
    );
    assert!(room.session.plan.is_none());
    assert!(room.session.take_headers(to, request_id, &headers, own, when));
    assert!(!room.session.take_headers(to, request_id, &headers, own, when));
}

#[test]
fn headers_of_the_future_are_not_followed() {
    let mut room = Room::new(0, 20, &[Manner::Honest]);
    let Some(SyncAction::Request { to, request_id, .. }) = room.session.poll(&room.own, room.now) else {
        panic!("no request")
    };
    let headers: Vec<Header> = room
        .honest
        .blocks
        .iter()
        .map(|block| block.header.clone())
        .collect();
    room.session
        .take_headers(to, request_id, &headers, &room.own, (Slot(99), room.now));
    let progress = room.session.progress().unwrap();
    assert_eq!((progress.known_height, progress.remaining), (10, 10));
}

#[test]
fn an_endless_chain_is_held_only_so_far_ahead() {
    let mut room = Room::new(0, 3_000, &[Manner::Withholder]);
    room.run(2_000);
    assert!(room.session.plan.as_ref().unwrap().len() <= MAX_SYNC_HEADERS);
    room.run(20_000);
    assert!(room.session.plan.is_none() && room.done);
}

#[test]
fn bodies_that_wait_are_bounded_by_their_bytes() {
    let mut chain = Chain::default();
    for height in 1..=100 {
        let large: Vec<_> = (0..45)
            .map(|nonce| post(2, height * 100 + nonce, vec![1; 4_000]))
            .collect();
        chain.push(block_after(chain.head(), height, height, large, vec![]));
    }
    let anchor = plan::BlockRef {
        hash: GENESIS,
        position: Position {
            height: 0,
            slot: Slot::GENESIS,
        },
    };
    let known = header_chain(anchor.hash, 0, Slot::GENESIS);
    let mut plan = Plan::new(source(1), anchor, known, Cause::Weight);
    plan.worth = Worth::Heavier;
    let headers: Vec<Header> = chain.blocks.iter().map(|block| block.header.clone()).collect();
    let links = follow_links(anchor, &headers, &NETWORK, SLOT, 1_000).unwrap();
    plan.extend(links, &headers);
    let mut bytes = 0;
    let mut blocks = chain.blocks.iter().skip(1);
    while plan.wanted(32).len() > 1 {
        let block = blocks.next().unwrap();
        bytes += block.encoded_len();
        plan.store(block.hash(), block.clone());
    }
    assert!((MAX_SYNC_BYTES..MAX_SYNC_BYTES + 250_000).contains(&bytes));
    assert_eq!(plan.wanted(32), [chain.hash_at(1).unwrap()]);
}

/// Headers answered by a source that was asked for them, to a peer on a branch of its own.
fn offered(room: &mut Room, own: Chain, cause: Cause) -> Vec<SyncAction> {
    room.own = own;
    room.session = SyncSession::new(NETWORK);
    let target = Target {
        cause,
        ..room.honest.target()
    };
    room.session.hear_target(source(1), target, room.now);
    let mut actions = Vec::new();
    for _ in 0..2_000 {
        match room.session.poll(&room.own, room.now) {
            Some(SyncAction::Request {
                to,
                request_id,
                what: what @ Get::Headers { .. },
            }) => {
                let answer = room.answer(Manner::Honest, &what).unwrap();
                room.receive(to, request_id, answer);
            }
            Some(action) => actions.push(action),
            None => return actions,
        }
    }
    panic!("no end");
}

fn asks_for_bodies(actions: &[SyncAction]) -> bool {
    actions.iter().any(|action| {
        matches!(
            action,
            SyncAction::Request {
                what: Get::Blocks { .. },
                ..
            }
        )
    })
}

#[test]
fn a_chain_of_any_length_is_weighed_before_its_bodies_are_asked_for() {
    let mut room = Room::new(0, 5_000, &[Manner::Honest]);
    let common: Vec<Block> = room.honest.blocks[..10].to_vec();
    let lighter = Chain::of(4_900, &common, 5);
    let actions = offered(&mut room, lighter, Cause::Weight);
    let checked: usize = actions
        .iter()
        .map(|action| {
            if let SyncAction::Checked(headers) = action {
                *headers
            } else {
                0
            }
        })
        .sum();
    assert_eq!(checked, 4_891, "until it weighs more");
    assert!(asks_for_bodies(&actions) && room.session.is_promised());
}

#[test]
fn a_lighter_chain_is_fetched_for_its_votes_only() {
    let mut room = Room::new(0, 900, &[Manner::Honest]);
    let common: Vec<Block> = room.honest.blocks[..10].to_vec();
    let heavier = Chain::of(950, &common, 5);
    for (cause, is_fetched) in [
        (Cause::Child, false),
        (Cause::Weight, false),
        (Cause::Justified, true),
        (Cause::Vote, true),
    ] {
        let actions = offered(&mut room, heavier.clone(), cause);
        assert_eq!(asks_for_bodies(&actions), is_fetched, "{cause:?}");
        assert!(!room.session.is_promised());
        assert!(!room.session.is_left_out(source(1), room.now), "nobody lied");
    }
}

#[test]
fn a_chain_of_equal_weight_is_fetched_as_far_as_unasked_blocks_are_taken() {
    let mut room = Room::new(0, 200, &[Manner::Honest]);
    let mut equal = Chain::of(200, &room.honest.blocks[..10], 5);
    assert!(asks_for_bodies(&offered(&mut room, equal.clone(), Cause::Weight)));
    equal.takes_none_unasked = true;
    assert!(!asks_for_bodies(&offered(&mut room, equal, Cause::Weight)));
}

#[test]
fn a_chain_for_which_only_an_unknown_parent_speaks_is_weighed_for_512_headers_at_most() {
    let mut room = Room::new(0, 3_000, &[Manner::Honest]);
    let own = Chain::of(2_900, &room.honest.blocks[..10], 5);
    let mut checked = |cause| -> usize {
        let actions = offered(&mut room, own.clone(), cause);
        let counts = actions.iter().map(|action| match action {
            SyncAction::Checked(headers) => *headers,
            _ => 0,
        });
        counts.sum()
    };
    assert_eq!(checked(Cause::Child), MAX_HEADERS_FOR_CHILD);
    assert_eq!(checked(Cause::Weight), 2_891);
}

#[test]
fn what_comes_before_headers_of_a_later_term_is_fetched_first_and_nobody_lied() {
    let mut room = Room::new(0, 100, &[Manner::Honest]);
    let mut own = Chain::of(80, &room.honest.blocks[..10], 5);
    own.next_term = Some(31);
    let actions = offered(&mut room, own.clone(), Cause::Weight);
    let asked = actions.iter().find_map(|action| match action {
        SyncAction::Request {
            what: Get::Blocks { hashes },
            ..
        } => Some(hashes.clone().into_vec()),
        _ => None,
    });
    let before: Vec<BlockHash> = room.honest.blocks[10..30].iter().map(Block::hash).collect();
    assert_eq!(asked, Some(before));
    assert!(!room.session.is_left_out(source(1), room.now));
    // The first header after what is known has no such excuse.
    own.next_term = Some(11);
    assert!(!asks_for_bodies(&offered(&mut room, own, Cause::Weight)));
    assert!(room.session.is_left_out(source(1), room.now));
}

#[test]
fn headers_that_do_not_link_are_no_chain() {
    let chain = Chain::of(6, &[], 0);
    let anchor = plan::BlockRef {
        hash: GENESIS,
        position: Position {
            height: 0,
            slot: Slot::GENESIS,
        },
    };
    let headers: Vec<Header> = chain.blocks.iter().map(|block| block.header.clone()).collect();
    let links = |headers: &[Header], network| {
        follow_links(anchor, headers, &network, SLOT, 100).map(|links| links.hashes.len())
    };
    assert_eq!(links(&headers, NETWORK).ok(), Some(6));
    assert!(links(&headers, NetworkId(Hash([5; 32]))).is_err());
    let mut gap = headers.clone();
    gap.remove(3);
    assert!(links(&gap, NETWORK).is_err());
    let change = |change: fn(&mut Header)| {
        let mut changed = headers.clone();
        change(&mut changed[5]);
        links(&changed, NETWORK).is_ok()
    };
    assert!(!change(|header| header.content.height = 7));
    assert!(!change(|header| header.content.slot = Slot(50)));
    assert!(change(|header| header.content.slot = Slot(51)));
}

#[test]
fn who_leads_to_nothing_four_times_in_a_row_is_left_out() {
    let mut room = Room::new(0, 20, &[Manner::Boaster]);
    for times in 1..=4 {
        room.announce();
        room.run(1_000);
        assert_eq!(!room.abandoned.is_empty(), times == 4, "{times}");
    }
    assert!(room.session.is_left_out(source(1), room.now));
}

#[test]
fn who_keeps_silent_rests_twice_as_long_each_time() {
    let mut session = SyncSession::new(NETWORK);
    let mut now = START;
    for ms in [6_000, 12_000, 24_000, 48_000, 60_000, 60_000] {
        session.rest(source(1), now);
        assert!(session.is_left_out(source(1), now.plus_ms(ms - 1)));
        now = now.plus_ms(ms);
        assert!(!session.is_left_out(source(1), now));
    }
}

#[test]
fn being_behind_a_chain_that_never_comes_counts_for_twenty_seconds() {
    let mut session = SyncSession::new(NETWORK);
    let anchor = plan::BlockRef {
        hash: GENESIS,
        position: Position {
            height: 0,
            slot: Slot::GENESIS,
        },
    };
    let known = header_chain(anchor.hash, 0, Slot::GENESIS);
    let mut plan = Plan::new(source(1), anchor, known, Cause::Weight);
    plan.worth = Worth::Heavier;
    session.plan = Some(plan);
    for ms in (0..2 * MAX_LAG_MS).step_by(1_000) {
        session.tick(START.plus_ms(ms));
        assert_eq!(session.is_catching_up(), ms < MAX_LAG_MS, "{ms}");
        assert!(session.is_behind());
    }
}

#[test]
fn headers_keep_nobody_from_signing_before_the_first_of_them_passed_its_check() {
    for (manner, passes) in [(Manner::Honest, true), (Manner::Forger, false)] {
        let mut room = Room::new(0, 20, &[manner]);
        let Some(SyncAction::Request { to, request_id, what }) = room.session.poll(&room.own, room.now)
        else {
            panic!("no request")
        };
        let answer = room.answer(manner, &what).unwrap();
        room.receive(to, request_id, answer);
        assert!(!room.session.is_catching_up());
        room.session.poll(&room.own, room.now);
        assert_eq!(room.session.is_catching_up(), passes);
    }
}

#[test]
fn a_block_for_which_there_is_no_room_is_nobodys_lie() {
    let mut room = Room::new(10, 40, &[Manner::Honest]);
    room.is_full = true;
    room.run(1_000);
    assert_eq!((room.executed, room.abandoned.len(), room.done), (1, 0, true));
    room.is_full = false;
    room.announce();
    room.run(60_000);
    assert!(room.is_caught_up());
}

#[test]
fn a_chain_that_leaves_the_own_one_below_what_is_final_is_given_up_and_nobody_lied() {
    let mut room = Room::new(0, 40, &[Manner::Honest]);
    let mut own = Chain::of(20, &room.honest.blocks[..5], 5);
    own.is_closed = true;
    let actions = offered(&mut room, own, Cause::Weight);
    assert!(room.session.plan.is_none() && !asks_for_bodies(&actions));
    assert!(!room.session.is_left_out(source(1), room.now));
}

#[test]
fn silent_sources_cost_a_newcomer_a_fifth_of_a_second_each_once() {
    let mut manners = vec![Manner::Silent; 12];
    manners.push(Manner::Honest);
    let mut room = Room::new(0, 100, &manners);
    while !room.is_caught_up() && room.now.ms_since(START) < 10_000 {
        room.announce();
        room.run(100);
    }
    assert!(
        room.now.ms_since(START) <= 3 * SYNC_HEDGE_MS + 500,
        "{:?}",
        room.now
    );
}

#[test]
fn claims_alone_keep_nobody_from_signing() {
    let mut room = Room::new(0, 20, &[Manner::Silent, Manner::Boaster]);
    room.drain();
    assert!(room.session.is_active() && !room.session.is_catching_up());
    let mut room = Room::new(0, 600, &[Manner::Honest]);
    room.run(200);
    assert!(room.session.is_catching_up());
    room.run(60_000);
    assert!(!room.session.is_catching_up());
}

#[test]
fn sources_are_bounded_and_the_useless_make_room() {
    let mut session = SyncSession::new(NETWORK);
    let chain = Chain::of(5, &[], 0);
    for connection in 0..3 * MAX_SYNC_SOURCES as u64 {
        session.hear_target(source(connection), chain.target(), START);
        assert!(session.sources.len() <= MAX_SYNC_SOURCES);
        assert!(session.sources.contains_key(&source(connection)));
    }
}

#[test]
fn a_locator_reaches_genesis_in_few_steps() {
    let chain = Chain::of(3_000, &[], 0);
    let locator = locator(&chain);
    assert!(locator.len() <= MAX_LOCATOR_HASHES);
    assert_eq!(
        (locator.first(), locator.last()),
        (Some(&chain.head()), Some(&GENESIS))
    );
    let heights: Vec<u64> = locator
        .iter()
        .map(|hash| chain.position(hash).unwrap().height)
        .collect();
    assert!(heights.is_sorted_by(|higher, lower| higher > lower));
    assert_eq!(super::locator(&Chain::default()).into_vec(), [GENESIS]);
}

#[test]
fn headers_are_given_after_the_newest_common_block_and_within_the_limit() {
    let chain = Chain::of(50, &[], 0);
    let heights = |hashes: Vec<BlockHash>, limit| {
        let given = answer_headers(&chain, &Locator::try_from(hashes).unwrap(), limit);
        given
            .iter()
            .map(|header| header.content.height)
            .collect::<Vec<_>>()
    };
    let unknown = BlockHash(Hash([99; 32]));
    let known = chain.hash_at(40).unwrap();
    assert_eq!(heights(vec![unknown, known, GENESIS], 3), [41, 42, 43]);
    assert_eq!(heights(vec![unknown, GENESIS], 512), (1..=50).collect::<Vec<_>>());
    assert!(heights(vec![unknown], 512).is_empty());
    assert!(heights(vec![chain.head()], 512).is_empty());
}

#[test]
fn blocks_are_given_up_to_the_first_unknown_one_and_the_size_of_a_frame() {
    let mut chain = Chain::default();
    for height in 1..=4 {
        let large: Vec<_> = (0..25)
            .map(|nonce| post(2, height * 100 + nonce, vec![1; 4_000]))
            .collect();
        chain.push(block_after(chain.head(), height, height, large, vec![]));
    }
    let hashes: Vec<BlockHash> = chain.blocks.iter().map(Block::hash).collect();
    assert_eq!(answer_blocks(&chain, &hashes).len(), 2);
    let unknown = BlockHash(Hash([99; 32]));
    assert_eq!(answer_blocks(&chain, &[hashes[3], unknown, hashes[0]]).len(), 1);
    assert!(answer_blocks(&chain, &[unknown]).is_empty());
}

#[test]
fn transactions_are_given_by_ascending_places_or_not_at_all() {
    let mut chain = Chain::default();
    chain.push(block_after(
        GENESIS,
        1,
        1,
        (1..=3).map(|nonce| post(2, nonce, vec![1])).collect(),
        vec![],
    ));
    let head = chain.head();
    let given = answer_transactions(&chain, &head, &[0, 2]);
    assert_eq!(
        given
            .iter()
            .map(|transaction| transaction.nonce)
            .collect::<Vec<_>>(),
        [1, 3]
    );
    for wrong in [&[2, 0][..], &[0, 0], &[3]] {
        assert!(answer_transactions(&chain, &head, wrong).is_empty());
    }
    assert!(answer_transactions(&chain, &GENESIS, &[0]).is_empty());
}

/// Whether a peer with so many blocks, one honest source and these liars gets so many blocks further.
fn catches_up(liars: &[Manner], place: usize, own: usize, ahead: usize) -> bool {
    let mut manners = liars.to_vec();
    manners.insert(place, Manner::Honest);
    let mut room = Room::new(own, own + ahead, &manners);
    for _ in 0..10 {
        room.announce();
        room.run(6_000);
    }
    room.is_caught_up() && !room.abandoned.contains(&source(place as u64 + 1))
}

#[test]
fn a_few_missing_blocks_are_fetched_beside_any_two_liars() {
    for (first, second) in LIARS
        .iter()
        .flat_map(|first| LIARS.map(|second| (*first, second)))
    {
        for (place, own, ahead) in [(0, 0, 1), (1, 0, 1), (2, 0, 1), (0, 1, 2), (1, 1, 2), (2, 1, 2)] {
            assert!(
                catches_up(&[first, second], place, own, ahead),
                "{first:?}, {second:?}, {place}, {own}, {ahead}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn with_one_honest_source_a_peer_catches_up_whoever_else_is_there(
        liars in prop::collection::vec(prop::sample::select(&LIARS[..]), 0..12),
        place: prop::sample::Index,
        own in 0_usize..60,
        ahead in 1_usize..700,
    ) {
        let place = place.index(liars.len() + 1);
        prop_assert!(catches_up(&liars, place, own, ahead));
    }
}
