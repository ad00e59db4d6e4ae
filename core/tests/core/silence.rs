//! Voters that go away without a word: finality goes on without them after a while, where that is safe, and with them as soon as they are back.

use ting_core::{
    consensus::stake::{attendance::Absence, outlook::Outlook},
    ledger::genesis::Rules,
};

use crate::hall::Room;

const MINUTE_MS: u64 = 60_000;

/// The default rule's times, in milliseconds.
fn silence_and_forgetting_ms() -> (u64, u64) {
    let rule = Rules::default().absence.unwrap();
    (rule.silence_slots * 1_000, rule.forget_slots * 1_000)
}

fn final_height(room: &Room, peer: usize) -> u64 {
    room.network(peer).chain().final_height()
}

/// What a peer's page says of finality.
fn outlook(room: &Room, peer: usize) -> Outlook {
    room.peer(peer).network_view(room.now()).outlook.unwrap()
}

/// How long, in milliseconds and at most `limit_ms`, until something new is final for this peer; its user speaks all the time.
fn until_final(room: &mut Room, peer: usize, limit_ms: u64) -> Option<u64> {
    let (begins_ms, before) = (room.now().0, final_height(room, peer));
    while room.now().0 - begins_ms < limit_ms {
        room.post(peer, "still here");
        room.run(2_000);
        if final_height(room, peer) > before {
            return Some(room.now().0 - begins_ms);
        }
    }
    None
}

#[test]
fn one_of_three_may_vanish_and_finality_does_not_even_wait() {
    let mut room = Room::of(3);
    room.stop(2);
    assert!(until_final(&mut room, 0, 20_000).is_some(), "{}", room.line());
}

#[test]
fn of_four_two_crash_and_the_others_make_things_final_again_after_the_time_of_silence() {
    let (silence_ms, _) = silence_and_forgetting_ms();
    let mut room = Room::of(4);
    room.stop(2);
    room.stop(3);
    room.run(10_000);
    assert_eq!(until_final(&mut room, 0, silence_ms / 2), None, "{}", room.line());
    let Outlook::AfterSilence { slots } = outlook(&room, 0) else {
        panic!("{:?}", outlook(&room, 0));
    };
    assert!((1..=silence_ms / 2_000).contains(&slots), "{slots}");
    let waited_ms = until_final(&mut room, 0, 2 * silence_ms);
    assert!(waited_ms.is_some(), "{}", room.line());
    // From now on nobody waits for them.
    assert_eq!(outlook(&room, 0), Outlook::GoesOn);
    assert!(until_final(&mut room, 1, 20_000).is_some(), "{}", room.line());
    // Who comes back counts again: without the other two nothing would be final, and with them it is.
    room.boot(2);
    room.run(20_000);
    let present = room.network(0).head().unwrap();
    let rule = present.summary().quorum_rule();
    let away = |peer| {
        let identity = crate::hall::identity(peer);
        let seat = rule
            .seat_of(&identity.address(), &identity.signing_public())
            .unwrap();
        rule.absence_of(&seat)
    };
    assert_eq!((away(0), away(1), away(2)), (None, None, None));
    assert_eq!(away(3), Some(Absence::Silent));
}

#[test]
fn whoever_holds_less_than_half_waits_until_the_others_are_forgotten() {
    let (silence_ms, forget_ms) = silence_and_forgetting_ms();
    let mut room = Room::of(3);
    room.stop(1);
    room.stop(2);
    assert_eq!(until_final(&mut room, 0, 4 * silence_ms), None, "{}", room.line());
    assert!(
        matches!(outlook(&room, 0), Outlook::AfterForgetting { .. }),
        "{:?}",
        outlook(&room, 0)
    );
    assert!(
        until_final(&mut room, 0, forget_ms + 5 * MINUTE_MS).is_some(),
        "{}",
        room.line()
    );
}

#[test]
fn of_two_halves_that_do_not_hear_each_other_only_that_of_the_senior_goes_on_and_both_agree_once_they_meet() {
    let (silence_ms, _) = silence_and_forgetting_ms();
    let mut room = Room::of(4);
    let before = room.lowest_final();
    room.part(&[2, 3]);
    for _ in 0..5 * silence_ms / 10_000 {
        room.post(0, "here");
        room.post(2, "and here");
        room.run(10_000);
    }
    let finals = [0, 1, 2, 3].map(|peer| final_height(&room, peer) > before + 5);
    assert_ne!(finals[0], finals[2], "{}", room.line());
    assert_eq!((finals[0], finals[2]), (finals[1], finals[3]), "{}", room.line());
    let most = (0..4).map(|peer| final_height(&room, peer)).max().unwrap();
    room.join_up();
    assert!(
        room.until(2 * MINUTE_MS, |room| room.lowest_final() > most),
        "{}",
        room.line()
    );
    let hashes = [0, 1, 2, 3].map(|peer| room.network(peer).chain().hash_at(most));
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
}
