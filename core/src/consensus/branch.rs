//! A branch's state: the ledger together with what decides who may sign, and access to the branch's earlier blocks.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    codec::encode,
    consensus::stake::{
        finality::RecordedFinality,
        quorum::QuorumRule,
        term::{OperatorSet, Term, TermOperator},
    },
    crypto::hash::Hash,
    ledger::{
        genesis::Genesis,
        state::{LedgerState, Singleton},
    },
    time::Slot,
};

/// State after a block. Cloning shares everything.
#[derive(Clone)]
pub struct BranchState {
    /// Accounts, operators, totals and every leaf of the trie.
    pub ledger: LedgerState,
    /// The term that the block belongs to.
    pub term: Arc<Term>,
    /// Operators of the next term.
    pub pending: Arc<OperatorSet>,
    /// Final and justified checkpoints recorded on this branch.
    pub finality: RecordedFinality,
    /// All VRF outputs of the branch so far, mixed.
    pub mixer: Hash,
}

/// What of a block's state is asked for long after the block: for votes on it, for the next term, and for headers that follow it. Small, and
/// mostly shared.
#[derive(Clone)]
pub struct Summary {
    /// The term that the block belongs to.
    pub term: Arc<Term>,
    /// Operators of the next term.
    pending: Arc<OperatorSet>,
    /// The last checkpoint recorded as final.
    pub final_checkpoint: Checkpoint,
    final_term: u64,
    mixer: Hash,
}

impl Summary {
    /// That of a state.
    pub fn of(state: &BranchState) -> Self {
        Self {
            term: state.term.clone(),
            pending: state.pending.clone(),
            final_checkpoint: state.finality.final_checkpoint(),
            final_term: state.finality.final_term(),
            mixer: state.mixer,
        }
    }

    /// The rule for checkpoints on this block.
    pub fn quorum_rule(&self) -> QuorumRule {
        QuorumRule::new(self.term.clone(), self.final_term)
    }

    /// True if the next block begins a new term.
    pub fn ends_term(&self, term_slots: u64) -> bool {
        let last_slot = self.term.first_slot.plus(term_slots);
        self.final_term == self.term.number && self.final_checkpoint.slot >= last_slot
    }

    /// The term that a child in `slot` belongs to: this one, or the next if the recorded final checkpoint ends this one.
    ///
    /// `None` only if the final checkpoint's block is not on the branch, which the tree rules out for branches that it keeps.
    pub fn term_of_child(&self, branch: &impl Branch, slot: Slot, term_slots: u64) -> Option<Arc<Term>> {
        if !self.ends_term(term_slots) {
            return Some(self.term.clone());
        }
        let mixer = branch.summary(&self.final_checkpoint.block)?.mixer;
        Some(Arc::new(self.term.successor(slot, self.pending.clone(), &mixer)))
    }
}

/// The small values that change with every block, as one leaf.
#[derive(BorshSerialize, BorshDeserialize)]
struct ConsensusLeaf<'a> {
    mixer: Hash,
    finality: std::borrow::Cow<'a, RecordedFinality>,
}

impl BranchState {
    /// The state of a network's genesis.
    pub fn genesis(genesis: &Genesis) -> Self {
        let ledger = LedgerState::genesis(genesis);
        let network = genesis.network_id();
        let operators = snapshot(&ledger);
        let mut state = Self {
            pending: Arc::new(operators.clone()),
            term: Arc::new(Term::founding(&network.0, operators)),
            finality: RecordedFinality::genesis(BlockHash(network.0)),
            mixer: network.0,
            ledger,
        };
        state.store_term();
        state.store_consensus();
        state
    }

    /// The term that a child in `slot` belongs to; see [`Summary::term_of_child`].
    pub fn term_of_child(&self, branch: &impl Branch, slot: Slot, term_slots: u64) -> Option<Arc<Term>> {
        Summary::of(self).term_of_child(branch, slot, term_slots)
    }

    /// Enters `term` (the result of [`Self::term_of_child`]) if it is a new one, and takes the next snapshot from the final checkpoint. None if that
    /// one's state is not at hand.
    #[must_use]
    pub(super) fn enter_term(&mut self, branch: &impl Branch, term: Arc<Term>) -> Option<()> {
        if term.number != self.term.number {
            let final_state = branch.state(&self.finality.final_checkpoint().block)?;
            self.pending = Arc::new(snapshot(&final_state.ledger));
            self.term = term;
            self.store_term();
        }
        Some(())
    }

    /// Whether operators or voters are about to change: stakes and keys as they are now, in the next snapshot and in the term are not all the same, or not
    /// everybody votes yet who may, by its newest key. Keys without stake change nothing.
    pub fn membership_changes(&self) -> bool {
        let operators = &self.term.operators;
        self.pending != *operators
            || self.term.has_voters_to_come()
            || snapshot(&self.ledger) != *self.pending
    }

    fn store_term(&mut self) {
        self.ledger.put_singleton(Singleton::Term, encode(&*self.term));
        self.ledger
            .put_singleton(Singleton::Pending, encode(&*self.pending));
    }

    /// Writes mixer and finality to their leaf; part of every block's state root.
    pub(super) fn store_consensus(&mut self) {
        let leaf = ConsensusLeaf {
            mixer: self.mixer,
            finality: std::borrow::Cow::Borrowed(&self.finality),
        };
        let bytes = encode(&leaf);
        self.ledger.put_singleton(Singleton::Consensus, bytes);
    }
}

/// All operators with stake in this state.
fn snapshot(ledger: &LedgerState) -> OperatorSet {
    OperatorSet::new(ledger.operators().filter_map(|operator| {
        let account = ledger.account(&operator.account)?;
        Some(TermOperator {
            account: operator.account,
            signing_key: operator.signing_key,
            vrf_key: operator.vrf_key,
            stake_micro: account.stake(),
            since: operator.since,
        })
    }))
}

/// A branch up to and including some block, as the execution of its child sees it.
pub trait Branch {
    /// The slot of a block of the branch; none if the block is not on it.
    fn slot_of(&self, block: &BlockHash) -> Option<Slot>;
    /// The summary of a block of the branch: always there from the recorded final block on.
    fn summary(&self, block: &BlockHash) -> Option<&Summary>;
    /// The state after a block of the branch, if it is at hand: that of the recorded final block, where a child of the branch begins a term.
    fn state(&self, block: &BlockHash) -> Option<&BranchState>;
}
