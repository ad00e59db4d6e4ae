//! Terms: who takes part in the lottery and in voting, fixed by final state (docs/protocol.md, section 4).
//!
//! A term's operators were fixed before its nonce could be known, so there is nothing to grind. Voters change slowly: entrants weigh at most
//! half of those who stay (or are one), so that those who stay are a quorum of the new set whatever becomes of the others. An account with
//! another signing key is another voter, since watermarks belong to keys: it enters, and until its turn comes its old key stays. A term holds
//! at most `MAX_OPERATORS` operators and `MAX_VOTERS` voters, whoever registers.

use std::{cmp::Reverse, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::checkpoint::Seat,
    codec::BoundedVec,
    consensus::stake::rests::Rests,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, PublicKey},
        vrf::{VrfOutput, VrfPublicKey},
    },
    params::{MAX_OPERATORS, MAX_VOTERS},
    sorting,
    time::Slot,
};

/// An operator's keys and stake, as they were when the snapshot was taken.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TermOperator {
    /// Account that holds the stake.
    pub account: Address,
    /// Public key that checks the operator's signatures on blocks and votes.
    pub signing_key: PublicKey,
    /// Public key that checks the operator's lottery tickets.
    pub vrf_key: VrfPublicKey,
    /// Bond and granted bond, in µTNG, more than 0: what counts in the lottery.
    pub stake_micro: u64,
    /// The part of it that votes, in µTNG: all, but in open rooms.
    pub voting_micro: u64,
    /// Slot in which these keys were registered.
    pub since: Slot,
}

impl TermOperator {
    /// Order of seniority: larger stake, what votes of it before all, then longer service, then account.
    fn seniority(&self) -> (Reverse<u64>, Reverse<u64>, Slot, Address) {
        (
            Reverse(self.voting_micro),
            Reverse(self.stake_micro),
            self.since,
            self.account,
        )
    }

    /// True if it has a say in finality.
    fn votes(&self) -> bool {
        self.voting_micro > 0
    }
}

/// Operators by account, with their whole stake.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OperatorSet {
    by_account: BoundedVec<TermOperator, MAX_OPERATORS>,
    total_micro: u64,
}

impl OperatorSet {
    /// The largest stakes of these, at most `MAX_OPERATORS`; those without stake are left out.
    pub fn new(operators: impl Iterator<Item = TermOperator>) -> Self {
        let mut operators: Vec<TermOperator> =
            operators.filter(|operator| operator.stake_micro > 0).collect();
        sorting::sort_by_key(&mut operators, TermOperator::seniority);
        operators.truncate(MAX_OPERATORS);
        sorting::sort_by_key(&mut operators, |operator| operator.account);
        let total_micro = operators
            .iter()
            .fold(0_u64, |sum, operator| sum.saturating_add(operator.stake_micro));
        Self {
            by_account: BoundedVec::try_from(operators).unwrap_or_default(),
            total_micro,
        }
    }

    /// The operator of this account, if it is one in this term.
    pub fn get(&self, account: &Address) -> Option<&TermOperator> {
        let index = self
            .by_account
            .binary_search_by_key(account, |operator| operator.account)
            .ok()?;
        self.by_account.get(index)
    }

    /// Sum of all stakes, in µTNG.
    pub fn total_micro(&self) -> u64 {
        self.total_micro
    }

    /// Sum of what votes of them, in µTNG. Takes time in proportion to their number.
    pub fn voting_micro(&self) -> u64 {
        self.iter()
            .fold(0, |sum, operator| sum.saturating_add(operator.voting_micro))
    }

    /// Number of operators, at most `MAX_OPERATORS`.
    pub fn len(&self) -> usize {
        self.by_account.len()
    }

    /// True if nobody could make a block.
    pub fn is_empty(&self) -> bool {
        self.by_account.is_empty()
    }

    /// All operators, in the order of their accounts.
    pub fn iter(&self) -> impl Iterator<Item = &TermOperator> {
        self.by_account.iter()
    }
}

/// Voters in order of seniority, with their whole weight.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct VoterSet {
    by_seniority: BoundedVec<TermOperator, MAX_VOTERS>,
}

impl VoterSet {
    /// The voters of a network's first term.
    pub fn founding(operators: &OperatorSet) -> Self {
        let voters: Vec<TermOperator> = operators
            .iter()
            .filter(|operator| operator.votes())
            .take(MAX_VOTERS)
            .cloned()
            .collect();
        Self {
            by_seniority: BoundedVec::try_from(voters).unwrap_or_default(),
        }
    }

    /// The voters that follow these. Of the most senior operators those stay whose signing key is in this set. The others enter, who waited
    /// longest first: the first of them always, the next as long as all who enter weigh at most half of those who stay and do not rest. An account
    /// that has to wait with a new key stays with its old one. An empty result keeps these.
    fn successor(&self, operators: &OperatorSet, rests: &Rests) -> Self {
        let mut candidates: Vec<&TermOperator> =
            operators.iter().filter(|operator| operator.votes()).collect();
        sorting::sort_by_key(&mut candidates, |operator| operator.seniority());
        candidates.truncate(MAX_VOTERS);
        let (staying, mut entering): (Vec<&TermOperator>, Vec<&TermOperator>) = candidates
            .into_iter()
            .partition(|operator| self.key_of(&operator.account) == Some(&operator.signing_key));
        // By stake, somebody large could keep others out for ever by a new key at every term.
        sorting::sort_by_key(&mut entering, |operator| (operator.since, operator.account));
        let is_here = |voter: &&&TermOperator| rests.state_of(&voter.account, &voter.signing_key).is_none();
        let here = staying.iter().filter(is_here);
        let staying_micro: u128 = here.map(|voter| u128::from(voter.voting_micro)).sum();
        let mut entering_micro = 0_u128;
        let mut voters: Vec<TermOperator> = staying.into_iter().cloned().collect();
        for operator in entering {
            let with_it = entering_micro + u128::from(operator.voting_micro);
            if entering_micro == 0 || 2 * with_it <= staying_micro {
                entering_micro = with_it;
                voters.push(operator.clone());
            } else if let Some(old_key) = self.key_of(&operator.account) {
                voters.push(TermOperator {
                    signing_key: *old_key,
                    ..operator.clone()
                });
            }
        }
        if voters.is_empty() {
            return self.clone();
        }
        sorting::sort_by_key(&mut voters, TermOperator::seniority);
        Self {
            by_seniority: BoundedVec::try_from(voters).unwrap_or_default(),
        }
    }

    /// The voter of this account, if it has a seat.
    pub fn get(&self, account: &Address) -> Option<&TermOperator> {
        self.by_seniority.iter().find(|voter| voter.account == *account)
    }

    /// Signing key that this account votes by, if it has a seat.
    pub fn key_of(&self, account: &Address) -> Option<&PublicKey> {
        Some(&self.get(account)?.signing_key)
    }

    /// True if these are the same accounts with the same signing keys, whatever their stakes.
    fn has_keys_of(&self, other: &Self) -> bool {
        let is_in_other = |voter: &TermOperator| other.key_of(&voter.account) == Some(&voter.signing_key);
        self.len() == other.len() && self.iter().all(is_in_other)
    }

    /// All voters, most senior first.
    pub fn iter(&self) -> impl Iterator<Item = &TermOperator> {
        self.by_seniority.iter()
    }

    /// Number of voters, at most `MAX_VOTERS`.
    pub fn len(&self) -> usize {
        self.by_seniority.len()
    }

    /// True if nobody votes.
    pub fn is_empty(&self) -> bool {
        self.by_seniority.is_empty()
    }

    /// Sum of what votes, in µTNG.
    pub fn total_micro(&self) -> u128 {
        self.iter().map(|voter| u128::from(voter.voting_micro)).sum()
    }
}

/// A stretch of slots in which the same operators draw tickets and the same voters vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Term {
    /// Counts the terms of a branch, from 0.
    pub number: u64,
    /// Slot of the term's first block.
    pub first_slot: Slot,
    /// Seeds the term's lottery: every ticket is drawn over it.
    pub nonce: Hash,
    /// Accounts that may draw tickets and so make blocks.
    pub operators: Arc<OperatorSet>,
    /// Accounts whose votes count, with the signing keys that they vote by.
    pub voters: Arc<VoterSet>,
    /// Who voted in the term before; the same as `voters` in term 0.
    pub previous_voters: Arc<VoterSet>,
}

impl Term {
    /// Term 0 of a network: the founder alone.
    pub fn founding(network_hash: &Hash, operators: OperatorSet) -> Self {
        let voters = Arc::new(VoterSet::founding(&operators));
        Self {
            number: 0,
            first_slot: Slot::GENESIS,
            nonce: Hash::of(Domain::TermNonce, &[network_hash.as_bytes()]),
            operators: Arc::new(operators),
            voters: voters.clone(),
            previous_voters: voters,
        }
    }

    /// The term after this one: `operators` is the snapshot taken when this one began, `mixer` the mixer at the final checkpoint that ends it, and
    /// these rest on its last block.
    pub fn successor(
        &self,
        first_slot: Slot,
        operators: Arc<OperatorSet>,
        mixer: &Hash,
        rests: &Rests,
    ) -> Self {
        let operators = if operators.is_empty() {
            self.operators.clone()
        } else {
            operators
        };
        Self {
            number: self.number.saturating_add(1),
            first_slot,
            nonce: Hash::of(Domain::TermNonce, &[self.nonce.as_bytes(), mixer.as_bytes()]),
            voters: Arc::new(self.voters.successor(&operators, rests)),
            previous_voters: self.voters.clone(),
            operators,
        }
    }

    /// True if after this term, its operators staying the same and these resting, others vote, or with other keys.
    pub fn has_voters_to_come(&self, rests: &Rests) -> bool {
        !self
            .voters
            .successor(&self.operators, rests)
            .has_keys_of(&self.voters)
    }

    /// The signing key of a seat in this term's set or in that of the term before.
    pub fn key_of(&self, seat: &Seat) -> Option<&PublicKey> {
        if seat.term == self.number {
            self.voters.key_of(&seat.account)
        } else if seat.term.checked_add(1) == Some(self.number) {
            self.previous_voters.key_of(&seat.account)
        } else {
            None
        }
    }

    /// The signing keys by which this account may vote for blocks of this term: at most two, of which one is older.
    pub fn keys_of(&self, account: &Address) -> impl Iterator<Item = &PublicKey> {
        let new = self.voters.key_of(account);
        let old = self.previous_voters.key_of(account);
        new.into_iter().chain(old.filter(move |old| Some(*old) != new))
    }
}

/// Mixes a block's VRF output into the value that will seed the next term.
pub fn mix(mixer: &Hash, output: &VrfOutput) -> Hash {
    Hash::of(Domain::TermNonce, &[b"mix", mixer.as_bytes(), output.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{keys::SecretKey, vrf::VrfSecretKey};

    fn operator(number: u8, stake_micro: u64) -> TermOperator {
        let key = SecretKey::from_seed([number; 32]);
        TermOperator {
            account: key.address(),
            signing_key: key.public(),
            vrf_key: VrfSecretKey::from_seed([number; 32]).public(),
            stake_micro,
            voting_micro: stake_micro,
            since: Slot(u64::from(number)),
        }
    }

    fn operators(numbers: std::ops::Range<u8>) -> OperatorSet {
        OperatorSet::new(numbers.map(|number| operator(number, 100)))
    }

    #[test]
    fn one_entrant_is_let_in_however_small_the_set() {
        let founder = VoterSet::founding(&operators(1..2));
        let next = founder.successor(&operators(1..5), &Rests::default());
        assert_eq!(next.len(), 2);
        assert_eq!(
            next.iter().map(|voter| voter.since).collect::<Vec<_>>(),
            [Slot(1), Slot(2)]
        );
    }

    #[test]
    fn entrants_weigh_at_most_half_of_those_who_stay() {
        let four = VoterSet::founding(&operators(1..5));
        assert_eq!(four.successor(&operators(1..20), &Rests::default()).len(), 6);
        assert_eq!(
            VoterSet::founding(&operators(1..7))
                .successor(&operators(1..20), &Rests::default())
                .len(),
            9
        );
    }

    #[test]
    fn an_entrant_that_is_too_large_lets_smaller_ones_pass_until_it_waited_longest() {
        let with_large = || {
            let large = TermOperator {
                since: Slot(6),
                ..operator(99, 1_000)
            };
            OperatorSet::new((1..9).map(|number| operator(number, 100)).chain([large]))
        };
        let first = VoterSet::founding(&operators(1..5)).successor(&with_large(), &Rests::default());
        assert_eq!((first.len(), first.get(&operator(99, 1).account)), (6, None));
        let second = first.successor(&with_large(), &Rests::default());
        assert_eq!(
            second.iter().map(|voter| voter.since).collect::<Vec<_>>(),
            [6, 1, 2, 3, 4, 5, 6].map(Slot)
        );
    }

    /// An operator whose account registered another key in this slot.
    fn moved(number: u8, since: u64) -> TermOperator {
        TermOperator {
            signing_key: SecretKey::from_seed([100 + number; 32]).public(),
            since: Slot(since),
            ..operator(number, 100)
        }
    }

    #[test]
    fn an_account_with_another_key_enters_and_until_its_turn_keeps_its_old_one() {
        let four = VoterSet::founding(&operators(1..5));
        let all_move = OperatorSet::new((1..5).map(|number| moved(number, 50 - u64::from(number))));
        let keys = |voters: &VoterSet| -> Vec<bool> {
            let is_new =
                |number| voters.key_of(&operator(number, 1).account) == Some(&moved(number, 0).signing_key);
            (1..5).map(is_new).collect()
        };
        // Who waited longest is first; nobody stays, so it is alone.
        let first = four.successor(&all_move, &Rests::default());
        assert_eq!(keys(&first), [false, false, false, true]);
        assert_eq!(first.len(), 4);
        let mut last = first;
        for _ in 0..3 {
            last = last.successor(&all_move, &Rests::default());
        }
        assert_eq!(keys(&last), [true; 4]);
    }

    #[test]
    fn voters_are_to_come_until_every_operator_votes_with_its_newest_key() {
        let term = Term::founding(&Hash::ZERO, operators(1..5));
        assert!(!term.has_voters_to_come(&Rests::default()));
        let two_move = (1..3)
            .map(|number| moved(number, 50))
            .chain((3..5).map(|number| operator(number, 100)));
        let next = term.successor(
            Slot(16),
            Arc::new(OperatorSet::new(two_move)),
            &Hash::ZERO,
            &Rests::default(),
        );
        assert!(next.has_voters_to_come(&Rests::default()), "one enters at a time");
        let last = next.successor(Slot(32), next.operators.clone(), &Hash::ZERO, &Rests::default());
        assert!(!last.has_voters_to_come(&Rests::default()));
    }

    #[test]
    fn who_changes_keys_at_every_term_keeps_nobody_out() {
        let mut voters = VoterSet::founding(&operators(1..4));
        for term in 1..8 {
            let restless = moved(1, 1_000 + term);
            let waiting = (2..6).map(|number| operator(number, 100));
            voters = voters.successor(&OperatorSet::new(waiting.chain([restless])), &Rests::default());
        }
        assert_eq!(voters.len(), 5);
    }

    #[test]
    fn an_empty_set_never_replaces_a_set() {
        let founder = VoterSet::founding(&operators(1..2));
        assert_eq!(founder.successor(&operators(0..0), &Rests::default()), founder);
        let term = Term::founding(&Hash::ZERO, operators(1..2));
        let next = term.successor(
            Slot(16),
            Arc::new(operators(0..0)),
            &Hash::ZERO,
            &Rests::default(),
        );
        assert_eq!(next.operators, term.operators);
    }

    /// So many operators, of whom the first account has least stake, and each next one more.
    fn crowd(count: usize) -> Vec<TermOperator> {
        let mut accounts: Vec<Address> = (0_u64..)
            .take(count)
            .map(|number| {
                let mut seed = [7; 32];
                seed[..8].copy_from_slice(&number.to_le_bytes());
                SecretKey::from_seed(seed).address()
            })
            .collect();
        accounts.sort_unstable();
        let stakes = 1_u64..;
        accounts
            .into_iter()
            .zip(stakes)
            .map(|(account, stake_micro)| TermOperator {
                account,
                ..operator(1, stake_micro)
            })
            .collect()
    }

    #[test]
    fn a_snapshot_keeps_the_largest_stakes_within_its_bound() {
        let crowd = crowd(MAX_OPERATORS + 3);
        let set = OperatorSet::new(crowd.iter().cloned());
        assert_eq!(set.len(), MAX_OPERATORS);
        assert!(crowd[..3].iter().all(|small| set.get(&small.account).is_none()));
        assert!(crowd[3..].iter().all(|large| set.get(&large.account).is_some()));
    }

    #[test]
    fn the_largest_stakes_are_candidates_and_no_more_of_them_vote_than_the_bound() {
        let mut crowd = crowd(MAX_VOTERS + 20);
        // Who stays outweighs all others by far, so that nobody has to wait.
        (crowd[0].stake_micro, crowd[0].voting_micro) = (1_000_000, 1_000_000);
        let [founder, others @ ..] = &crowd[..] else {
            unreachable!()
        };
        let set = |operators: &[TermOperator]| OperatorSet::new(operators.iter().cloned());
        let next = VoterSet::founding(&set(std::slice::from_ref(founder)))
            .successor(&set(&crowd), &Rests::default());
        assert_eq!(next.len(), MAX_VOTERS);
        let (small, large) = others.split_at(others.len() - (MAX_VOTERS - 1));
        assert!(next.get(&founder.account).is_some());
        assert!(small.iter().all(|small| next.get(&small.account).is_none()));
        assert!(large.iter().all(|large| next.get(&large.account).is_some()));
    }

    #[test]
    fn who_has_stake_that_does_not_vote_draws_tickets_and_has_no_seat() {
        let granted = |number| TermOperator {
            voting_micro: 0,
            ..operator(number, 1_000)
        };
        let set = OperatorSet::new((2..9).map(granted).chain([operator(1, 100)]));
        assert_eq!((set.total_micro(), set.voting_micro()), (7_100, 100));
        let founder = VoterSet::founding(&set);
        assert_eq!((founder.len(), founder.total_micro()), (1, 100));
        assert_eq!(founder.successor(&set, &Rests::default()), founder);
        let of_two = founder.successor(
            &OperatorSet::new((1..3).map(|number| operator(number, 100))),
            &Rests::default(),
        );
        assert_eq!(
            of_two.successor(&set, &Rests::default()).len(),
            1,
            "what votes no more leaves"
        );
    }

    #[test]
    fn no_crowd_of_stakes_that_do_not_vote_takes_the_place_of_one_that_does() {
        let crowd = crowd(MAX_OPERATORS + 3).into_iter().map(|large| TermOperator {
            stake_micro: 1_000,
            voting_micro: 0,
            since: Slot(0),
            ..large
        });
        let set = OperatorSet::new(crowd.chain([operator(1, 100)]));
        assert_eq!(set.len(), MAX_OPERATORS);
        assert!(set.get(&operator(1, 100).account).is_some());
    }

    #[test]
    fn a_snapshot_keeps_only_operators_with_stake() {
        let set = OperatorSet::new([operator(1, 0), operator(2, 5)].into_iter());
        assert_eq!((set.len(), set.total_micro()), (1, 5));
        assert!(set.get(&operator(1, 0).account).is_none());
        assert!(set.get(&operator(2, 5).account).is_some());
    }
}
