//! Rules that only a whole peer can keep or break: what it takes, when it proposes, votes and acknowledges, what a restart brings back
//! (docs/protocol.md, sections 6 to 8, 10 and 12).

use crate::common::{
    council::{Council, draw, ticket_of},
    founder::{Founder, OTHERS, hello, presence, question},
};
use ting_core::{
    chain::{
        block::Block,
        checkpoint::{Checkpoint, Pair, Vote},
    },
    consensus::stake::{term::Term, watermark::Watermark},
    crypto::hash::Hash,
    gossip::message::{Get, Give, Message, TransactionList, VoteList},
    ledger::{
        genesis::MICRO_PER_COIN,
        transaction::{Action, Transaction},
    },
    params::{IDLE_BLOCK_SLOTS, MAX_GOSSIP_TRANSACTIONS, UNASKED_WINDOW_SLOTS},
    peer::{
        command::Command,
        event::{Event, Warning},
        io::ConnectionId,
        record::Record,
    },
    time::{Slot, Timestamp},
};

/// Three voters, of whom the founder has a fifth of the stake, and some blocks, of which nobody has voted on the last.
fn three() -> Council {
    Council::of_three()
}

fn height(council: &Council) -> u64 {
    council.network.chain().height()
}

/// The council's next block by somebody else than the founder.
fn block_of_another(council: &Council, votes: &[Vote]) -> Block {
    council.block_of(&[1, 2], Slot(0), votes)
}

fn list(votes: Vec<Vote>) -> Message {
    Message::Votes(VoteList::try_from(votes).unwrap())
}

/// Links of the two others, which are a quorum, from the highest justified checkpoint.
fn links(council: &Council, target: Checkpoint) -> Message {
    let source = council.network.chain().justified_checkpoint();
    list((1..3).map(|who| council.vote(who, source, target)).collect())
}

/// Own votes that were said since the last look.
fn own_votes(founder: &mut Founder) -> Vec<Vote> {
    let said = std::mem::take(&mut founder.said);
    let lists = said.into_iter().filter_map(|message| match message {
        Message::Votes(votes) => Some(votes.into_vec()),
        _ => None,
    });
    let me = founder.me;
    lists.flatten().filter(|vote| vote.voter == me).collect()
}

/// Own blocks that were said since the last look.
fn own_blocks(founder: &mut Founder) -> Vec<Slot> {
    let said = std::mem::take(&mut founder.said);
    let me = founder.me;
    let headers = said.into_iter().filter_map(|message| match message {
        Message::Block(compact) => Some(compact.header.content),
        _ => None,
    });
    headers
        .filter(|content| content.proposer == me)
        .map(|content| content.slot)
        .collect()
}

#[test]
fn a_block_that_nobody_asked_for_is_looked_at_while_it_is_young() {
    let council = three();
    let last = council.network.head().unwrap().block.clone().unwrap();
    let gap = last
        .header
        .content
        .slot
        .since(council.checkpoint(height(&council) - 1).slot);
    for (age, is_taken) in [(UNASKED_WINDOW_SLOTS, true), (UNASKED_WINDOW_SLOTS + 1, false)] {
        let mut founder = Founder::with_blocks(&council, height(&council) - 1, gap + age);
        founder.link_up(1);
        assert_eq!(founder.hear_block(&last), is_taken, "{age} slots old");
    }
}

#[test]
fn a_block_from_the_future_is_taken_when_its_slot_has_come() {
    let council = three();
    let block = block_of_another(&council, &[]);
    let mut founder = Founder::with_blocks(&council, height(&council), 0);
    let ahead = block.header.content.slot.since(council.head().slot);
    founder.now = Timestamp(founder.now.0 - 4_000);
    founder.link_up(1);
    assert!(!founder.hear_block(&block));
    founder.run(2_000);
    assert!(founder.network().chain().get(&block.hash()).is_none());
    founder.run(2_000 + 1_000 * ahead);
    assert!(founder.network().chain().get(&block.hash()).is_some());
}

#[test]
fn a_block_whose_parent_came_late_can_come_again() {
    let council = three();
    let block_at = |height| {
        let node = council.network.chain().get(&council.checkpoint(height).block);
        (**node.unwrap().block.as_ref().unwrap()).clone()
    };
    let (parent, child) = (block_at(height(&council) - 1), block_at(height(&council)));
    let slots_later = council
        .head()
        .slot
        .since(council.checkpoint(height(&council) - 2).slot);
    let mut founder = Founder::with_blocks(&council, height(&council) - 2, slots_later);
    founder.link_up(1);
    assert!(!founder.hear_block(&child));
    assert!(founder.hear_block(&parent));
    assert!(founder.hear_block(&child));
}

fn posts(council: &Council, who: usize, nonces: std::ops::RangeInclusive<u64>) -> Message {
    let sign = |nonce| {
        let action = Action::post("hall", vec![b'a'; 200]).unwrap();
        let last = council.head().slot.plus(500);
        let key = council.people[who].account_key();
        Transaction::sign(key, council.network.id(), nonce, last, 1_000_000, action)
    };
    let posts: Vec<Transaction> = nonces.map(sign).collect();
    Message::Transactions(TransactionList::try_from(posts).unwrap())
}

fn waiting(founder: &Founder, council: &Council, who: usize) -> usize {
    founder
        .network()
        .mempool()
        .pending_of(&council.address(who))
        .count()
}

/// A relay, or two, may deliver a frame again and again.
#[test]
fn what_was_taken_costs_its_source_next_to_nothing_when_it_comes_again() {
    let mut council = three();
    council.wish(
        0,
        Action::transfer(council.address(2), 50 * MICRO_PER_COIN, "").unwrap(),
    );
    council.grow();
    let mut founder = Founder::of(&council);
    founder.link_up(1);
    let most = MAX_GOSSIP_TRANSACTIONS.min(40) as u64;
    let next = council
        .state()
        .ledger
        .account(&council.address(2))
        .unwrap()
        .nonces
        .highest()
        + 1;
    let first = posts(&council, 2, next..=next + most - 1);
    for _ in 0..1_000 {
        founder.hear(&first);
    }
    assert_eq!(waiting(&founder, &council, 2), most as usize);
    founder.hear(&posts(&council, 2, next + most..=next + most));
    assert_eq!(waiting(&founder, &council, 2), most as usize + 1);
}

#[test]
fn whatever_a_key_signs_that_signed_a_bad_block_is_ignored() {
    let mut council = three();
    council.wish(
        0,
        Action::transfer(council.address(1), 50 * MICRO_PER_COIN, "").unwrap(),
    );
    council.grow();
    let honest = council.block_of(&[1], Slot(0), &[]);
    let mut bad = honest.clone();
    bad.header.content.state_root = Hash([3; 32]);
    let bad = council.sign(bad);
    let slots_later = honest.header.content.slot.since(council.head().slot);
    let next = council
        .state()
        .ledger
        .account(&council.address(1))
        .unwrap()
        .nonces
        .highest()
        + 1;
    for is_penalized in [false, true] {
        let mut founder = Founder::with_blocks(&council, height(&council), slots_later);
        founder.link_up(1);
        if is_penalized {
            assert!(!founder.hear_block(&bad));
        }
        founder.hear(&posts(&council, 1, next..=next));
        assert_eq!(waiting(&founder, &council, 1), usize::from(!is_penalized));
        let now = founder.now;
        founder.hear(&hello(&council, 1, Some(council.network.id()), (None, now)));
        founder.hear(&presence(
            &council,
            1,
            council.network.id(),
            council.network.status().unwrap(),
        ));
        let peers = founder.peer.network_view(founder.now).peers;
        let is_seen = peers
            .iter()
            .any(|peer| peer.account == council.address(1) && peer.online);
        assert_eq!(is_seen, !is_penalized);
        assert_eq!(founder.hear_block(&honest), !is_penalized);
    }
}

#[test]
fn an_answer_counts_only_from_who_was_asked() {
    let council = three();
    let target = council.head();
    let mut founder = Founder::of(&council);
    founder.link_up(2);
    let mut chain = founder.network().status().unwrap();
    (chain.justified.slot, chain.justified.block) = (target.slot, target.block);
    founder.hear(&presence(&council, 2, council.network.id(), chain));
    let (request_id, what) = question(&mut founder.said).unwrap();
    assert!(matches!(what, Get::Certificate { .. }));
    let votes: Vec<Vote> = (1..3).map(|who| council.vote(who, target, target)).collect();
    let what = Give::Certificate(VoteList::try_from(votes).unwrap());
    let answer = Message::Give { request_id, what };
    founder.hear_from(ConnectionId(8), &answer);
    assert_ne!(founder.network().chain().final_checkpoint(), target);
    founder.hear_from(OTHERS, &answer);
    assert_eq!(founder.network().chain().final_checkpoint(), target);
}

#[test]
fn what_became_justified_before_one_might_sign_is_acknowledged_as_soon_as_one_may() {
    let council = three();
    let target = council.head();
    let mut founder = Founder::of(&council);
    founder.link_up(2);
    founder.hear(&links(&council, target));
    assert_eq!(founder.network().chain().justified_checkpoint(), target);
    assert_eq!(own_votes(&mut founder), [], "nobody has told of heads yet");
    founder.run(6_000);
    let acknowledges = |vote: &Vote| vote.source == target && vote.target == target;
    assert!(own_votes(&mut founder).iter().any(acknowledges));
}

#[test]
fn what_becomes_justified_is_acknowledged_at_once_and_links_go_on_from_there() {
    let mut council = three();
    // The founder votes on the slot in which it begins to sign, and makes no block in that.
    let gap = (1..)
        .find(|gap| {
            let slot = council.head().slot.plus(*gap);
            let turn = draw(
                &council.network.id(),
                council.state().term(),
                &council.people[0],
                slot,
            );
            turn.is_none_or(|turn| !ticket_of(&turn).level.is_allowed_after(*gap))
        })
        .unwrap();
    let target = Checkpoint {
        slot: council.head().slot.plus(gap),
        ..council.head()
    };
    let mut founder = Founder::with_blocks(&council, height(&council), gap);
    founder.link_up(1);
    founder.hear(&presence(
        &council,
        1,
        council.network.id(),
        council.network.status().unwrap(),
    ));
    founder.hear_no_votes();
    founder.said.clear();
    founder.hear(&links(&council, target));
    let acknowledgement = |vote: &Vote| vote.source == target && vote.target == target;
    assert!(own_votes(&mut founder).iter().any(acknowledgement));
    // The next block is voted on from there; the justified one is not voted on any more.
    let _ = council.network.settle(founder.now);
    let next = block_of_another(&council, &[]);
    founder.run(1_000 * next.header.content.slot.since(target.slot).saturating_sub(1));
    founder.hear_block(&next);
    founder.run(30_000);
    let links: Vec<Vote> = own_votes(&mut founder)
        .into_iter()
        .filter(|vote| !vote.pair().is_acknowledgement() && vote.target.slot > target.slot)
        .collect();
    assert!(!links.is_empty());
    for link in links {
        assert_eq!(link.source, target);
        assert_ne!(link.target.block, target.block);
    }
}

#[test]
fn a_vote_that_came_to_nothing_is_said_again_and_upon_a_new_link() {
    let council = three();
    let mut founder = Founder::of(&council);
    founder.link_up(1);
    founder.run(6_000);
    let first = own_votes(&mut founder).remove(0);
    founder.run(10_000);
    assert!(own_votes(&mut founder).contains(&first));
    founder.link_up(1);
    assert!(own_votes(&mut founder).contains(&first));
}

fn is_warned(founder: &Founder) -> bool {
    let is_warning = |event: &&Event| matches!(event, Event::Warning(Warning::SignedElsewhere));
    founder.events.iter().filter(is_warning).count() == 1
}

/// A copy of the founder's keys lives elsewhere.
#[test]
fn a_vote_of_the_own_key_from_elsewhere_binds_before_anything_more_is_signed() {
    let council = three();
    let (source, head) = (council.network.chain().justified_checkpoint(), council.head());
    let mut founder = Founder::of(&council);
    founder.link_up(1);
    let pair = Pair {
        source,
        target: Checkpoint {
            slot: head.slot.plus(2),
            ..head
        },
    };
    founder.hear_copy(council.vote(0, pair.source, pair.target));
    assert!(is_warned(&founder));
    let mark = founder.network().signing().watermark();
    assert_eq!(mark.covering(&pair), mark);
    assert_eq!(founder.records.last(), Some(&Record::Watermark(mark)));
    // And for another block at the same slot: neither may be acknowledged now.
    let older = Checkpoint {
        block: council.checkpoint(height(&council) - 1).block,
        ..pair.target
    };
    let term = council.network.chain().get(&older.block).unwrap().term;
    founder.hear_copy(council.vote_in(term, 0, source, older));
    let mark = founder.network().signing().watermark();
    for target in [pair.target, older] {
        let acknowledgement = Pair {
            source: target,
            target,
        };
        assert!(!mark.allows(&acknowledgement));
    }
    // It may sign before this slot is over, which the copy has left behind.
    let status = council.network.status().unwrap();
    founder.hear(&presence(&council, 1, council.network.id(), status));
    founder.hear_no_votes();
    assert_eq!(own_votes(&mut founder), []);
    founder.run(12_000);
    founder.restart();
    founder.link_up(0);
    founder.run(3_000);
    assert!(is_warned(&founder), "once in a run");
}

#[test]
fn a_block_of_the_own_key_from_elsewhere_raises_the_last_slot() {
    let council = three();
    let by_copy = council.block_of(&[0], Slot(0), &[]);
    let slot = by_copy.header.content.slot;
    let mut founder = Founder::with_blocks(&council, height(&council), slot.since(council.head().slot));
    founder.link_up(1);
    assert!(founder.hear_block(&by_copy));
    assert_eq!(founder.network().signing().last_slot(), slot);
    assert!(founder.records.contains(&Record::LastSlot(slot)));
    assert!(is_warned(&founder));
}

#[test]
fn a_stored_final_checkpoint_is_final_though_no_vote_is_left_that_says_so() {
    let council = three();
    let head = council.head();
    let founder = Founder::with_records(&council, height(&council), 1, vec![Record::Final(head)]);
    assert_eq!(founder.network().chain().final_checkpoint(), head);
}

#[test]
fn watermark_votes_and_last_slot_come_back_and_new_operator_keys_void_them() {
    let council = three();
    let (source, head) = (council.network.chain().justified_checkpoint(), council.head());
    let low = Pair { source, target: head };
    let vote = council.vote(0, source, head);
    let mark = Watermark::default().covering(&low).covering(&Pair {
        source,
        target: Checkpoint {
            slot: head.slot.plus(1),
            ..head
        },
    });
    let slot = head.slot.plus(1);
    let records = [
        vec![Record::Watermark(mark), Record::LastSlot(slot)],
        vec![Record::Vote(Box::new(vote.clone()))],
        vec![
            Record::Watermark(mark),
            Record::Vote(Box::new(vote)),
            Record::LastSlot(slot),
            Record::OperatorSeed([102; 32]),
        ],
    ];
    let restored = records.map(|records| {
        let founder = Founder::with_records(&council, height(&council), 1, records);
        let network = founder.network();
        (
            network.signing().watermark(),
            network.signing().last_slot(),
            network.signing().has_voted(&low),
        )
    });
    let by_vote = Watermark::default().covering(&low);
    assert_eq!(
        restored,
        [
            (mark, slot, false),
            (by_vote, Slot::GENESIS, true),
            (Watermark::default(), Slot::GENESIS, false)
        ]
    );
}

/// In a slot long after the head in which the founder's ticket is easy and has to wait: how long, in milliseconds.
fn light_turn(council: &Council, term: &Term, from: u64) -> (u64, u64) {
    (from..)
        .find_map(|gap| {
            let slot = council.head().slot.plus(gap);
            let proposer = draw(&council.network.id(), term, &council.people[0], slot)?;
            let ticket = ticket_of(&proposer);
            let delay_ms = (ticket.draw.y >> 58) * 300 / 64;
            let is_light = ticket.level.0 > 0 && ticket.level.is_allowed_after(gap - from + 5);
            (is_light && delay_ms > 20).then_some((gap, delay_ms))
        })
        .unwrap()
}

/// A founder that may sign, at the very start of a slot so many slots after the head.
fn at_start(council: &Council, gap: u64) -> Founder {
    let mut founder = Founder::with_blocks(council, height(council), gap - 1);
    founder.now = founder.network().clock().start_of(council.head().slot.plus(gap));
    founder.link_up(0);
    founder
}

#[test]
fn an_easy_ticket_waits_and_gives_way_to_a_better_block_of_its_slot() {
    let council = three();
    let term = (**council.state().term()).clone();
    let (gap, delay_ms) = light_turn(&council, &term, 5);
    let slot = council.head().slot.plus(gap);
    let mut founder = at_start(&council, gap);
    founder.run(delay_ms - 1);
    assert_eq!(own_blocks(&mut founder), []);
    founder.run(2);
    assert_eq!(own_blocks(&mut founder), [slot]);
    // The same with a block of somebody else that is heavier.
    let mut from = 5;
    let (gap, delay_ms, block) = loop {
        let (gap, delay_ms) = light_turn(&council, &term, from);
        let slot = council.head().slot.plus(gap);
        let better = (1..3).find(|who| {
            let other = draw(&council.network.id(), &term, &council.people[*who], slot);
            other.is_some_and(|other| ticket_of(&other).level.0 == 0)
        });
        if let Some(who) = better {
            break (gap, delay_ms, council.block_of(&[who], slot, &[]));
        }
        from = gap + 1;
    };
    assert_eq!(block.header.content.slot, council.head().slot.plus(gap));
    let mut founder = at_start(&council, gap);
    assert!(founder.hear_block(&block));
    founder.run(delay_ms + 50);
    assert_eq!(own_blocks(&mut founder), []);
}

#[test]
fn a_room_in_which_nothing_waits_makes_no_blocks_for_a_while() {
    let mut council = Council::new(1);
    council.grow();
    for _ in 0..3 {
        council.finalize(council.head());
        council.grow();
    }
    let mut founder = Founder::of(&council);
    founder.link_up(0);
    founder.run(30_000);
    // The first may come before the head is final.
    let made = own_blocks(&mut founder);
    assert!((3..=4).contains(&made.len()), "{made:?}");
    assert!(
        made.windows(2)
            .all(|pair| pair[1].since(pair[0]) >= IDLE_BLOCK_SLOTS),
        "{made:?}"
    );
    // A word is something to make a block of.
    founder.say("hello");
    founder.run(6_000);
    assert!(!own_blocks(&mut founder).is_empty());
}

#[test]
fn a_room_does_not_idle_while_its_head_is_not_final() {
    let council = three();
    let mut founder = Founder::of(&council);
    // The others, without whom nothing becomes final, are away.
    founder.link_up(0);
    founder.run(60_000);
    let made = own_blocks(&mut founder);
    assert!(
        made.windows(2)
            .any(|pair| pair[1].since(pair[0]) < IDLE_BLOCK_SLOTS),
        "{made:?}"
    );
}

#[test]
fn a_room_does_not_idle_while_somebody_is_on_the_way_in() {
    let mut council = Council::new(2);
    council.invest(1, crate::common::council::FOUNDER_STAKE_MICRO);
    council.go_on_until(|state| state.ledger.operators().count() == 2);
    let mut founder = Founder::of(&council);
    founder.link_up(0);
    founder.run(20_000);
    let made = own_blocks(&mut founder);
    assert!(
        made.windows(2)
            .any(|pair| pair[1].since(pair[0]) < IDLE_BLOCK_SLOTS),
        "{made:?}"
    );
}

/// While the founder's easy ticket waits, a block comes late after which the chain is in another term.
#[test]
fn a_ticket_of_a_term_that_is_over_makes_no_block() {
    let mut council = three();
    let first = council.state().term().first_slot;
    let voted = Checkpoint {
        slot: council.head().slot.max(first.plus(16)),
        ..council.head()
    };
    let before = (**council.state().term()).clone();
    council.finalize(voted);
    let heard: Vec<Vote> = council.network.chain().recent_votes().cloned().collect();
    let (late, gap, delay_ms) = (1..40)
        .find_map(|later| {
            let late = council.block_of(&[1, 2], voted.slot.plus(later), &heard);
            let gap_of_late = late.header.content.slot.since(council.head().slot);
            let (gap, delay_ms) = light_turn(&council, &before, gap_of_late + 6);
            (gap <= gap_of_late + UNASKED_WINDOW_SLOTS).then_some((late, gap, delay_ms))
        })
        .expect("the seeds give an easy ticket soon after a block");
    let mut founder = at_start(&council, gap);
    assert!(founder.hear_block(&late));
    let state = founder.network().head_state().unwrap();
    assert!(state.engine.summary().ends_term(16));
    founder.run(delay_ms + 50);
    assert_eq!(own_blocks(&mut founder), []);
}

/// The founder has made a block, a late one of somebody else outweighs it, and the same slot is not over.
#[test]
fn there_is_one_block_for_each_slot_also_after_a_restart_on_another_chain() {
    let council = three();
    let term = (**council.state().term()).clone();
    let late = block_of_another(&council, &[]);
    let gap_of_late = late.header.content.slot.since(council.head().slot);
    let (gap, delay_ms) = light_turn(&council, &term, gap_of_late + 6);
    assert!(
        gap_of_late <= 4 && gap <= UNASKED_WINDOW_SLOTS,
        "the seeds give an early full ticket and an easy one"
    );
    let slot = council.head().slot.plus(gap);
    let mut founder = at_start(&council, gap);
    founder.run(delay_ms + 1);
    assert_eq!(own_blocks(&mut founder), [slot]);
    assert!(founder.hear_block(&late));
    assert_eq!(founder.network().chain().head(), late.hash());
    founder.restart();
    founder.link_up(0);
    founder.run(500);
    assert_eq!(founder.network().slot(founder.now), slot);
    assert_eq!(own_blocks(&mut founder), []);
}

#[test]
fn a_device_whose_account_has_the_keys_of_another_device_registers_its_own_at_the_users_word_only() {
    let council = three();
    let other_keys = vec![Record::OperatorSeed([103; 32])];
    let mut founder = Founder::with_records(&council, height(&council), 1, other_keys);
    founder.link_up(1);
    let probe = founder.asked_for_heads().unwrap();
    let now = founder.now;
    founder.hear(&hello(
        &council,
        1,
        Some(council.network.id()),
        (Some(probe), now),
    ));
    founder.run(60_000);
    assert_eq!(waiting(&founder, &council, 0), 0);
    founder.submit(Command::SignHere);
    assert_eq!(waiting(&founder, &council, 0), 1);
}

#[test]
fn a_reorganisation_is_told_and_brings_back_what_the_new_branch_lacks() {
    let mut council = Council::of_three();
    let mut founder = Founder::of(&council);
    let (known, at) = (height(&council), council.head().slot);
    while height(&council) < known + 2 || council.head().slot.since(at) < 16 {
        council.grow();
    }
    founder.now = council
        .network
        .clock()
        .middle_of(council.checkpoint(known).slot.plus(1));
    founder.say("it stands in a block that loses");
    founder.link_up(0);
    let mut made = Vec::new();
    while made.is_empty() && founder.now < council.network.clock().start_of(council.head().slot) {
        founder.run(100);
        made = own_blocks(&mut founder);
    }
    assert!(
        !made.is_empty(),
        "the seeds let the founder make a block meanwhile"
    );
    assert_eq!(waiting(&founder, &council, 0), 0);
    founder.run(
        council
            .network
            .clock()
            .middle_of(council.head().slot)
            .ms_since(founder.now),
    );
    let chosen: Vec<Block> = (known + 1..=height(&council))
        .map(|height| {
            let node = council.network.chain().get(&council.checkpoint(height).block);
            (**node.unwrap().block.as_ref().unwrap()).clone()
        })
        .collect();
    chosen.iter().for_each(|block| assert!(founder.hear_block(block)));
    assert_eq!(founder.network().chain().head(), council.network.chain().head());
    assert!(
        founder
            .events
            .iter()
            .any(|event| matches!(event, Event::Reorganised(_)))
    );
    assert_eq!(waiting(&founder, &council, 0), 1);
}

/// To a clock that is far behind all heads are from the future: it follows as far as it has come itself.
#[test]
fn a_head_from_the_future_is_asked_for_by_who_has_heard_of_no_block_for_long() {
    let mut council = three();
    let (known, at) = (height(&council), council.head().slot);
    while council.head().slot.since(at) < 3 * UNASKED_WINDOW_SLOTS {
        council.grow();
    }
    for (slots_later, asks) in [(UNASKED_WINDOW_SLOTS, true), (UNASKED_WINDOW_SLOTS - 1, false)] {
        let mut founder = Founder::with_blocks(&council, known, slots_later);
        founder.link_up(1);
        let status = council.network.status().unwrap();
        founder.hear(&presence(&council, 1, council.network.id(), status));
        let mut questions = std::iter::from_fn(|| question(&mut founder.said));
        let asked = questions.any(|(_, what)| matches!(what, Get::Headers { .. }));
        assert_eq!(asked, asks, "{slots_later} slots later");
    }
}

#[test]
fn who_is_asked_for_its_clock_answers_to_who_asked() {
    let council = three();
    let mut founder = Founder::of(&council);
    founder.link_up(1);
    let probe = founder.asked_for_heads().unwrap();
    let now = founder.now;
    founder.hear(&crate::common::founder::asking(&council, 1, probe, now));
    let answers = founder.said.iter().filter_map(|message| match message {
        Message::Hello(hello) => hello.verify().unwrap().answers,
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), [probe]);
}

/// What only a block below the final one could ask for is not kept.
#[test]
fn states_are_kept_from_the_final_block_on() {
    let council = three();
    let tree = council.network.chain();
    let has_state = |height| {
        tree.get(&council.checkpoint(height).block)
            .unwrap()
            .state()
            .is_some()
    };
    let needed = tree.final_height();
    assert!((needed..=tree.height()).all(has_state));
    assert!(needed > 20 && (0..needed).all(|height| !has_state(height)));
}
