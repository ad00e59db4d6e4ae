//! The rule by which enough voters have voted for a checkpoint (docs/protocol.md, section 6, "Quorum").
//!
//! The rule for a checkpoint is that of its own block, so everybody who knows the block agrees on it. Each set counts votes by
//! its own keys only: a watermark belongs to a key, and two devices of one account, each with its own, may well contradict each other.

use std::{collections::BTreeSet, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::checkpoint::Seat,
    codec::BoundedVec,
    consensus::stake::term::{Term, TermOperator, VoterSet},
    crypto::keys::{Address, PublicKey},
    time::Slot,
};

/// The rule for checkpoints on one block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct QuorumRule {
    /// Number of the block's term.
    term: u64,
    voters: Arc<VoterSet>,
    /// Those of the term before, while quorums are joint.
    previous: Option<Arc<VoterSet>>,
}

impl QuorumRule {
    /// The rule of a block in `term` whose state has recorded a final checkpoint of term `final_term`.
    pub fn new(term: &Term, final_term: u64) -> Self {
        let is_joint = final_term < term.number;
        Self {
            term: term.number,
            voters: term.voters.clone(),
            previous: is_joint.then(|| term.previous_voters.clone()),
        }
    }

    /// Number of the block's term.
    pub fn term(&self) -> u64 {
        self.term
    }

    /// True while the term has no final checkpoint of its own.
    pub(super) fn is_joint(&self) -> bool {
        self.previous.is_some()
    }

    /// True if votes may name this term: the block's own, or while quorums are joint the one before.
    pub fn admits_term(&self, number: u64) -> bool {
        self.set_of(number).is_some()
    }

    fn set_of(&self, number: u64) -> Option<&VoterSet> {
        if number == self.term {
            return Some(&self.voters);
        }
        let is_one_before = number.checked_add(1) == Some(self.term);
        self.previous.as_deref().filter(|_| is_one_before)
    }

    /// The key by which a seat votes here, if it does. Who is in both sets with one key has one seat, that of the newer set.
    pub fn key_of(&self, seat: &Seat) -> Option<&PublicKey> {
        let key = self.set_of(seat.term)?.key_of(&seat.account)?;
        let is_older = seat.term != self.term;
        let counts_in_both = is_older && self.voters.key_of(&seat.account) == Some(key);
        (!counts_in_both).then_some(key)
    }

    /// The seat that this account has here with this key, if it has one.
    pub fn seat_of(&self, account: &Address, key: &PublicKey) -> Option<Seat> {
        let terms = [Some(self.term), self.term.checked_sub(1)];
        let seats = terms.into_iter().flatten().map(|term| Seat {
            term,
            account: *account,
        });
        seats.into_iter().find(|seat| self.key_of(seat) == Some(key))
    }

    /// True if these seats, each of which voted with its key, are enough: in the term's set, and in the one before while the term has no final
    /// checkpoint.
    pub fn is_met_by(&self, voted: &BTreeSet<Seat>) -> bool {
        let has_quorum_before = |previous: &VoterSet| {
            has_quorum(previous, |voter| {
                self.has_voted(voted, voter, 1)
                    || (self.has_voted(voted, voter, 0)
                        && self.voters.key_of(&voter.account) == Some(&voter.signing_key))
            })
        };
        has_quorum(&self.voters, |voter| self.has_voted(voted, voter, 0))
            && self.previous.as_deref().is_none_or(has_quorum_before)
    }

    fn has_voted(&self, voted: &BTreeSet<Seat>, voter: &TermOperator, terms_ago: u64) -> bool {
        let term = self.term.checked_sub(terms_ago);
        term.is_some_and(|term| {
            voted.contains(&Seat {
                term,
                account: voter.account,
            })
        })
    }
}

/// Most rules that the blocks of a branch from the recorded final one on may have. A term ends only with a final checkpoint of its own, so from a block
/// of the term before there are at most these: joint and not in that term, and joint in the new one.
const MAX_RULES: usize = 3;

/// The rules for all blocks of a branch from the recorded final one on: what a state has to know of the blocks before it, to count votes on them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct QuorumRules {
    /// Each from the block in its slot on, oldest first.
    since: BoundedVec<(Slot, QuorumRule), MAX_RULES>,
}

impl QuorumRules {
    /// At genesis one set votes alone.
    pub fn founding(term: &Term) -> Self {
        let rule = QuorumRule::new(term, term.number);
        Self {
            since: BoundedVec::try_from(vec![(Slot::GENESIS, rule)]).unwrap_or_default(),
        }
    }

    /// The rule for checkpoints on the branch's block in this slot; none if it lies too far before the recorded final one.
    pub fn for_block_in(&self, slot: Slot) -> Option<&QuorumRule> {
        let mut newest_first = self.since.iter().rev();
        newest_first.find(|(from, _)| *from <= slot).map(|(_, rule)| rule)
    }

    /// The rule for checkpoints on the newest block.
    pub(super) fn newest(&self) -> Option<&QuorumRule> {
        self.since.last().map(|(_, rule)| rule)
    }

    /// The block in `slot` and those after it have this rule.
    pub(in crate::consensus) fn begin(&mut self, slot: Slot, rule: QuorumRule) {
        let mut since = std::mem::take(&mut self.since).into_vec();
        since.push((slot, rule));
        if since.len() > MAX_RULES {
            since.remove(0);
        }
        self.since = BoundedVec::try_from(since).unwrap_or_default();
    }

    /// Lets go what only blocks before the one in `slot` need.
    pub(super) fn forget_before(&mut self, slot: Slot) {
        let mut since = std::mem::take(&mut self.since).into_vec();
        let needless = since.iter().filter(|(from, _)| *from <= slot).count();
        since.drain(..needless.saturating_sub(1));
        self.since = BoundedVec::try_from(since).unwrap_or_default();
    }
}

/// True if those of the set who have voted are a quorum of it.
fn has_quorum(set: &VoterSet, has_voted: impl Fn(&TermOperator) -> bool) -> bool {
    let voting: u128 = set
        .iter()
        .filter(|voter| has_voted(voter))
        .map(|voter| u128::from(voter.stake_micro))
        .sum();
    let senior_votes = set.iter().next().is_some_and(&has_voted);
    is_enough(
        Weights {
            total: set.total_micro(),
            silent: 0,
            voting,
        },
        senior_votes,
    )
}

/// Weights of a voter set: below 128 × 2^64, so no sum here can overflow.
#[derive(Clone, Copy, Debug)]
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
