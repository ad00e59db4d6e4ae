//! A sibling that says anything at all.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use ting_frame::{Control, Destination};

use crate::{
    backplane::cluster::{Nats, hear_control, relay},
    support::{Heard, ROOM, soon},
};

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_twisted_copies_hurt_nobody_and_no_name_of_a_room_is_on_the_wire() {
    let nats = Nats::start().await;
    let hostile = async_nats::connect(nats.url()).await.unwrap();
    let mut wire = hostile.subscribe("ting.>").await.unwrap();
    hostile.flush().await.unwrap();
    let (left, right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let (mut a, mut b) = (left.join().await, right.join().await);
    hear_control(&mut a, Control::Joined(b.id())).await;
    a.send(Destination::One(b.id()), b"sealed").await;
    assert_eq!(b.hear_payload().await.1, b"sealed");
    let mut seen = Vec::new();
    soon(async {
        while !seen
            .iter()
            .any(|(_, payload): &(Arc<str>, Bytes)| payload.ends_with(b"sealed"))
        {
            let message = wire.next().await.unwrap();
            seen.push((Arc::from(message.subject.as_str()), message.payload));
        }
    })
    .await;
    for (subject, payload) in &seen {
        assert!(!subject.contains(&ROOM[..16]), "{subject}");
        for length in 0..payload.len() {
            hostile
                .publish(subject.to_string(), payload.slice(..length))
                .await
                .unwrap();
        }
        // Another relay, which claims the members of these two for itself.
        let mut twisted = payload.to_vec();
        twisted[2] ^= 0xff;
        hostile
            .publish(subject.to_string(), twisted.into())
            .await
            .unwrap();
        let large = Bytes::from(vec![1; 900_000]);
        hostile.publish(subject.to_string(), large).await.unwrap();
    }
    hostile.flush().await.unwrap();
    b.send_to_all(b"still here").await;
    loop {
        match a.hear().await {
            Heard::Peer(source, payload) => {
                assert_eq!((source, payload), (b.id(), b"still here".to_vec()));
                break;
            }
            Heard::Control(control) => assert_ne!(control, Control::Left(b.id())),
            Heard::Closed(reason) => panic!("closed by {reason:?}"),
        }
    }
    a.send_to_all(b"and here").await;
    assert_eq!(b.hear_payload().await, (a.id(), b"and here".to_vec()));
}
