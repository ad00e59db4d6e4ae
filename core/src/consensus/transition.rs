//! Executing a block on its parent's state, and building one (docs/protocol.md, section 5).
//!
//! The order is fixed: branch clock, term change, mixer, statements, votes, transactions, fees and reward, state root. A block that fails at any step
//! leaves no trace: the parent's state is shared, never changed.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::{
    chain::{
        block::{Block, HeaderContent, Transactions, transactions_root},
        checkpoint::Vote,
        statement::Statement,
    },
    codec::encode,
    consensus::{
        ancestors::Ancestors,
        branch::BranchState,
        engine::{Engine, Makers, Plan, Proof},
        header::{HeaderError, Parent},
        known::{Known, Unknown},
        stake::recorded::TestimonyError,
    },
    crypto::{
        hash::{Domain, Hash},
        keys::{Address, NetworkId, SecretKey},
    },
    ledger::{
        apply, context::BlockContext, error::TransactionError, genesis::Rules, state::LedgerState,
        transaction::Transaction,
    },
    params::{MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS},
    time::Slot,
};

/// What a transition happens in: the branch, its tip, and the network's fixed rules.
pub struct Surroundings<'a, B: Ancestors> {
    /// The branch that ends with the parent.
    pub branch: &'a B,
    /// What the new block's header is checked against.
    pub parent: Parent,
    /// State after the parent, on which the new block is executed.
    pub state: &'a BranchState,
    /// Network that the branch belongs to.
    pub network: NetworkId,
    /// Rules from the network's genesis.
    pub rules: &'a Rules,
}

impl<B: Ancestors> Surroundings<'_, B> {
    /// Who may make a child of the parent in `slot`.
    pub fn makers(&self, slot: Slot) -> Makers {
        Engine::of(self.rules).makers(&self.state.engine.summary(), slot)
    }
}

/// Why a block is refused: the first rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlockError {
    /// The header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The body is not the one that the header commits to.
    #[error(transparent)]
    Body(#[from] crate::chain::block::BodyError),
    /// A recorded statement or vote breaks a rule.
    #[error(transparent)]
    Testimony(#[from] TestimonyError),
    /// A transaction is refused.
    #[error("transaction {index}: {reason}")]
    Transaction {
        /// Position in the block's list of transactions, from 0.
        index: usize,
        /// Rule that the transaction breaks.
        reason: TransactionError,
    },
    /// The header's state root is not the one that execution leads to.
    #[error("the state root is wrong")]
    WrongStateRoot,
    /// The state that the block builds on is not kept any more.
    #[error("the block builds on a state that is not kept any more")]
    TooOld,
}

/// Outcome of executing a block that broke no rule.
pub struct Executed {
    /// State after the block; its root is the header's.
    pub state: BranchState,
    /// Right to make the block, as its header showed it.
    pub proof: Proof,
}

/// How much of a block was verified before.
#[derive(Clone, Copy, Debug)]
pub enum Verified {
    /// Nothing: it comes from a peer. Batches are seeded with a value that the block's author could not know.
    Nothing {
        /// Seed of the batches, 32 random bytes.
        entropy: [u8; 32],
    },
    /// Proof and signature of the header: it was checked before the rest of the block was asked for.
    Header {
        /// Seed of the batches, as in [`Self::Nothing`].
        entropy: [u8; 32],
    },
    /// Proofs and signatures: it comes from this peer's own storage. Everything else is checked again.
    Signatures,
}

impl Verified {
    /// How the signatures in the body are still to be verified, if they are.
    fn unknown<K: Known>(self, but: &K) -> Option<Unknown<'_, K>> {
        match self {
            Self::Nothing { entropy } | Self::Header { entropy } => Some(Unknown { entropy, but }),
            Self::Signatures => None,
        }
    }
}

/// Checks and executes a block. Signatures in its body that are `known` are not verified again.
///
/// # Errors
/// [`BlockError`] names the first rule that the block breaks.
pub fn execute<B: Ancestors>(
    around: &Surroundings<'_, B>,
    block: &Block,
    verified: Verified,
    known: &impl Known,
) -> Result<Executed, BlockError> {
    let (header, content) = (&block.header, &block.header.content);
    let makers = around.makers(content.slot);
    let proof = match verified {
        Verified::Nothing { .. } => makers.check(header, &around.parent, &around.network),
        Verified::Header { .. } | Verified::Signatures => {
            makers.reread(header, &around.parent, &around.network)
        }
    }?;
    block.check_body()?;
    let mut state = begin(around, content.slot, &makers, &proof);
    let place = (&around.network, content.slot);
    let (ledger, unknown) = (&mut state.ledger, verified.unknown(known));
    state
        .engine
        .record(ledger, around.branch, place, &block.testimony, unknown)?;
    if let Some(Unknown { entropy, but }) = verified.unknown(known) {
        apply::verify_new_signatures(&block.transactions, entropy, |id| but.has_transaction(id))
            .map_err(|(index, reason)| BlockError::Transaction { index, reason })?;
    }
    apply_transactions(&mut state, around, content, &block.transactions)?;
    if state.ledger.root() != content.state_root {
        return Err(BlockError::WrongStateRoot);
    }
    Ok(Executed { state, proof })
}

fn begin<B: Ancestors>(
    around: &Surroundings<'_, B>,
    slot: Slot,
    makers: &Makers,
    proof: &Proof,
) -> BranchState {
    let mut state = around.state.clone();
    apply::advance_clock(&mut state.ledger, slot.since(around.parent.slot));
    state.engine.begin(&mut state.ledger, slot, makers, proof);
    state
}

/// What the ledger has to know of the block that changes this state: the state's books, and their surroundings.
fn books_of<'a, B: Ancestors>(
    state: &'a mut BranchState,
    around: &Surroundings<'a, B>,
    slot: Slot,
    proposer: Address,
) -> (&'a mut LedgerState, BlockContext<'a>) {
    let context = BlockContext {
        network: around.network,
        rules: around.rules,
        slot,
        proposer,
        claims: state.engine.claims(),
    };
    (&mut state.ledger, context)
}

fn apply_transactions<B: Ancestors>(
    state: &mut BranchState,
    around: &Surroundings<'_, B>,
    content: &HeaderContent,
    transactions: &[Transaction],
) -> Result<(), BlockError> {
    let (ledger, context) = books_of(state, around, content.slot, content.proposer);
    apply::begin_block(ledger, &context);
    let mut fees_micro = 0_u64;
    for (index, transaction) in transactions.iter().enumerate() {
        let receipt = apply::apply_transaction(ledger, &context, transaction)
            .map_err(|reason| BlockError::Transaction { index, reason })?;
        fees_micro = fees_micro.saturating_add(receipt.fee_micro);
    }
    apply::settle_fees(ledger, &context, fees_micro);
    Ok(())
}

/// Who makes a block, and by what right.
pub struct Proposer<'a> {
    /// Account that receives the reward and its share of the fees; its operator keys make the block.
    pub account: Address,
    /// Operator key of the account that signs the header.
    pub signing_key: &'a SecretKey,
    /// Right to make a block in this slot, drawn with the same account's keys.
    pub plan: Plan,
}

/// Builds a block from what waits: all of what voters said that may be recorded, and transactions in the given order while they apply and fit. What comes
/// after one that does not fit has to wait with it, if it is of the same account: readers see an author's messages in the chain's order.
///
/// All of it has verified signatures.
pub fn propose<'t, B: Ancestors>(
    around: &Surroundings<'_, B>,
    slot: Slot,
    proposer: Proposer<'_>,
    heard: (
        impl Iterator<Item = &'t Statement>,
        impl Iterator<Item = &'t Vote>,
    ),
    transactions: impl Iterator<Item = &'t Transaction>,
) -> (Block, Executed) {
    let makers = around.makers(slot);
    let proof = proposer.plan.proof();
    let mut state = begin(around, slot, &makers, &proof);
    let testimony = state
        .engine
        .record_some(&mut state.ledger, around.branch, slot, heard);
    let room = MAX_BLOCK_BYTES.saturating_sub(HEADER_ROOM_BYTES + encode(&testimony).len());
    let transactions = select_transactions(&mut state, around, slot, proposer.account, transactions, room);
    let content = HeaderContent {
        network: around.network,
        slot,
        height: around.parent.height.saturating_add(1),
        parent: around.parent.hash,
        proposer: proposer.account,
        transactions_root: transactions_root(&transactions),
        testimony_hash: testimony.hash(),
        state_root: state.ledger.root(),
    };
    let header = proposer.plan.seal(content, proposer.signing_key);
    let block = Block {
        header,
        transactions,
        testimony,
    };
    (block, Executed { state, proof })
}

/// Generous room for a header in a block, in bytes.
const HEADER_ROOM_BYTES: usize = 1_024;

fn select_transactions<'t, B: Ancestors>(
    state: &mut BranchState,
    around: &Surroundings<'_, B>,
    slot: Slot,
    proposer: Address,
    candidates: impl Iterator<Item = &'t Transaction>,
    room_bytes: usize,
) -> Transactions {
    let (ledger, context) = books_of(state, around, slot, proposer);
    apply::begin_block(ledger, &context);
    let mut chosen = Transactions::new();
    let (mut used_bytes, mut fees_micro) = (0_usize, 0_u64);
    let mut held_back = BTreeSet::new();
    for transaction in candidates {
        if chosen.len() == MAX_BLOCK_TRANSACTIONS {
            break;
        }
        let bytes = used_bytes.saturating_add(transaction.encoded_len());
        if bytes > room_bytes {
            held_back.insert(transaction.account);
        }
        if held_back.contains(&transaction.account) {
            continue;
        }
        let Ok(receipt) = apply::apply_transaction(ledger, &context, transaction) else {
            continue;
        };
        if chosen.push(transaction.clone()).is_ok() {
            used_bytes = bytes;
            fees_micro = fees_micro.saturating_add(receipt.fee_micro);
        }
    }
    apply::settle_fees(ledger, &context, fees_micro);
    chosen
}

/// A hash to seed batch verification with, from a secret of the verifier and the block.
pub fn batch_entropy(secret: &[u8; 32], block: &Hash) -> [u8; 32] {
    Hash::of(Domain::Batch, &[secret, block.as_bytes()]).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus::known::Nothing;

    #[test]
    fn a_batch_is_seeded_with_what_only_the_verifier_knows() {
        let entropy = |secret: u8, block: u8| batch_entropy(&[secret; 32], &Hash([block; 32]));
        let others = [entropy(2, 1), entropy(1, 2)];
        assert!(!others.contains(&entropy(1, 1)) && entropy(1, 1) == entropy(1, 1));
        let seed = |verified: Verified| verified.unknown(&Nothing).map(|unknown| unknown.entropy);
        let entropy = entropy(1, 1);
        assert_eq!(seed(Verified::Nothing { entropy }), Some(entropy));
        assert_eq!(seed(Verified::Header { entropy }), Some(entropy));
        assert_eq!(seed(Verified::Signatures), None, "nothing is left to verify");
    }
}
