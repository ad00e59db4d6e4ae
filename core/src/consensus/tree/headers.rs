//! Headers beyond the known blocks, checked one after the other before any body is asked for: what a chain is worth.
//!
//! All headers after a known block belong to one term until a block among them records a checkpoint as final that ends it. So the first one is
//! checked against all that its parent's state says, and one that fails has broken a rule; a later one that fails may belong to a term that only the
//! blocks before it tell of. Each checked header cost its author a winning ticket, and this peer a proof and a signature.

use thiserror::Error;

use super::{BlockTree, Node};
use crate::{
    chain::block::{BlockHash, Header},
    consensus::{
        engine::{Engine, Makers},
        header::{HeaderError, Parent},
        merit::Weight,
    },
    time::Slot,
};

/// A known block, or headers that were checked in a row after one.
#[derive(Clone, Debug)]
pub struct HeaderChain {
    tip: Parent,
    weight: Weight,
    /// Who may make the headers checked so far; none while there is none.
    makers: Option<Makers>,
}

impl HeaderChain {
    /// Headers that follow a block with this chain's weight up to it.
    pub fn new(tip: Parent, weight: Weight) -> Self {
        Self {
            tip,
            weight,
            makers: None,
        }
    }

    /// Last header of the chain; the known block that it starts from, if no header was checked yet.
    pub fn tip(&self) -> Parent {
        self.tip
    }

    /// Weight of the whole chain up to the tip, from genesis.
    pub fn weight(&self) -> Weight {
        self.weight
    }

    /// True if no header was checked yet.
    pub fn is_empty(&self) -> bool {
        self.makers.is_none()
    }

    /// The chain with one more header, which these may make and which was found to weigh so much.
    #[must_use]
    pub fn with(&self, header: &Header, weight: Weight, makers: Makers) -> Self {
        let tip = Parent {
            hash: header.hash(),
            slot: header.content.slot,
            height: header.content.height,
        };
        Self {
            tip,
            weight: self.weight.plus(weight),
            makers: Some(makers),
        }
    }
}

/// Why a header does not count for its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unproven {
    /// The block that it follows is not known, or lies below the final one.
    #[error("the header follows nothing that is known")]
    Unconnected,
    /// It breaks a rule of the term that it was checked in.
    #[error(transparent)]
    Broken(#[from] HeaderError),
}

impl BlockTree {
    /// An empty chain of headers that starts from a block of the tree; none if the tree lacks it.
    pub fn header_chain(&self, block: &BlockHash) -> Option<HeaderChain> {
        let node = self.get(block)?;
        Some(HeaderChain::new(node.as_parent(), node.merit.weight))
    }

    /// Checks the next header of a chain.
    ///
    /// # Errors
    /// [`Unproven`] says why it does not count.
    pub fn check_next(&self, chain: &HeaderChain, header: &Header) -> Result<HeaderChain, Unproven> {
        let makers = match &chain.makers {
            Some(makers) => makers.clone(),
            None => self.makers_after(&chain.tip.hash, header)?,
        };
        let proof = makers.check(header, &chain.tip, &self.network)?;
        Ok(chain.with(header, proof.merit().weight, makers))
    }

    fn makers_after(&self, parent: &BlockHash, header: &Header) -> Result<Makers, Unproven> {
        let last_final = self.at_height(self.final_height).unwrap_or(self.root);
        if !self.descends(parent, &last_final) {
            return Err(Unproven::Unconnected);
        }
        let node = self.get(parent).ok_or(Unproven::Unconnected)?;
        Ok(self.makers(node, header.content.slot))
    }

    /// Who may make a child of `parent` in a slot.
    pub fn makers(&self, parent: &Node, slot: Slot) -> Makers {
        Engine::of(&self.rules).makers(parent.summary(), slot)
    }
}
