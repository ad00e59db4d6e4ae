//! What the tree lets go: branches that finality ruled out, states that nobody can ask for, final blocks beyond what is to be kept, and the lightest of
//! too many side blocks.

use super::{BlockTree, root::History};
use crate::{
    chain::block::BlockHash,
    params::{MAX_BLOCK_BYTES, MAX_SIDE_BLOCKS, MAX_SIDE_BYTES},
};

impl BlockTree {
    /// From the next final block on so much of what is final is kept.
    pub fn keep(&mut self, history: History) {
        self.history = history;
    }

    /// Drops what conflicts with a final block of the chosen chain, and states that nobody can ask for any more.
    pub fn finalize(&mut self, block: &BlockHash) {
        let Some(height) = self.nodes.get(block).map(|node| node.height) else {
            return;
        };
        if height <= self.final_height || !self.is_chosen(block) {
            return;
        }
        let (Some(from), Some(to)) = (self.place_of(self.final_height), self.place_of(height)) else {
            return;
        };
        let passed: Vec<BlockHash> = self
            .chosen
            .iter()
            .skip(from)
            .take(to.saturating_sub(from))
            .copied()
            .collect();
        self.final_height = height;
        for hash in passed {
            let children = self
                .nodes
                .get(&hash)
                .map(|node| node.children.clone())
                .unwrap_or_default();
            let (kept, lost): (Vec<_>, Vec<_>) =
                children.into_iter().partition(|child| self.is_chosen(child));
            if let Some(node) = self.nodes.get_mut(&hash) {
                node.children = kept;
            }
            lost.into_iter().for_each(|child| self.remove_subtree(child));
        }
        self.drop_states(block);
        match self.history {
            History::Whole => {}
            History::Newest { blocks } => self.raise_root(height.saturating_sub(blocks)),
        }
    }

    /// The tree begins at this height from now on, or as close below as the execution of later blocks allows.
    fn raise_root(&mut self, height: u64) {
        let lowest_state = self
            .at_height(self.states_from)
            .and_then(|hash| self.get(&hash)?.state());
        // No state that is kept or computed again asks for blocks below the one that the lowest state records as final.
        let needed = lowest_state.and_then(|state| self.get(&state.final_checkpoint().block));
        let Some(height) = needed.map(|needed| needed.height.min(height)) else {
            return;
        };
        while self.root_height < height {
            let Some(passed) = self.chosen.pop_front() else {
                return;
            };
            self.nodes.remove(&passed);
            self.root_height += 1;
        }
        self.root = self.chosen.front().copied().unwrap_or(self.root);
        self.ancestors.clear();
    }

    fn drop_states(&mut self, last_final: &BlockHash) {
        let Some(slot) = self.nodes.get(last_final).map(|node| node.slot) else {
            return;
        };
        // From its nearest state below, the state of the final block can be computed again.
        let Some(keep_from) = self.height_of_nearest_state(last_final) else {
            return;
        };
        while self.states_from < keep_from {
            if let Some(hash) = self.at_height(self.states_from)
                && let Some(node) = self.nodes.get_mut(&hash)
            {
                node.state = None;
            }
            self.states_from += 1;
        }
        self.made = self.made.split_off(&slot);
    }

    fn remove_subtree(&mut self, top: BlockHash) {
        let mut stack = vec![top];
        while let Some(hash) = stack.pop() {
            if let Some(node) = self.nodes.remove(&hash) {
                if !node.is_promised {
                    self.side.take(&node);
                }
                stack.extend(node.children);
                self.tips.remove(&hash);
            }
        }
    }

    /// True if a block on this parent would fit, or something beside its branch can go for it.
    pub(super) fn has_room_on(&self, parent: &BlockHash) -> bool {
        let fits = self.side.blocks < MAX_SIDE_BLOCKS && self.side.bytes + MAX_BLOCK_BYTES <= MAX_SIDE_BYTES;
        fits || *parent == self.head()
            || self.is_chosen(parent)
            || self.lightest_side_tip(Some(*parent)).is_some()
    }

    /// What was kept for its promise has none any more: the bounds hold for it as for all.
    pub fn release_promised(&mut self) {
        self.synced = None;
        for hash in std::mem::take(&mut self.promised) {
            if let Some(node) = self.nodes.get_mut(&hash) {
                node.is_promised = false;
                self.side.add(node);
            }
        }
        self.evict_side_blocks(None);
    }

    /// Keeps the side bounded: the lightest tip off the chosen chain goes, but neither the newcomer nor the branch that is being synced.
    pub(super) fn evict_side_blocks(&mut self, newcomer: Option<BlockHash>) {
        while self.side.is_too_much() {
            let Some(hash) = self.lightest_side_tip(newcomer) else {
                return;
            };
            self.remove_tip(&hash);
        }
    }

    fn lightest_side_tip(&self, spared: Option<BlockHash>) -> Option<BlockHash> {
        let head = self.head();
        self.tips
            .iter()
            .filter(|tip| **tip != head && Some(**tip) != spared && Some(**tip) != self.synced)
            .filter_map(|tip| self.nodes.get(tip))
            .filter(|node| !node.is_promised)
            .min_by_key(|node| node.rank())
            .map(|node| node.hash)
    }

    pub(super) fn remove_tip(&mut self, hash: &BlockHash) {
        let Some(node) = self.nodes.remove(hash) else {
            return;
        };
        self.side.take(&node);
        self.tips.remove(hash);
        if let Some(parent) = self.nodes.get_mut(&node.parent) {
            parent.children.retain(|child| child != hash);
            if parent.children.is_empty() {
                self.tips.insert(parent.hash);
            }
        }
    }
}
