//! Chat and wallet under reorganisations: whatever was applied and undone, they equal models that saw only what is left.

use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;
use ting_core::{
    chain::block::{Block, BlockHash, Testimony},
    chat::{
        HALL,
        body::ChatBody,
        room::ChatRoom,
        view::{ChannelView, ChatPage, MessageContent, MessageView},
    },
    crypto::{hash::Hash, keys::NetworkId},
    delivery::{Delivery, Dropped},
    ledger::transaction::{Action, Transaction},
    params::{MAX_CHANNEL_LINES, MAX_CHANNELS, MAX_HISTORY, MAX_WAITING_LINES},
    time::{Slot, Timestamp},
    wallet::{
        history::{Earnings, PendingSums, WalletHistory},
        view::{HistoryKind, HistoryView},
    },
};

/// The account that looks.
const ME: u8 = 1;

static NETWORK: LazyLock<NetworkId> = LazyLock::new(|| crate::common::genesis().network_id());

fn post(channel: &str, text: &str, mentions: &[u8]) -> Action {
    let mentions = mentions
        .iter()
        .map(|&number| crate::common::address(number))
        .collect();
    Action::post(channel, ChatBody::text(text, None, mentions).unwrap().encode()).unwrap()
}

fn pay(to: u8, amount_micro: u64) -> Action {
    Action::transfer(crate::common::address(to), amount_micro, "for the boat").unwrap()
}

fn transaction(number: u8, nonce: u64, action: Action) -> Transaction {
    crate::common::transaction(*NETWORK, number, nonce, 10 + nonce, action)
}

fn block(height: u64, slot: u64, proposer: u8, transactions: Vec<Transaction>) -> Block {
    let testimony = Testimony::default();
    let mut content = crate::common::header(
        *NETWORK,
        height,
        slot,
        BlockHash(Hash([7; 32])),
        (&transactions, &testimony),
    );
    content.proposer = crate::common::address(proposer);
    crate::common::block(content, transactions, testimony)
}

fn room() -> ChatRoom {
    ChatRoom::new(crate::common::address(ME), crate::common::genesis().clock())
}

fn history() -> WalletHistory {
    let genesis = crate::common::genesis();
    WalletHistory::new(crate::common::address(ME), genesis.clock(), 0, &genesis.rules)
}

fn talk(room: &ChatRoom, channel: &str) -> ChatPage {
    room.page(channel, usize::MAX, |account| account.short())
}

fn texts(room: &ChatRoom, channel: &str) -> Vec<(String, Delivery)> {
    let text = |message: MessageView| match message.content {
        MessageContent::Text { text, .. } => (text, message.delivery),
        other => (format!("{other:?}"), message.delivery),
    };
    talk(room, channel).messages.into_iter().map(text).collect()
}

/// Transactions of three people, of all kinds, from which scenarios draw.
static POOL: LazyLock<Vec<Transaction>> = LazyLock::new(|| {
    let quoted = transaction(2, 1, post(HALL, "who has the key?", &[ME]));
    let reply = ChatBody::text("I do", Some(quoted.id()), vec![crate::common::address(2)])
        .unwrap()
        .encode();
    vec![
        transaction(ME, 1, Action::post(HALL, reply).unwrap()),
        transaction(ME, 2, post("boats", "launch at noon", &[])),
        transaction(ME, 3, pay(2, 5_000_000)),
        transaction(ME, 4, Action::Bond { amount_micro: 70 }),
        transaction(ME, 5, Action::Unbond { amount_micro: 30 }),
        transaction(ME, 6, Action::profile("Calm Otter").unwrap()),
        transaction(
            ME,
            7,
            Action::Claim {
                anchor: Hash([1; 32]),
                work_nonce: 1,
                pass: None,
            },
        ),
        quoted,
        transaction(2, 2, post("boats", "bring rope", &[ME, 3])),
        transaction(2, 3, pay(ME, 40)),
        transaction(2, 4, pay(3, 50)),
        transaction(2, 5, Action::post("boats", vec![250, 1]).unwrap()),
        transaction(
            2,
            6,
            Action::Claim {
                anchor: Hash([1; 32]),
                work_nonce: 2,
                pass: None,
            },
        ),
        transaction(3, 1, post("garden", "beans are up", &[])),
        transaction(3, 2, pay(ME, 60)),
        transaction(3, 3, post("", "in no channel", &[])),
    ]
});

#[derive(Clone, Debug)]
enum Step {
    Apply {
        picks: Vec<usize>,
        slots: u64,
        proposer: u8,
    },
    Undo {
        blocks: usize,
    },
    Pending {
        pick: usize,
    },
    Dropped {
        pick: usize,
        reason: Dropped,
    },
    Pass {
        slots: u64,
    },
    Finalize {
        blocks: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let pick = 0..POOL.len();
    prop_oneof![
        4 => (prop::collection::vec(pick.clone(), 0..5), 1_u64..3, 0_u8..3)
            .prop_map(|(picks, slots, proposer)| Step::Apply { picks, slots, proposer }),
        2 => (1_usize..4).prop_map(|blocks| Step::Undo { blocks }),
        4 => pick.clone().prop_map(|pick| Step::Pending { pick }),
        1 => (pick, prop_oneof![Just(Dropped::Replaced), Just(Dropped::Refused)])
            .prop_map(|(pick, reason)| Step::Dropped { pick, reason }),
        1 => (0_u64..4).prop_map(|slots| Step::Pass { slots }),
        1 => (0_usize..3).prop_map(|blocks| Step::Finalize { blocks }),
    ]
}

/// The models under test, and beside them in plain terms what they were told.
struct World {
    room: ChatRoom,
    history: WalletHistory,
    chain: Vec<Block>,
    /// First seen, and whether expired, of each transaction that waits (by its number in the pool).
    waiting: BTreeMap<usize, (Timestamp, bool)>,
    /// First seen, of those in blocks.
    settled: BTreeMap<usize, Timestamp>,
    final_height: usize,
    slot: u64,
    tip_slot: u64,
}

impl World {
    fn new() -> Self {
        Self {
            room: room(),
            history: history(),
            chain: vec![],
            waiting: BTreeMap::new(),
            settled: BTreeMap::new(),
            final_height: 0,
            slot: 1,
            tip_slot: 0,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Apply {
                picks,
                slots,
                proposer,
            } => self.apply(&picks, slots, proposer),
            Step::Undo { blocks } => (0..blocks).for_each(|_| self.undo()),
            Step::Pending { pick } => self.pending(pick),
            Step::Dropped { pick, reason } => self.drop_one(pick, reason),
            Step::Pass { slots } => self.pass(slots),
            Step::Finalize { blocks } => {
                self.final_height = (self.final_height + blocks).min(self.chain.len());
                self.room.finalize_up_to(self.final_height as u64);
                self.history.finalize_up_to(self.final_height as u64);
            }
        }
    }

    fn apply(&mut self, picks: &[usize], slots: u64, proposer: u8) {
        self.tip_slot += slots;
        let time = crate::common::genesis().clock().start_of(Slot(self.tip_slot));
        let mut transactions = vec![];
        for pick in picks {
            if !self.settled.contains_key(pick) {
                let first_seen = self
                    .waiting
                    .remove(pick)
                    .map_or(time, |(first_seen, _)| first_seen);
                self.settled.insert(*pick, first_seen);
                transactions.push(POOL[*pick].clone());
            }
        }
        let block = block(self.chain.len() as u64 + 1, self.tip_slot, proposer, transactions);
        self.room.apply_block(&block);
        self.history.apply_block(&block);
        self.chain.push(block);
    }

    fn undo(&mut self) {
        if self.chain.len() == self.final_height {
            return;
        }
        let block = self.chain.pop().unwrap();
        for transaction in &block.transactions {
            let pick = POOL.iter().position(|other| other == transaction).unwrap();
            let first_seen = self.settled.remove(&pick).unwrap();
            self.waiting.insert(pick, (first_seen, false));
        }
        self.room.undo_block(&block);
        self.history.undo_block(&block);
    }

    fn pending(&mut self, pick: usize) {
        let now = crate::common::genesis()
            .clock()
            .start_of(Slot(self.slot))
            .plus_ms(pick as u64);
        if !self.settled.contains_key(&pick) {
            self.waiting.entry(pick).or_insert((now, false)).1 = false;
        }
        self.room.add_waiting(&POOL[pick], now);
        self.history.add_waiting(&POOL[pick], now);
    }

    fn drop_one(&mut self, pick: usize, reason: Dropped) {
        let id = POOL[pick].id();
        self.room.let_go(&id, reason);
        self.history.let_go(&id, reason);
        match self.waiting.get_mut(&pick) {
            Some(entry) if is_mine(pick) && reason == Dropped::Refused => entry.1 = true,
            _ => {
                self.waiting.remove(&pick);
            }
        }
    }

    fn pass(&mut self, slots: u64) {
        self.slot += slots;
        self.room.expire(Slot(self.slot));
        self.history.expire(Slot(self.slot));
        let slot = self.slot;
        self.waiting.retain(|pick, entry| {
            let in_time = POOL[*pick].valid_until >= Slot(slot);
            entry.1 |= !in_time;
            in_time || is_mine(*pick)
        });
    }

    /// Models that saw only the resulting chain and what waits now.
    fn replay(&self) -> (ChatRoom, WalletHistory) {
        let (mut room, mut history) = (room(), history());
        for block in &self.chain {
            room.apply_block(block);
            history.apply_block(block);
        }
        room.finalize_up_to(self.final_height as u64);
        history.finalize_up_to(self.final_height as u64);
        for (pick, (first_seen, expired)) in &self.waiting {
            room.add_waiting(&POOL[*pick], *first_seen);
            history.add_waiting(&POOL[*pick], *first_seen);
            if *expired {
                room.let_go(&POOL[*pick].id(), Dropped::Refused);
                history.let_go(&POOL[*pick].id(), Dropped::Refused);
            }
        }
        (room, history)
    }
}

fn is_mine(pick: usize) -> bool {
    POOL[pick].account == crate::common::address(ME)
}

fn seen_in(room: &ChatRoom) -> (Vec<ChannelView>, Vec<ChatPage>) {
    let channels = room.channels();
    let talks = channels.iter().map(|channel| talk(room, &channel.name)).collect();
    (channels, talks)
}

fn seen_of(history: &WalletHistory) -> (Vec<HistoryView>, PendingSums, Earnings, Option<Delivery>) {
    (
        history.entries(),
        history.pending_sums(),
        history.earnings(),
        history.grant(),
    )
}

proptest! {
    #[test]
    fn a_reorganisation_equals_a_replay_of_the_resulting_chain(steps in prop::collection::vec(step(), 0..40)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        let (room, history) = world.replay();
        prop_assert_eq!(seen_in(&world.room), seen_in(&room));
        prop_assert_eq!(seen_of(&world.history), seen_of(&history));
    }
}

#[test]
fn a_message_is_sent_then_in_a_block_then_final() {
    let mut room = room();
    let message = transaction(ME, 1, post(HALL, "hello", &[]));
    room.add_waiting(&message, Timestamp(5));
    assert_eq!(texts(&room, HALL), [("hello".to_owned(), Delivery::Sent)]);
    room.apply_block(&block(1, 3, 0, vec![message.clone()]));
    assert_eq!(texts(&room, HALL), [("hello".to_owned(), Delivery::InBlock(1))]);
    room.finalize_up_to(1);
    assert_eq!(texts(&room, HALL), [("hello".to_owned(), Delivery::Final(1))]);
    assert_eq!(room.delivery(&message.id()), Some(Delivery::Final(1)));
}

#[test]
fn an_expired_message_of_mine_stays_until_it_is_sent_again() {
    let mut room = room();
    let mine = transaction(ME, 1, post(HALL, "mine", &[]));
    let theirs = transaction(2, 1, post(HALL, "theirs", &[]));
    room.add_waiting(&mine, Timestamp(5));
    room.add_waiting(&theirs, Timestamp(6));
    room.expire(Slot(11));
    assert_eq!(texts(&room, HALL).len(), 2);
    room.expire(Slot(12));
    assert_eq!(texts(&room, HALL), [("mine".to_owned(), Delivery::Expired)]);
    let again = transaction(ME, 2, post(HALL, "mine", &[]));
    room.forget_resent(&mine.id());
    room.add_waiting(&again, Timestamp(7));
    assert_eq!(texts(&room, HALL), [("mine".to_owned(), Delivery::Sent)]);
}

#[test]
fn a_replaced_message_goes_and_a_refused_one_of_mine_is_expired() {
    let mut room = room();
    let (first, second) = (
        transaction(ME, 1, post(HALL, "a", &[])),
        transaction(ME, 2, post(HALL, "b", &[])),
    );
    room.add_waiting(&first, Timestamp(1));
    room.add_waiting(&second, Timestamp(1));
    room.let_go(&first.id(), Dropped::Replaced);
    room.let_go(&second.id(), Dropped::Refused);
    assert_eq!(texts(&room, HALL), [("b".to_owned(), Delivery::Expired)]);
}

#[test]
fn payments_and_arrivals_are_lines_of_the_hall() {
    let mut room = room();
    let claim = transaction(
        2,
        1,
        Action::Claim {
            anchor: Hash([1; 32]),
            work_nonce: 2,
            pass: None,
        },
    );
    room.add_waiting(&claim, Timestamp(1));
    assert_eq!(talk(&room, HALL), ChatPage::default());
    room.apply_block(&block(
        1,
        1,
        0,
        vec![claim, transaction(2, 2, pay(ME, 7)), transaction(2, 3, pay(3, 8))],
    ));
    let messages = talk(&room, HALL).messages;
    assert_eq!(messages[0].content, MessageContent::Joined);
    let memo = "for the boat".to_owned();
    assert_eq!(
        messages[1].content,
        MessageContent::Payment {
            to: crate::common::address(ME),
            amount_micro: 7,
            memo
        }
    );
    assert_eq!(
        messages
            .iter()
            .map(|message| message.mentions_me)
            .collect::<Vec<_>>(),
        [false, true, false]
    );
    let hall = room.channels().remove(0);
    assert_eq!((hall.messages, hall.unread, hall.mentions), (3, 1, 1));
}

#[test]
fn a_reply_quotes_the_message_it_answers_wherever_that_is() {
    let mut room = room();
    let quote_in = |room: &ChatRoom| match &talk(room, HALL).messages.last().unwrap().content {
        MessageContent::Text {
            reply_to: Some(quote),
            ..
        } => (quote.author, quote.excerpt.clone()),
        other => panic!("no reply: {other:?}"),
    };
    room.apply_block(&block(1, 1, 0, vec![POOL[0].clone()]));
    assert_eq!(quote_in(&room), (None, String::new()));
    room.add_waiting(&POOL[7], Timestamp(0));
    room.apply_block(&block(2, 2, 0, vec![POOL[7].clone()]));
    room.apply_block(&block(
        3,
        3,
        0,
        vec![transaction(2, 9, Action::post(HALL, reply_to_pool()).unwrap())],
    ));
    assert_eq!(
        quote_in(&room),
        (Some(crate::common::address(2)), "who has the key?".to_owned())
    );
}

fn reply_to_pool() -> Vec<u8> {
    ChatBody::text("still nobody?", Some(POOL[7].id()), vec![])
        .unwrap()
        .encode()
}

#[test]
fn a_reply_never_stands_above_what_it_quotes_in_its_block_nor_its_author_before_himself() {
    let question = transaction(2, 1, post(HALL, "who has the key?", &[]));
    let answer = ChatBody::text("I do", Some(question.id()), Vec::new())
        .unwrap()
        .encode();
    let answer = transaction(3, 1, Action::post(HALL, answer).unwrap());
    let later = transaction(3, 2, post(HALL, "come over", &[]));
    let other = transaction(ME, 1, post(HALL, "good morning", &[]));
    let block = block(1, 1, 0, vec![answer, other, later, question]);
    let mut room = room();
    for _ in 0..2 {
        room.apply_block(&block);
        let read: Vec<String> = texts(&room, HALL).into_iter().map(|(text, _)| text).collect();
        assert_eq!(read, ["good morning", "who has the key?", "I do", "come over"]);
        room.undo_block(&block);
        assert!(
            texts(&room, HALL)
                .iter()
                .all(|(_, delivery)| *delivery == Delivery::Sent)
        );
    }
}

#[test]
fn lines_that_wait_for_each_other_in_a_circle_are_shown_in_the_order_of_their_block() {
    let reply = |to: &Transaction| {
        let body = ChatBody::text("re", Some(to.id()), Vec::new()).unwrap().encode();
        Action::post(HALL, body).unwrap()
    };
    let (second, fourth) = (
        transaction(2, 2, post(HALL, "second", &[])),
        transaction(3, 2, post(HALL, "fourth", &[])),
    );
    let (first, third) = (
        transaction(2, 1, reply(&fourth)),
        transaction(3, 1, reply(&second)),
    );
    let mut room = room();
    let block = block(1, 1, 0, vec![first, second, third, fourth]);
    room.apply_block(&block);
    let read: Vec<String> = texts(&room, HALL).into_iter().map(|(text, _)| text).collect();
    assert_eq!(read, ["re", "second", "re", "fourth"]);
    room.undo_block(&block);
    assert_eq!(texts(&room, HALL).len(), 4);
}

#[test]
fn a_body_of_a_later_kind_is_a_line_that_says_so() {
    let mut room = room();
    room.apply_block(&block(1, 1, 0, vec![POOL[11].clone()]));
    assert_eq!(
        talk(&room, "boats").messages[0].content,
        MessageContent::Unreadable
    );
    assert_eq!(room.channels()[1].unread, 0);
}

#[test]
fn what_is_read_stays_read_through_a_reorganisation_and_new_lines_are_unread() {
    let mut room = room();
    let (first, second) = (
        transaction(2, 1, post(HALL, "first", &[ME])),
        transaction(2, 2, post(HALL, "second", &[])),
    );
    let unread = |room: &ChatRoom| (room.channels()[0].unread, room.channels()[0].mentions);
    let undone = block(1, 1, 0, vec![first.clone()]);
    room.apply_block(&undone);
    assert_eq!(unread(&room), (1, 1));
    assert_eq!(talk(&room, HALL).first_unread, Some(first.id().0));
    assert_eq!(room.mark_read(HALL), 1);
    assert_eq!(unread(&room), (0, 0));
    room.undo_block(&undone);
    assert_eq!(unread(&room), (0, 0));
    room.apply_block(&block(1, 2, 0, vec![second.clone(), first]));
    assert_eq!(unread(&room), (1, 0));
    assert_eq!(talk(&room, HALL).first_unread, Some(second.id().0));
}

#[test]
fn a_stored_read_mark_counts_for_blocks_that_are_read_back_later() {
    let mut room = room();
    room.restore_read_mark("boats", 1);
    room.apply_block(&block(
        1,
        1,
        0,
        vec![transaction(2, 1, post("boats", "one", &[]))],
    ));
    assert_eq!(room.channels()[1].unread, 0);
    room.apply_block(&block(
        2,
        2,
        0,
        vec![transaction(2, 2, post("boats", "two", &[]))],
    ));
    assert_eq!(room.channels()[1].unread, 1);
    assert_eq!(room.mark_read("boats"), 2);
    assert_eq!(room.channels()[1].unread, 0);
}

#[test]
fn a_read_mark_means_the_same_to_a_room_that_begins_later() {
    let (first, second) = (
        block(1, 1, 0, vec![transaction(2, 1, post("boats", "one", &[]))]),
        block(7, 9, 0, vec![transaction(2, 2, post("boats", "two", &[]))]),
    );
    let third = block(9, 12, 0, vec![transaction(2, 3, post("boats", "three", &[]))]);
    let mut whole = room();
    whole.apply_block(&first);
    whole.apply_block(&second);
    let mark = whole.mark_read("boats");
    let mut late = room();
    late.restore_read_mark("boats", mark);
    late.apply_block(&second);
    assert_eq!(late.channels()[1].unread, 0);
    late.apply_block(&third);
    assert_eq!(late.channels()[1].unread, 1);
}

#[test]
fn what_is_unread_adds_up_over_all_channels() {
    let mut room = room();
    let posts = vec![
        transaction(2, 1, post(HALL, "in the hall", &[])),
        transaction(2, 2, post("boats", "for me", &[ME])),
        transaction(2, 3, post("boats", "for all", &[])),
    ];
    room.apply_block(&block(1, 1, 0, posts));
    room.add_waiting(
        &transaction(2, 4, post("cats", "not in a block", &[ME])),
        Timestamp(1),
    );
    let unread = |room: &ChatRoom| (room.unread().messages, room.unread().mentions);
    assert_eq!(unread(&room), (4, 2));
    room.mark_read("boats");
    assert_eq!(unread(&room), (2, 1));
}

#[test]
fn a_text_of_somebody_else_arrives_once() {
    let mut room = room();
    let theirs = transaction(2, 1, post(HALL, "hi", &[ME]));
    let arrival = room.add_waiting(&theirs, Timestamp(1)).unwrap();
    assert!(arrival.mentions_me);
    assert_eq!(arrival.id, theirs.id());
    assert_eq!(room.add_waiting(&theirs, Timestamp(2)), None);
    let first = block(1, 1, 0, vec![theirs.clone()]);
    assert_eq!(room.apply_block(&first), []);
    room.undo_block(&first);
    assert_eq!(room.apply_block(&block(1, 2, 0, vec![theirs])), []);
    assert_eq!(
        room.apply_block(&block(2, 3, 0, vec![transaction(3, 1, post(HALL, "you", &[]))]))
            .len(),
        1
    );
    assert_eq!(
        room.apply_block(&block(3, 4, 0, vec![transaction(ME, 1, post(HALL, "me", &[]))])),
        []
    );
}

#[test]
fn the_hall_comes_first_and_empty_channels_go() {
    let mut room = room();
    let names = |room: &ChatRoom| {
        room.channels()
            .into_iter()
            .map(|channel| channel.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&room), [HALL]);
    room.add_waiting(&transaction(ME, 1, post("zoo", "!", &[])), Timestamp(0));
    let boats = block(1, 1, 0, vec![transaction(2, 1, post("boats", "ahoy", &[]))]);
    room.apply_block(&boats);
    assert_eq!(names(&room), [HALL, "boats", "zoo"]);
    room.undo_block(&boats);
    room.let_go(&boats.transactions[0].id(), Dropped::Refused);
    assert_eq!(names(&room), [HALL, "zoo"]);
}

#[test]
fn more_channels_than_the_bound_cannot_push_out_the_first_ones() {
    let mut room = room();
    let posts =
        (0..MAX_CHANNELS as u64 + 40).map(|n| transaction(2, n + 1, post(&format!("c{n:03}"), "x", &[])));
    room.apply_block(&block(1, 1, 0, posts.collect()));
    let channels = room.channels();
    assert_eq!(channels.len(), MAX_CHANNELS);
    assert_eq!(channels.last().unwrap().name, "c254");
}

#[test]
fn a_flooded_channel_forgets_its_oldest_lines_but_counts_them() {
    let mut room = room();
    room.apply_block(&block(
        1,
        1,
        0,
        vec![transaction(3, 1, post("garden", "beans", &[]))],
    ));
    let flood = |from: u64| {
        (from..from + 1_500)
            .map(|n| transaction(2, n, post(HALL, "spam", &[])))
            .collect()
    };
    let (second, third) = (block(2, 2, 0, flood(1)), block(3, 3, 0, flood(1_501)));
    room.apply_block(&second);
    room.apply_block(&third);
    assert_eq!(talk(&room, HALL).messages.len(), MAX_CHANNEL_LINES);
    assert_eq!(room.channels()[0].messages, 3_000);
    assert_eq!(talk(&room, "garden").messages.len(), 1);
    room.undo_block(&third);
    room.undo_block(&second);
    let waiting = room.channels()[0].messages;
    assert_eq!(waiting, MAX_WAITING_LINES as u64);
    room.expire(Slot(u64::MAX));
    assert_eq!(room.channels()[0].messages, 0);
}

#[test]
fn a_flood_of_waiting_lines_cannot_push_out_mine() {
    let mut room = room();
    for nonce in 1..=MAX_WAITING_LINES as u64 + 5 {
        room.add_waiting(&transaction(2, nonce, post(HALL, "spam", &[])), Timestamp(nonce));
    }
    assert_eq!(texts(&room, HALL).len(), MAX_WAITING_LINES);
    let mine = transaction(ME, 1, post(HALL, "mine", &[]));
    room.add_waiting(&mine, Timestamp(0));
    assert_eq!(texts(&room, HALL).len(), MAX_WAITING_LINES);
    assert_eq!(room.delivery(&mine.id()), Some(Delivery::Sent));
}

#[test]
fn the_newest_lines_are_shown_and_earlier_ones_announced() {
    let mut room = room();
    let posts = (1..=5)
        .map(|n| transaction(2, n, post(HALL, &n.to_string(), &[])))
        .collect();
    room.apply_block(&block(1, 1, 0, posts));
    let two = room.page(HALL, 2, |_| String::new());
    assert!(two.has_earlier);
    assert_eq!(two.messages.len(), 2);
    assert_eq!(two.messages[1].id, talk(&room, HALL).messages[4].id);
    assert!(!room.page(HALL, 5, |_| String::new()).has_earlier);
    assert_eq!(
        room.page(&"x".repeat(40), 5, |_| String::new()),
        ChatPage::default()
    );
}

#[test]
fn the_history_has_my_movements_only_newest_first() {
    let mut history = history();
    history.apply_block(&block(1, 1, 0, POOL.clone()));
    let kinds: Vec<&str> = history
        .entries()
        .iter()
        .map(|entry| kind_word(&entry.kind))
        .collect();
    let expected = [
        "in", "in", "grant", "name", "unbond", "bond", "out", "post", "post",
    ];
    assert_eq!(kinds, expected);
    let sent = &history.entries()[6];
    assert_eq!(
        (sent.amount_micro, sent.fee_micro),
        (5_000_000, POOL[2].fee_micro)
    );
    let received = &history.entries()[0];
    assert_eq!((received.amount_micro, received.fee_micro), (60, 0));
}

fn kind_word(kind: &HistoryKind) -> &'static str {
    match kind {
        HistoryKind::Received { .. } => "in",
        HistoryKind::Sent { .. } => "out",
        HistoryKind::Grant => "grant",
        HistoryKind::Bonded => "bond",
        HistoryKind::Unbonded => "unbond",
        HistoryKind::Operator => "operator",
        HistoryKind::Profile { .. } => "name",
        HistoryKind::Invited { .. } => "invite",
        HistoryKind::Post { .. } => "post",
    }
}

#[test]
fn what_waits_is_summed_and_what_expired_is_not() {
    let mut history = history();
    for pick in [2, 3, 6, 9] {
        history.add_waiting(&POOL[pick], Timestamp(pick as u64));
    }
    let rules = crate::common::genesis().rules;
    let in_micro = 40 + rules.grant_micro - rules.grant_bond_micro;
    let fees = POOL[2].fee_micro + POOL[3].fee_micro + POOL[6].fee_micro;
    assert_eq!(
        history.pending_sums(),
        PendingSums {
            in_micro,
            out_micro: 5_000_070 + fees
        }
    );
    assert_eq!(history.grant(), Some(Delivery::Sent));
    history.expire(Slot(100));
    assert_eq!(history.pending_sums(), PendingSums::default());
    assert_eq!(history.entries().len(), 3);
}

#[test]
fn a_proposer_earns_the_larger_half_of_the_fees_and_loses_it_with_the_block() {
    let mut history = history();
    let own = block(
        1,
        1,
        ME,
        vec![
            crate::common::transaction(*NETWORK, 2, 1, 9, pay(3, 1)),
            transaction(3, 2, pay(2, 1)),
        ],
    );
    let fees: u64 = own
        .transactions
        .iter()
        .map(|transaction| transaction.fee_micro)
        .sum();
    history.apply_block(&own);
    history.apply_block(&block(2, 2, 0, vec![POOL[13].clone()]));
    assert_eq!(
        history.earnings(),
        Earnings {
            after_height: 0,
            blocks: 1,
            micro: fees - fees / 2
        }
    );
    history.undo_block(&own);
    assert_eq!(history.earnings(), Earnings::default());
}

#[test]
fn the_history_keeps_the_newest_entries() {
    let mut history = history();
    let payments: Vec<Transaction> = (1..=MAX_HISTORY as u64 + 20)
        .map(|n| transaction(2, n, pay(ME, n)))
        .collect();
    history.apply_block(&block(1, 1, 0, payments));
    let entries = history.entries();
    assert_eq!(entries.len(), MAX_HISTORY);
    assert_eq!(entries[0].amount_micro, MAX_HISTORY as u64 + 20);
}
