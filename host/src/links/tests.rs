//! Links against a relay that a test plays.

use ting_core::{
    crypto::seed::Seed,
    peer::io::{ConnectionId, Input, LinkId, To},
};
use ting_frame::{CloseReason, Control, Notice, NoticeKind, RelayFrame, RoomName};

use super::Links;
use crate::{
    chance::Chance,
    farewell::{Farewell, NoKeeper},
    journal::Journal,
    socket::{SocketEvent, SocketId, SocketNews},
    status::{LinkFault, RelayState},
    storage::MemoryLog,
    testing::{OWN_ID, RELAY, Wire, message, ready, welcome},
};

const LINK: LinkId = LinkId(0);

fn links(wire: &Wire) -> Links<Wire> {
    let room = RoomName::from_bytes([1; 32]);
    Links::new(wire.clone(), room, Chance::new(Seed::new([1; 32])))
}

/// One link that was welcomed at the beginning of time.
fn up(wire: &Wire) -> Links<Wire> {
    let mut links = links(wire);
    links.set_addresses(&[RELAY.to_owned()]);
    assert!(links.tick(0).is_empty());
    let input = links.on_event(welcome(wire.newest()), 0);
    assert!(matches!(
        input,
        Some(Input::LinkUp {
            link: LINK,
            own: ConnectionId(OWN_ID),
            others: 0
        })
    ));
    links
}

fn id(number: u64) -> ting_frame::ConnectionId {
    ting_frame::ConnectionId::new(number).unwrap()
}

fn closed(socket: SocketId, code: u16) -> SocketEvent {
    let news = SocketNews::Closed { code };
    SocketEvent { socket, news }
}

fn fault(links: &Links<Wire>) -> Option<LinkFault> {
    match links.statuses().pop()?.state {
        RelayState::Down { fault, .. } => Some(fault),
        RelayState::Connecting | RelayState::Up { .. } => None,
    }
}

#[test]
fn what_a_relay_says_becomes_inputs() {
    let wire = Wire::default();
    let mut links = up(&wire);
    let socket = wire.newest();
    assert_eq!(
        wire.0.borrow().dialled[0].0,
        format!("{RELAY}/room/{}", "01".repeat(32))
    );
    let mut hear = |frame: RelayFrame<'_>| links.on_event(message(socket, &frame), 10);
    let joined = hear(RelayFrame::Control(Control::Joined(id(9))));
    assert!(matches!(
        joined,
        Some(Input::Joined {
            link: LINK,
            connection: ConnectionId(9)
        })
    ));
    let left = hear(RelayFrame::Control(Control::Left(id(9))));
    assert!(matches!(
        left,
        Some(Input::Left {
            link: LINK,
            connection: ConnectionId(9)
        })
    ));
    let frame = hear(RelayFrame::Peer {
        source: id(9),
        payload: b"sealed",
    });
    assert!(
        matches!(frame, Some(Input::Frame { link: LINK, from: ConnectionId(9), bytes }) if bytes == b"sealed")
    );
}

#[test]
fn own_frames_garbage_and_notices_are_nothing_to_the_peer() {
    let wire = Wire::default();
    let mut links = up(&wire);
    let socket = wire.newest();
    let own = RelayFrame::Peer {
        source: id(OWN_ID),
        payload: b"probe",
    };
    let notice = Notice::new(NoticeKind::Draining, "back in a minute").unwrap();
    let notice = RelayFrame::Control(Control::Notice(notice));
    let garbage = SocketEvent {
        socket,
        news: SocketNews::Message(vec![0; 3]),
    };
    for event in [
        message(socket, &own),
        message(socket, &notice),
        garbage,
        welcome(socket),
    ] {
        assert!(links.on_event(event, 10).is_none());
    }
    let state = links.statuses().pop().unwrap().state;
    assert!(matches!(state, RelayState::Up { notice, .. } if notice == "back in a minute"));
}

#[test]
fn a_link_that_hears_nothing_asks_and_is_dead_without_an_answer() {
    let wire = Wire::default();
    let mut links = up(&wire);
    assert_eq!(links.next_deadline_ms(0), Some(5_000));
    assert!(links.tick(4_999).is_empty() && wire.0.borrow().sent.is_empty());
    assert!(links.tick(60_000).is_empty(), "a host that slept asks first");
    assert_eq!(wire.0.borrow().sent.len(), 1);
    assert!(links.tick(63_999).is_empty());
    assert!(matches!(links.tick(64_000)[..], [Input::LinkDown { link: LINK }]));
    assert_eq!(fault(&links), Some(LinkFault::Dead));
    assert_eq!(wire.0.borrow().closed, [wire.newest()]);
}

#[test]
fn an_answer_of_any_kind_keeps_a_link_alive() {
    let wire = Wire::default();
    let mut links = up(&wire);
    links.tick(5_000);
    let own = RelayFrame::Peer {
        source: id(OWN_ID),
        payload: b"probe",
    };
    links.on_event(message(wire.newest(), &own), 5_100);
    assert!(links.tick(10_000).is_empty());
    assert_eq!(links.next_deadline_ms(10_000), Some(10_100));
}

#[test]
fn a_link_that_breaks_says_why_and_connects_again_after_its_pause() {
    let wire = Wire::default();
    let mut links = up(&wire);
    let first = wire.newest();
    let down = links.on_event(closed(first, CloseReason::Draining.code()), 100);
    assert!(matches!(down, Some(Input::LinkDown { link: LINK })));
    assert_eq!(fault(&links), Some(LinkFault::Closed(CloseReason::Draining)));
    let at_ms = links.next_deadline_ms(100).unwrap();
    assert!((600..=1_100).contains(&at_ms), "{at_ms}");
    links.tick(at_ms - 1);
    assert_eq!(wire.newest(), first);
    links.tick(at_ms);
    assert_ne!(wire.newest(), first);
    assert!(
        links.on_event(welcome(first), at_ms).is_none(),
        "it is not the present socket"
    );
    assert!(links.on_event(closed(wire.newest(), 1006), at_ms).is_none());
    assert_eq!(fault(&links), Some(LinkFault::Unreachable));
    let past = links.statuses().pop().unwrap().last_fault.unwrap();
    assert_eq!(
        past.fault,
        LinkFault::Closed(CloseReason::Draining),
        "the retry says less"
    );
}

#[test]
fn a_relay_that_is_silent_or_refused_is_given_up_for_a_while() {
    let wire = Wire::default();
    let mut links = links(&wire);
    links.set_addresses(&[RELAY.to_owned()]);
    links.tick(0);
    assert_eq!(links.next_deadline_ms(0), Some(10_000));
    assert!(links.tick(10_000).is_empty());
    assert_eq!(fault(&links), Some(LinkFault::NoWelcome));
    wire.0.borrow_mut().is_refusing = true;
    links.tick(40_000);
    assert_eq!(
        fault(&links),
        Some(LinkFault::Refused("no such scheme".to_owned()))
    );
}

#[test]
fn links_to_relays_that_stay_are_kept_and_the_others_go_down() {
    let wire = Wire::default();
    let mut links = up(&wire);
    let addresses = ["ws://other/", " ws://relay ", "", "ws://other"].map(str::to_owned);
    assert!(links.set_addresses(&addresses).is_empty());
    links.tick(1);
    assert_eq!(wire.0.borrow().dialled.len(), 2);
    let down = links.set_addresses(&["ws://other".to_owned()]);
    assert!(matches!(down[..], [Input::LinkDown { link: LINK }]));
    let many: Vec<String> = (0..9).map(|number| format!("ws://{number}")).collect();
    links.set_addresses(&many);
    assert_eq!(links.statuses().len(), super::MAX_RELAYS);
}

#[test]
fn frames_wait_while_the_platform_has_enough_to_send() {
    let wire = Wire::default();
    let mut links = up(&wire);
    let (mut journal, _) = ready(Journal::open(MemoryLog::default(), &[], [0; 32])).unwrap();
    wire.0.borrow_mut().buffered_bytes = 1024 * 1024;
    let mut farewell = Farewell::new(NoKeeper);
    let proof = ready(farewell.settle(ready(journal.flush()).unwrap())).unwrap();
    links.send(proof, LINK, To::All, b"sealed", 10);
    links.send(proof, LINK, To::One(ConnectionId(9)), b"sealed", 10);
    links.send(proof, LinkId(3), To::All, b"to no link", 10);
    assert_eq!(wire.sent_to_others(), 0);
    assert_eq!(links.next_deadline_ms(10), Some(60));
    wire.0.borrow_mut().buffered_bytes = 0;
    links.tick(60);
    assert_eq!(wire.sent_to_others(), 2);
}
