//! Relays die, NATS dies, a connection goes silent: what is lost, and what members are told.

use ting_frame::{Control, NoticeKind};

use crate::{
    backplane::cluster::{Cable, Nats, RelayProcess, Story, config, fast, hear_control, relay, send_numbers},
    support::TestRelay,
};

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_killed_relay_have_left_and_come_back_by_another() {
    let nats = Nats::start().await;
    let left = relay(&nats.url()).await;
    let mut right = RelayProcess::start(&nats);
    let mut b = right.join().await;
    let mut a = left.join().await;
    assert_eq!(a.welcome.other_ids(), [b.id()]);
    hear_control(&mut b, Control::Joined(a.id())).await;
    right.kill();
    hear_control(&mut a, Control::Left(b.id())).await;
    let b = left.join().await;
    assert_eq!(b.welcome.other_ids(), [a.id()]);
    let third = relay(&nats.url()).await;
    assert_eq!(third.join().await.welcome.member_count, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_nats_is_told_and_loses_and_reorders_nothing() {
    let mut nats = Nats::start().await;
    let (left, right) = (relay(&nats.url()).await, relay(&nats.url()).await);
    let (mut a, mut b) = (left.join().await, right.join().await);
    let goes = right.join().await;
    let goes_id = goes.id();
    hear_control(&mut a, Control::Joined(goes_id)).await;
    send_numbers(&mut a, 0..10).await;
    nats.kill();
    send_numbers(&mut a, 10..20).await;
    let (mut a_story, mut b_story) = (Story::default(), Story::default());
    let text = a_story.listen_until_notice(&mut a, NoticeKind::CutOff).await;
    assert!(text.contains("only those who are on this relay"), "{text}");
    b_story.listen_until_notice(&mut b, NoticeKind::CutOff).await;
    send_numbers(&mut a, 20..30).await;
    let mut comes = right.join().await;
    Story::default()
        .listen_until_notice(&mut comes, NoticeKind::CutOff)
        .await;
    drop(goes);
    nats.start_again().await;
    let text = a_story.listen_until_notice(&mut a, NoticeKind::Rejoined).await;
    assert!(!text.contains("frames"), "nothing was dropped: {text}");
    let is_settled =
        |story: &Story| story.has(Control::Left(goes_id)) && story.has(Control::Joined(comes.id()));
    a_story.listen_until(&mut a, is_settled).await;
    b_story
        .listen_until(&mut b, |story| story.numbers().len() >= 30)
        .await;
    let all: Vec<u32> = (0..30).collect();
    assert_eq!(
        b_story.numbers(),
        all,
        "what was under way at the kill is said again"
    );
    b_story.listen_until_notice(&mut b, NoticeKind::Rejoined).await;
    let newcomer = left.join().await;
    let others = sorted(vec![a.id(), b.id(), comes.id()]);
    assert_eq!(newcomer.welcome.other_ids(), others);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_is_given_up_and_what_was_held_back_is_said_once_and_in_order() {
    let nats = Nats::start().await;
    let cable = Cable::lay(&nats).await;
    let (left, right) = (relay(&cable.url()).await, relay(&nats.url()).await);
    let (mut a, mut b) = (left.join().await, right.join().await);
    hear_control(&mut a, Control::Joined(b.id())).await;
    send_numbers(&mut a, 0..10).await;
    let (mut a_story, mut b_story) = (Story::default(), Story::default());
    b_story
        .listen_until(&mut b, |story| story.numbers().len() == 10)
        .await;
    cable.silence();
    send_numbers(&mut a, 10..20).await;
    a_story.listen_until_notice(&mut a, NoticeKind::CutOff).await;
    send_numbers(&mut a, 20..30).await;
    b_story
        .listen_until(&mut b, |story| story.has(Control::Left(a.id())))
        .await;
    send_numbers(&mut b, 100..110).await;
    // The old connection delivers late, beside the new one.
    cable.heal();
    a_story.listen_until_notice(&mut a, NoticeKind::Rejoined).await;
    send_numbers(&mut a, 30..40).await;
    b_story
        .listen_until(&mut b, |story| story.numbers().last() == Some(&39))
        .await;
    let all: Vec<u32> = (0..40).collect();
    assert_eq!(b_story.numbers(), all);
    a_story
        .listen_until(&mut a, |story| story.numbers().last() == Some(&109))
        .await;
    let all: Vec<u32> = (100..110).collect();
    assert_eq!(a_story.numbers(), all, "the other way too");
    let newcomer = left.join().await;
    assert_eq!(newcomer.welcome.other_ids(), sorted(vec![a.id(), b.id()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_while_nats_is_away_is_bounded_and_what_was_dropped_is_told() {
    const KEPT: u32 = 100;
    const FLOOD: u32 = 5_000;
    let mut nats = Nats::start().await;
    let mut small = config(&nats.url(), fast());
    small.backplane.backplane_buffer_frames = KEPT;
    let (left, right) = (TestRelay::start(small).await, relay(&nats.url()).await);
    let (mut a, mut b, mut neighbour) = (left.join().await, right.join().await, left.join().await);
    hear_control(&mut b, Control::Joined(neighbour.id())).await;
    nats.kill();
    let mut a_story = Story::default();
    a_story.listen_until_notice(&mut a, NoticeKind::CutOff).await;
    send_numbers(&mut a, 0..FLOOD).await;
    let mut here = Story::default();
    here.listen_until(&mut neighbour, |story| story.numbers().len() == FLOOD as usize)
        .await;
    nats.start_again().await;
    let text = a_story.listen_until_notice(&mut a, NoticeKind::Rejoined).await;
    let lost = FLOOD - KEPT;
    let told: u32 = text
        .split(' ')
        .find_map(|word| word.parse().ok())
        .expect("a number");
    // Three joins went out right before the kill: whether they were heard nobody had said.
    assert!((lost..=lost + 3).contains(&told), "{text}");
    let mut there = Story::default();
    there
        .listen_until(&mut b, |story| story.numbers().last() == Some(&(FLOOD - 1)))
        .await;
    let newest: Vec<u32> = (lost..FLOOD).collect();
    assert_eq!(there.numbers(), newest);
}
