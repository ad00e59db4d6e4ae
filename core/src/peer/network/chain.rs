//! The chain as one peer knows it: the tree of blocks, the votes that were heard, and the blocks whose time has not come.
//!
//! Everybody may look at it through the questions below; only the verbs change it, and only [`super::Network`] calls those, because chat, wallet and
//! mempool have to follow each change ([`super::Network::settle`]).
//!
//! Why a malicious peer cannot hurt it: tree, votes and parked blocks each have a bound of their own, and a block changes nothing before it was
//! executed with every rule checked.

use thiserror::Error;

use super::{known::KnownHere, parked::Parked, settled::SettledBlocks};
use crate::{
    chain::{
        block::{Block, BlockHash, Header, HeaderContent},
        checkpoint::{Checkpoint, Vote},
        statement::Statement,
    },
    consensus::{
        branch::BranchState,
        engine::{Engine, Makers},
        heard::{Advance, Heard, Offered, PoolError, SignatureState, Stated, StatementError},
        merit::Weight,
        stake::statement_pool::StatementPool,
        transition::{self, BlockError, Executed, Surroundings, Verified},
        tree::{
            BlockTree, BranchView, History, InsertError, Node, Standing, Switch,
            headers::{HeaderChain, Unproven},
            root::Root,
            snapshot::Snapshot,
        },
    },
    crypto::keys::{Address, NetworkId},
    ledger::genesis::{Genesis, Rules},
    mempool::{Mempool, Tip},
    sync::{ChainReader, Position},
    time::{Slot, Timestamp},
};

/// Blocks, heard votes, and blocks from the future.
pub struct Chain {
    network: NetworkId,
    rules: Rules,
    tree: BlockTree,
    /// What own storage holds below the root.
    settled: SettledBlocks,
    heard: Heard,
    parked: Parked,
}

/// Why a block was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    /// The tree does not admit it, which is no fault of the block.
    #[error(transparent)]
    Tree(#[from] InsertError),
    /// The block breaks a rule.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// From further ahead than the next slot: it waits, if its header is right and there is room.
    #[error("the block is from the future")]
    Future,
}

impl Chain {
    /// The chain of a network from a root on, which is final.
    pub(super) fn new(root: Root, genesis: &Genesis) -> Self {
        let network = genesis.network_id();
        Self {
            network,
            rules: genesis.rules.clone(),
            heard: Heard::new(Engine::of(&genesis.rules), network, root.checkpoint()),
            tree: BlockTree::new(root, genesis),
            settled: SettledBlocks::new(BlockHash(network.0), 0),
            parked: Parked::default(),
        }
    }
}

/// Reading the tree of blocks.
impl Chain {
    /// The chosen chain's tip and the state after it.
    pub fn head_node(&self) -> Option<(&Node, &BranchState)> {
        self.tree.head_node()
    }

    /// Hash of the chosen chain's tip.
    pub fn head(&self) -> BlockHash {
        self.tree.head()
    }

    /// Height of the chosen chain's tip.
    pub fn height(&self) -> u64 {
        self.tree.height()
    }

    /// Height of the last final block.
    pub fn final_height(&self) -> u64 {
        self.tree.final_height()
    }

    /// Hash of the genesis block, which is the network's id.
    pub fn genesis(&self) -> BlockHash {
        self.tree.genesis()
    }

    /// Height of the lowest block that is kept.
    pub fn root_height(&self) -> u64 {
        if self.settled.is_whole() {
            0
        } else {
            self.tree.root_height()
        }
    }

    /// Blocks up to this height are taken as they are out of own storage; 0 if none are.
    pub fn settled_height(&self) -> u64 {
        self.settled.until()
    }

    /// Every block of the chosen chain that is kept, oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        let settled = self.settled.iter().filter(|_| self.settled.is_whole());
        let above = self
            .chosen_from(self.tree.root_height())
            .filter_map(|node| node.block.as_deref());
        settled.chain(above)
    }

    /// Height of the lowest final block whose state is at hand.
    pub fn lowest_state_height(&self) -> u64 {
        self.tree.lowest_state_height()
    }

    /// That block as a snapshot to begin at again; none if headers before it are not kept.
    pub fn snapshot(&self) -> Option<(Checkpoint, Snapshot)> {
        let node = self.at_height(self.lowest_state_height())?;
        let state = node.state()?;
        let recorded = state.final_checkpoint().block;
        let mut headers = Vec::new();
        let mut at = node.hash;
        while at != recorded {
            let header = &self.block(&at)?.header;
            headers.push(header.clone());
            at = header.content.parent;
        }
        headers.reverse();
        let checkpoint = Checkpoint {
            slot: node.slot,
            block: node.hash,
        };
        let snapshot = Snapshot::new(headers, checkpoint, node.merit.weight, state);
        Some((checkpoint, snapshot))
    }

    /// The lowest final block whose state is at hand, as the root that another chain could begin at.
    pub fn lowest_root(&self) -> Option<Root> {
        self.tree.lowest_root()
    }

    /// The block with this hash, chosen or not, if it is kept.
    pub fn get(&self, hash: &BlockHash) -> Option<&Node> {
        self.tree.get(hash)
    }

    /// The chosen chain's block at a height.
    pub fn at_height(&self, height: u64) -> Option<&Node> {
        self.tree.get(&self.tree.at_height(height)?)
    }

    /// Hash of the chosen chain's block at a height, if that is kept.
    pub fn hash_at(&self, height: u64) -> Option<BlockHash> {
        let settled = || self.settled.hash_at(height).filter(|_| self.settled.is_whole());
        self.tree.at_height(height).or_else(settled)
    }

    /// The chosen chain's blocks from this height up, as far as they are kept.
    pub fn chosen_from(&self, height: u64) -> impl DoubleEndedIterator<Item = &Node> {
        (height.max(self.tree.root_height())..=self.height()).filter_map(|height| self.at_height(height))
    }

    /// The last block of the branch that ends with `tip` whose slot is at most `slot`.
    pub fn block_at(&self, tip: &BlockHash, slot: Slot) -> Option<BlockHash> {
        self.tree.block_at(tip, slot)
    }

    /// All blocks, chosen or not, in no meaningful order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.tree.nodes()
    }

    /// Number of blocks off the chosen chain.
    pub fn side_blocks(&self) -> usize {
        self.tree.side_blocks()
    }

    /// True if the block is on the chosen chain.
    pub fn is_chosen(&self, hash: &BlockHash) -> bool {
        self.tree.is_chosen(hash)
    }

    /// True if `ancestor` is `tip` or one of its ancestors.
    pub fn descends(&self, tip: &BlockHash, ancestor: &BlockHash) -> bool {
        self.tree.descends(tip, ancestor)
    }

    /// The branch that ends with `tip`, as executing a child of it sees it.
    pub fn branch(&self, tip: BlockHash) -> BranchView<'_> {
        self.tree.branch(tip)
    }

    /// What a child of `parent` is executed in; none once the parent's state was let go.
    pub fn surroundings<'a>(
        &'a self,
        branch: &'a BranchView<'a>,
        parent: &'a Node,
    ) -> Option<Surroundings<'a, BranchView<'a>>> {
        Some(Surroundings {
            branch,
            parent: parent.as_parent(),
            state: parent.state()?,
            network: self.network,
            rules: &self.rules,
        })
    }

    /// Who may make a child of `parent` in a slot.
    pub fn makers(&self, parent: &Node, slot: Slot) -> Makers {
        self.tree.makers(parent, slot)
    }

    /// State after the last final block, or after the one nearest below it whose state is at hand.
    pub fn settled_state(&self) -> Option<&BranchState> {
        self.tree.settled_state()
    }

    /// What waiting transactions are checked against in a slot.
    pub fn tip(&self, slot: Slot) -> Option<Tip<'_>> {
        let (_, state) = self.tree.head_node()?;
        Some(Tip {
            ledger: &state.ledger,
            anchors: state.anchors(),
            slot,
        })
    }

    /// Says whether a block with this header is looked at although nobody refers to it.
    ///
    /// # Errors
    /// [`InsertError`] says why not.
    pub fn admits_unasked(&self, content: &HeaderContent) -> Result<(), InsertError> {
        self.tree.admits_unasked(content)
    }

    /// Checks a header against its parent in the tree, before its body is looked for.
    pub fn has_valid_header(&self, header: &Header) -> bool {
        let parent = self.tree.header_chain(&header.content.parent);
        parent.is_some_and(|parent| self.tree.check_next(&parent, header).is_ok())
    }

    /// Computes the states again that executing children of `parent` takes; true if they are at hand then.
    pub(super) fn restore_state(&mut self, parent: &BlockHash) -> bool {
        self.tree.restore_state(parent)
    }
}

/// Reading the votes that were heard.
impl Chain {
    /// The last checkpoint that was heard to be final.
    pub fn final_checkpoint(&self) -> Checkpoint {
        self.heard.final_checkpoint()
    }

    /// The highest checkpoint that was heard to be justified.
    pub fn justified_checkpoint(&self) -> Checkpoint {
        self.heard.justified_checkpoint()
    }

    /// True if a checkpoint of this block was heard to be justified.
    pub fn is_justified(&self, block: &BlockHash) -> bool {
        self.heard.is_justified_block(block)
    }

    /// True if a vote of this voter for a target at or after `slot` was heard lately.
    pub fn has_voted_since(&self, voter: &Address, slot: Slot) -> bool {
        self.heard.has_voted_since(voter, slot)
    }

    /// All votes that count towards a quorum.
    pub fn votes(&self) -> impl Iterator<Item = &Vote> {
        self.heard.votes()
    }

    /// The votes that a proposer may still record.
    pub fn recent_votes(&self) -> impl Iterator<Item = &Vote> {
        self.heard.recent_votes()
    }

    /// The statements that a proposer may still record.
    pub fn statements(&self) -> &StatementPool {
        self.heard.statements()
    }
}

/// Taking blocks and votes.
impl Chain {
    /// Executes a block and adds it, and counts the votes in it. What waits in the mempool is not verified again.
    ///
    /// # Errors
    /// [`ImportError`] says why it was not taken; nothing changed then, but that a block from the future may wait.
    pub(super) fn import(
        &mut self,
        standing: Standing,
        block: Block,
        verified: Verified,
        (slot, now): (Slot, Timestamp),
        mempool: &Mempool,
    ) -> Result<BlockHash, ImportError> {
        let hash = block.hash();
        self.tree.admits(&block, &hash, standing)?;
        if block.header.content.slot > slot.plus(1) {
            let is_proven =
                matches!(verified, Verified::Header { .. }) || self.has_valid_header(&block.header);
            if is_proven {
                self.parked.park(hash, block);
            }
            return Err(ImportError::Future);
        }
        let executed = self.execute(&block, verified, mempool)?;
        let votes = block.testimony.votes.clone();
        self.tree.insert(block, executed, standing, now)?;
        for vote in votes.iter() {
            // Votes already known or below the final checkpoint are nothing new.
            let _ = self.offer_vote(vote, SignatureState::Verified, slot);
        }
        for vote in self.heard.take_waiting_for(&hash) {
            let _ = self.offer_vote(&vote, SignatureState::Unchecked, slot);
        }
        Ok(hash)
    }

    fn execute(
        &mut self,
        block: &Block,
        verified: Verified,
        mempool: &Mempool,
    ) -> Result<Executed, ImportError> {
        let parent_hash = block.header.content.parent;
        self.tree.restore_state(&parent_hash);
        let branch = self.tree.branch(parent_hash);
        let parent = self.tree.get(&parent_hash).ok_or(InsertError::UnknownParent)?;
        let around = self.surroundings(&branch, parent).ok_or(BlockError::TooOld)?;
        let known = KnownHere {
            mempool,
            heard: &self.heard,
            tree: &self.tree,
        };
        Ok(transition::execute(&around, block, verified, &known)?)
    }

    /// Adds a block that this peer made itself.
    ///
    /// # Errors
    /// [`InsertError`] if the tree does not admit it.
    pub(super) fn add_own(
        &mut self,
        block: Block,
        executed: Executed,
        now: Timestamp,
    ) -> Result<BlockHash, InsertError> {
        self.tree.insert(block, executed, Standing::Unasked, now)
    }

    /// Checks a vote and keeps it: counted if its target is known, else waiting.
    ///
    /// # Errors
    /// [`PoolError`] says why it is not kept.
    pub(super) fn offer_vote(
        &mut self,
        vote: &Vote,
        signature: SignatureState,
        slot: Slot,
    ) -> Result<Offered, PoolError> {
        self.heard.offer(vote, signature, &self.tree, slot)
    }

    /// Checks a voter's statement by the chosen chain's state, and keeps it.
    ///
    /// # Errors
    /// [`StatementError`] says why it is of no use.
    pub(super) fn offer_statement(&mut self, statement: &Statement) -> Result<Stated, StatementError> {
        let Some((_, head)) = self.tree.head_node() else {
            return Err(StatementError::NotAVoter);
        };
        self.heard.offer_statement(&self.network, statement, head)
    }

    /// Takes votes that were asked for; true if a quorum in them was news.
    pub(super) fn offer_certificate(&mut self, votes: &[Vote], slot: Slot) -> bool {
        self.heard.offer_certificate(votes, &self.tree, slot)
    }

    /// Counts what was heard, and chooses the chain by it: the steps of finality, and what is to be undone and applied.
    pub(super) fn choose(&mut self) -> (Vec<Advance>, Switch) {
        let advances = self.heard.advance(&self.tree);
        let switch = self
            .tree
            .choose(&self.heard.justified_checkpoint(), &self.heard.final_checkpoint());
        (advances, switch)
    }

    /// Lets go of what final blocks rule out. Call it once everybody has followed [`Self::choose`].
    pub(super) fn finalize(&mut self) {
        self.tree.finalize(&self.heard.final_checkpoint().block);
        if self.tree.root_height() > self.settled.until() {
            // Who forgets blocks of the tree forgets those below it first.
            self.settled = SettledBlocks::new(self.genesis(), 0);
        }
        if let Some((_, state)) = self.tree.head_node() {
            self.heard.follow(state);
        }
    }

    /// Takes the next block below the root, or the root's own, out of own storage, and gives it back as it is kept. None if it is not that.
    pub(super) fn take_settled(&mut self, block: Block) -> Option<&Block> {
        self.settled.push(block)
    }

    /// All blocks up to the root's own follow ([`Self::take_settled`]).
    pub(super) fn await_settled(&mut self) {
        self.settled = SettledBlocks::new(self.genesis(), self.tree.root_height());
    }

    /// Goes on from a stored final checkpoint.
    pub(super) fn restore_final(&mut self, checkpoint: Checkpoint) {
        if self.tree.get(&checkpoint.block).is_some() {
            self.heard.restore_final(checkpoint);
        }
    }

    /// So much of what becomes final is kept.
    pub(super) fn keep(&mut self, history: History) {
        self.tree.keep(history);
    }

    /// Nothing is being fetched: what was promised counts like the rest again.
    pub(super) fn release_promised(&mut self) {
        self.tree.release_promised();
    }

    /// Takes the parked blocks of slots up to this one.
    pub(super) fn unpark_until(&mut self, slot: Slot) -> Vec<Block> {
        self.parked.take_until(slot)
    }
}

impl ChainReader for Chain {
    fn head_height(&self) -> u64 {
        self.tree.height()
    }

    fn root_height(&self) -> u64 {
        self.root_height()
    }

    fn hash_at(&self, height: u64) -> Option<BlockHash> {
        self.hash_at(height)
    }

    fn position(&self, hash: &BlockHash) -> Option<Position> {
        if let Some(node) = self.tree.get(hash) {
            let (height, slot) = (node.height, node.slot);
            return Some(Position { height, slot });
        }
        if *hash == self.genesis() && self.settled.is_whole() {
            let (height, slot) = (0, Slot::default());
            return Some(Position { height, slot });
        }
        self.settled.get(hash).map(|block| Position {
            height: block.header.content.height,
            slot: block.header.content.slot,
        })
    }

    fn block(&self, hash: &BlockHash) -> Option<&Block> {
        let in_tree = self.tree.get(hash).and_then(|node| node.block.as_deref());
        in_tree.or_else(|| self.settled.get(hash))
    }

    fn head_weight(&self) -> Weight {
        self.tree
            .head_node()
            .map_or(Weight::default(), |(node, _)| node.merit.weight)
    }

    fn header_chain(&self, block: &BlockHash) -> Option<HeaderChain> {
        self.tree.header_chain(block)
    }

    fn check_next(&self, chain: &HeaderChain, header: &Header) -> Result<HeaderChain, Unproven> {
        self.tree.check_next(chain, header)
    }

    fn admits_unasked(&self, header: &Header) -> bool {
        self.tree.admits_unasked(&header.content).is_ok()
    }
}
