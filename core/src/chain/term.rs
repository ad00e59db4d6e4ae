//! Terms: who takes part in the lottery and in voting, fixed by final state (docs/protocol.md, section 4).
//!
//! A term's operators were fixed before its nonce could be known, so there is nothing to grind. Voters change slowly: entrants weigh at most
//! half of those who stay (or are one), which is what makes the joint quorum of the first checkpoints meaningful. A term holds at most
//! `MAX_OPERATORS` operators and `MAX_VOTERS` voters, whoever registers.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    codec::BoundedVec,
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, PublicKey},
        vrf::{VrfOutput, VrfPublicKey},
    },
    params::{MAX_OPERATORS, MAX_VOTERS},
    time::Slot,
};

/// An operator as a snapshot saw it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TermOperator {
    /// Account that holds the stake.
    pub account: Address,
    /// Signs blocks and votes.
    pub signing_key: PublicKey,
    /// Draws tickets.
    pub vrf_key: VrfPublicKey,
    /// Bond and granted bond, in µTNG, more than 0.
    pub stake_micro: u64,
    /// Slot of the first registration.
    pub since: Slot,
}

impl TermOperator {
    /// Order of seniority: larger stake, then longer service, then account.
    fn seniority(&self) -> (std::cmp::Reverse<u64>, Slot, Address) {
        (std::cmp::Reverse(self.stake_micro), self.since, self.account)
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
        operators.sort_by_key(TermOperator::seniority);
        operators.truncate(MAX_OPERATORS);
        operators.sort_by_key(|operator| operator.account);
        let total_micro = operators
            .iter()
            .fold(0_u64, |sum, operator| sum.saturating_add(operator.stake_micro));
        Self {
            by_account: BoundedVec::try_from(operators).unwrap_or_default(),
            total_micro,
        }
    }

    /// The operator of this account.
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

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_account.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.by_account.is_empty()
    }

    /// All, by account.
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
        let voters: Vec<TermOperator> = operators.iter().take(MAX_VOTERS).cloned().collect();
        Self {
            by_seniority: BoundedVec::try_from(voters).unwrap_or_default(),
        }
    }

    /// The voters that follow these: the most senior operators, of whom entrants weigh at most half of those who stay, or are one.
    /// An empty result keeps these.
    fn successor(&self, operators: &OperatorSet) -> Self {
        let mut candidates: Vec<&TermOperator> = operators.iter().collect();
        candidates.sort_by_key(|operator| operator.seniority());
        candidates.truncate(MAX_VOTERS);
        let stays = |operator: &TermOperator| self.get(&operator.account).is_some();
        let staying_micro: u128 = candidates
            .iter()
            .filter(|operator| stays(operator))
            .map(|operator| u128::from(operator.stake_micro))
            .sum();
        let mut entering_micro = 0_u128;
        let mut voters: Vec<TermOperator> = Vec::new();
        for operator in candidates {
            if !stays(operator) {
                let with_it = entering_micro + u128::from(operator.stake_micro);
                if entering_micro > 0 && 2 * with_it > staying_micro {
                    continue;
                }
                entering_micro = with_it;
            }
            voters.push(operator.clone());
        }
        if voters.is_empty() {
            return self.clone();
        }
        Self {
            by_seniority: BoundedVec::try_from(voters).unwrap_or_default(),
        }
    }

    /// The voter of this account.
    pub fn get(&self, account: &Address) -> Option<&TermOperator> {
        self.by_seniority.iter().find(|voter| voter.account == *account)
    }

    /// All, most senior first.
    pub fn iter(&self) -> impl Iterator<Item = &TermOperator> {
        self.by_seniority.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_seniority.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.by_seniority.is_empty()
    }

    /// Sum of all stakes, in µTNG.
    pub fn total_micro(&self) -> u128 {
        self.iter().map(|voter| u128::from(voter.stake_micro)).sum()
    }
}

/// A term.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Term {
    /// 0 for the first.
    pub number: u64,
    /// Slot of its first block.
    pub first_slot: Slot,
    /// Seeds its lottery.
    pub nonce: Hash,
    /// Who draws tickets.
    pub operators: Arc<OperatorSet>,
    /// Who votes.
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

    /// The term after this one: `operators` is the snapshot taken when this one began, `mixer` the mixer at the final checkpoint that ends it.
    pub fn successor(&self, first_slot: Slot, operators: Arc<OperatorSet>, mixer: &Hash) -> Self {
        let operators = if operators.is_empty() {
            self.operators.clone()
        } else {
            operators
        };
        Self {
            number: self.number.saturating_add(1),
            first_slot,
            nonce: Hash::of(Domain::TermNonce, &[self.nonce.as_bytes(), mixer.as_bytes()]),
            voters: Arc::new(self.voters.successor(&operators)),
            previous_voters: self.voters.clone(),
            operators,
        }
    }

    /// The signing key by which this account votes in this term: as a voter, else as one of the term before.
    pub fn voting_key(&self, account: &Address) -> Option<&PublicKey> {
        let voter = self
            .voters
            .get(account)
            .or_else(|| self.previous_voters.get(account))?;
        Some(&voter.signing_key)
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
            since: Slot(u64::from(number)),
        }
    }

    fn operators(numbers: std::ops::Range<u8>) -> OperatorSet {
        OperatorSet::new(numbers.map(|number| operator(number, 100)))
    }

    #[test]
    fn one_entrant_is_let_in_however_small_the_set() {
        let founder = VoterSet::founding(&operators(1..2));
        let next = founder.successor(&operators(1..5));
        assert_eq!(next.len(), 2);
        assert_eq!(
            next.iter().map(|voter| voter.since).collect::<Vec<_>>(),
            [Slot(1), Slot(2)]
        );
    }

    #[test]
    fn entrants_weigh_at_most_half_of_those_who_stay() {
        let four = VoterSet::founding(&operators(1..5));
        assert_eq!(four.successor(&operators(1..20)).len(), 6);
        assert_eq!(
            VoterSet::founding(&operators(1..7))
                .successor(&operators(1..20))
                .len(),
            9
        );
    }

    #[test]
    fn an_empty_set_never_replaces_a_set() {
        let founder = VoterSet::founding(&operators(1..2));
        assert_eq!(founder.successor(&operators(0..0)), founder);
        let term = Term::founding(&Hash::ZERO, operators(1..2));
        let next = term.successor(Slot(16), Arc::new(operators(0..0)), &Hash::ZERO);
        assert_eq!(next.operators, term.operators);
    }

    #[test]
    fn a_snapshot_keeps_only_operators_with_stake() {
        let set = OperatorSet::new([operator(1, 0), operator(2, 5)].into_iter());
        assert_eq!((set.len(), set.total_micro()), (1, 5));
        assert!(set.get(&operator(1, 0).account).is_none());
        assert!(set.get(&operator(2, 5).account).is_some());
    }
}
