//! A search for conflicting finals where voters leave politely and come back: honest voters, and the real rests, quorum and watermark.
//!
//! Two branches part in some slot. Voters come and go between them, leave and return at once as a reload does, and each branch records their statements and what
//! is final when it likes, or never. Who is silent is drawn at will as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Pair, Seat},
        statement::Life,
        watermark::Watermark,
    },
    consensus::stake::{
        attendance::{Absence, Absences},
        electorate::Electorate,
        handover::{Chance, ROOMS, operators},
        quorum::QuorumRule,
        rests::{RestState, Rests},
        term::Term,
    },
    crypto::{
        hash::Hash,
        keys::{Address, PublicKey},
    },
    time::Slot,
};

const SLOTS: u8 = 8;

/// A rule that is left out, to see that the search would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Without {
    Nothing,
    /// A rest leaves its voter out for all votes, also for those that its watermark covers.
    Watermark,
    /// A wake counts as soon as it is recorded.
    FinalWake,
    /// Who returns is counted at once on every branch that has recorded that, without a word of those who stayed.
    BothReadings,
    /// Who has left goes on voting where its rest is not recorded.
    NextLife,
}

struct Voter {
    account: Address,
    key: PublicKey,
    mark: Watermark,
    life: Life,
    /// What it said when it left, in each life.
    left: Vec<Watermark>,
}

#[derive(Clone, Default)]
struct Branch {
    rests: Rests,
    recorded_final: u8,
    justified: BTreeSet<u8>,
    finals: BTreeSet<u8>,
    rules: BTreeMap<u8, QuorumRule>,
}

struct Search {
    without: Without,
    silent_in_eight: u64,
    electorate: Electorate,
    voters: Vec<Voter>,
    /// Last slot that both branches have in common.
    split: u8,
    branches: [Branch; 2],
    votes: BTreeMap<Pair, BTreeSet<Seat>>,
}

impl Search {
    fn draw(chance: &mut Chance, without: Without, silent_in_eight: u64) -> Self {
        let stakes = ROOMS[usize::try_from(chance.below(ROOMS.len() as u64)).unwrap()];
        let term = Term::founding(&Hash::ZERO, operators(stakes, 0));
        let voters = term.voters.iter().map(|voter| Voter {
            account: voter.account,
            key: voter.signing_key,
            mark: Watermark::default(),
            life: Life::default(),
            left: Vec::new(),
        });
        Self {
            without,
            silent_in_eight,
            electorate: Electorate::new(&term, 0),
            voters: voters.collect(),
            split: u8::try_from(chance.below(u64::from(SLOTS) - 1)).unwrap(),
            branches: Default::default(),
            votes: BTreeMap::new(),
        }
    }

    fn checkpoint(&self, branch: usize, slot: u8) -> Checkpoint {
        let of = if slot <= self.split {
            0
        } else {
            100 * u8::try_from(branch).unwrap()
        };
        Checkpoint {
            slot: Slot(slot.into()),
            block: BlockHash(Hash([slot + of; 32])),
        }
    }

    /// A block of a branch: it records what it likes of what voters said of themselves, and of what is final.
    fn make_block(&mut self, chance: &mut Chance, branch: usize, slot: u8) {
        let mut rests = self.branches[branch].rests.clone();
        for voter in &self.voters {
            let life = rests.life_of(&voter.account);
            if life >= voter.life || chance.below(2) == 0 {
                continue;
            }
            if rests.state_of(&voter.account, &voter.key).is_none() {
                let first = voter.left[usize::try_from(life.0).unwrap()];
                let said = if chance.below(2) == 0 { first } else { voter.mark };
                let covers_all = self.without == Without::Watermark;
                let watermark = if covers_all { Watermark::default() } else { said };
                rests.rest(voter.account, voter.key, watermark);
            }
            let state = rests.state_of(&voter.account, &voter.key);
            if state == Some(RestState::Resting) && chance.below(2) == 0 {
                rests.wake(voter.account, Slot(slot.into()));
            }
        }
        let made = &mut self.branches[branch];
        let last_final = made.finals.last().copied().unwrap_or(0);
        if last_final > made.recorded_final && chance.below(2) == 0 {
            made.recorded_final = last_final;
            rests.settle(Slot(last_final.into()), Slot(slot.into()));
        }
        match self.without {
            Without::FinalWake => drop(rests.settle(Slot(slot.into()), Slot(slot.into()))),
            Without::BothReadings => rests.forget_returns(),
            Without::Nothing | Without::Watermark | Without::NextLife => {}
        }
        let seats = self.voters.iter().map(|voter| Seat {
            term: 0,
            account: voter.account,
        });
        let silent = seats.filter(|_| chance.below(8) < self.silent_in_eight);
        let absences = Absences::new(silent.map(|seat| (seat, Absence::Silent)).collect::<Vec<_>>());
        let rule = QuorumRule::new(
            self.electorate.clone(),
            Arc::new(absences),
            Arc::new(rests.clone()),
        );
        made.rules.insert(slot, rule);
        made.rests = rests;
    }

    fn vote(&mut self, voter: usize, branch: usize, source: u8, target: u8) {
        let Some(rule) = self.branches[branch].rules.get(&target) else {
            return;
        };
        let pair = Pair {
            source: self.checkpoint(branch, source),
            target: self.checkpoint(branch, target),
        };
        let voter = &mut self.voters[voter];
        let goes_on =
            self.without == Without::NextLife && rule.rests().state_of(&voter.account, &voter.key).is_none();
        if !goes_on && !rule.rests().lets_vote(&voter.account, &voter.key, voter.life) {
            return;
        }
        let Some(raised) = voter.mark.raised_by(&pair) else {
            return;
        };
        voter.mark = raised;
        let account = voter.account;
        let voted = self.votes.entry(pair).or_default();
        voted.insert(Seat { term: 0, account });
        if !rule.is_met_by(&pair, voted) {
            return;
        }
        // What both branches have in common is the same on both.
        let alike = target <= self.split;
        for (number, made) in self.branches.iter_mut().enumerate() {
            if alike || number == branch {
                let reached = if source < target {
                    &mut made.justified
                } else {
                    &mut made.finals
                };
                reached.insert(target);
            }
        }
    }

    fn leave(&mut self, voter: usize) {
        let voter = &mut self.voters[voter];
        voter.left.push(voter.mark);
        voter.life = voter.life.next();
    }

    /// True if both branches end with a final checkpoint of their own.
    fn finds_a_conflict(mut self, chance: &mut Chance) -> bool {
        for slot in 1..=SLOTS {
            self.make_block(chance, 0, slot);
            if slot <= self.split {
                self.branches[1] = self.branches[0].clone();
            } else {
                self.make_block(chance, 1, slot);
            }
            for is_acknowledging in [false, true] {
                for voter in 0..self.voters.len() {
                    let branch = usize::try_from(chance.below(2)).unwrap();
                    let highest = self.branches[branch].justified.last().copied();
                    match highest.filter(|_| is_acknowledging) {
                        _ if chance.below(8) == 0 => {}
                        Some(justified) => self.vote(voter, branch, justified, justified),
                        None if is_acknowledging => {}
                        None => self.vote(voter, branch, highest.unwrap_or(0), slot),
                    }
                    if chance.below(6) == 0 {
                        self.leave(voter);
                    }
                }
            }
        }
        let is_own = |made: &Branch| made.finals.last().is_some_and(|last| *last > self.split);
        self.branches.iter().all(is_own)
    }
}

fn conflicts(without: Without, silent_in_eight: u64, runs: u32) -> u32 {
    let mut chance = Chance(0x7469_6e67);
    let is_conflict =
        |chance: &mut Chance| Search::draw(chance, without, silent_in_eight).finds_a_conflict(chance);
    (0..runs).map(|_| u32::from(is_conflict(&mut chance))).sum()
}

#[test]
fn no_two_histories_become_final_however_voters_leave_and_return() {
    for silent_in_eight in [0, 2, 4, 7] {
        let conflicts = conflicts(Without::Nothing, silent_in_eight, 20_000);
        assert_eq!(conflicts, 0, "{silent_in_eight} of 8 silent");
    }
}

#[test]
fn the_search_finds_two_final_histories_without_each_of_the_rules_of_leaving() {
    let rules = [
        Without::Watermark,
        Without::FinalWake,
        Without::BothReadings,
        Without::NextLife,
    ];
    for without in rules {
        let found = conflicts(without, 2, 20_000);
        println!("{without:?}: {found} of 20000");
        assert!(found > 0, "{without:?}");
    }
}
