//! Who of the voters a branch has heard of late, and who is away (docs/protocol.md, section 6, "Absence").
//!
//! Counted on the branch clock, by recorded votes alone: everybody who knows a block agrees on who is away there, whatever it heard. Absence is of a key, as
//! a vote is: when an account's new device votes, the old one stays away. Who is away may still vote, and then counts at once.
//!
//! A malicious proposer can leave out somebody's votes, as long as it makes all blocks; one honest block within the time of silence brings them back. Bounded
//! by the two sets of a term.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::{
    chain::checkpoint::Seat,
    codec::BoundedVec,
    consensus::stake::{electorate::Electorate, term::Term},
    crypto::keys::{Address, PublicKey},
    ledger::genesis::AbsenceRule,
    params::MAX_SEATS,
    sorting,
};

/// When a branch last recorded a vote of each voter's key, in slots of the branch clock.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attendance {
    /// Ordered by account and key.
    heard: BoundedVec<Heard, MAX_SEATS>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Heard {
    account: Address,
    key: PublicKey,
    /// Branch clock of the block that recorded its newest vote, or of the one since which it is a voter.
    clock: u64,
}

impl Attendance {
    /// The voters of a network's first term, who begin now.
    pub fn founding(term: &Term) -> Self {
        let mut attendance = Self {
            heard: BoundedVec::new(),
        };
        attendance.enter(term, 0);
        attendance
    }

    /// A block at this branch clock is the first of a term: new voters count as heard, and who has no seat any more is let go.
    pub(super) fn enter(&mut self, term: &Term, clock: u64) {
        let seated = term.voters.iter().chain(term.previous_voters.iter());
        let mut heard: Vec<Heard> = seated
            .map(|voter| Heard {
                account: voter.account,
                key: voter.signing_key,
                clock: self.clock_of(&voter.account, &voter.signing_key).unwrap_or(clock),
            })
            .collect();
        sorting::sort_by_key(&mut heard, |heard| (heard.account, heard.key));
        heard.dedup();
        self.heard = BoundedVec::try_from(heard).unwrap_or_default();
    }

    /// A block at this branch clock records a vote by this key.
    pub(super) fn hear(&mut self, account: &Address, key: &PublicKey, clock: u64) {
        let mut heard = std::mem::take(&mut self.heard).into_vec();
        for heard in heard.iter_mut().filter(|heard| heard.is_of(account, key)) {
            heard.clock = clock;
        }
        self.heard = BoundedVec::try_from(heard).unwrap_or_default();
    }

    fn clock_of(&self, account: &Address, key: &PublicKey) -> Option<u64> {
        let heard = self.heard.iter().find(|heard| heard.is_of(account, key));
        heard.map(|heard| heard.clock)
    }

    /// How far the branch clock has to advance from here until all voters but these have been away for so many slots.
    pub(super) fn slots_until_away(
        &self,
        electorate: &Electorate,
        present: &BTreeSet<Seat>,
        (clock, slots): (u64, u64),
    ) -> u64 {
        let seat = |heard: &Heard| electorate.seat_of(&heard.account, &heard.key);
        let absent = self
            .heard
            .iter()
            .filter(|heard| seat(heard).is_some_and(|seat| !present.contains(&seat)));
        let last = absent.map(|heard| heard.clock.saturating_add(slots).saturating_add(1));
        last.max().map_or(0, |away| away.saturating_sub(clock))
    }

    /// Who of these voters is away at this branch clock.
    pub(super) fn absences(&self, electorate: &Electorate, clock: u64, rule: AbsenceRule) -> Absences {
        let away = self.heard.iter().filter_map(|heard| {
            let absence = Absence::after(clock.saturating_sub(heard.clock), rule)?;
            let seat = electorate.seat_of(&heard.account, &heard.key)?;
            Some((seat, absence))
        });
        Absences::new(away)
    }
}

impl Heard {
    fn is_of(&self, account: &Address, key: &PublicKey) -> bool {
        self.account == *account && self.key == *key
    }
}

/// How long a voter has been away, and so what a quorum does without it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub enum Absence {
    /// Not waited for, as long as half of all vote.
    Silent,
    /// Not counted among all, until it votes.
    Forgotten,
}

impl Absence {
    /// What so many slots of the branch clock without a vote are, if they are anything.
    fn after(slots: u64, rule: AbsenceRule) -> Option<Self> {
        if slots > rule.forget_slots {
            Some(Self::Forgotten)
        } else {
            (slots > rule.silence_slots).then_some(Self::Silent)
        }
    }
}

/// Who of the voters is away, as the state of a block says.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Absences {
    /// Ordered by seat.
    away: BoundedVec<(Seat, Absence), MAX_SEATS>,
}

impl Absences {
    /// These seats' voters are away, in any order; at most `MAX_SEATS`.
    pub(super) fn new(away: impl IntoIterator<Item = (Seat, Absence)>) -> Self {
        let mut away: Vec<(Seat, Absence)> = away.into_iter().collect();
        sorting::sort(&mut away);
        Self {
            away: BoundedVec::try_from(away).unwrap_or_default(),
        }
    }

    /// How long this seat's voter has been away, if it is.
    pub fn of(&self, seat: &Seat) -> Option<Absence> {
        let index = self.away.binary_search_by_key(seat, |(seat, _)| *seat).ok()?;
        self.away.get(index).map(|(_, absence)| *absence)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        chain::samples::secret,
        consensus::stake::{
            rests::Rests,
            term::{OperatorSet, TermOperator},
        },
        crypto::{hash::Hash, vrf::VrfSecretKey},
        time::Slot,
    };

    const RULE: AbsenceRule = AbsenceRule {
        silence_slots: 60,
        forget_slots: 1_800,
    };

    fn operators(keys: &[u8]) -> OperatorSet {
        OperatorSet::new((1..).zip(keys).map(|(number, key)| TermOperator {
            account: secret(number).address(),
            signing_key: secret(*key).public(),
            vrf_key: VrfSecretKey::from_seed([number; 32]).public(),
            stake_micro: 100,
            voting_micro: 100,
            since: Slot(1),
        }))
    }

    fn away(attendance: &Attendance, term: &Term, clock: u64) -> Vec<(u64, u8, Absence)> {
        let electorate = Electorate::joint(term);
        let absences = attendance.absences(&electorate, clock, RULE);
        let number = |account: Address| (1..9).find(|number| secret(*number).address() == account);
        let away = absences.away.iter();
        away.map(|(seat, absence)| (seat.term, number(seat.account).unwrap(), *absence))
            .collect()
    }

    #[test]
    fn a_voter_is_silent_once_no_vote_was_recorded_for_the_time_of_silence_and_then_forgotten() {
        let term = Term::founding(&Hash::ZERO, operators(&[51]));
        let mut attendance = Attendance::founding(&term);
        attendance.hear(&secret(1).address(), &secret(51).public(), 10);
        assert_eq!(away(&attendance, &term, 70), []);
        assert_eq!(away(&attendance, &term, 71), [(0, 1, Absence::Silent)]);
        assert_eq!(away(&attendance, &term, 1_810), [(0, 1, Absence::Silent)]);
        assert_eq!(away(&attendance, &term, 1_811), [(0, 1, Absence::Forgotten)]);
        attendance.hear(&secret(1).address(), &secret(51).public(), 1_811);
        assert_eq!(away(&attendance, &term, 1_812), []);
    }

    #[test]
    fn a_new_device_speaks_for_itself_and_not_for_the_old_one() {
        let term = Term::founding(&Hash::ZERO, operators(&[51]));
        let mut attendance = Attendance::founding(&term);
        let next = term.successor(
            Slot(16),
            Arc::new(operators(&[61])),
            &Hash::ZERO,
            &Rests::default(),
        );
        attendance.enter(&next, 50);
        assert_eq!(away(&attendance, &next, 70), [(0, 1, Absence::Silent)]);
        attendance.hear(&secret(1).address(), &secret(61).public(), 90);
        assert_eq!(away(&attendance, &next, 120), [(0, 1, Absence::Silent)]);
        // The old one has no seat any more.
        let last = next.successor(Slot(32), next.operators.clone(), &Hash::ZERO, &Rests::default());
        attendance.enter(&last, 120);
        assert_eq!(away(&attendance, &last, 120), []);
        assert_eq!(attendance.heard.len(), 1);
    }
}
