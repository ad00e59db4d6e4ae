//! What a branch's state holds beside the books: who takes part now and next, what is recorded as final, and all luck so far.
//!
//! Two leaves change with terms and one with every block, so every state root covers all of it. Its size is bounded by its types: operators, voters,
//! checkpoints and anchors each have a bound, whoever registers or votes.

use std::{borrow::Cow, sync::Arc};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    chain::block::BlockHash,
    codec::encode,
    consensus::{
        ancestors::Ancestors,
        stake::{
            finality::RecordedFinality,
            summary::Summary,
            term::{OperatorSet, Term, TermOperator, mix},
        },
    },
    crypto::{hash::Hash, keys::NetworkId, vrf::VrfOutput},
    ledger::state::{LedgerState, Singleton},
    time::Slot,
};

/// State after a block. Cloning shares what is large.
#[derive(Clone)]
pub struct StakeState {
    /// The term that the block belongs to.
    pub term: Arc<Term>,
    /// Operators of the next term.
    pub pending: Arc<OperatorSet>,
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
    /// That of a network's genesis, written to its books.
    pub fn genesis(network: &NetworkId, ledger: &mut LedgerState) -> Self {
        let operators = snapshot(ledger);
        let state = Self {
            pending: Arc::new(operators.clone()),
            term: Arc::new(Term::founding(&network.0, operators)),
            finality: RecordedFinality::genesis(BlockHash(network.0)),
            mixer: network.0,
        };
        state.store_term(ledger);
        state.store_progress(ledger);
        state
    }

    /// What is kept of it as long as the block is.
    pub fn summary(&self) -> Summary {
        Summary {
            term: self.term.clone(),
            pending: self.pending.clone(),
            final_checkpoint: self.finality.final_checkpoint(),
            final_term: self.finality.final_term(),
            mixer: self.mixer,
        }
    }

    /// Begins a block of this term (the result of [`term_of_child`]) with this VRF output: enters the term if it is a new one, and takes the next
    /// snapshot from the final checkpoint. None if that one's books are not at hand.
    #[must_use]
    pub fn begin(
        &mut self,
        ledger: &mut LedgerState,
        branch: &impl Ancestors,
        term: &Arc<Term>,
        output: &VrfOutput,
    ) -> Option<()> {
        if term.number != self.term.number {
            let at_final = branch.ledger(&self.finality.final_checkpoint().block)?;
            self.pending = Arc::new(snapshot(at_final));
            self.term = term.clone();
            self.store_term(ledger);
        }
        self.mixer = mix(&self.mixer, output);
        Some(())
    }

    /// Whether operators or voters are about to change: stakes and keys as they are now, in the next snapshot and in the term are not all the same, or not
    /// everybody votes yet who may, by its newest key. Keys without stake change nothing.
    pub fn membership_changes(&self, ledger: &LedgerState) -> bool {
        let operators = &self.term.operators;
        self.pending != *operators || self.term.has_voters_to_come() || snapshot(ledger) != *self.pending
    }

    fn store_term(&self, ledger: &mut LedgerState) {
        ledger.put_singleton(Singleton::Term, encode(&*self.term));
        ledger.put_singleton(Singleton::Pending, encode(&*self.pending));
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

/// The term that a child in `slot` of a block belongs to: the block's own, or the next if the recorded final checkpoint ends it.
///
/// `None` only if the final checkpoint's block is not on the branch, which the tree rules out for branches that it keeps.
pub fn term_of_child(
    parent: &Summary,
    branch: &impl Ancestors,
    slot: Slot,
    term_slots: u64,
) -> Option<Arc<Term>> {
    if !parent.ends_term(term_slots) {
        return Some(parent.term.clone());
    }
    let mixer = branch.summary(&parent.final_checkpoint.block)?.mixer;
    let next = parent.term.successor(slot, parent.pending.clone(), &mixer);
    Some(Arc::new(next))
}

/// All operators with stake in these books.
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
