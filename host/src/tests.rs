//! The host as a whole: what is durable before what leaves, and custody.

use std::{pin::pin, task::Poll};

use ting_core::{
    crypto::pass::PassSecret,
    peer::{
        io::{Effect, LinkId, To},
        record::Record,
        stored,
        view::PassView,
    },
    time::Slot,
};

use crate::{
    custody::{Account, ExportError, ImportError},
    host::HostInput,
    testing::{Alone, Disk, Left, TestLog, poll, post, ready, welcome},
};

fn has_own_message(records: &[Record]) -> bool {
    records.iter().any(|record| matches!(record, Record::Own(_)))
}

#[test]
fn a_frame_leaves_only_when_the_records_before_it_are_durable() {
    let mut alone = Alone::founder(1);
    let (before, log, wire) = (alone.wire.sent_to_others(), alone.log.clone(), alone.wire.clone());
    log.disk.set(Disk::Hangs);
    {
        let mut turn = pin!(alone.host.handle(alone.now, post()));
        assert!(poll(turn.as_mut()).is_pending());
        assert_eq!(wire.sent_to_others(), before, "a frame overtook its record");
        log.disk.set(Disk::Works);
        assert_eq!(poll(turn.as_mut()), Poll::Ready(()));
    }
    assert!(wire.sent_to_others() > before);
    assert!(has_own_message(&alone.records()));
}

#[test]
fn nothing_leaves_while_storage_fails_and_all_that_waited_is_written_with_the_next_record() {
    let mut alone = Alone::founder(2);
    let before = alone.wire.sent_to_others();
    alone.log.disk.set(Disk::Fails);
    alone.give(post());
    (0..50).for_each(|_| alone.wait());
    assert_eq!(alone.wire.sent_to_others(), before);
    assert_eq!(alone.host.journal().failing(), Some("the disk is full"));
    alone.log.disk.set(Disk::Works);
    alone.give(post());
    assert!(alone.wire.sent_to_others() > before);
    assert_eq!(alone.host.journal().failing(), None);
    let read = stored::read(&alone.log.bytes()).unwrap();
    assert_eq!(read.damage, None);
    let own = read
        .records
        .iter()
        .filter(|record| matches!(record, Record::Own(_)));
    assert_eq!(own.count(), 2);
}

fn farewell(text: &[u8]) -> Effect {
    Effect::Farewell(Some(text.to_vec()))
}

fn frame() -> Effect {
    Effect::Send {
        link: LinkId(0),
        to: To::All,
        bytes: b"a vote".to_vec(),
    }
}

fn record(slot: u64) -> Effect {
    Effect::Persist(Box::new(Record::LastSlot(Slot(slot))))
}

impl Alone {
    /// What the host does when its peer asks for this.
    fn perform(&mut self, effects: impl IntoIterator<Item = Effect>) {
        for effect in effects {
            ready(self.host.perform(self.now, effect));
        }
    }

    fn last_slots(&self) -> Vec<u64> {
        let slot = |record| match record {
            Record::LastSlot(slot) => Some(slot.0),
            _ => None,
        };
        let read = stored::read(&self.log.bytes()).unwrap();
        read.records.into_iter().filter_map(slot).collect()
    }
}

#[test]
fn a_frame_leaves_only_when_the_farewell_before_it_is_held() {
    let mut alone = Alone::founder(14);
    let (before, keeper, wire) = (
        alone.wire.sent_to_others(),
        alone.keeper.clone(),
        alone.wire.clone(),
    );
    alone.perform([farewell(b"older"), farewell(b"newest")]);
    keeper.page.set(Disk::Hangs);
    {
        let mut turn = pin!(alone.host.perform(alone.now, frame()));
        assert!(poll(turn.as_mut()).is_pending());
        assert_eq!(wire.sent_to_others(), before, "a vote overtook its farewell");
        keeper.page.set(Disk::Works);
        assert_eq!(poll(turn.as_mut()), Poll::Ready(()));
    }
    assert_eq!(wire.sent_to_others(), before + 1);
    assert_eq!(keeper.holds(), Some(b"newest".to_vec()));
    assert!(
        !keeper.held.borrow().contains(&Some(b"older".to_vec())),
        "only the newest matters"
    );
}

#[test]
fn a_farewell_is_held_only_when_the_records_before_it_are_durable() {
    let mut alone = Alone::founder(15);
    alone.log.disk.set(Disk::Fails);
    alone.perform([record(1_001), farewell(b"of a watermark"), frame()]);
    alone.give(post());
    assert_eq!(alone.keeper.holds(), None);
    alone.log.disk.set(Disk::Works);
    alone.perform([record(1_002), frame()]);
    assert_eq!(alone.keeper.holds(), Some(b"of a watermark".to_vec()));
}

#[test]
fn a_record_after_a_farewell_is_written_once_that_is_held() {
    let mut alone = Alone::founder(16);
    alone.perform([farewell(b"first")]);
    let (log, keeper) = (alone.log.clone(), alone.keeper.clone());
    keeper.page.set(Disk::Hangs);
    let before = log.bytes();
    {
        let mut turn = pin!(async {
            alone.host.perform(alone.now, record(1_003)).await;
            alone.host.perform(alone.now, frame()).await;
        });
        assert!(poll(turn.as_mut()).is_pending());
        assert_eq!(log.bytes(), before, "a record overtook the farewell before it");
        keeper.page.set(Disk::Works);
        assert_eq!(poll(turn.as_mut()), Poll::Ready(()));
    }
    assert_eq!(alone.last_slots().last(), Some(&1_003));
}

#[test]
fn nothing_leaves_while_nobody_takes_the_farewell_and_a_newer_one_is_tried_in_its_place() {
    let mut alone = Alone::founder(17);
    let before = alone.wire.sent_to_others();
    alone.keeper.page.set(Disk::Fails);
    alone.perform([farewell(b"refused"), frame(), record(1_004), frame()]);
    assert_eq!(alone.wire.sent_to_others(), before);
    assert_eq!(
        alone.last_slots().last(),
        Some(&1_004),
        "what is to be remembered is"
    );
    alone.keeper.page.set(Disk::Works);
    alone.perform([frame()]);
    assert_eq!(alone.wire.sent_to_others(), before, "no newer one came since");
    alone.perform([farewell(b"taken"), frame()]);
    assert_eq!(alone.wire.sent_to_others(), before + 1);
    assert_eq!(alone.keeper.holds(), Some(b"taken".to_vec()));
}

#[test]
fn of_a_peer_that_is_replaced_forgotten_or_goes_on_elsewhere_no_farewell_is_left() {
    let account = Account::of_words(&Alone::open(TestLog::new(), 18).host.peer().words()).unwrap();
    for number in 19..22 {
        let mut alone = Alone::founder(number);
        alone.perform([farewell(b"of the old one"), frame()]);
        assert!(alone.keeper.holds().is_some());
        match number {
            19 => ready(alone.host.become_account(alone.now, &account)).unwrap(),
            20 => ready(alone.host.forget()).unwrap(),
            _ => ready(alone.host.withdraw_farewell()),
        }
        assert_eq!(alone.keeper.holds(), None);
    }
}

#[test]
fn a_peer_is_replaced_only_after_its_farewell_was_given_back() {
    let mut alone = Alone::founder(22);
    alone.perform([farewell(b"of the old one"), frame()]);
    let account = Account::of_words(&Alone::open(TestLog::new(), 23).host.peer().words()).unwrap();
    let (keeper, log) = (alone.keeper.clone(), alone.log.clone());
    keeper.page.set(Disk::Hangs);
    let before = log.bytes();
    {
        let mut turn = pin!(alone.host.become_account(alone.now, &account));
        assert!(poll(turn.as_mut()).is_pending());
    }
    assert_eq!(log.bytes(), before);
}

#[test]
fn that_a_farewell_was_left_is_said_before_the_start_and_owed_until_what_follows_is_durable() {
    let untold = Alone::open(TestLog::new(), 24).host;
    assert!(!untold.owes_farewell_left());
    let log = TestLog::new();
    log.disk.set(Disk::Fails);
    let mut alone = Alone::open_after(log, 25, Left::Farewell);
    assert_eq!(alone.host.turns(), untold.turns() + 1);
    assert!(alone.host.owes_farewell_left(), "its records wait");
    alone.log.disk.set(Disk::Works);
    alone.perform([record(1_005)]);
    alone.give(HostInput::Socket(welcome(alone.wire.newest())));
    assert!(!alone.host.owes_farewell_left());
}

#[test]
fn a_host_that_starts_again_is_who_it_was_on_the_network_that_it_knew() {
    let first = Alone::founder(3);
    let again = Alone::open(first.log.clone(), 4);
    assert_eq!(again.host.peer().account(), first.host.peer().account());
    assert_eq!(again.host.invite(), first.host.invite());
    assert!(again.host.invite().network.is_some());
}

#[test]
fn the_pass_of_a_link_is_kept_for_the_next_start_and_never_handed_on() {
    let log = TestLog::new();
    let pass = PassSecret::new([3; 32]);
    let is_pass = |record: &&Record| matches!(record, Record::Pass(kept) if *kept == pass);
    let first = Alone::open_with(log.clone(), 14, Some(pass.clone()));
    assert_eq!(first.records().iter().filter(is_pass).count(), 1);
    assert_eq!(first.host.invite().pass, None);
    assert_ne!(first.host.peer().wallet_view(first.now).pass, PassView::None);
    // Opened again by the same link, then by the plain address.
    for link in [Some(pass.clone()), None] {
        let again = Alone::open_with(log.clone(), 15, link);
        assert_eq!(again.records().iter().filter(is_pass).count(), 1);
        assert_ne!(again.host.peer().wallet_view(again.now).pass, PassView::None);
    }
}

#[test]
fn a_pass_may_come_with_a_later_link_and_stays_when_another_account_comes() {
    let log = Alone::founder(16).log;
    let without = Alone::open(log.clone(), 17);
    assert_eq!(without.host.peer().wallet_view(without.now).pass, PassView::None);
    let mut alone = Alone::open_with(log, 18, Some(PassSecret::new([3; 32])));
    assert_ne!(alone.host.peer().wallet_view(alone.now).pass, PassView::None);
    let account = Account::of_words(&Alone::open(TestLog::new(), 19).host.peer().words()).unwrap();
    ready(alone.host.become_account(alone.now, &account)).unwrap();
    assert_ne!(alone.host.peer().wallet_view(alone.now).pass, PassView::None);
}

#[test]
fn another_account_keeps_the_chain_and_nothing_that_the_former_one_signed() {
    let mut alone = Alone::founder(5);
    alone.give(post());
    let (former, network) = (alone.host.peer().account(), alone.host.invite().network);
    let account = Account::of_words(&Alone::open(TestLog::new(), 6).host.peer().words()).unwrap();
    ready(alone.host.become_account(alone.now, &account)).unwrap();
    assert_eq!(alone.host.peer().account(), account.address());
    assert_ne!(alone.host.peer().account(), former);
    assert_eq!(alone.host.invite().network, network);
    let records = alone.records();
    assert_eq!(Account::stored(&records).unwrap().address(), account.address());
    assert!(!has_own_message(&records));
    assert!(
        records
            .iter()
            .any(|record| matches!(record, Record::Network { .. }))
    );
    assert!(Account::of_words("no such words").is_err());
}

#[test]
fn an_account_that_cannot_be_stored_does_not_come() {
    let mut alone = Alone::founder(7);
    let former = alone.host.peer().account();
    let account = Account::of_words(&Alone::open(TestLog::new(), 8).host.peer().words()).unwrap();
    alone.log.disk.set(Disk::Fails);
    assert!(ready(alone.host.become_account(alone.now, &account)).is_err());
    assert_eq!(alone.host.peer().account(), former);
    assert_eq!(Account::stored(&alone.records()).unwrap().address(), former);
}

#[test]
fn a_room_that_was_taken_away_in_a_file_can_be_brought_to_an_empty_host() {
    let mut founder = Alone::founder(9);
    founder.give(post());
    while founder.host.peer().pulse_view(founder.now).height < 2 {
        founder.wait();
    }
    let file = ready(founder.host.export()).unwrap();
    let mut empty = Alone::open(TestLog::new(), 10);
    empty.now = founder.now;
    assert!(matches!(ready(empty.host.export()), Err(ExportError::NoNetwork)));
    ready(empty.host.import(empty.now, &file)).unwrap();
    let network = founder.host.invite().network;
    assert_eq!(empty.host.peer().network().map(|known| known.id()), network);
    assert_eq!(empty.host.invite().network, network);
    assert!(empty.host.peer().pulse_view(empty.now).height >= 2);
    assert_ne!(empty.host.peer().account(), founder.host.peer().account());
}

#[test]
fn a_file_that_is_no_room_changes_nothing() {
    let mut alone = Alone::founder(11);
    let before = alone.log.bytes();
    let refused = ready(alone.host.import(alone.now, b"anything"));
    assert!(matches!(refused, Err(ImportError::File(_))));
    assert_eq!(alone.log.bytes(), before);
}

#[test]
fn a_forgotten_identity_leaves_nothing_in_storage() {
    let mut alone = Alone::founder(12);
    ready(alone.host.forget()).unwrap();
    assert!(alone.records().is_empty());
}

#[test]
fn pauses_end_when_the_network_comes_back() {
    let mut alone = Alone::open(TestLog::new(), 13);
    let closed = crate::SocketNews::Closed { code: 1006 };
    let socket = alone.wire.newest();
    alone.give(HostInput::Socket(crate::SocketEvent { socket, news: closed }));
    assert_eq!(alone.wire.newest(), socket);
    alone.give(HostInput::Hurry);
    assert_ne!(alone.wire.newest(), socket);
}
