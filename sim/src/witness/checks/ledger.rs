//! Coins are conserved, and the state after a block is the same for everybody.

use std::collections::{BTreeMap, BTreeSet};

use ting_core::{
    chain::block::BlockHash,
    consensus::transition::Verified,
    crypto::{hash::Hash, keys::NetworkId},
    peer::network::{Network, Origin},
    time::Timestamp,
};

use super::rule::Rule;

/// State roots and supplies that were checked, by block.
#[derive(Default)]
pub(super) struct LedgerCheck {
    roots: BTreeMap<BlockHash, Hash>,
    audited: BTreeSet<BlockHash>,
    last_heads: BTreeMap<NetworkId, BlockHash>,
}

impl LedgerCheck {
    /// True if the last look was at another head of this network.
    pub(super) fn is_new_head(&mut self, network: &Network) -> bool {
        let head = network.chain().head();
        self.last_heads.insert(network.id(), head) != Some(head)
    }

    /// Compares the head's state with what others have for it; a thorough look counts all coins.
    pub(super) fn inspect(&mut self, network: &Network, thorough: bool) -> Vec<(Rule, String)> {
        let mut found = Vec::new();
        let Some((node, state)) = network.chain().head_node() else {
            return found;
        };
        let mut ledger = state.ledger.clone();
        let root = ledger.root();
        if root != node.state_root || *self.roots.entry(node.hash).or_insert(root) != root {
            found.push((Rule::StateRoot, format!("two states after block {:?}", node.hash)));
        }
        if thorough && self.audited.insert(node.hash) {
            let (counted, supply) = (ledger.audit().total_micro(), network.genesis().rules.supply_micro);
            if counted != u128::from(supply) {
                found.push((
                    Rule::Supply,
                    format!("{counted} µTNG after block {:?}, supply {supply}", node.hash),
                ));
            }
        }
        found
    }
}

/// Executes a peer's whole chosen chain again: from genesis, or from the lowest state that it kept.
pub(super) fn execute_again(network: &Network) -> Result<(), (Rule, String)> {
    let (genesis, me, chain) = (network.genesis().clone(), network.me(), network.chain());
    let mut again = match chain.lowest_root().filter(|_| chain.root_height() > 0) {
        Some(root) => Network::rooted(genesis, me, Origin::Named, root),
        None => Network::new(genesis, me, Origin::Named),
    };
    let first = again.chain().height() + 1;
    let end = network
        .head()
        .map_or(Timestamp::default(), |head| network.clock().start_of(head.slot));
    for block in chain.blocks() {
        let height = block.header.content.height;
        if height < first {
            continue;
        }
        again
            .import(block.clone(), Verified::Nothing { entropy: [1; 32] }, end)
            .map_err(|error| {
                (
                    Rule::StateRoot,
                    format!("height {height} does not execute again: {error}"),
                )
            })?;
        let _ = again.settle(end);
    }
    let same = again.head().map(|node| node.state_root) == network.head().map(|node| node.state_root);
    same.then_some(()).ok_or_else(|| {
        (
            Rule::StateRoot,
            "executing the chain again leads elsewhere".to_owned(),
        )
    })
}
