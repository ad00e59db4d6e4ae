//! The rule by which enough voters have voted for a checkpoint (docs/protocol.md, section 6, "Quorum").
//!
//! The rule for a checkpoint is that of its own block, so everybody who knows the block agrees on it. Each set counts votes by
//! its own keys only: a watermark belongs to a key, and two devices of one account, each with its own, may well contradict each other.

use std::{collections::BTreeSet, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::checkpoint::{Pair, Seat},
    codec::BoundedVec,
    consensus::stake::{
        attendance::{Absence, Absences},
        electorate::Electorate,
        rests::{LeftOut, Reading, RestState, Rests},
        term::{Term, TermOperator, VoterSet},
    },
    crypto::keys::{Address, PublicKey},
    params::{MAX_ABSENCE_CHANGES, MAX_REST_CHANGES},
    time::Slot,
};

/// The rule for checkpoints on one block: who votes, and who of them is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumRule {
    electorate: Electorate,
    absences: Arc<Absences>,
    rests: Arc<Rests>,
}

impl QuorumRule {
    /// The rule where these vote, these are away and these have left.
    pub fn new(electorate: Electorate, absences: Arc<Absences>, rests: Arc<Rests>) -> Self {
        Self {
            electorate,
            absences,
            rests,
        }
    }

    /// Number of the block's term.
    pub fn term(&self) -> u64 {
        self.electorate.term
    }

    /// True if votes may name this term: the block's own, or while quorums are joint the one before.
    pub fn admits_term(&self, number: u64) -> bool {
        self.electorate.set_of(number).is_some()
    }

    /// The key by which a seat votes here, if it does. Who is in both sets with one key has one seat, that of the newer set.
    pub fn key_of(&self, seat: &Seat) -> Option<&PublicKey> {
        self.electorate.key_of(seat)
    }

    /// The seat that this account has here with this key, if it has one.
    pub fn seat_of(&self, account: &Address, key: &PublicKey) -> Option<Seat> {
        self.electorate.seat_of(account, key)
    }

    /// How long the voter of this seat has been away, if it is.
    pub fn absence_of(&self, seat: &Seat) -> Option<Absence> {
        self.absences.of(seat)
    }

    /// Who of the voters has left.
    pub fn rests(&self) -> &Rests {
        &self.rests
    }

    /// Whether the voter of this seat has left.
    pub fn rest_of(&self, seat: &Seat) -> Option<RestState> {
        self.rests.state_of(&seat.account, self.key_of(seat)?)
    }

    /// True if each set that counts has a voter like this, asked for by account and key.
    pub fn every_set_has(&self, is_like: impl Fn(&Address, &PublicKey) -> bool) -> bool {
        let is_like = |voter: &TermOperator| is_like(&voter.account, &voter.signing_key);
        let previous = self.electorate.previous.as_deref();
        let mut sets = previous.into_iter().chain([&*self.electorate.voters]);
        sets.all(|set| set.iter().any(is_like))
    }

    /// True if these seats, each of which voted for this pair with its key, are enough: in the term's set, and in the one before while the term has
    /// no final checkpoint; and if somebody returns from a rest, both with and without it. One more vote never makes it less.
    pub fn is_met_by(&self, pair: &Pair, voted: &BTreeSet<Seat>) -> bool {
        self.rests
            .readings()
            .all(|reading| self.is_met_in(reading, pair, voted))
    }

    fn is_met_in(&self, reading: Reading, pair: &Pair, voted: &BTreeSet<Seat>) -> bool {
        let Electorate {
            term,
            voters,
            previous,
        } = &self.electorate;
        let presence = |term: u64, voter: &TermOperator| {
            let account = voter.account;
            let seat = Seat { term, account };
            let (has_voted, absence) = (voted.contains(&seat), self.absence_of(&seat));
            let key = (&account, &voter.signing_key);
            match (self.rests.leave_out(reading, key, pair), absence) {
                (Some(LeftOut::Waking), _) if has_voted => Presence::Wakes,
                (Some(_), Some(Absence::Forgotten)) => Presence::Away(Absence::Forgotten),
                (Some(_), _) => Presence::Rests,
                (None, _) if has_voted => Presence::Votes,
                (None, absence) => absence.map_or(Presence::Awaited, Presence::Away),
            }
        };
        let presence_before = |voter: &TermOperator| {
            let stays = voters.key_of(&voter.account) == Some(&voter.signing_key);
            presence(term.saturating_sub(u64::from(!stays)), voter)
        };
        has_quorum(voters, |voter| presence(*term, voter))
            && previous
                .as_deref()
                .is_none_or(|previous| has_quorum(previous, presence_before))
    }
}

/// What a voter does about one pair of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Votes,
    Awaited,
    Away(Absence),
    /// It has left.
    Rests,
    /// It has left and is back, and votes.
    Wakes,
}

/// Most rules that the blocks of a branch from the recorded final one on may have. A term ends only with a final checkpoint of its own, so from a block
/// of the term before there are at most these: joint and not in that term, and joint in the new one.
const MAX_RULES: usize = 3;

/// The rules for all blocks of a branch from the recorded final one on: what a state has to know of the blocks before it, to count votes on them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct QuorumRules {
    electorates: Since<Electorate, MAX_RULES>,
    /// Beyond the bound the oldest go, and with them what could be counted on the blocks before: only while finality stands still, and newer checkpoints do.
    absences: Since<Arc<Absences>, MAX_ABSENCE_CHANGES>,
    /// The same holds for these.
    rests: Since<Arc<Rests>, MAX_REST_CHANGES>,
}

impl QuorumRules {
    /// At genesis one set votes alone, and nobody is away.
    pub fn founding(term: &Term) -> Self {
        Self {
            electorates: Since::beginning(Electorate::new(term, term.number)),
            absences: Since::beginning(Arc::default()),
            rests: Since::beginning(Arc::default()),
        }
    }

    /// The rule for checkpoints on the branch's block in this slot; none if it lies too far before the recorded final one.
    pub fn for_block_in(&self, slot: Slot) -> Option<QuorumRule> {
        let (electorate, absences) = (self.electorates.at(slot)?, self.absences.at(slot)?);
        let rests = self.rests.at(slot)?;
        Some(QuorumRule::new(
            electorate.clone(),
            absences.clone(),
            rests.clone(),
        ))
    }

    /// The rule for checkpoints on the newest block.
    pub(super) fn newest(&self) -> Option<QuorumRule> {
        let (electorate, absences) = (self.electorates.newest()?, self.absences.newest()?);
        let rests = self.rests.newest()?;
        Some(QuorumRule::new(
            electorate.clone(),
            absences.clone(),
            rests.clone(),
        ))
    }

    /// Who rests on the newest block.
    pub(super) fn rests(&self) -> Option<&Arc<Rests>> {
        self.rests.newest()
    }

    /// Who votes on the newest block.
    pub(super) fn electorate(&self) -> Option<&Electorate> {
        self.electorates.newest()
    }

    /// True while the newest block's term has no final checkpoint of its own.
    pub(super) fn are_joint(&self) -> bool {
        self.electorate()
            .is_some_and(|electorate| electorate.previous.is_some())
    }

    /// On the block in `slot` and those after it these vote.
    pub(in crate::consensus) fn begin(&mut self, slot: Slot, electorate: Electorate) {
        self.electorates.push(slot, electorate);
    }

    /// On the block in `slot` and those after it these are away; true if that is a change.
    pub(super) fn note_absences(&mut self, slot: Slot, absences: Absences) -> bool {
        let is_change = self.absences.newest().is_none_or(|newest| **newest != absences);
        if is_change {
            self.absences.push(slot, Arc::new(absences));
        }
        is_change
    }

    /// On the block in `slot` and those after it these rest; true if that is a change.
    pub(super) fn note_rests(&mut self, slot: Slot, rests: Rests) -> bool {
        let is_change = self.rests.newest().is_none_or(|newest| **newest != rests);
        if is_change {
            self.rests.push(slot, Arc::new(rests));
        }
        is_change
    }

    /// Lets go what only blocks before the one in `slot` need.
    pub(super) fn forget_before(&mut self, slot: Slot) {
        self.electorates.forget_before(slot);
        self.absences.forget_before(slot);
        self.rests.forget_before(slot);
    }
}

/// Values of a branch, each from the block in its slot on: the newest `MAX`, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Since<T, const MAX: usize> {
    values: BoundedVec<(Slot, T), MAX>,
}

impl<T: Clone, const MAX: usize> Since<T, MAX> {
    fn beginning(value: T) -> Self {
        Self {
            values: BoundedVec::try_from(vec![(Slot::GENESIS, value)]).unwrap_or_default(),
        }
    }

    fn at(&self, slot: Slot) -> Option<&T> {
        let mut newest_first = self.values.iter().rev();
        newest_first
            .find(|(from, _)| *from <= slot)
            .map(|(_, value)| value)
    }

    fn newest(&self) -> Option<&T> {
        self.values.last().map(|(_, value)| value)
    }

    fn push(&mut self, slot: Slot, value: T) {
        let mut values = std::mem::take(&mut self.values).into_vec();
        // What a block says twice it means the second time.
        values.pop_if(|(from, _)| *from == slot);
        values.push((slot, value));
        if values.len() > MAX {
            values.remove(0);
        }
        self.values = BoundedVec::try_from(values).unwrap_or_default();
    }

    fn forget_before(&mut self, slot: Slot) {
        let mut values = std::mem::take(&mut self.values).into_vec();
        let needless = values.iter().filter(|(from, _)| *from <= slot).count();
        values.drain(..needless.saturating_sub(1));
        self.values = BoundedVec::try_from(values).unwrap_or_default();
    }
}

/// True if those of the set who vote are a quorum of it: two thirds of those who are not silent, and more than half of all, or exactly half with the senior
/// among them. Who rests is not one of all, nor who is forgotten unless it votes; the senior is the first of all. Where nobody is left, it takes two
/// thirds of those who rest, who are back and vote.
fn has_quorum(set: &VoterSet, presence: impl Fn(&TermOperator) -> Presence) -> bool {
    let (mut awake, mut resting) = (Weights::default(), Weights::default());
    let mut senior = None;
    for voter in set.iter() {
        let (stake, presence) = (u128::from(voter.voting_micro), presence(voter));
        let is_awake = match presence {
            Presence::Votes | Presence::Awaited | Presence::Away(Absence::Silent) => true,
            Presence::Wakes | Presence::Rests => false,
            Presence::Away(Absence::Forgotten) => continue,
        };
        let weights = if is_awake { &mut awake } else { &mut resting };
        weights.total += stake;
        match presence {
            Presence::Votes | Presence::Wakes => weights.voting += stake,
            Presence::Away(_) => weights.silent += stake,
            Presence::Awaited | Presence::Rests => {}
        }
        if is_awake {
            senior.get_or_insert(presence);
        }
    }
    if awake.total == 0 {
        return resting.voting > 0 && 3 * resting.voting >= 2 * resting.total;
    }
    is_enough(awake, senior == Some(Presence::Votes))
}

/// Weights of a voter set: below 128 × 2^64, so no sum here can overflow.
#[derive(Clone, Copy, Debug, Default)]
struct Weights {
    total: u128,
    silent: u128,
    voting: u128,
}

/// At least two thirds of those who are not silent, and more than half of all; exactly half will do with the senior.
fn is_enough(weights: Weights, senior_votes: bool) -> bool {
    let Weights {
        total,
        silent,
        voting,
    } = weights;
    let awake = total.saturating_sub(silent);
    let most = 2 * voting > total || (2 * voting == total && senior_votes);
    voting > 0 && 3 * voting >= 2 * awake && most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::samples::secret,
        consensus::stake::{outlook::TO_COME, term::OperatorSet},
        crypto::{hash::Hash, vrf::VrfSecretKey},
    };

    /// Whether these of five voters are enough, whose stakes differ and vote with the same part, of whom number 1 is the senior, while these are silent and these forgotten.
    fn is_met(voted: &[usize], silent: &[usize], forgotten: &[usize]) -> bool {
        let operators = OperatorSet::new((1..=5).map(|number| TermOperator {
            account: secret(number).address(),
            signing_key: secret(number).public(),
            vrf_key: VrfSecretKey::from_seed([number; 32]).public(),
            stake_micro: 100 * u64::from(number),
            voting_micro: 100,
            since: Slot(number.into()),
        }));
        let electorate = Electorate::new(&Term::founding(&Hash::ZERO, operators), 0);
        let by_seniority: Vec<Address> = electorate.voters.iter().map(|voter| voter.account).collect();
        let seat = |number: &usize| Seat {
            term: 0,
            account: by_seniority[number - 1],
        };
        let silent = silent.iter().map(|number| (seat(number), Absence::Silent));
        let forgotten = forgotten.iter().map(|number| (seat(number), Absence::Forgotten));
        let away = Absences::new(silent.chain(forgotten));
        let rule = QuorumRule::new(electorate, Arc::new(away), Arc::default());
        rule.is_met_by(&TO_COME, &voted.iter().map(seat).collect())
    }

    #[test]
    fn who_is_silent_is_not_waited_for_and_more_than_half_have_to_vote() {
        assert!(!is_met(&[1, 2, 3], &[], &[]), "two thirds of five are four");
        assert!(is_met(&[1, 2, 3], &[4], &[]), "of four they are three");
        assert!(!is_met(&[1, 2], &[3, 4, 5], &[]));
    }

    #[test]
    fn who_is_silent_and_votes_counts_like_everybody() {
        assert!(is_met(&[1, 2, 4, 5], &[4, 5], &[]));
        assert!(!is_met(&[4, 5], &[4, 5], &[]));
    }

    #[test]
    fn who_is_forgotten_is_not_one_of_all_until_it_votes() {
        assert!(is_met(&[5], &[], &[1, 2, 3, 4]));
        assert!(!is_met(&[4], &[], &[1, 2, 3]));
        assert!(is_met(&[4, 3], &[], &[1, 2]) && !is_met(&[4, 1], &[], &[1, 2]));
    }

    #[test]
    fn the_senior_is_the_first_who_is_not_forgotten() {
        assert!(is_met(&[2, 3], &[4, 5], &[1]));
        assert!(!is_met(&[3, 4], &[2, 5], &[1]));
    }

    fn enough(voting: u128, silent: u128, total: u128, senior: bool) -> bool {
        is_enough(
            Weights {
                total,
                silent,
                voting,
            },
            senior,
        )
    }

    #[test]
    fn two_of_three_are_enough_and_one_of_two_is_not() {
        assert!(enough(2, 0, 3, false));
        assert!(!enough(1, 0, 2, true));
        assert!(enough(2, 0, 2, false));
        assert!(enough(1, 0, 1, true));
    }

    #[test]
    fn exactly_half_needs_the_senior_once_others_are_silent() {
        assert!(enough(2, 1, 4, true));
        assert!(!enough(2, 1, 4, false));
        assert!(!enough(1, 3, 4, true));
    }

    #[test]
    fn an_empty_set_has_no_quorum() {
        assert!(!enough(0, 0, 0, true));
    }

    /// By exhaustion: no two disjoint quorums, whoever is silent on either side.
    #[test]
    fn no_two_disjoint_quorums_among_equal_voters() {
        for n in 1_u32..=7 {
            let sets = 0..(1_u32 << n);
            for a in sets.clone() {
                for b in sets.clone().filter(|b| a & b == 0) {
                    let possible = |voted: u32| {
                        sets.clone().filter(|silent| silent & voted == 0).any(|silent| {
                            enough(
                                voted.count_ones().into(),
                                silent.count_ones().into(),
                                n.into(),
                                voted & 1 == 1,
                            )
                        })
                    };
                    assert!(!(possible(a) && possible(b)), "n={n} a={a:b} b={b:b}");
                }
            }
        }
    }
}
