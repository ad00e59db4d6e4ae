//! Playing a run step by step: looking, acting, and going back.

use std::collections::BTreeMap;

use ting_core::gossip::message::Message;
use ting_sim::{
    action::Action,
    byzantine::VICES,
    clock::Moment,
    host::Life,
    hub::{HubId, PeerId},
    outcome::Outcome,
    scenario::{Faults, Scenario},
    stepper::{Stepper, run},
    witness::trace::Trace,
};

const HUB: HubId = HubId(0);

fn calm() -> Scenario {
    Scenario::draw(1, 5, 180, Faults::None)
}

fn at(ms: u64) -> Stepper<()> {
    Stepper::replay(calm(), &[], Moment(ms), ())
}

fn assert_clean(outcome: &Outcome) {
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
}

#[test]
fn steps_of_any_length_and_one_more_witness_change_nothing() {
    let scenario = Scenario::draw(2, 5, 120, Faults::All);
    let at_once = run(&scenario);
    let mut lines = 0_usize;
    let mut stepper = Stepper::new(scenario.clone(), Trace::new(|_| lines += 1));
    let mut steps_ms = [1, 333, 20, 4_999, 250].into_iter().cycle();
    while stepper.view().now() < scenario.ends_at {
        stepper.run_for(steps_ms.next().unwrap());
        let _ = stepper.scene();
    }
    let step_by_step = stepper.conclude();
    assert_eq!(step_by_step.hash, at_once.hash);
    assert_eq!(step_by_step.sent, at_once.sent);
    assert_eq!(step_by_step.not_taken, at_once.not_taken);
    assert!(lines > scenario.actions.len());
}

#[test]
fn an_earlier_moment_is_reached_again_with_what_was_done_until_then_and_leads_to_the_same_end() {
    let mut stepper = at(90_000);
    stepper.act(Action::Partition(
        HUB,
        BTreeMap::from([(PeerId(1), 1), (PeerId(2), 1)]),
    ));
    stepper.run_for(700);
    let frame = stepper.scene().frames.first().map(|frame| frame.key);
    frame.into_iter().for_each(|key| stepper.act(Action::Drop(key)));
    stepper.run_for(5_000);
    let seen = stepper.scene();
    stepper.act(Action::Crash(PeerId(3)));
    stepper.run_for(20_000);
    let journal = stepper.journal().to_vec();
    let mut back = Stepper::replay(stepper.scenario().clone(), &journal, seen.now, ());
    // What was done at that very moment belongs to it.
    assert_eq!(back.journal(), journal);
    assert_eq!(back.scene().hosts[3].life, Life::Down);
    back.run_until(stepper.view().now());
    assert_eq!(back.scene(), stepper.scene());
    let before = Stepper::replay(calm(), &journal, Moment(seen.now.0 - 1), ());
    assert_eq!(before.journal().len(), journal.len() - 1);
    assert_eq!(before.scene().hosts[3].life, Life::Up);
    assert_eq!(back.conclude().hash, stepper.conclude().hash);
}

#[test]
fn a_scene_shows_who_is_there_on_which_chain_and_on_which_side_of_a_cut() {
    let mut stepper = at(60_000);
    let groups = BTreeMap::from([(PeerId(4), 1)]);
    stepper.act(Action::Partition(HUB, groups.clone()));
    stepper.act(Action::Silence(HUB, 3_000));
    stepper.act(Action::Freeze(PeerId(1), 2_000));
    stepper.act(Action::Cut(PeerId(2), 10_000));
    stepper.run_for(1_000);
    let scene = stepper.scene();
    assert_eq!(scene.now, Moment(61_000));
    assert_eq!(scene.hubs[0].groups, groups);
    assert_eq!(scene.hubs[0].silent_until, Some(Moment(63_000)));
    assert_eq!(scene.hosts[1].frozen_until, Some(Moment(62_000)));
    assert!(scene.hosts[2].hubs.is_empty());
    assert_eq!(scene.hosts[3].hubs, [HUB]);
    for host in &scene.hosts {
        let network = stepper.view().network(host.peer).unwrap();
        let chain = host.chain.as_ref().unwrap();
        assert_eq!(
            (chain.network, chain.height),
            (network.id(), network.chain().height())
        );
        assert_eq!(chain.head, network.chain().head());
        assert!(chain.final_height > 0);
    }
}

#[test]
fn a_frame_on_its_way_can_be_read_and_one_that_is_dropped_never_arrives() {
    let with_votes = |stepper: &Stepper<()>| {
        let frames = stepper.scene().frames;
        let says_votes = |key| matches!(stepper.message(key), Some(Message::Votes(_)));
        frames.into_iter().find(|frame| says_votes(frame.key))
    };
    let mut stepper = at(60_000);
    let mut found = with_votes(&stepper);
    while found.is_none() {
        stepper.run_for(1);
        found = with_votes(&stepper);
    }
    let frame = found.unwrap();
    assert!(frame.sent_at <= stepper.view().now() && frame.key.at >= stepper.view().now());
    assert_ne!(frame.from, frame.to);
    let undisturbed = at(0).conclude();
    stepper.act(Action::Drop(frame.key));
    assert_eq!(stepper.message(frame.key), None);
    assert!(stepper.scene().frames.iter().all(|other| other.key != frame.key));
    let outcome = stepper.conclude();
    assert_ne!(outcome.hash, undisturbed.hash);
    assert_clean(&outcome);
}

#[test]
fn only_frames_can_be_dropped_and_a_timer_still_fires() {
    let mut stepper = at(60_000);
    let timer = stepper.view().host(PeerId(0)).unwrap().wake.unwrap();
    stepper.act(Action::Drop(timer));
    assert_eq!(stepper.message(timer), None);
    stepper.run_until(timer.at);
    assert_eq!(stepper.view().host(PeerId(0)).unwrap().last_tick, timer.at);
    // Gone by now: dropping it does nothing.
    let before = stepper.scene();
    stepper.act(Action::Drop(timer));
    assert_eq!(stepper.scene(), before);
}

#[test]
fn an_adversary_that_is_let_loose_shows_as_one_and_neither_splits_nor_stops_the_others() {
    let mut stepper = at(60_000);
    stepper.act(Action::Corrupt(PeerId(4), VICES.to_vec()));
    let height = stepper.scene().hosts[0].chain.as_ref().unwrap().final_height;
    stepper.run_for(60_000);
    let scene = stepper.scene();
    assert_eq!(scene.hosts[4].vices, VICES);
    assert!(scene.hosts[3].vices.is_empty());
    assert!(stepper.watch().checks.violations().is_empty());
    assert!(scene.hosts[0].chain.as_ref().unwrap().final_height > height + 5);
    let outcome = stepper.conclude();
    assert_eq!(outcome.byzantine_hosts, 1);
    assert_clean(&outcome);
}
