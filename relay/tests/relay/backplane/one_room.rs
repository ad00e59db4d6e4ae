//! A room over two relays behaves as one.

use ting_frame::{CloseReason, Control, Destination};
use ting_relay::Limits;

use crate::{
    backplane::cluster::{Nats, config, hear_control, relay},
    posted::{hear_passer_by, post},
    support::{Heard, ROOM, TestRelay},
};

const OTHER_ROOM: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_on_an_empty_relay_is_welcomed_with_the_members_of_the_others() {
    let nats = Nats::start().await;
    let (left, right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let mut a = left.join().await;
    let mut b = left.join().await;
    let c = right.join().await;
    assert_eq!(c.welcome.member_count, 3);
    let mut others = vec![a.id(), b.id()];
    others.sort_unstable();
    assert_eq!(c.welcome.other_ids(), others);
    hear_control(&mut a, Control::Joined(c.id())).await;
    hear_control(&mut b, Control::Joined(c.id())).await;
    let stranger = right.join_room(OTHER_ROOM).await;
    assert_eq!(stranger.welcome.member_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_reach_everybody_or_the_one_wherever_they_are() {
    let nats = Nats::start().await;
    let (left, right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let (mut a, mut b, mut c) = (left.join().await, right.join().await, right.join().await);
    hear_control(&mut a, Control::Joined(c.id())).await;
    a.send_to_all(b"all").await;
    a.send(Destination::One(c.id()), b"for c").await;
    a.send_to_all(b"all again").await;
    for payload in [&b"all"[..], b"all again"] {
        assert_eq!(b.hear_payload().await, (a.id(), payload.to_vec()));
    }
    for payload in [&b"all"[..], b"for c", b"all again"] {
        assert_eq!(c.hear_payload().await, (a.id(), payload.to_vec()));
    }
    b.send(Destination::One(a.id()), b"back").await;
    assert_eq!(a.hear_payload().await, (b.id(), b"back".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_told_on_the_other_relay_and_a_stopping_relay_says_who_leaves() {
    let nats = Nats::start().await;
    let (left, mut right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let mut a = left.join().await;
    let (b, c) = (right.join().await, right.join().await);
    let (b_id, c_id) = (b.id(), c.id());
    assert_eq!(a.hear().await, Heard::Control(Control::Joined(b_id)));
    assert_eq!(a.hear().await, Heard::Control(Control::Joined(c_id)));
    drop(b);
    assert_eq!(a.hear().await, Heard::Control(Control::Left(b_id)));
    right.stop();
    assert_eq!(a.hear().await, Heard::Control(Control::Left(c_id)));
    drop(c);
    right.stopped().await;
    assert_eq!(left.join().await.welcome.other_ids(), [a.id()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_members_counts_both_relays() {
    let nats = Nats::start().await;
    let limits = Limits {
        max_members: 3,
        ..Limits::default()
    };
    let left = TestRelay::start(config(&nats.url(), limits.clone())).await;
    let right = TestRelay::start(config(&nats.url(), limits)).await;
    let (_a, _b, c) = (left.join().await, left.join().await, right.join().await);
    assert_eq!(c.welcome.member_count, 3);
    let mut refused = right.connect(ROOM, None).await.unwrap();
    assert_eq!(
        crate::support::close_reason(&mut refused).await,
        Some(CloseReason::RoomFull)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_one_source_keep_their_order_over_relays() {
    // Fewer than may wait for one room, whatever else the machine does.
    const FRAMES: u32 = 4_000;
    let nats = Nats::start().await;
    let (left, right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let (mut a, mut b) = (left.join().await, right.join().await);
    let b_id = b.id();
    hear_control(&mut a, Control::Joined(b_id)).await;
    let sending = async {
        for number in 0..FRAMES {
            let destination = match number % 2 {
                0 => Destination::EverybodyElse,
                _ => Destination::One(b_id),
            };
            a.send(destination, &number.to_le_bytes()).await;
        }
    };
    let hearing = async {
        for number in 0..FRAMES {
            assert_eq!(b.hear_payload().await.1, u32::to_le_bytes(number));
        }
    };
    tokio::join!(sending, hearing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_by_post_is_heard_on_every_relay_by_whichever_it_comes() {
    let nats = Nats::start().await;
    let (left, right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let (mut a, mut b) = (left.join().await, right.join().await);
    hear_control(&mut a, Control::Joined(b.id())).await;
    assert_eq!(post(left.address, ROOM, "", b"goodbye").await.status(), 204);
    let (id, payload) = hear_passer_by(&mut a).await;
    assert_eq!(hear_passer_by(&mut b).await, (id, payload));
    // Who it is for may all be on other relays: its own member left with it.
    let a_id = a.id();
    drop(a);
    hear_control(&mut b, Control::Left(a_id)).await;
    assert_eq!(post(left.address, ROOM, "", b"me too").await.status(), 204);
    assert_eq!(hear_passer_by(&mut b).await.1, b"me too");
    assert_eq!(
        post(left.address, OTHER_ROOM, "", b"anybody?").await.status(),
        404
    );
    let late = right.join().await;
    assert_eq!(late.welcome.other_ids(), [b.id()], "nobody stays behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_with_different_names_share_a_nats_and_nothing_else() {
    let nats = Nats::start().await;
    let left = relay(&nats.url()).await;
    let mut other = config(&nats.url(), Limits::default());
    other.backplane.backplane_cluster = "other".to_owned();
    let right = TestRelay::start(other).await;
    let _a = left.join().await;
    assert_eq!(right.join().await.welcome.member_count, 1);
}
