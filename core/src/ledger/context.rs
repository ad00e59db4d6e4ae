//! What applying transactions has to know of the block around them, and nothing else of consensus.

use crate::{
    crypto::keys::{Address, NetworkId},
    ledger::{anchor::Anchor, genesis::Rules},
    time::Slot,
};

/// What transactions need to know about the block that they are in.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// Network for which the transactions have to be signed.
    pub network: NetworkId,
    /// Rules from the network's genesis: fees, grants, reward.
    pub rules: &'a Rules,
    /// Slot of the block, by which expiries and the ages of anchors are judged.
    pub slot: Slot,
    /// Account that receives the block's reward and its share of the fees.
    pub proposer: Address,
    /// Term and anchors, by which claims are judged.
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
