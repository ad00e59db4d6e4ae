//! What the tree lets go: branches that finality ruled out, states that nobody can ask for, and the lightest of too many side blocks.

use super::BlockTree;
use crate::{chain::block::BlockHash, params::MAX_SIDE_BLOCKS};

impl BlockTree {
    /// Drops what conflicts with a final block of the chosen chain, and states that nobody can ask for any more.
    pub fn finalize(&mut self, block: &BlockHash) {
        let Some(height) = self.nodes.get(block).map(|node| node.height) else {
            return;
        };
        if height <= self.final_height || !self.is_chosen(block) {
            return;
        }
        let range =
            usize::try_from(self.final_height).unwrap_or(usize::MAX)..usize::try_from(height).unwrap_or(0);
        let passed: Vec<BlockHash> = self.chosen.get(range).unwrap_or_default().to_vec();
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
    }

    fn drop_states(&mut self, last_final: &BlockHash) {
        let recorded = self.nodes.get(last_final).and_then(|node| node.state.as_ref());
        let Some(recorded) = recorded.map(|state| state.finality.final_checkpoint().block) else {
            return;
        };
        let Some((keep_from, slot)) = self.nodes.get(&recorded).map(|node| (node.height, node.slot)) else {
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
                stack.extend(node.children);
                self.tips.remove(&hash);
            }
        }
    }

    /// Keeps the number of side blocks bounded: the lightest tip off the chosen chain goes, the newcomer last among equals.
    pub(super) fn evict_side_blocks(&mut self, newcomer: &BlockHash) {
        while self.side_blocks() > MAX_SIDE_BLOCKS {
            let head = self.head();
            let lightest = self
                .tips
                .iter()
                .filter(|tip| **tip != head && (*tip != newcomer || self.tips.len() == 2))
                .filter_map(|tip| self.nodes.get(tip))
                .min_by_key(|node| node.rank())
                .map(|node| (node.hash, node.parent));
            let Some((hash, parent)) = lightest else { return };
            self.nodes.remove(&hash);
            self.tips.remove(&hash);
            if let Some(parent) = self.nodes.get_mut(&parent) {
                parent.children.retain(|child| *child != hash);
                if parent.children.is_empty() {
                    self.tips.insert(parent.hash);
                }
            }
        }
    }
}
