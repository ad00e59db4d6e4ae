//! What members of a room hear of each other.

use ting_frame::{CloseReason, ConnectionId, Control, Destination};
use ting_relay::{Config, Limits};

use crate::support::{Heard, TestRelay, soon};

const OTHER_ROOM: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

#[tokio::test]
async fn a_frame_reaches_everybody_else_but_not_its_sender() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b, mut c) = (relay.join().await, relay.join().await, relay.join().await);
    a.send_to_all(b"one").await;
    assert_eq!(b.hear_payload().await, (a.id(), b"one".to_vec()));
    assert_eq!(c.hear_payload().await, (a.id(), b"one".to_vec()));
    b.send_to_all(b"two").await;
    assert_eq!(
        a.hear_payload().await,
        (b.id(), b"two".to_vec()),
        "a hears b before anything of its own"
    );
}

#[tokio::test]
async fn a_frame_for_one_member_reaches_that_member_only() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b, mut c) = (relay.join().await, relay.join().await, relay.join().await);
    a.send(Destination::One(c.id()), b"for c").await;
    a.send_to_all(b"for all").await;
    assert_eq!(c.hear_payload().await, (a.id(), b"for c".to_vec()));
    assert_eq!(b.hear_payload().await, (a.id(), b"for all".to_vec()));
}

#[tokio::test]
async fn a_frame_for_nobody_is_dropped_and_hurts_nobody() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let stranger = relay.join_room(OTHER_ROOM).await;
    let unknown = ConnectionId::new(u64::MAX).unwrap();
    a.send(Destination::One(unknown), b"nobody").await;
    a.send(Destination::One(stranger.id()), b"not in this room").await;
    a.send_to_all(b"all").await;
    assert_eq!(b.hear_payload().await, (a.id(), b"all".to_vec()));
}

#[tokio::test]
async fn rooms_do_not_hear_each_other() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let (mut x, mut y) = (
        relay.join_room(OTHER_ROOM).await,
        relay.join_room(OTHER_ROOM).await,
    );
    a.send_to_all(b"here").await;
    x.send_to_all(b"there").await;
    assert_eq!(b.hear_payload().await, (a.id(), b"here".to_vec()));
    assert_eq!(y.hear_payload().await, (x.id(), b"there".to_vec()));
}

#[tokio::test]
async fn joins_and_leaves_are_told_as_single_ids() {
    let relay = TestRelay::start(Config::default()).await;
    let mut a = relay.join().await;
    assert_eq!((a.welcome.member_count, a.welcome.other_ids()), (1, &[][..]));
    let b = relay.join().await;
    assert_eq!(
        (b.welcome.member_count, b.welcome.other_ids()),
        (2, &[a.id()][..])
    );
    assert_eq!(a.hear().await, Heard::Control(Control::Joined(b.id())));
    let b_id = b.id();
    drop(b);
    assert_eq!(a.hear().await, Heard::Control(Control::Left(b_id)));
    let c = relay.join().await;
    assert_eq!(c.welcome.other_ids(), &[a.id()][..]);
    assert_ne!(c.id(), b_id, "ids are never reused");
}

#[tokio::test]
async fn a_goodbye_is_answered_and_told() {
    let relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    b.socket.close(None).await.unwrap();
    assert_eq!(b.hear().await, Heard::Closed(None));
    assert_eq!(a.hear().await, Heard::Control(Control::Joined(b.id())));
    assert_eq!(a.hear().await, Heard::Control(Control::Left(b.id())));
}

#[tokio::test]
async fn welcome_publishes_the_limits() {
    let limits = Limits {
        frames_per_s: 7,
        max_members: 9,
        ..Limits::default()
    };
    let a = TestRelay::with_limits(limits).await.join().await;
    assert_eq!(
        (a.welcome.limits.frames_per_s, a.welcome.limits.max_members),
        (7, 9)
    );
    assert_eq!(a.welcome.limits.max_frame_bytes, 256 * 1024 + 8);
}

#[tokio::test]
async fn frames_of_one_source_keep_their_order() {
    let limits = Limits {
        burst_frames: 5_000,
        ..Limits::default()
    };
    let relay = TestRelay::with_limits(limits).await;
    let (mut a, mut b) = (relay.join().await, relay.join().await);
    let sending = async {
        for number in 0..2_000_u32 {
            a.send_to_all(&number.to_le_bytes()).await;
        }
    };
    let hearing = async {
        for number in 0..2_000_u32 {
            assert_eq!(b.hear_payload().await.1, number.to_le_bytes());
        }
    };
    tokio::join!(sending, hearing);
}

#[tokio::test]
async fn draining_tells_everybody_closes_everybody_and_ends() {
    let mut relay = TestRelay::start(Config::default()).await;
    let (mut a, mut b) = (relay.join().await, relay.join_room(OTHER_ROOM).await);
    relay.stop();
    for client in [&mut a, &mut b] {
        let Heard::Control(Control::Notice(notice)) = client.hear().await else {
            panic!("no notice")
        };
        assert_eq!(notice.text(), CloseReason::Draining.sentence());
        assert_eq!(client.hear().await, Heard::Closed(Some(CloseReason::Draining)));
    }
    drop((a, b));
    soon(relay.stopped()).await;
}

#[tokio::test]
async fn draining_ends_within_its_deadline_though_a_client_never_hangs_up() {
    let config = Config {
        drain_deadline_ms: 50,
        ..Config::default()
    };
    let mut relay = TestRelay::start(config).await;
    let silent = relay.join().await;
    relay.stop();
    relay.stopped().await;
    drop(silent);
}
