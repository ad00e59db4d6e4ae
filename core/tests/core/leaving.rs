//! Voters that leave politely and come back: whoever stays keeps finality, and who returns counts again.

use ting_core::{
    chain::statement::{Life, Statement, Step},
    consensus::stake::rests::RestState,
    gossip::message::Message,
};

use crate::hall::{Room, identity};

/// A message is final after so long at most, in milliseconds, if finality goes on: two voters may draw no ticket for some slots. Silence takes a minute.
const AT_ONCE_MS: u64 = 20_000;

/// How long it takes until what this peer's user says now is final for it, in milliseconds; none if that takes too long.
fn until_said(room: &mut Room, peer: usize, limit_ms: u64) -> Option<u64> {
    let begins_ms = room.now().0;
    let text = format!("said at {begins_ms}");
    room.post(peer, &text);
    let is_final = |room: &Room| {
        let chain = room.network(peer).chain();
        let is_it = |action: &[u8]| action.windows(text.len()).any(|window| window == text.as_bytes());
        let height = chain.blocks().find_map(|block| {
            let bodies = block.transactions.iter().map(borsh::to_vec);
            bodies
                .map(Result::unwrap)
                .any(|bytes| is_it(&bytes))
                .then_some(block.header.content.height)
        });
        height.is_some_and(|height| height <= chain.final_height())
    };
    let steps = limit_ms / 250;
    for _ in 0..steps {
        if is_final(room) {
            return Some(room.now().0 - begins_ms);
        }
        room.run(250);
    }
    None
}

fn rest_of(room: &Room, seen_by: usize, peer: usize) -> Option<RestState> {
    let identity = identity(peer);
    let rests = room.network(seen_by).head_state().unwrap().stake().rests();
    rests.state_of(&identity.address(), &identity.signing_public())
}

fn life_of(room: &Room, seen_by: usize, peer: usize) -> Life {
    let rests = room.network(seen_by).head_state().unwrap().stake().rests();
    rests.life_of(&identity(peer).address())
}

/// Lets time pass until nobody rests or returns, as this peer sees it.
fn until_all_count(room: &mut Room, seen_by: usize) {
    let voters: Vec<usize> = (0..room.size()).collect();
    let all_count = |room: &Room| {
        let rests = room.network(seen_by).head_state().unwrap().stake().rests();
        let is_awake = |peer: &usize| rest_of(room, seen_by, *peer).is_none();
        !rests.has_returns() && voters.iter().all(is_awake)
    };
    assert!(room.until(30_000, all_count), "{}", room.line());
}

#[test]
fn of_two_either_closes_and_what_the_other_says_is_final_at_once() {
    for (leaver, stayer) in [(0, 1), (1, 0)] {
        let mut room = Room::of(2);
        room.close(leaver);
        let said = until_said(&mut room, stayer, AT_ONCE_MS);
        assert!(said.is_some(), "{leaver} left: {}", room.line());
        assert_eq!(rest_of(&room, stayer, leaver), Some(RestState::Resting));
    }
}

#[test]
fn of_four_three_close_one_after_the_other_or_all_at_once_and_the_last_one_goes_on() {
    for pause_ms in [4_000, 0] {
        let mut room = Room::of(4);
        for leaver in [0, 1, 3] {
            room.close(leaver);
            room.run(pause_ms);
        }
        let said = until_said(&mut room, 2, AT_ONCE_MS);
        assert!(said.is_some(), "{pause_ms}: {}", room.line());
    }
}

#[test]
fn who_comes_back_counts_again_in_a_life_of_its_own() {
    let mut room = Room::of(2);
    room.close(0);
    room.run(20_000);
    room.boot(0);
    until_all_count(&mut room, 1);
    assert_eq!((life_of(&room, 1, 0), life_of(&room, 0, 0)), (Life(1), Life(1)));
    // The other may go now, which is not so while it is the only one who counts.
    room.close(1);
    assert!(until_said(&mut room, 0, AT_ONCE_MS).is_some(), "{}", room.line());
    assert_eq!(rest_of(&room, 0, 1), Some(RestState::Resting));
}

#[test]
fn while_somebody_returns_the_others_keep_finality() {
    let mut room = Room::of(3);
    for _ in 0..3 {
        room.close(0);
        room.run(700);
        room.boot(0);
        assert!(until_said(&mut room, 1, AT_ONCE_MS).is_some(), "{}", room.line());
    }
    until_all_count(&mut room, 1);
    assert!(until_said(&mut room, 0, AT_ONCE_MS).is_some(), "{}", room.line());
}

#[test]
fn a_voter_that_closes_again_before_it_is_back_leaves_as_well() {
    let mut room = Room::of(2);
    room.close(0);
    room.run(3_000);
    room.boot(0);
    let is_waking = |room: &Room| rest_of(room, 1, 0) == Some(RestState::Waking);
    assert!(room.until(10_000, is_waking), "{}", room.line());
    room.close(0);
    assert!(until_said(&mut room, 1, AT_ONCE_MS).is_some(), "{}", room.line());
    assert!(until_said(&mut room, 1, AT_ONCE_MS).is_some(), "{}", room.line());
    room.boot(0);
    until_all_count(&mut room, 1);
    assert_eq!(life_of(&room, 1, 0), Life(2));
}

#[test]
fn the_last_one_says_nothing_when_it_closes_and_goes_on_at_once_when_it_is_back() {
    let mut room = Room::of(2);
    assert!(room.farewell(0).is_some() && room.farewell(1).is_some());
    room.close(0);
    assert!(until_said(&mut room, 1, AT_ONCE_MS).is_some());
    assert_eq!(room.farewell(1), None);
    room.close(1);
    room.run(60_000);
    room.boot(1);
    assert!(until_said(&mut room, 1, AT_ONCE_MS).is_some(), "{}", room.line());
    room.boot(0);
    until_all_count(&mut room, 1);
}

#[test]
fn a_room_that_reloads_as_a_whole_is_final_again_once_two_thirds_are_back() {
    for voters in [1, 2, 3] {
        let mut room = Room::of(voters);
        for peer in 0..voters {
            room.close(peer);
        }
        room.run(1_000);
        for peer in 0..voters {
            room.boot(peer);
        }
        let said = until_said(&mut room, 0, AT_ONCE_MS);
        assert!(said.is_some(), "{voters}: {}", room.line());
        until_all_count(&mut room, 0);
    }
}

#[test]
fn what_was_said_in_an_earlier_life_makes_nobody_rest() {
    let mut room = Room::of(2);
    let old = room.farewell(0).unwrap();
    room.close(0);
    room.run(10_000);
    room.boot(0);
    until_all_count(&mut room, 1);
    room.say(7, None, &old);
    room.run(20_000);
    assert_eq!(rest_of(&room, 1, 0), None);
    assert!(until_said(&mut room, 1, AT_ONCE_MS).is_some(), "{}", room.line());
}

#[test]
fn a_farewell_that_was_left_without_the_voters_knowing_ends_its_life_all_the_same() {
    let mut room = Room::of(2);
    let farewell = room.farewell(0).unwrap();
    room.say(7, None, &farewell);
    room.run(30_000);
    until_all_count(&mut room, 1);
    assert_eq!(life_of(&room, 1, 0), Life(1));
    assert!(until_said(&mut room, 0, AT_ONCE_MS).is_some(), "{}", room.line());
}

#[test]
fn nobody_can_make_somebody_else_rest() {
    let mut room = Room::of(2);
    let Some(Message::Farewell { rest, .. }) = room.farewell(0) else {
        panic!("it leaves a farewell behind")
    };
    let Statement {
        voter,
        life,
        step: Step::Rest(watermark),
        ..
    } = rest
    else {
        panic!("it is a rest")
    };
    let (network, key) = (room.network(1).id(), identity(1));
    let forged = Statement::sign(voter, life, Step::Rest(watermark), &network, key.signing_key());
    room.say(7, None, &Message::Statements(vec![forged].try_into().unwrap()));
    room.run(20_000);
    assert_eq!(rest_of(&room, 1, 0), None);
    let refused = room.peer(1).not_taken().iter();
    assert!(refused.count() > 0);
}

/// For how long what somebody says gets lost before it closes, in milliseconds.
fn moments_ms() -> impl Iterator<Item = u64> {
    (0..40).map(|step| 75 * step)
}

#[test]
fn what_was_under_way_when_voters_closed_is_in_their_farewells() {
    for leavers in [&[0][..], &[0, 2, 3]] {
        let mut room = Room::of(leavers.len() + 1);
        for lost_ms in moments_ms() {
            room.post(1, "something to vote on");
            room.run(2_000);
            leavers.iter().for_each(|leaver| room.mute(*leaver));
            room.run(lost_ms);
            leavers.iter().for_each(|leaver| room.close(*leaver));
            let said = until_said(&mut room, 1, AT_ONCE_MS);
            assert!(said.is_some(), "{lost_ms}: {}", room.line());
            leavers.iter().for_each(|leaver| room.boot(*leaver));
            until_all_count(&mut room, 1);
        }
    }
}

#[test]
fn two_who_reload_at_once_are_final_again_whatever_was_under_way() {
    let mut room = Room::of(2);
    for lost_ms in moments_ms() {
        room.post(1, "something to vote on");
        room.run(2_000);
        room.mute(0);
        room.run(lost_ms);
        room.mute(1);
        room.run(lost_ms / 2);
        room.close(0);
        room.close(1);
        room.run(500);
        room.boot(0);
        room.boot(1);
        let said = until_said(&mut room, 1, AT_ONCE_MS);
        assert!(said.is_some(), "{lost_ms}: {}", room.line());
        until_all_count(&mut room, 1);
    }
}

#[test]
fn what_only_one_has_heard_of_who_left_the_others_hear_from_it() {
    let mut room = Room::of(3);
    for _ in 0..6 {
        let farewell = room.farewell(0).unwrap();
        let (voter, life) = (identity(0).address(), life_of(&room, 1, 0));
        room.stop(0);
        room.say(7, Some(1), &farewell);
        room.run(6_000);
        let knows = |peer| {
            let is_held = room.network(peer).chain().statements().has_rest(&voter, life);
            is_held || rest_of(&room, peer, 0).is_some()
        };
        assert!(knows(1) && knows(2), "{}", room.line());
        room.boot(0);
        until_all_count(&mut room, 1);
    }
}
