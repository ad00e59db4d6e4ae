//! Which tip is the best, and the way there from the chosen chain.

use super::{BlockTree, Node, Switch};
use crate::chain::{block::BlockHash, checkpoint::Checkpoint};

impl BlockTree {
    /// Moves to the best tip: under the final block, then over the highest justified block, then by weight.
    pub fn choose(&mut self, justified: &Checkpoint, final_checkpoint: &Checkpoint) -> Switch {
        let best = self.best_tip(&justified.block, &final_checkpoint.block);
        best.map(|tip| self.switch_to(tip)).unwrap_or_default()
    }

    fn best_tip(&self, justified: &BlockHash, last_final: &BlockHash) -> Option<BlockHash> {
        let over = |block: &BlockHash| -> Option<BlockHash> {
            let mut best: Option<&Node> = None;
            for node in self.tips.iter().filter_map(|tip| self.nodes.get(tip)) {
                let better = best.is_none_or(|best| node.rank() > best.rank());
                if better && self.descends(&node.hash, block) && self.descends(&node.hash, last_final) {
                    best = Some(node);
                }
            }
            best.map(|node| node.hash)
        };
        over(justified).or_else(|| over(last_final))
    }

    fn switch_to(&mut self, tip: BlockHash) -> Switch {
        if !self.restore_state(&tip) {
            return Switch::default();
        }
        let mut applied = Vec::new();
        let mut cursor = tip;
        while !self.is_chosen(&cursor) {
            applied.push(cursor);
            match self.nodes.get(&cursor) {
                Some(node) => cursor = node.parent,
                None => return Switch::default(),
            }
        }
        applied.reverse();
        let common = self
            .nodes
            .get(&cursor)
            .and_then(|node| self.place_of(node.height));
        let keep = common.map_or(1, |place| place.saturating_add(1));
        let left = self.chosen.split_off(keep.min(self.chosen.len()));
        let undone: Vec<BlockHash> = left.into_iter().rev().collect();
        self.chosen.extend(applied.iter().copied());
        self.weigh_side(&undone, &applied);
        self.evict_side_blocks(None);
        Switch { undone, applied }
    }

    /// What is chosen now is off the side, and what was left behind is on it.
    fn weigh_side(&mut self, undone: &[BlockHash], applied: &[BlockHash]) {
        for node in undone.iter().filter_map(|hash| self.nodes.get(hash)) {
            self.side.add(node);
        }
        let mut was_promised = false;
        for hash in applied {
            let Some(node) = self.nodes.get_mut(hash) else {
                continue;
            };
            if std::mem::take(&mut node.is_promised) {
                was_promised = true;
            } else {
                self.side.take(node);
            }
        }
        if was_promised {
            self.promised
                .retain(|hash| self.nodes.get(hash).is_some_and(|node| node.is_promised));
        }
    }
}
