//! The backplane without a transport: what is handed in, what comes out.

use std::{collections::VecDeque, time::Instant};

use ting_frame::{ConnectionId, Destination};

use super::{
    hearing::Answer,
    message::{MAX_HEARD, RelayMessage},
    *,
};
use crate::outbox::Outbox;

const ROOM: RoomName = RoomName::from_bytes([1; 32]);
const SIBLING: RelayId = RelayId(7);

struct Stage {
    backplane: Arc<Backplane>,
    room: Arc<Room>,
    outbox: Arc<Outbox>,
}

fn id(number: u64) -> ConnectionId {
    ConnectionId::new(number).unwrap()
}

/// A room with one member here, number 1.
fn stage() -> Stage {
    let limits = Limits {
        max_members: 4,
        max_frame_bytes: 108,
        ..Limits::default()
    };
    let backplane = Backplane::new(&BackplaneSettings::default(), &limits);
    let room = backplane.room(ROOM);
    let outbox = Arc::new(Outbox::new(&limits));
    room.join(id(1), &outbox, &limits).unwrap();
    Stage {
        backplane,
        room,
        outbox,
    }
}

impl Stage {
    fn hear(&self, sequence: u64, message: &RoomMessage<'_>) {
        let header = Header {
            relay: SIBLING,
            sequence,
            previous: 0,
        };
        self.backplane.hear_room(&self.room, &message.encode(header));
    }

    fn hear_alive(&self, sequence: u64, is_hello: bool, heard: Vec<(RelayId, u64)>) -> Answer {
        let header = Header {
            relay: SIBLING,
            sequence,
            previous: 0,
        };
        let bytes = RelayMessage::Alive { is_hello, heard }.encode(header);
        self.backplane.hear_relay(&bytes, Instant::now())
    }

    /// What the member here was handed after its Welcome.
    async fn told(&self) -> Vec<Bytes> {
        let mut batch = VecDeque::new();
        self.outbox.take(&mut batch).await;
        batch.into_iter().skip(1).collect()
    }
}

fn frame(source: u64, payload: &[u8]) -> RoomMessage<'_> {
    RoomMessage::Frame {
        source: id(source),
        destination: Destination::EverybodyElse,
        payload,
    }
}

fn joined(number: u64) -> Bytes {
    websocket::control_message(Control::Joined(id(number)))
}

#[tokio::test]
async fn a_member_of_a_sibling_is_told_before_its_first_frame_even_if_its_joining_was_lost() {
    let stage = stage();
    stage.hear(1, &frame(9, b"hi"));
    stage.hear(2, &RoomMessage::Left(id(9)));
    let expected = [
        joined(9),
        websocket::peer_message(id(9), b"hi"),
        websocket::control_message(Control::Left(id(9))),
    ];
    assert_eq!(stage.told().await, expected);
}

#[tokio::test]
async fn what_was_heard_before_is_thrown_away_and_counted() {
    let stage = stage();
    stage.hear(2, &frame(9, b"two"));
    stage.hear(2, &frame(9, b"two"));
    stage.hear(1, &frame(9, b"one"));
    assert_eq!(stage.told().await.len(), 2);
    assert_eq!(stage.backplane.counts().stale, 2);
}

#[tokio::test]
async fn a_sibling_cannot_speak_for_a_member_here_nor_have_more_members_than_a_room() {
    let stage = stage();
    stage.hear(1, &frame(1, b"as if from here"));
    for number in 11..20 {
        stage.hear(number, &RoomMessage::Joined(id(number)));
    }
    assert_eq!(
        stage.told().await,
        [joined(11), joined(12), joined(13), joined(14)]
    );
    assert_eq!(stage.backplane.counts().refused, 1 + 5);
}

#[tokio::test]
async fn garbage_is_counted_and_changes_nothing() {
    let stage = stage();
    for garbage in [&b""[..], b"\x01", &[2; 40], &[0xff; 500]] {
        stage.backplane.hear_room(&stage.room, garbage);
        let answer = stage.backplane.hear_relay(garbage, Instant::now());
        assert_eq!(answer, Answer::Nothing);
    }
    stage.hear(1, &frame(9, &[0; 101]));
    assert_eq!(stage.backplane.counts().malformed, 9);
    stage.hear(2, &frame(9, b"good"));
    assert_eq!(stage.told().await.len(), 2);
}

#[test]
fn a_relay_without_siblings_queues_nothing() {
    let stage = stage();
    assert!(
        !stage
            .room
            .send_to_siblings(id(1), Destination::EverybodyElse, b"x")
    );
    assert!(stage.backplane.take(10).is_empty());
}

#[test]
fn a_sibling_that_says_hello_is_answered_with_rosters_and_what_it_missed() {
    let stage = stage();
    assert_eq!(stage.hear_alive(0, true, Vec::new()), Answer::Heartbeat);
    assert_eq!(stage.backplane.take(10).len(), 1, "the roster");
    for _ in 0..3 {
        assert!(
            stage
                .room
                .send_to_siblings(id(1), Destination::EverybodyElse, b"x")
        );
    }
    assert_eq!(stage.backplane.take(10).len(), 3);
    let heard = vec![(stage.backplane.relay, 2)];
    assert_eq!(stage.hear_alive(0, true, heard), Answer::Heartbeat);
    let again: Vec<_> = stage
        .backplane
        .take(2)
        .iter()
        .map(|message| message.sequence)
        .collect();
    assert_eq!(again, [3, 4]);
    assert_eq!(stage.backplane.take(10).len(), 1, "the roster again");
}

#[test]
fn a_flood_of_relays_that_are_none_is_bounded() {
    let stage = stage();
    for relay in 0..1_000 {
        let header = Header {
            relay: RelayId(relay),
            sequence: 1,
            previous: 0,
        };
        let bytes = RelayMessage::Alive {
            is_hello: false,
            heard: Vec::new(),
        };
        stage.backplane.hear_relay(&bytes.encode(header), Instant::now());
    }
    assert_eq!(stage.backplane.counts().refused, 1_000 - MAX_HEARD as u64);
}

#[test]
fn a_room_is_closed_on_the_backplane_with_its_last_holder() {
    let Stage { backplane, room, .. } = stage();
    assert_eq!(lock(&backplane.rooms).len(), 1);
    drop(room);
    assert!(lock(&backplane.rooms).is_empty());
}
