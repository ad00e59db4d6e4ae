//! Executing a block on its parent's state, and building one (docs/protocol.md, section 5).
//!
//! The order is fixed: branch clock, term change, mixer, votes, transactions, fees and reward, state root. A block that fails at any step
//! leaves no trace: the parent's state is shared, never changed.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    chain::{
        block::{Block, Header, HeaderContent, Transactions, Votes, transactions_root, votes_hash},
        checkpoint::Vote,
    },
    codec::encode,
    consensus::{
        branch::{Branch, BranchState},
        header::{HeaderError, Parent, Ticket, check_header, reread_header},
        stake::{
            recorded::{self, VoteError},
            term::{Term, mix},
        },
    },
    crypto::{
        batch::BatchVerifier,
        hash::{Domain, Hash},
        keys::{Address, NetworkId, PublicKey, SecretKey},
        vrf::{VrfOutput, VrfProof},
    },
    ledger::{
        apply, context::BlockContext, error::TransactionError, genesis::Rules, transaction::Transaction,
    },
    params::{MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, MAX_BLOCK_VOTES},
    sorting,
    time::Slot,
};

/// What a transition happens in: the branch, its tip, and the network's fixed rules.
pub struct Surroundings<'a, B: Branch> {
    /// The branch that ends with the parent.
    pub branch: &'a B,
    /// The parent.
    pub parent: Parent,
    /// The parent's state.
    pub state: &'a BranchState,
    /// The network.
    pub network: NetworkId,
    /// Its rules.
    pub rules: &'a Rules,
}

/// Why a block is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The header breaks a rule.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The body is not the header's.
    #[error(transparent)]
    Body(#[from] crate::chain::block::BodyError),
    /// A recorded vote breaks a rule.
    #[error("vote {index}: {reason}")]
    Vote {
        /// Which one.
        index: usize,
        /// Why.
        reason: VoteError,
    },
    /// A transaction is refused.
    #[error("transaction {index}: {reason}")]
    Transaction {
        /// Which one.
        index: usize,
        /// Why.
        reason: TransactionError,
    },
    /// The header's state root is not the one that execution leads to.
    #[error("the state root is wrong")]
    WrongStateRoot,
    /// The state that the block builds on is not kept any more.
    #[error("the block builds on a state that is not kept any more")]
    TooOld,
}

/// A block that was executed.
pub struct Executed {
    /// State after the block.
    pub state: BranchState,
    /// The proposer's ticket.
    pub ticket: Ticket,
}

/// How much of a block was verified before.
#[derive(Clone, Copy, Debug)]
pub enum Verified {
    /// Nothing: it comes from a peer. Batches are seeded with a value that the block's author could not know.
    Nothing {
        /// That value.
        entropy: [u8; 32],
    },
    /// Proof and signature of the header: it was checked before the rest of the block was asked for.
    Header {
        /// As in [`Self::Nothing`].
        entropy: [u8; 32],
    },
    /// Proofs and signatures: it comes from this peer's own storage. Everything else is checked again.
    Signatures,
}

impl Verified {
    /// What seeds the batches of signatures that are still to be verified, if any are.
    fn entropy(self) -> Option<[u8; 32]> {
        match self {
            Self::Nothing { entropy } | Self::Header { entropy } => Some(entropy),
            Self::Signatures => None,
        }
    }
}

/// Checks and executes a block.
///
/// # Errors
/// [`BlockError`] names the first rule that the block breaks.
pub fn execute<B: Branch>(
    around: &Surroundings<'_, B>,
    block: &Block,
    verified: Verified,
) -> Result<Executed, BlockError> {
    let content = &block.header.content;
    let term = around
        .state
        .term_of_child(around.branch, content.slot, around.rules.term_slots)
        .ok_or(BlockError::TooOld)?;
    let check = match verified {
        Verified::Nothing { .. } => check_header,
        Verified::Header { .. } | Verified::Signatures => reread_header,
    };
    let ticket = check(&block.header, &around.parent, &around.network, &term)?;
    block.check_body()?;
    let mut state = begin(around, content.slot, term, &ticket.output).ok_or(BlockError::TooOld)?;
    record_votes(&mut state, around, content.slot, &block.votes, verified)?;
    apply_transactions(&mut state, around, content, &block.transactions, verified)?;
    if state.ledger.root() != content.state_root {
        return Err(BlockError::WrongStateRoot);
    }
    Ok(Executed { state, ticket })
}

fn begin<B: Branch>(
    around: &Surroundings<'_, B>,
    slot: Slot,
    term: Arc<Term>,
    output: &VrfOutput,
) -> Option<BranchState> {
    let mut state = around.state.clone();
    apply::advance_clock(&mut state.ledger, slot.since(around.parent.slot));
    state.enter_term(around.branch, term)?;
    state.mixer = mix(&state.mixer, output);
    Some(state)
}

fn record_votes<B: Branch>(
    state: &mut BranchState,
    around: &Surroundings<'_, B>,
    slot: Slot,
    votes: &[Vote],
    verified: Verified,
) -> Result<(), BlockError> {
    if !votes.is_sorted_by(|a, b| a < b) {
        return Err(BlockError::Vote {
            index: 0,
            reason: VoteError::NotInOrder,
        });
    }
    let mut batch = BatchVerifier::new();
    for (index, vote) in votes.iter().enumerate() {
        let key = recorded::check(state, around.branch, slot, vote)
            .map_err(|reason| BlockError::Vote { index, reason })?;
        recorded::record(state, vote);
        push_signature(&mut batch, &around.network, &key, vote);
    }
    if let Some(entropy) = verified.entropy() {
        batch.verify(entropy).map_err(|culprits| BlockError::Vote {
            index: culprits.first().copied().unwrap_or_default(),
            reason: VoteError::BadSignature,
        })?;
    }
    finish_votes(state, around, !votes.is_empty());
    Ok(())
}

fn push_signature(batch: &mut BatchVerifier, network: &NetworkId, key: &PublicKey, vote: &Vote) {
    batch.push(
        Domain::Vote,
        network,
        key,
        &vote.signed_message(),
        &vote.signature,
    );
}

fn finish_votes<B: Branch>(state: &mut BranchState, around: &Surroundings<'_, B>, any: bool) {
    if any {
        recorded::settle(state, around.branch);
    }
    state.store_consensus();
}

fn apply_transactions<B: Branch>(
    state: &mut BranchState,
    around: &Surroundings<'_, B>,
    content: &HeaderContent,
    transactions: &[Transaction],
    verified: Verified,
) -> Result<(), BlockError> {
    if let Some(entropy) = verified.entropy() {
        apply::verify_signatures(transactions, entropy)
            .map_err(|(index, reason)| BlockError::Transaction { index, reason })?;
    }
    let anchors = state.finality.anchors().to_vec();
    let context = BlockContext {
        network: around.network,
        rules: around.rules,
        slot: content.slot,
        proposer: content.proposer,
        term: state.term.number,
        term_operators: state.term.operators.len(),
        anchors: &anchors,
    };
    apply::begin_block(&mut state.ledger, &context);
    let mut fees_micro = 0_u64;
    for (index, transaction) in transactions.iter().enumerate() {
        let receipt = apply::apply_transaction(&mut state.ledger, &context, transaction)
            .map_err(|reason| BlockError::Transaction { index, reason })?;
        fees_micro = fees_micro.saturating_add(receipt.fee_micro);
    }
    apply::settle_fees(&mut state.ledger, &context, fees_micro);
    Ok(())
}

/// A winning ticket, and the keys to use it.
pub struct Proposer<'a> {
    /// Account that holds the stake.
    pub account: Address,
    /// Operator signing key.
    pub signing_key: &'a SecretKey,
    /// Proof of the ticket.
    pub proof: VrfProof,
    /// What it drew.
    pub ticket: Ticket,
}

/// Builds a block from what waits: every vote that may be recorded, and transactions in the given order while they apply and fit. What comes
/// after one that does not fit has to wait with it, if it is of the same account: readers see an author's messages in the chain's order.
///
/// `votes` and `transactions` have verified signatures. None if the parent's state is not kept any more.
pub fn propose<'t, B: Branch>(
    around: &Surroundings<'_, B>,
    slot: Slot,
    proposer: Proposer<'_>,
    votes: impl Iterator<Item = &'t Vote>,
    transactions: impl Iterator<Item = &'t Transaction>,
) -> Option<(Block, Executed)> {
    let term = around
        .state
        .term_of_child(around.branch, slot, around.rules.term_slots)?;
    let mut state = begin(around, slot, term, &proposer.ticket.output)?;
    let votes = select_votes(&mut state, around, slot, votes);
    let room = MAX_BLOCK_BYTES.saturating_sub(HEADER_ROOM_BYTES + encode(&votes).len());
    let transactions = select_transactions(&mut state, around, slot, proposer.account, transactions, room);
    let content = HeaderContent {
        network: around.network,
        slot,
        height: around.parent.height.saturating_add(1),
        parent: around.parent.hash,
        proposer: proposer.account,
        transactions_root: transactions_root(&transactions),
        votes_hash: votes_hash(&votes),
        state_root: state.ledger.root(),
        vrf_proof: proposer.proof,
    };
    let header = Header::sign(content, proposer.signing_key);
    let block = Block {
        header,
        transactions,
        votes,
    };
    Some((
        block,
        Executed {
            state,
            ticket: proposer.ticket,
        },
    ))
}

/// Generous room for a header in a block, in bytes.
const HEADER_ROOM_BYTES: usize = 1_024;

fn select_votes<'t, B: Branch>(
    state: &mut BranchState,
    around: &Surroundings<'_, B>,
    slot: Slot,
    votes: impl Iterator<Item = &'t Vote>,
) -> Votes {
    let mut candidates: Vec<&Vote> = votes.collect();
    sorting::sort(&mut candidates);
    candidates.dedup();
    let mut chosen = Votes::new();
    for vote in candidates {
        if chosen.len() == MAX_BLOCK_VOTES {
            break;
        }
        if recorded::check(state, around.branch, slot, vote).is_ok() && chosen.push(vote.clone()).is_ok() {
            recorded::record(state, vote);
        }
    }
    finish_votes(state, around, !chosen.is_empty());
    chosen
}

fn select_transactions<'t, B: Branch>(
    state: &mut BranchState,
    around: &Surroundings<'_, B>,
    slot: Slot,
    proposer: Address,
    candidates: impl Iterator<Item = &'t Transaction>,
    room_bytes: usize,
) -> Transactions {
    let anchors = state.finality.anchors().to_vec();
    let context = BlockContext {
        network: around.network,
        rules: around.rules,
        slot,
        proposer,
        term: state.term.number,
        term_operators: state.term.operators.len(),
        anchors: &anchors,
    };
    apply::begin_block(&mut state.ledger, &context);
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
        let Ok(receipt) = apply::apply_transaction(&mut state.ledger, &context, transaction) else {
            continue;
        };
        if chosen.push(transaction.clone()).is_ok() {
            used_bytes = bytes;
            fees_micro = fees_micro.saturating_add(receipt.fee_micro);
        }
    }
    apply::settle_fees(&mut state.ledger, &context, fees_micro);
    chosen
}

/// A hash to seed batch verification with, from a secret of the verifier and the block.
pub fn batch_entropy(secret: &[u8; 32], block: &Hash) -> [u8; 32] {
    Hash::of(Domain::Batch, &[secret, block.as_bytes()]).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_seeded_with_what_only_the_verifier_knows() {
        let entropy = |secret: u8, block: u8| batch_entropy(&[secret; 32], &Hash([block; 32]));
        let others = [entropy(2, 1), entropy(1, 2)];
        assert!(!others.contains(&entropy(1, 1)) && entropy(1, 1) == entropy(1, 1));
        let entropy = entropy(1, 1);
        assert_eq!(Verified::Nothing { entropy }.entropy(), Some(entropy));
        assert_eq!(Verified::Header { entropy }.entropy(), Some(entropy));
        assert_eq!(Verified::Signatures.entropy(), None, "nothing is left to verify");
    }
}
