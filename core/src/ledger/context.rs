//! What applying transactions has to know of the block around them, and nothing else of consensus.

use crate::{
    crypto::keys::{Address, NetworkId},
    ledger::{anchor::Anchor, genesis::Rules},
    time::Slot,
};

/// What transactions need to know about the block that they are in.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// The network.
    pub network: NetworkId,
    /// Its rules.
    pub rules: &'a Rules,
    /// Slot of the block.
    pub slot: Slot,
    /// Receives fees and reward.
    pub proposer: Address,
    /// What of consensus matters to claims.
    pub claims: ClaimWindow<'a>,
}

/// What the rule of claims takes from consensus: how it counts time, and who takes part.
#[derive(Clone, Copy, Debug)]
pub struct ClaimWindow<'a> {
    /// Number of the period in which claims are counted: the block's term.
    pub period: u64,
    /// How many take part in it: the more they are, the more may come.
    pub members: usize,
    /// Blocks recorded as final, to which claims may bind their work.
    pub anchors: &'a [Anchor],
}
