//! A room of real peers on a perfect network: the protocol from founding to a payment, without any fault.

use std::collections::BTreeMap;

use ting_core::{
    crypto::{hash::Hash, seal::RoomSecret, seed::Seed},
    ledger::genesis::Rules,
    peer::{
        History, Peer, PeerConfig,
        command::{Command, CommandId, CommandResult},
        event::Event,
        io::{ConnectionId, Effect, Input, LinkId, To},
        view::{ActionView, Condition},
    },
    time::Timestamp,
};

const LINK: LinkId = LinkId(0);

/// Peers in one room whose frames arrive at once.
struct Room {
    now: Timestamp,
    peers: BTreeMap<u64, Peer>,
    events: BTreeMap<u64, Vec<Event>>,
}

impl Room {
    fn new() -> Self {
        Self {
            now: Timestamp(1_700_000_000_000),
            peers: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }

    fn join(&mut self, number: u64) {
        let others = u32::try_from(self.peers.len()).unwrap();
        let rules = Rules {
            claim_work_bits: 4,
            ..Rules::default()
        };
        let peer = Peer::new(PeerConfig {
            secret: RoomSecret::new([7; 32]),
            pinned: None,
            seed: Seed::new([u8::try_from(number).unwrap(); 32]),
            suggested_name: format!("peer {number}"),
            rules,
            history: History::Whole,
        });
        for other in self.peers.values_mut() {
            other.handle(
                self.now,
                Input::Joined {
                    link: LINK,
                    connection: ConnectionId(number),
                },
            );
        }
        self.peers.insert(number, peer);
        self.events.insert(number, Vec::new());
        self.input(number, Input::Start);
        self.input(
            number,
            Input::LinkUp {
                link: LINK,
                own: ConnectionId(number),
                others,
            },
        );
    }

    /// Gives an input and all frames that follow from it.
    fn input(&mut self, number: u64, input: Input) {
        let mut queue = std::collections::VecDeque::from([(number, input)]);
        while let Some((number, input)) = queue.pop_front() {
            let peer = self.peers.get_mut(&number).unwrap();
            peer.handle(self.now, input);
            while let Some(event) = peer.poll_event() {
                self.events.get_mut(&number).unwrap().push(event);
            }
            while let Some(effect) = peer.poll_effect() {
                let Effect::Send { to, bytes, .. } = effect else {
                    continue;
                };
                for other in self.events.keys().copied().filter(|other| *other != number) {
                    if to == To::All || to == To::One(ConnectionId(other)) {
                        let from = ConnectionId(number);
                        queue.push_back((
                            other,
                            Input::Frame {
                                link: LINK,
                                from,
                                bytes: bytes.clone(),
                            },
                        ));
                    }
                }
            }
        }
    }

    fn run(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while self.now < end {
            let next = self
                .peers
                .values()
                .filter_map(Peer::next_deadline)
                .map(|deadline| deadline.at)
                .min();
            self.now = next.unwrap_or(end).max(self.now.plus_ms(1)).min(end);
            for number in self.peers.keys().copied().collect::<Vec<_>>() {
                let due = self.peers[&number]
                    .next_deadline()
                    .is_some_and(|deadline| deadline.at <= self.now);
                if due {
                    self.input(number, Input::Tick);
                }
            }
        }
    }
}

#[test]
fn three_peers_found_join_talk_pay_and_finalize() {
    let mut room = Room::new();
    room.join(1);
    room.run(5_000);
    assert!(
        room.peers[&1].pulse_view(room.now).height > 0,
        "a lone founder makes blocks"
    );
    room.join(2);
    room.join(3);
    room.run(90_000);
    let heads: Vec<_> = room
        .peers
        .values()
        .map(|peer| peer.chain_view(room.now).unwrap().head)
        .collect();
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    let network = room.peers[&3].network_view(room.now);
    assert_eq!(
        network.peers.iter().filter(|peer| peer.voter).count(),
        3,
        "{network:#?}"
    );
    assert_eq!(room.peers[&2].pulse_view(room.now).condition, Condition::Healthy);

    let to = room.peers[&3].account();
    let before = room.peers[&3].wallet_view(room.now).available_micro;
    let pay = Command::Transfer {
        to,
        amount_micro: 5_000_000,
        memo: "thanks".into(),
        fee_micro: None,
    };
    room.input(
        2,
        Input::Submit {
            id: CommandId(1),
            command: pay,
        },
    );
    let post = Command::Post {
        channel: "hall".into(),
        text: "hello".into(),
        reply_to: None,
        mentions: Vec::new(),
    };
    room.input(
        3,
        Input::Submit {
            id: CommandId(2),
            command: post,
        },
    );
    room.run(20_000);
    assert!(room.events[&2].iter().any(|event| matches!(
        event,
        Event::Command {
            id: CommandId(1),
            result: CommandResult::Sent(_)
        }
    )));
    let after = room.peers[&3].wallet_view(room.now).available_micro;
    assert!(after > before + 4_900_000, "{before} {after}");
    let lines = room.peers[&1].chat_view(room.now, "hall", 100).messages;
    assert!(
        lines
            .iter()
            .any(|line| !line.mine && format!("{:?}", line.content).contains("hello")),
        "{lines:#?}"
    );
    let paid = room.events[&2].iter().find_map(|event| match event {
        Event::Command {
            id: CommandId(1),
            result: CommandResult::Sent(id),
        } => Some(*id),
        _ => None,
    });
    let paid = paid.unwrap();
    let detail = room.peers[&3].transaction_view(&paid).unwrap();
    assert!(
        matches!(&detail.transaction.action, ActionView::Transfer { to: recipient, memo, .. } if *recipient == to && memo == "thanks")
    );
    assert_eq!(detail.block.unwrap().hash, detail.transaction.block.unwrap());
    let (root, proof) = detail.inclusion.unwrap();
    assert_eq!(proof.verify(&root, &paid), Ok(()));
    assert!(room.peers[&3].transaction_view(&Hash([7; 32])).is_none());
    for peer in room.peers.values() {
        let pulse = peer.pulse_view(room.now);
        assert!(pulse.height - pulse.final_height <= 2, "{pulse:#?}");
        assert!(pulse.time_to_final_ms.is_some_and(|ms| ms < 3_000), "{pulse:#?}");
    }
}
