//! The smallest host: two peers on a cable, a clock that is a number, and a message that one writes and the other reads.
//!
//! `cargo run -p ting-core --example host` prints it. A real host differs in where inputs come from and where effects go, and in nothing else.

use std::collections::VecDeque;

use ting_core::{
    crypto::{seal::RoomSecret, seed::Seed},
    ledger::genesis::Rules,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId},
        event::Event,
        io::{ConnectionId, Effect, Input, LinkId},
    },
    time::Timestamp,
};

const LINK: LinkId = LinkId(0);

fn main() {
    let (mut ada, mut bob) = (peer("Ada", 1), peer("Bob", 2));
    let (mut to_ada, mut to_bob) = (welcome(1), welcome(2));
    let mut now = Timestamp(1_700_000_000_000);
    for step in 0..1_000 {
        if step == 200 {
            to_ada.push_back(hello());
        }
        turn(&mut ada, 1, now, &mut to_ada, &mut to_bob);
        turn(&mut bob, 2, now, &mut to_bob, &mut to_ada);
        now = now.plus_ms(50);
    }
}

fn peer(name: &str, number: u8) -> Peer {
    Peer::new(PeerConfig {
        secret: RoomSecret::new([7; 32]),
        pinned: None,
        seed: Seed::new([number; 32]),
        suggested_name: name.to_owned(),
        rules: Rules::default(),
        history: History::Whole,
    })
}

/// Nothing was stored, so a peer just begins; then a relay has it in the room, with one other.
fn welcome(number: u64) -> VecDeque<Input> {
    let (own, others) = (ConnectionId(number), 1);
    VecDeque::from([
        Input::Start,
        Input::LinkUp {
            link: LINK,
            own,
            others,
        },
    ])
}

fn hello() -> Input {
    let command = Command::Post {
        channel: "hall".to_owned(),
        text: "Hello, Bob.".to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    };
    Input::Submit {
        id: CommandId(1),
        command,
    }
}

/// One input, then all effects in their order, then all events.
fn turn(
    peer: &mut Peer,
    number: u64,
    now: Timestamp,
    inbox: &mut VecDeque<Input>,
    cable: &mut VecDeque<Input>,
) {
    peer.handle(now, inbox.pop_front().unwrap_or(Input::Tick));
    while let Some(effect) = peer.poll_effect() {
        match effect {
            // Here nothing outlives the program. A real host makes it durable before it does anything that comes later.
            Effect::Persist(_) | Effect::Farewell(_) => {}
            Effect::Send { link, bytes, .. } => {
                let from = ConnectionId(number);
                cable.push_back(Input::Frame { link, from, bytes });
            }
        }
    }
    while let Some(event) = peer.poll_event() {
        if let Event::Message { channel, .. } = event {
            println!("{:#?}", peer.chat_view(now, &channel, 1).messages);
        }
    }
}
