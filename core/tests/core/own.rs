//! What becomes of a user's own transactions: they come back after a crash, expire, and are sent again.

use ting_core::{
    crypto::{hash::Hash, keys::SecretKey, seal::RoomSecret, seed::Seed},
    ledger::{
        genesis::{MICRO_PER_COIN, Rules},
        transaction::TransactionId,
    },
    params::OWN_VALIDITY_SLOTS,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandError, CommandId, CommandResult},
        event::Event,
        io::{ConnectionId, Effect, Input, LinkId},
        record::Record,
        view::{Delivery, MessageContent},
    },
    time::Timestamp,
};

const LINK: LinkId = LinkId(0);

/// A founder who is alone in the room, and what it stored.
struct Alone {
    now: Timestamp,
    peer: Peer,
    records: Vec<Record>,
}

fn peer(seed: u8) -> Peer {
    Peer::new(PeerConfig {
        secret: RoomSecret::new([7; 32]),
        pinned: None,
        seed: Seed::new([seed; 32]),
        suggested_name: "Ada".to_owned(),
        rules: Rules::default(),
        history: History::Whole,
    })
}

impl Alone {
    /// After some blocks, and without a link again.
    fn offline() -> Self {
        let mut alone = Self {
            now: Timestamp(1_700_000_000_000),
            peer: peer(1),
            records: Vec::new(),
        };
        alone.input(Input::Start);
        alone.link_up();
        alone.run(10_000);
        alone.input(Input::LinkDown { link: LINK });
        assert!(alone.peer.pulse_view(alone.now).height > 0);
        alone
    }

    fn link_up(&mut self) {
        self.input(Input::LinkUp {
            link: LINK,
            own: ConnectionId(1),
            others: 0,
        });
    }

    /// The results of commands that this input brought.
    fn input(&mut self, input: Input) -> Vec<CommandResult> {
        self.peer.handle(self.now, input);
        while let Some(effect) = self.peer.poll_effect() {
            if let Effect::Persist(record) = effect {
                self.records.push(*record);
            }
        }
        let result = |event| match event {
            Event::Command { result, .. } => Some(result),
            _ => None,
        };
        std::iter::from_fn(|| self.peer.poll_event())
            .filter_map(result)
            .collect()
    }

    fn submit(&mut self, command: Command) -> Hash {
        let id = CommandId(1);
        match &self.input(Input::Submit { id, command })[..] {
            [CommandResult::Sent(id)] => *id,
            other => panic!("{other:?}"),
        }
    }

    fn say(&mut self, text: &str) -> Hash {
        self.submit(Command::Post {
            channel: String::new(),
            text: text.to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        })
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 100 {
            self.now = self.now.plus_ms(100);
            self.input(Input::Tick);
        }
    }

    fn restart(&mut self) {
        self.peer = peer(2);
        for record in self.records.clone() {
            self.peer.handle(self.now, Input::Loaded(Box::new(record)));
        }
        self.input(Input::Start);
    }

    /// Ids of all texts, and how far chat and wallet say that they have come.
    fn texts(&self) -> Vec<(Hash, Delivery)> {
        let wallet = self.peer.wallet_view(self.now).history;
        let lines = self.peer.chat_view(self.now, "hall", 100).messages;
        lines
            .into_iter()
            .filter(|line| matches!(line.content, MessageContent::Text { .. }))
            .inspect(|line| {
                let entry = wallet.iter().find(|entry| entry.id == line.id).unwrap();
                assert_eq!(entry.delivery, line.delivery);
            })
            .map(|line| (line.id, line.delivery))
            .collect()
    }
}

#[test]
fn a_message_that_expired_is_shown_so_and_sent_again_it_arrives_once() {
    let mut alone = Alone::offline();
    let old = alone.say("hello");
    assert_eq!(alone.texts(), [(old, Delivery::Sent)]);
    alone.now = alone.now.plus_ms((OWN_VALIDITY_SLOTS + 1) * 1_000);
    alone.input(Input::Tick);
    assert_eq!(alone.texts(), [(old, Delivery::Expired)]);
    let new = alone.submit(Command::SendAgain { id: old });
    assert_ne!(new, old);
    assert_eq!(alone.texts(), [(new, Delivery::Sent)]);
    let again = Command::SendAgain { id: old };
    let refused = alone.input(Input::Submit {
        id: CommandId(2),
        command: again,
    });
    assert!(matches!(&refused[..], [CommandResult::Refused(_)]), "{refused:?}");
    alone.link_up();
    alone.run(15_000);
    let texts = alone.texts();
    assert!(
        matches!(&texts[..], [(id, Delivery::Final(_))] if *id == new),
        "{texts:?}"
    );
}

#[test]
fn an_expired_message_whose_nonce_was_taken_is_sent_again_with_a_new_one() {
    let mut alone = Alone::offline();
    let old = alone.say("hello");
    let nonce_of = |alone: &Alone, id| {
        let network = alone.peer.network().unwrap();
        network.mempool().get(&TransactionId(id)).unwrap().nonce
    };
    let nonce = nonce_of(&alone, old);
    alone.now = alone.now.plus_ms((OWN_VALIDITY_SLOTS + 1) * 1_000);
    alone.input(Input::Tick);
    let between = alone.say("something else");
    let new = alone.submit(Command::SendAgain { id: old });
    // What was said in between took the nonce: the old message can never be applied, so any other is as safe.
    assert_eq!(nonce_of(&alone, between), nonce);
    assert_eq!(nonce_of(&alone, new), nonce + 1);
}

#[test]
fn a_message_that_was_in_no_block_waits_again_after_a_crash() {
    let mut alone = Alone::offline();
    let watermark = alone.peer.network().unwrap().signing().watermark();
    let ids = [alone.say("first"), alone.say("second")];
    alone.restart();
    let network = alone.peer.network().unwrap();
    assert_eq!(network.signing().watermark(), watermark);
    for id in ids {
        assert!(network.mempool().get(&TransactionId(id)).is_some());
    }
    let mut waiting = alone.texts();
    waiting.sort_by_key(|(id, _)| ids.iter().position(|other| other == id));
    assert_eq!(waiting, ids.map(|id| (id, Delivery::Sent)));
    alone.link_up();
    alone.run(15_000);
    let texts = alone.texts();
    assert!(
        texts
            .iter()
            .all(|(_, delivery)| matches!(delivery, Delivery::Final(_))),
        "{texts:?}"
    );
    assert_eq!(texts.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
}

#[test]
fn what_is_available_falls_with_every_payment_that_waits_and_a_refusal_names_the_same_figure() {
    let mut alone = Alone::offline();
    let to = SecretKey::from_seed([9; 32]).address();
    let pay = |coins: u64| Command::Transfer {
        to,
        amount_micro: coins * MICRO_PER_COIN,
        memo: String::new(),
        fee_micro: Some(MICRO_PER_COIN),
    };
    let available = |alone: &Alone| alone.peer.wallet_view(alone.now).available_micro;
    let before = available(&alone);
    alone.submit(pay(300));
    assert_eq!(available(&alone), before - 301 * MICRO_PER_COIN);
    let wish = Input::Submit {
        id: CommandId(2),
        command: pay(700),
    };
    let refused = CommandResult::Refused(CommandError::InsufficientFunds {
        needed_micro: 701 * MICRO_PER_COIN,
        available_micro: available(&alone),
    });
    assert_eq!(alone.input(wish), [refused]);
}

#[test]
fn a_name_saved_twice_is_one_transaction() {
    let mut alone = Alone::offline();
    let name = |name: &str| Input::Submit {
        id: CommandId(1),
        command: Command::SetName {
            name: name.to_owned(),
        },
    };
    let waiting = |alone: &Alone| alone.peer.network().unwrap().mempool().iter().count();
    for _ in 0..2 {
        alone.input(name("Anna"));
        assert_eq!(waiting(&alone), 1);
    }
    // Back and forth is a change each time, and the last one counts.
    alone.input(name("Berta"));
    alone.input(name("Anna"));
    assert_eq!(waiting(&alone), 3);
    alone.link_up();
    alone.run(15_000);
    assert_eq!(alone.input(name("Anna")), [CommandResult::Done]);
    assert_eq!(waiting(&alone), 0);
}
