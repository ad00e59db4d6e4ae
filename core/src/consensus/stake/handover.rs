//! A search for conflicting finals over a handover in which accounts change their keys: honest devices, the real term, quorum and watermark.
//!
//! Two branches part in term 0; each goes over to term 1 in a slot of its own. In every slot each device is on one side, as partitions will
//! have it, and votes there as far as the quorum rule gives it a seat and its own watermark allows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    chain::{
        block::BlockHash,
        checkpoint::{Checkpoint, Pair, Seat},
        samples::secret,
        watermark::Watermark,
    },
    consensus::stake::{
        attendance::{Absence, Absences},
        electorate::Electorate,
        outlook::TO_COME,
        quorum::QuorumRule,
        rests::Rests,
        term::{OperatorSet, Term, TermOperator, VoterSet},
    },
    crypto::{
        hash::Hash,
        keys::{Address, PublicKey},
        vrf::VrfSecretKey,
    },
    time::Slot,
};

const SLOTS: u8 = 7;
/// Stakes of the rooms that are searched.
pub(super) const ROOMS: [&[u64]; 7] = [
    &[1],
    &[1, 1],
    &[2, 1],
    &[1, 1, 1],
    &[6, 3, 1],
    &[1, 1, 1, 1],
    &[5, 3, 2, 1],
];

/// Small and the same everywhere: a failing search can be repeated.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

fn operator(account: u8, key: u8, stake_micro: u64) -> TermOperator {
    TermOperator {
        account: secret(account).address(),
        signing_key: secret(key).public(),
        vrf_key: VrfSecretKey::from_seed([key; 32]).public(),
        stake_micro,
        voting_micro: stake_micro,
        since: Slot(key.into()),
    }
}

/// Operators 1, 2, … of these stakes; those who moved have another key.
pub(super) fn operators(stakes: &[u64], moved: u64) -> OperatorSet {
    OperatorSet::new((0_u8..).zip(stakes).map(|(index, stake)| {
        let has_moved = moved >> index & 1 == 1;
        operator(
            1 + index,
            if has_moved { 101 + index } else { 51 + index },
            *stake,
        )
    }))
}

/// How quorums are counted in the search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    /// As the protocol does: each set by its own keys.
    Keys,
    /// As it would go wrong: an account counts in both sets, whichever of its keys signed.
    Accounts,
}

/// Who is away in the search: of each block's voters so many in eight.
#[derive(Clone, Copy)]
struct Away {
    in_eight: u64,
    absence: Absence,
}

const NOBODY: Away = Away {
    in_eight: 0,
    absence: Absence::Silent,
};

struct Device {
    account: Address,
    key: PublicKey,
    mark: Watermark,
}

struct Search {
    count: Count,
    away: Away,
    old: Arc<Term>,
    new: Arc<Term>,
    /// First slot of term 1 on each branch.
    entered: [u8; 2],
    devices: Vec<Device>,
    rules: BTreeMap<(usize, u8), QuorumRule>,
    votes: BTreeMap<Pair, BTreeSet<Seat>>,
    justified: [BTreeSet<u8>; 2],
    finals: [BTreeSet<u8>; 2],
}

impl Search {
    fn draw(chance: &mut Chance, count: Count, away: Away) -> Self {
        let stakes = ROOMS[usize::try_from(chance.below(ROOMS.len() as u64)).unwrap()];
        let moved = chance.below(1 << stakes.len());
        let old = Term::founding(&Hash::ZERO, operators(stakes, 0));
        let new = old.successor(
            Slot(1),
            Arc::new(operators(stakes, moved)),
            &Hash::ZERO,
            &Rests::default(),
        );
        let seats = |voters: &VoterSet| -> Vec<(Address, PublicKey)> {
            voters
                .iter()
                .map(|voter| (voter.account, voter.signing_key))
                .collect()
        };
        let keys: BTreeSet<(Address, PublicKey)> =
            seats(&old.voters).into_iter().chain(seats(&new.voters)).collect();
        let mut entry = || u8::try_from(1 + chance.below(u64::from(SLOTS) + 1)).unwrap();
        Self {
            count,
            away,
            entered: [entry(), entry()],
            old: Arc::new(old),
            new: Arc::new(new),
            devices: keys
                .into_iter()
                .map(|(account, key)| Device {
                    account,
                    key,
                    mark: Watermark::default(),
                })
                .collect(),
            rules: BTreeMap::new(),
            votes: BTreeMap::new(),
            justified: Default::default(),
            finals: Default::default(),
        }
    }

    fn checkpoint(branch: usize, slot: u8) -> Checkpoint {
        let block = if slot == 0 {
            [0; 32]
        } else {
            [slot + 100 * u8::try_from(branch).unwrap(); 32]
        };
        Checkpoint {
            slot: Slot(slot.into()),
            block: BlockHash(Hash(block)),
        }
    }

    /// The rule of a block, fixed when it is made: by then its branch has recorded all that is final. Who is away is drawn: a branch may lack anybody's votes.
    fn rule(&mut self, chance: &mut Chance, branch: usize, slot: u8) -> QuorumRule {
        if let Some(made) = self.rules.get(&(branch, slot)) {
            return made.clone();
        }
        let entered = self.entered[branch];
        let is_settled = self.finals[branch]
            .iter()
            .any(|last_final| (entered..slot).contains(last_final));
        let made = if slot < entered {
            Electorate::new(&self.old, 0)
        } else {
            Electorate::new(&self.new, u64::from(is_settled))
        };
        let seats = self
            .devices
            .iter()
            .filter_map(|device| made.seat_of(&device.account, &device.key));
        let away = seats
            .filter(|_| chance.below(8) < self.away.in_eight)
            .collect::<Vec<_>>();
        let away = Absences::new(away.into_iter().map(|seat| (seat, self.away.absence)));
        let rule = QuorumRule::new(made, Arc::new(away), Arc::default());
        self.rules.insert((branch, slot), rule.clone());
        rule
    }

    fn vote(&mut self, chance: &mut Chance, device: usize, branch: usize, source: u8, target: u8) {
        let rule = self.rule(chance, branch, target);
        let pair = Pair {
            source: Self::checkpoint(branch, source),
            target: Self::checkpoint(branch, target),
        };
        let device = &mut self.devices[device];
        let Some(seat) = rule.seat_of(&device.account, &device.key) else {
            return;
        };
        let Some(raised) = device.mark.raised_by(&pair) else {
            return;
        };
        device.mark = raised;
        let voted = self.votes.entry(pair).or_default();
        voted.insert(seat);
        if self.count == Count::Accounts {
            let other = |term| Seat { term, ..seat };
            voted.extend([other(0), other(1)]);
        }
        let is_enough = rule.is_met_by(&pair, voted);
        if is_enough && source < target {
            self.justified[branch].insert(target);
        } else if is_enough {
            self.finals[branch].insert(target);
        }
    }

    /// True if both branches end with a final checkpoint.
    fn finds_a_conflict(mut self, chance: &mut Chance) -> bool {
        for slot in 1..=SLOTS {
            let sides: Vec<usize> = (0..self.devices.len())
                .map(|_| usize::from(chance.below(2) == 1))
                .collect();
            for is_acknowledging in [false, true] {
                for (device, branch) in sides.iter().copied().enumerate() {
                    let highest = self.justified[branch].last().copied();
                    match highest.filter(|_| is_acknowledging) {
                        _ if chance.below(8) == 0 => {}
                        Some(justified) => self.vote(chance, device, branch, justified, justified),
                        None if is_acknowledging => {}
                        None => self.vote(chance, device, branch, highest.unwrap_or(0), slot),
                    }
                }
            }
        }
        self.finals.iter().all(|finals| !finals.is_empty())
    }
}

fn conflicts(count: Count, away: Away, runs: u32) -> u32 {
    let mut chance = Chance(0x7469_6e67);
    let is_conflict = |chance: &mut Chance| Search::draw(chance, count, away).finds_a_conflict(chance);
    (0..runs).map(|_| u32::from(is_conflict(&mut chance))).sum()
}

fn nobody_away(electorate: Electorate) -> QuorumRule {
    QuorumRule::new(electorate, Arc::default(), Arc::default())
}

#[test]
fn no_two_histories_become_final_over_a_handover_however_many_change_their_keys() {
    assert_eq!(conflicts(Count::Keys, NOBODY, 20_000), 0);
}

#[test]
fn the_search_finds_two_final_histories_where_accounts_are_counted_instead_of_keys() {
    assert!(conflicts(Count::Accounts, NOBODY, 20_000) > 0);
}

#[test]
fn no_two_histories_become_final_whoever_is_silent_on_either_branch() {
    for in_eight in [2, 4, 7] {
        let silent = Away {
            in_eight,
            absence: Absence::Silent,
        };
        assert_eq!(
            conflicts(Count::Keys, silent, 20_000),
            0,
            "{in_eight} of 8 silent"
        );
    }
}

#[test]
fn the_search_finds_two_final_histories_where_each_branch_has_forgotten_the_voters_of_the_other() {
    let forgotten = Away {
        in_eight: 4,
        absence: Absence::Forgotten,
    };
    assert!(conflicts(Count::Keys, forgotten, 20_000) > 0);
}

/// By exhaustion, for every room, every choice of who moves, and every set of devices that vote: what is enough in the joint quorum of the new
/// term is enough in the old term by the old term's keys.
#[test]
fn whatever_meets_a_joint_quorum_meets_that_of_the_set_before_by_its_keys() {
    for stakes in ROOMS {
        let old = Term::founding(&Hash::ZERO, operators(stakes, 0));
        for moved in 0..1_u64 << stakes.len() {
            let new = Arc::new(old.successor(
                Slot(1),
                Arc::new(operators(stakes, moved)),
                &Hash::ZERO,
                &Rests::default(),
            ));
            let rules = [&*new, &old].map(|term| nobody_away(Electorate::new(term, 0)));
            let keys: Vec<(u8, u8)> = (0..u8::try_from(stakes.len()).unwrap())
                .flat_map(|index| [(1 + index, 51 + index), (1 + index, 101 + index)])
                .collect();
            for voting in 0..1_u32 << keys.len() {
                let voters = keys.iter().enumerate().filter(|(bit, _)| voting >> bit & 1 == 1);
                let voters: Vec<(Address, PublicKey)> = voters
                    .map(|(_, (account, key))| (secret(*account).address(), secret(*key).public()))
                    .collect();
                let [is_enough_now, was_enough] = rules.each_ref().map(|rule| {
                    let seats = voters
                        .iter()
                        .filter_map(|(account, key)| rule.seat_of(account, key));
                    rule.is_met_by(&TO_COME, &seats.collect())
                });
                assert!(
                    !is_enough_now || was_enough,
                    "{stakes:?} moved {moved:b} voting {voting:b}"
                );
            }
        }
    }
}

#[test]
fn a_lone_voter_moves_by_a_vote_of_each_device_and_then_by_the_new_one_alone() {
    let old = Term::founding(&Hash::ZERO, operators(&[1], 0));
    let new = Arc::new(old.successor(
        Slot(1),
        Arc::new(operators(&[1], 1)),
        &Hash::ZERO,
        &Rests::default(),
    ));
    let (account, keys) = (secret(1).address(), [secret(51).public(), secret(101).public()]);
    let joint = nobody_away(Electorate::new(&new, 0));
    let seats = keys.map(|key| joint.seat_of(&account, &key).unwrap());
    assert!(!joint.is_met_by(&TO_COME, &BTreeSet::from([seats[0]])));
    assert!(!joint.is_met_by(&TO_COME, &BTreeSet::from([seats[1]])));
    assert!(joint.is_met_by(&TO_COME, &BTreeSet::from(seats)));
    let settled = nobody_away(Electorate::new(&new, 1));
    assert_eq!(settled.seat_of(&account, &keys[0]), None);
    assert!(settled.is_met_by(&TO_COME, &BTreeSet::from([seats[1]])));
}
