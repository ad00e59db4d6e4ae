//! Which states are at hand. A chain without finality may grow for a night, and a state takes some kilobytes that no other one shares.
//!
//! Of each branch the states of the newest `RECENT_STATES` blocks are kept, and below them every `SPARSE_STATES`-th by height. Any other is computed
//! again from blocks that were executed before, when a child of an old block asks for it. `MAX_RESTORED_STATES` of those stay at hand.
//!
//! What a peer can make others compute again: its child of an old block is not looked at unless others refer to it, or its chain was found to
//! weigh more. Then it costs less than `SPARSE_STATES` executions, once for each branch that is fetched.

use super::{
    BlockTree,
    root::{Ancestor, Root},
};
use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    consensus::{
        branch::BranchState,
        known::Nothing,
        transition::{self, Surroundings, Verified},
    },
    params::{MAX_RESTORED_STATES, RECENT_STATES, SPARSE_STATES},
};

impl BlockTree {
    /// Makes sure that the state of a block is at hand. False if there is none to begin with.
    pub fn restore_state(&mut self, block: &BlockHash) -> bool {
        match self.nodes.get(block).map(|node| node.state.is_some()) {
            Some(true) => return true,
            Some(false) => {}
            None => return false,
        }
        let Some(state) = self.computed_state(block) else {
            return false;
        };
        if let Some(node) = self.nodes.get_mut(block) {
            node.state = Some(state);
        }
        self.restored.push_back(*block);
        if self.restored.len() > MAX_RESTORED_STATES
            && let Some(oldest) = self.restored.pop_front()
        {
            self.let_state_go(&oldest);
        }
        true
    }

    fn computed_state(&self, block: &BlockHash) -> Option<BranchState> {
        let mut path = Vec::new();
        let mut cursor = *block;
        let mut state = loop {
            let node = self.nodes.get(&cursor)?;
            if let Some(state) = node.state() {
                break state.clone();
            }
            // Nothing lies below the root, and genesis is its own parent.
            if cursor == self.root {
                return None;
            }
            path.push(cursor);
            cursor = node.parent;
        };
        for hash in path.into_iter().rev() {
            let parent = self.nodes.get(&hash)?.parent;
            let branch = self.branch(parent);
            let around = Surroundings {
                branch: &branch,
                parent: self.nodes.get(&parent)?.as_parent(),
                state: &state,
                network: self.network,
                rules: &self.rules,
            };
            let block = self.nodes.get(&hash)?.block.as_ref()?;
            state = transition::execute(&around, block, Verified::Signatures, &Nothing)
                .ok()?
                .state;
        }
        Some(state)
    }

    /// The newest state at hand that nothing undoes: that of the last final block, or of one not far below if none became final for long.
    pub fn settled_state(&self) -> Option<&BranchState> {
        let mut heights = (self.states_from..=self.final_height).rev();
        heights.find_map(|height| self.get(&self.at_height(height)?)?.state())
    }

    /// Height of the lowest final block whose state is at hand.
    pub fn lowest_state_height(&self) -> u64 {
        self.states_from
    }

    /// The lowest final block whose state is at hand, as the root that another tree could begin at.
    pub fn lowest_root(&self) -> Option<Root> {
        let node = self.get(&self.at_height(self.states_from)?)?;
        let state = node.state()?.clone();
        let last_final = state.final_checkpoint().block;
        let mut ancestors = self.ancestors.clone();
        let mut at = node;
        while at.hash != last_final {
            let ancestor = Ancestor {
                slot: at.slot,
                mixer: at.summary().mixer(),
            };
            ancestors.insert(at.hash, ancestor);
            match self.get(&at.parent) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        Some(Root {
            parent: node.parent,
            proposer: node.proposer,
            slot: node.slot,
            height: node.height,
            checkpoint: Checkpoint {
                slot: node.slot,
                block: node.hash,
            },
            weight: node.merit.weight,
            state,
            ancestors,
        })
    }

    /// A block came: the state that is now far enough below it goes, unless it is one of those that stay.
    pub(super) fn let_state_go_below(&mut self, tip: &BlockHash) {
        let height = self.nodes.get(tip).map_or(0, |node| node.height);
        let below = height
            .checked_sub(RECENT_STATES)
            .filter(|below| below % SPARSE_STATES != 0);
        if let Some(hash) = below.and_then(|below| self.ancestor_at(tip, below)) {
            self.let_state_go(&hash);
        }
    }

    /// The lowest state stays, since all others follow from it, and so does that of the head.
    fn let_state_go(&mut self, hash: &BlockHash) {
        let (head, lowest) = (self.head(), self.states_from);
        let node = self.nodes.get_mut(hash);
        if let Some(node) = node.filter(|node| node.hash != head && node.height > lowest) {
            node.state = None;
        }
    }

    /// Height of this block, or of the nearest one below it whose state is at hand.
    pub(super) fn height_of_nearest_state(&self, block: &BlockHash) -> Option<u64> {
        let mut node = self.nodes.get(block)?;
        while node.state.is_none() {
            node = self
                .nodes
                .get(&node.parent)
                .filter(|parent| parent.height < node.height)?;
        }
        Some(node.height)
    }
}
