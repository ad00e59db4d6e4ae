//! What a branch's state holds beside the ledger: who takes part now and next, what is recorded as final, and all VRF outputs so far, mixed.
//!
//! It stands on its own: executing a child asks no other block's state, so a chain can go on from any block whose state is at hand. Three leaves change
//! with terms and one with every block, and every state root covers all of it. Its size is bounded by its types: operators, voters, rules, checkpoints and
//! anchors each have a bound, whoever registers or votes.

use std::{borrow::Cow, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    codec::{decode, encode},
    consensus::stake::{
        attendance::{Absences, Attendance},
        electorate::Electorate,
        finality::{FinalBlock, RecordedFinality},
        quorum::{QuorumRule, QuorumRules},
        rests::Rests,
        summary::Summary,
        term::{OperatorSet, Term, TermOperator, mix},
        voter_record::VoterRecord,
    },
    crypto::{hash::Hash, keys::NetworkId, vrf::VrfOutput},
    ledger::{
        genesis::{AbsenceRule, ClaimMode, Rules},
        state::{LedgerState, Singleton},
    },
    time::Slot,
};

/// What proof of stake keeps after a block. Cloning shares what is large.
#[derive(Clone)]
pub struct StakeState {
    /// Term that the block belongs to.
    pub term: Arc<Term>,
    /// Operators of the next term, as a snapshot at the start of this one saw them.
    pub pending: Arc<OperatorSet>,
    /// How votes are counted on the blocks from the recorded final one on.
    pub quorums: QuorumRules,
    /// When each voter was heard last.
    pub(super) attendance: Attendance,
    /// The network's rule of who is away, if it has one.
    pub(super) absence: Option<AbsenceRule>,
    /// The network's way in, by which granted stake votes or not.
    claim_mode: ClaimMode,
    /// Final and justified checkpoints recorded on this branch.
    pub finality: RecordedFinality,
    /// All VRF outputs of the branch so far, mixed.
    pub mixer: Hash,
}

/// The small values that change with every block, as one leaf.
#[derive(BorshSerialize, BorshDeserialize)]
struct ConsensusLeaf<'a> {
    mixer: Hash,
    finality: Cow<'a, RecordedFinality>,
}

impl StakeState {
    /// State of a network's genesis; also writes its leaves into `ledger`.
    pub fn genesis(network: &NetworkId, rules: &Rules, ledger: &mut LedgerState) -> Self {
        let operators = snapshot(ledger, rules.claim_mode);
        let term = Term::founding(&network.0, operators.clone());
        let state = Self {
            pending: Arc::new(operators),
            quorums: QuorumRules::founding(&term),
            attendance: Attendance::founding(&term),
            absence: rules.absence,
            claim_mode: rules.claim_mode,
            term: Arc::new(term),
            finality: RecordedFinality::genesis(BlockHash(network.0)),
            mixer: network.0,
        };
        state.store_term(ledger);
        state.store_quorums(ledger);
        state.store_attendance(ledger);
        state.store_progress(ledger);
        state
    }

    /// What the leaves of this ledger say, in a network with these rules; none if one of them is missing or cannot be read.
    pub fn load(rules: &Rules, ledger: &LedgerState) -> Option<Self> {
        let leaf: ConsensusLeaf<'_> = read(ledger, Singleton::Consensus)?;
        Some(Self {
            term: Arc::new(read(ledger, Singleton::Term)?),
            pending: Arc::new(read(ledger, Singleton::Pending)?),
            quorums: read(ledger, Singleton::Quorums)?,
            attendance: read(ledger, Singleton::Attendance)?,
            absence: rules.absence,
            claim_mode: rules.claim_mode,
            finality: leaf.finality.into_owned(),
            mixer: leaf.mixer,
        })
    }

    /// What is kept of it as long as the block is.
    pub fn summary(&self) -> Summary {
        Summary {
            term: self.term.clone(),
            pending: self.pending.clone(),
            final_checkpoint: self.finality.final_checkpoint(),
            final_block: *self.finality.final_block(),
            quorum_rule: self.quorum_rule(),
            mixer: self.mixer,
        }
    }

    /// The rule for checkpoints on the block.
    fn quorum_rule(&self) -> QuorumRule {
        self.quorums.newest().unwrap_or_else(|| {
            let electorate = Electorate::new(&self.term, self.finality.final_block().term);
            QuorumRule::new(electorate, Arc::new(Absences::default()), self.rests())
        })
    }

    /// Who rests after the block.
    pub fn rests(&self) -> Arc<Rests> {
        self.quorums.rests().cloned().unwrap_or_default()
    }

    /// Begins a block in `slot` of this term (the result of [`Summary::term_of_child`]) with this VRF output, on the ledger of its parent: enters the term
    /// if it is a new one, and takes the next snapshot.
    pub fn begin(&mut self, ledger: &mut LedgerState, slot: Slot, term: &Arc<Term>, output: &VrfOutput) {
        if term.number != self.term.number {
            self.pending = Arc::new(snapshot(ledger, self.claim_mode));
            self.term = term.clone();
            let electorate = Electorate::new(term, self.finality.final_block().term);
            let mut rests = Rests::clone(&self.rests());
            rests.enter(electorate.accounts(), |account| {
                VoterRecord::life_of(ledger, account)
            });
            self.quorums.begin(slot, electorate);
            self.quorums.note_rests(slot, rests);
            self.attendance.enter(term, ledger.clock());
            self.store_attendance(ledger);
            self.store_term(ledger);
            self.store_quorums(ledger);
        }
        self.mixer = mix(&self.mixer, output);
    }

    /// A block in `slot` records this checkpoint as final.
    pub(super) fn finalize(
        &mut self,
        ledger: &mut LedgerState,
        slot: Slot,
        checkpoint: Checkpoint,
        block: FinalBlock,
    ) {
        self.finality.finalize(checkpoint, block);
        self.quorums.forget_before(block.slot);
        let is_first_of_term = block.term == self.term.number && self.quorums.are_joint();
        if is_first_of_term {
            self.quorums.begin(slot, Electorate::new(&self.term, block.term));
        }
        self.return_who_woke(ledger, slot, block.slot);
        self.store_quorums(ledger);
    }

    /// A block in `slot` records that the one in `final_slot` is final: who was waking there returns.
    fn return_who_woke(&mut self, ledger: &mut LedgerState, slot: Slot, final_slot: Slot) {
        let mut rests = Rests::clone(&self.rests());
        for (account, key, life) in rests.settle(final_slot, slot) {
            VoterRecord::enter_life(ledger, &account, life);
            self.attendance.hear(&account, &key, ledger.clock());
            self.store_attendance(ledger);
        }
        self.quorums.note_rests(slot, rests);
    }

    /// A block in `slot` records who leaves and who wakes: these rest on it.
    pub(super) fn note_rests(&mut self, ledger: &mut LedgerState, slot: Slot, rests: Rests) {
        if self.quorums.note_rests(slot, rests) {
            self.store_quorums(ledger);
        }
    }

    /// A block in `slot` is done with its votes: who is away on it, as the branch clock is now.
    pub(super) fn note_absences(&mut self, ledger: &mut LedgerState, slot: Slot) {
        let (Some(rule), Some(electorate)) = (self.absence, self.quorums.electorate()) else {
            return;
        };
        let absences = self.attendance.absences(electorate, ledger.clock(), rule);
        if self.quorums.note_absences(slot, absences) {
            self.store_quorums(ledger);
        }
    }

    /// Whether operators or voters are about to change: stakes and keys as they are now, in the next snapshot and in the term are not all the same, or not
    /// everybody votes yet who may, by its newest key. Keys without stake change nothing.
    pub fn membership_changes(&self, ledger: &LedgerState) -> bool {
        let operators = &self.term.operators;
        self.pending != *operators
            || self.term.has_voters_to_come(&self.rests())
            || snapshot(ledger, self.claim_mode) != *self.pending
    }

    fn store_term(&self, ledger: &mut LedgerState) {
        ledger.put_singleton(Singleton::Term, encode(&*self.term));
        ledger.put_singleton(Singleton::Pending, encode(&*self.pending));
    }

    fn store_quorums(&self, ledger: &mut LedgerState) {
        ledger.put_singleton(Singleton::Quorums, encode(&self.quorums));
    }

    pub(super) fn store_attendance(&self, ledger: &mut LedgerState) {
        ledger.put_singleton(Singleton::Attendance, encode(&self.attendance));
    }

    /// Writes mixer and finality to their leaf; part of every block's state root.
    pub(super) fn store_progress(&self, ledger: &mut LedgerState) {
        let leaf = ConsensusLeaf {
            mixer: self.mixer,
            finality: Cow::Borrowed(&self.finality),
        };
        ledger.put_singleton(Singleton::Consensus, encode(&leaf));
    }
}

fn read<T: BorshDeserialize>(ledger: &LedgerState, leaf: Singleton) -> Option<T> {
    let bytes = ledger.singleton(leaf)?;
    decode(bytes, bytes.len()).ok()
}

/// All operators with stake in this ledger.
fn snapshot(ledger: &LedgerState, claim_mode: ClaimMode) -> OperatorSet {
    OperatorSet::new(ledger.operators().filter_map(|operator| {
        let account = ledger.account(&operator.account)?;
        Some(TermOperator {
            account: operator.account,
            signing_key: operator.signing_key,
            vrf_key: operator.vrf_key,
            stake_micro: account.stake(),
            voting_micro: account.voting_stake(claim_mode),
            since: operator.since,
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::{samples::genesis, statement::Life, watermark::Watermark},
        ledger::apply,
    };

    #[test]
    fn a_voter_that_returns_is_heard_and_in_its_next_life_in_the_leaves_as_well() {
        let genesis = genesis();
        let mut ledger = LedgerState::genesis(&genesis);
        let mut state = StakeState::genesis(&genesis.network_id(), &genesis.rules, &mut ledger);
        let founder = state.term.voters.iter().next().unwrap().clone();
        let mut rests = Rests::default();
        rests.rest(founder.account, founder.signing_key, Watermark::default());
        rests.wake(founder.account, Slot(1));
        state.note_rests(&mut ledger, Slot(1), rests);
        apply::advance_clock(&mut ledger, 9);
        let heard_before = state.attendance.clone();
        let checkpoint = Checkpoint {
            slot: Slot(2),
            block: BlockHash(Hash([2; 32])),
        };
        let block = FinalBlock {
            slot: Slot(2),
            term: 0,
            mixer: Hash::ZERO,
        };
        state.finalize(&mut ledger, Slot(3), checkpoint, block);
        let read = StakeState::load(&genesis.rules, &ledger).unwrap();
        assert_ne!(state.attendance, heard_before);
        assert_eq!(read.attendance, state.attendance);
        assert_eq!(read.rests(), state.rests());
        assert_eq!(state.rests().life_of(&founder.account), Life(1));
        assert_eq!(VoterRecord::life_of(&ledger, &founder.account), Life(1));
    }
}
