//! The block tree and the choice of the chain (docs/protocol.md, section 7).
//!
//! Invariants: every node's block was executed, its parent is in the tree; the chosen chain runs from the root to a tip and contains the final
//! block; from the last final block on, which is all that children of kept tips can ask for, states are at hand or can be computed again from blocks
//! (`states`).
//!
//! Bounds: off the chosen chain at most `MAX_SIDE_BLOCKS` nodes of `MAX_SIDE_BYTES` (the lightest tip goes first, but never the one that is being
//! synced), and of what nobody asked for `MAX_HEADERS_PER_SLOT` per proposer and slot. A node needs a winning ticket, so a peer without stake adds
//! none; who has a share `s` of the stake wins `s / 2` slots per second, so that filling the side takes 8,192 / s seconds, or 320 / s with blocks of
//! the largest size, and pushes out nothing but lighter tips. Beyond these bounds only a chain is kept whose headers were proven to weigh more than the
//! chosen one: that takes more than half of the luck since the two parted. The chosen chain itself grows by at most one block per slot.

mod choice;
pub mod headers;
mod prune;
pub mod root;
pub mod snapshot;
mod states;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use thiserror::Error;

pub use self::root::History;
use self::root::{Ancestor, Root};
use crate::{
    chain::block::{Block, BlockHash, HeaderContent},
    consensus::{
        ancestors::Ancestors,
        branch::BranchState,
        engine::Engine,
        header::Parent,
        merit::{Merit, Weight},
        stake::summary::Summary,
        transition::Executed,
    },
    crypto::{
        hash::Hash,
        keys::{Address, NetworkId},
    },
    ledger::genesis::{Genesis, Rules},
    params::{MAX_HEADERS_PER_SLOT, MAX_SIDE_BLOCKS, MAX_SIDE_BYTES},
    sorting,
    time::{Slot, Timestamp},
};

/// A block of the tree, and what was computed when it was executed.
pub struct Node {
    /// Block hash, by which the tree knows it.
    pub hash: BlockHash,
    /// The block; none for genesis, and for a later block that the tree began at.
    pub block: Option<Arc<Block>>,
    /// Hash of its parent; genesis is its own parent.
    pub parent: BlockHash,
    /// Account that made it; the founder's for genesis.
    pub proposer: Address,
    /// Slot in which the block was made.
    pub slot: Slot,
    /// Number of ancestors back to genesis, also those that the tree does not hold.
    pub height: u64,
    /// Level of its ticket: 0 is the rarest, and such a block weighs most.
    pub level: u32,
    /// Weight that the block alone adds to its chain.
    pub own_weight: Weight,
    /// Weight of the whole chain up to here, and the tie-break of this block.
    pub merit: Merit,
    /// Size of its encoding; 0 without a block.
    pub bytes: usize,
    /// State root after the block.
    pub state_root: Hash,
    /// Number of the term that it belongs to.
    pub term: u64,
    /// Time at which this peer added the block; decides nothing that others have to agree on.
    pub received: Timestamp,
    /// Hashes of the blocks of the tree that build directly on this one.
    pub children: Vec<BlockHash>,
    summary: Summary,
    state: Option<BranchState>,
    /// Kept beyond the bounds of the side, for what its chain was proven to be worth.
    is_promised: bool,
}

impl Node {
    /// What a child is checked against.
    pub fn as_parent(&self) -> Parent {
        Parent {
            hash: self.hash,
            slot: self.slot,
            height: self.height,
        }
    }

    /// What is kept of the state after this block as long as the block is.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// State after this block, if it is at hand; see [`BlockTree::restore_state`].
    pub fn state(&self) -> Option<&BranchState> {
        self.state.as_ref()
    }

    /// Order of preference between tips: heavier, then lower tie, then lower hash.
    fn rank(&self) -> (Merit, Reverse<BlockHash>) {
        (self.merit, Reverse(self.hash))
    }
}

/// Who speaks for a block that is offered to the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody but whoever sent it.
    Unasked,
    /// Something that others made builds upon it: a child or a vote.
    Referred,
    /// Headers with more weight than the chosen chain has; or this peer, which had it in its storage.
    Promised,
}

/// Why a block cannot be added. None of these is a fault of the block: who passed it on has not lied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InsertError {
    /// The parent is not in the tree.
    #[error("the block's parent is not known")]
    UnknownParent,
    /// The block is in the tree already.
    #[error("the block is known already")]
    Known,
    /// Its proposer has filled this slot already.
    #[error("the proposer has made {MAX_HEADERS_PER_SLOT} blocks in this slot already")]
    TooManyInSlot,
    /// It builds on a block whose state was let go, and nobody refers to it.
    #[error("the block builds on an old one, and nobody refers to it")]
    OldParent,
    /// Its branch alone fills what may be kept off the chosen chain.
    #[error(
        "the block's branch fills all of the {MAX_SIDE_BLOCKS} blocks and {MAX_SIDE_BYTES} bytes off the chosen chain"
    )]
    NoRoom,
    /// It does not descend from the final block.
    #[error("the block does not descend from the final block")]
    AgainstFinal,
}

/// A change of the chosen chain: undo these, newest first, then apply those, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switch {
    /// Blocks left behind, newest first.
    pub undone: Vec<BlockHash>,
    /// Blocks now chosen, oldest first.
    pub applied: Vec<BlockHash>,
}

/// All blocks that may still matter, and the chosen chain.
pub struct BlockTree {
    nodes: BTreeMap<BlockHash, Node>,
    chosen: VecDeque<BlockHash>,
    history: History,
    tips: BTreeSet<BlockHash>,
    made: BTreeMap<Slot, BTreeMap<Address, usize>>,
    final_height: u64,
    states_from: u64,
    root: BlockHash,
    root_height: u64,
    /// Of blocks below the root, what children of the tree may ask about.
    ancestors: BTreeMap<BlockHash, Ancestor>,
    network: NetworkId,
    rules: Rules,
    side: Load,
    promised: Vec<BlockHash>,
    /// The last block of the branch that is being synced.
    synced: Option<BlockHash>,
    /// Blocks whose states were computed again, oldest first.
    restored: VecDeque<BlockHash>,
}

/// How many blocks and bytes are kept off the chosen chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    blocks: usize,
    bytes: usize,
}

impl Load {
    fn add(&mut self, node: &Node) {
        self.blocks = self.blocks.saturating_add(1);
        self.bytes = self.bytes.saturating_add(node.bytes);
    }

    fn take(&mut self, node: &Node) {
        self.blocks = self.blocks.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(node.bytes);
    }

    fn is_too_much(self) -> bool {
        self.blocks > MAX_SIDE_BLOCKS || self.bytes > MAX_SIDE_BYTES
    }
}

impl BlockTree {
    /// A tree of the network of this genesis that begins at a root, and keeps all since.
    pub fn new(root: Root, genesis: &Genesis) -> Self {
        let (hash, height, state) = (root.checkpoint.block, root.height, root.state);
        let node = Node {
            hash,
            block: None,
            parent: root.parent,
            proposer: root.proposer,
            slot: root.slot,
            height,
            level: 0,
            own_weight: Weight::default(),
            merit: Merit {
                weight: root.weight,
                tie: 0,
            },
            bytes: 0,
            state_root: state.ledger.clone().root(),
            term: state.term().number,
            received: Timestamp(0),
            children: Vec::new(),
            summary: state.engine.summary(),
            state: Some(state),
            is_promised: false,
        };
        Self {
            nodes: sorting::map([(hash, node)]),
            chosen: VecDeque::from([hash]),
            history: History::Whole,
            tips: sorting::set([hash]),
            made: BTreeMap::new(),
            final_height: height,
            states_from: height,
            root: hash,
            root_height: height,
            ancestors: root.ancestors,
            network: genesis.network_id(),
            rules: genesis.rules.clone(),
            side: Load::default(),
            promised: Vec::new(),
            synced: None,
            restored: VecDeque::new(),
        }
    }

    /// The block with this hash, if the tree holds it.
    pub fn get(&self, hash: &BlockHash) -> Option<&Node> {
        self.nodes.get(hash)
    }

    /// All blocks, in no meaningful order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// The genesis block's hash.
    pub fn genesis(&self) -> BlockHash {
        BlockHash(self.network.0)
    }

    /// Height of the lowest block of the tree: 0 if that is genesis.
    pub fn root_height(&self) -> u64 {
        self.root_height
    }

    /// Hash of the chosen chain's tip.
    pub fn head(&self) -> BlockHash {
        self.chosen.back().copied().unwrap_or(self.root)
    }

    /// The chosen chain's tip and its state, which is always kept.
    pub fn head_node(&self) -> Option<(&Node, &BranchState)> {
        let node = self.nodes.get(&self.head())?;
        Some((node, node.state.as_ref()?))
    }

    /// Height of the chosen chain's tip.
    pub fn height(&self) -> u64 {
        let above = self.chosen.len().saturating_sub(1) as u64;
        self.root_height.saturating_add(above)
    }

    /// Height of the last final block.
    pub fn final_height(&self) -> u64 {
        self.final_height
    }

    /// The chosen chain's block at a height.
    pub fn at_height(&self, height: u64) -> Option<BlockHash> {
        self.chosen.get(self.place_of(height)?).copied()
    }

    /// Where the block of this height stands among the chosen ones; none below the root.
    fn place_of(&self, height: u64) -> Option<usize> {
        usize::try_from(height.checked_sub(self.root_height)?).ok()
    }

    /// True if the block is on the chosen chain.
    pub fn is_chosen(&self, hash: &BlockHash) -> bool {
        self.nodes
            .get(hash)
            .is_some_and(|node| self.at_height(node.height) == Some(*hash))
    }

    /// Blocks off the chosen chain, those of a promised chain included.
    pub fn side_blocks(&self) -> usize {
        self.nodes.len().saturating_sub(self.chosen.len())
    }

    /// The branch that ends with `tip`.
    pub fn branch(&self, tip: BlockHash) -> BranchView<'_> {
        BranchView { tree: self, tip }
    }

    /// True if `ancestor` is `tip` or one of its ancestors.
    pub fn descends(&self, tip: &BlockHash, ancestor: &BlockHash) -> bool {
        self.nodes
            .get(ancestor)
            .is_some_and(|node| self.ancestor_at(tip, node.height) == Some(*ancestor))
    }

    /// The last block of the branch that ends with `tip` whose slot is at most `slot`.
    pub fn block_at(&self, tip: &BlockHash, slot: Slot) -> Option<BlockHash> {
        let mut node = self.nodes.get(tip)?;
        while node.slot > slot && !self.is_chosen(&node.hash) {
            node = self.nodes.get(&node.parent)?;
        }
        if node.slot <= slot {
            return Some(node.hash);
        }
        let slot_of = |hash: &BlockHash| self.nodes.get(hash).map_or(Slot(u64::MAX), |node| node.slot);
        let count = self.chosen.partition_point(|hash| slot_of(hash) <= slot);
        self.chosen.get(count.checked_sub(1)?).copied()
    }

    /// Says whether [`Self::insert`] would take a block with this header, before it is executed.
    ///
    /// # Errors
    /// [`InsertError`] says why not.
    pub fn admits(&self, block: &Block, hash: &BlockHash, standing: Standing) -> Result<(), InsertError> {
        let content = &block.header.content;
        if self.nodes.contains_key(hash) {
            return Err(InsertError::Known);
        }
        let parent = self
            .nodes
            .get(&content.parent)
            .ok_or(InsertError::UnknownParent)?;
        let final_block = self.at_height(self.final_height).unwrap_or(self.root);
        if parent.height < self.final_height || !self.descends(&content.parent, &final_block) {
            return Err(InsertError::AgainstFinal);
        }
        match standing {
            Standing::Unasked => self.admits_unasked(content)?,
            Standing::Referred | Standing::Promised => {}
        }
        if standing != Standing::Promised && !self.has_room_on(&content.parent) {
            return Err(InsertError::NoRoom);
        }
        Ok(())
    }

    /// Says whether a block with this header is looked at although nobody refers to it, as far as its proposer and its parent tell.
    ///
    /// # Errors
    /// [`InsertError`] says why not.
    pub fn admits_unasked(&self, content: &HeaderContent) -> Result<(), InsertError> {
        let made = self.made.get(&content.slot);
        let payer = Engine::of(&self.rules).payer(content);
        let made = made.zip(payer).and_then(|(made, payer)| made.get(&payer));
        if made.is_some_and(|made| *made >= MAX_HEADERS_PER_SLOT) {
            return Err(InsertError::TooManyInSlot);
        }
        let parent = self.nodes.get(&content.parent);
        if parent.is_some_and(|parent| parent.state.is_none()) {
            return Err(InsertError::OldParent);
        }
        Ok(())
    }

    /// Adds a block after its execution.
    ///
    /// # Errors
    /// [`InsertError`] as from [`Self::admits`].
    pub fn insert(
        &mut self,
        block: Block,
        executed: Executed,
        standing: Standing,
        now: Timestamp,
    ) -> Result<BlockHash, InsertError> {
        let hash = block.hash();
        self.admits(&block, &hash, standing)?;
        let content = &block.header.content;
        let (slot, payer) = (content.slot, Engine::of(&self.rules).payer(content));
        let own = executed.proof.merit();
        let parent = self
            .nodes
            .get_mut(&content.parent)
            .ok_or(InsertError::UnknownParent)?;
        parent.children.push(hash);
        let node = Node {
            hash,
            parent: content.parent,
            proposer: content.proposer,
            slot,
            height: content.height,
            level: executed.proof.level(),
            own_weight: own.weight,
            merit: own.on(parent.merit.weight),
            bytes: block.encoded_len(),
            state_root: content.state_root,
            term: executed.state.term().number,
            received: now,
            children: Vec::new(),
            summary: executed.state.engine.summary(),
            state: Some(executed.state),
            is_promised: standing == Standing::Promised,
            block: Some(Arc::new(block)),
        };
        self.tips.remove(&node.parent);
        self.tips.insert(hash);
        match standing {
            Standing::Promised => self.promised.push(hash),
            Standing::Referred | Standing::Unasked => self.side.add(&node),
        }
        if standing != Standing::Unasked {
            self.synced = Some(hash);
        }
        if let Some(payer) = payer {
            *self.made.entry(slot).or_default().entry(payer).or_default() += 1;
        }
        self.nodes.insert(hash, node);
        self.let_state_go_below(&hash);
        self.evict_side_blocks(Some(hash));
        if self.side.is_too_much() && standing != Standing::Promised {
            self.remove_tip(&hash);
            return Err(InsertError::NoRoom);
        }
        Ok(hash)
    }

    fn ancestor_at(&self, tip: &BlockHash, height: u64) -> Option<BlockHash> {
        let mut node = self.nodes.get(tip)?;
        while node.height > height {
            if self.is_chosen(&node.hash) {
                return self.at_height(height);
            }
            node = self.nodes.get(&node.parent)?;
        }
        (node.height == height).then_some(node.hash)
    }
}

/// A branch of the tree, as executing a child of its tip sees it.
pub struct BranchView<'a> {
    tree: &'a BlockTree,
    tip: BlockHash,
}

impl Ancestors for BranchView<'_> {
    fn slot_of(&self, block: &BlockHash) -> Option<Slot> {
        if let Some(node) = self.tree.get(block) {
            return self.tree.descends(&self.tip, block).then_some(node.slot);
        }
        Some(self.tree.ancestors.get(block)?.slot)
    }

    fn mixer_at(&self, block: &BlockHash) -> Option<Hash> {
        if let Some(node) = self.tree.get(block) {
            return Some(node.summary().mixer());
        }
        Some(self.tree.ancestors.get(block)?.mixer)
    }
}
