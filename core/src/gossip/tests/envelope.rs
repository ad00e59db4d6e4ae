use std::collections::BTreeSet;

use super::*;
use crate::{
    crypto::{
        seal::{MAX_SEALED, RoomSecret, SealError},
        seed::Seed,
    },
    gossip::{
        envelope::{OpenError, RoomCodec},
        message::{Get, Message, RequestId},
    },
};

fn codec(room: u8, seed: u8) -> RoomCodec {
    RoomCodec::new(&RoomSecret::new([room; 32]), &Seed::new([seed; 32]))
}

fn message() -> Message {
    Message::Get {
        to: 1,
        request_id: RequestId(1),
        what: Get::Mempool,
    }
}

#[test]
fn members_of_a_room_read_each_other_and_nobody_else_does() {
    let frame = codec(1, 1).seal(&message()).unwrap();
    assert_eq!(codec(1, 2).open(&frame).unwrap().message, message());
    assert_eq!(codec(2, 2).open(&frame), Err(OpenError::Seal(SealError::Forged)));
}

#[test]
fn one_content_has_one_identity_in_whatever_frame() {
    let mut sender = codec(1, 1);
    let frames = [sender.seal(&message()).unwrap(), sender.seal(&message()).unwrap()];
    assert_ne!(frames[0], frames[1]);
    let [first, second] = frames.map(|frame| codec(1, 2).unseal(&frame).unwrap());
    assert_eq!(first.content(), second.content());
    assert_eq!(first.decode(), Ok(message()));
}

#[test]
fn no_nonce_repeats_within_or_across_sessions() {
    let nonces: Vec<Vec<u8>> = [1, 2]
        .into_iter()
        .flat_map(|seed| {
            let mut codec = codec(1, seed);
            (0..100)
                .map(move |_| codec.seal(&message()).unwrap()[..24].to_vec())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(nonces.iter().collect::<BTreeSet<_>>().len(), nonces.len());
}

#[test]
fn what_a_member_seals_that_is_no_message_is_refused() {
    let secret = RoomSecret::new([1; 32]);
    let frame = secret.room_key().seal([0; 24], &[200, 1, 2]).unwrap();
    assert!(matches!(codec(1, 1).open(&frame), Err(OpenError::Decode(_))));
}

#[test]
fn a_message_that_fits_no_frame_is_refused_to_its_sender() {
    let large = vec![post(1, 1, vec![1; 4_000]); 100];
    let sealed = codec(1, 1).seal(&Message::Transactions(large.try_into().unwrap()));
    assert!(matches!(sealed, Err(SealError::TooLong { .. })));
}

#[test]
fn frames_have_the_sizes_of_sealing() {
    let frame = codec(1, 1).seal(&Message::Hello(Box::new(hello()))).unwrap();
    assert!(frame.len().is_power_of_two() && frame.len() <= MAX_SEALED);
}
