//! When enough voters have voted (docs/protocol.md, section 6, "Quorum").
//!
//! The rule for a checkpoint is read from the state of its own block, so everybody who knows the block agrees on it.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    chain::term::{Term, VoterSet},
    crypto::keys::{Address, PublicKey},
};

/// The rule for checkpoints on one block.
#[derive(Clone, Debug)]
pub struct QuorumRule {
    term: Arc<Term>,
    joint: bool,
}

impl QuorumRule {
    /// The rule of a block in `term` whose state has recorded a final checkpoint of term `final_term`.
    pub fn new(term: Arc<Term>, final_term: u64) -> Self {
        let joint = final_term < term.number;
        Self { term, joint }
    }

    /// The term that votes have to name.
    pub fn term(&self) -> &Arc<Term> {
        &self.term
    }

    /// The key by which this account votes here, if it does.
    pub fn voting_key(&self, account: &Address) -> Option<&PublicKey> {
        self.term.voting_key(account)
    }

    /// True if these voters are enough: in the term's set, and in the one before while the term has no final checkpoint.
    pub fn is_met_by(&self, voted: &BTreeSet<Address>) -> bool {
        has_quorum(&self.term.voters, voted) && (!self.joint || has_quorum(&self.term.previous_voters, voted))
    }
}

/// True if these voters are a quorum of the set.
pub fn has_quorum(set: &VoterSet, voted: &BTreeSet<Address>) -> bool {
    let voting: u128 = set
        .iter()
        .filter(|voter| voted.contains(&voter.account))
        .map(|voter| u128::from(voter.stake_micro))
        .sum();
    let senior_votes = set
        .iter()
        .next()
        .is_some_and(|senior| voted.contains(&senior.account));
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
