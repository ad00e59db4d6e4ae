//! One network as this peer knows it: chain, votes, mempool and read models, kept in step.
//!
//! Invariant: after [`Network::settle`] the read models and the mempool reflect exactly the chosen chain. Everything here is bounded by its parts.

mod offer;
mod status;

use std::{collections::VecDeque, sync::Arc};

use super::{parked::Parked, reorg::ReorgView, signing::Signing, told::Told};
use crate::{
    chain::{
        block::{Block, BlockHash, Header, transaction_ids},
        checkpoint::{Checkpoint, Vote},
        lottery::Weight,
    },
    chat::room::Arrival,
    consensus::{
        branch::BranchState,
        pool::{Advance, Offered, PoolError, SignatureState, VotePool},
        transition::{self, BlockError, Executed, Surroundings, Verified},
        tree::{
            BlockTree, InsertError, Node, Standing, Switch,
            headers::{HeaderChain, Unproven},
        },
    },
    crypto::keys::{Address, NetworkId},
    delivery::Dropped,
    ledger::genesis::Genesis,
    mempool::{Mempool, Tip, VerifiedTransaction},
    params::{MAX_FINAL_TIMES, MAX_REORG_LOG},
    sorting,
    sync::{ChainReader, Position, SyncSession},
    time::{Slot, SlotClock, Timestamp},
};

/// Everything about one network.
pub struct Network {
    /// Its identity.
    pub id: NetworkId,
    /// The own account.
    pub me: Address,
    /// Its first word.
    pub genesis: Arc<Genesis>,
    /// Its slots.
    pub clock: SlotClock,
    /// Named by the invite link, shown in an invite, or founded here and entered by somebody else: never given up for another.
    pub pinned: bool,
    /// Founded by this peer.
    pub founded: bool,
    /// Blocks and the chosen chain.
    pub tree: BlockTree,
    /// Heard votes.
    pub pool: VotePool,
    /// Waiting transactions.
    pub mempool: Mempool,
    /// What people are told.
    told: Told,
    /// What this device signed.
    signing: Signing,
    /// The last reorganisations, newest first.
    pub reorgs: Vec<ReorgView>,
    /// Fetching what others have.
    pub sync: SyncSession,
    times_to_final_ms: VecDeque<u64>,
    /// Blocks from the future, by slot.
    parked: Parked,
}

/// Why a block was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The tree does not admit it, which is no fault of the block.
    #[error(transparent)]
    Tree(#[from] InsertError),
    /// It breaks a rule.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// From further ahead than the next slot: it waits, if its header is right and there is room.
    #[error("the block is from the future")]
    Future,
}

/// What an import or a vote led to, for the peer to tell others and to store.
#[derive(Debug, Default)]
#[must_use = "others are to be told of it"]
pub struct Outcome {
    /// Steps of heard finality, in order.
    pub advances: Vec<Advance>,
    /// The change of the chosen chain.
    pub switch: Switch,
    /// The reorganisation, if blocks were undone.
    pub reorg: Option<ReorgView>,
    /// Texts of others that arrived in blocks before they were seen waiting.
    pub arrivals: Vec<Arrival>,
}

impl Network {
    /// A network at genesis. The genesis has been validated.
    pub fn new(genesis: Genesis, me: Address, pinned: bool, founded: bool) -> Self {
        let id = genesis.network_id();
        let state = BranchState::genesis(&genesis);
        Self {
            id,
            me,
            clock: genesis.clock(),
            pinned,
            founded,
            tree: BlockTree::new(&genesis, state),
            pool: VotePool::new(id),
            mempool: Mempool::new(id, genesis.rules.clone()),
            told: Told::new(&genesis, me),
            signing: Signing::default(),
            reorgs: Vec::new(),
            sync: SyncSession::new(id),
            times_to_final_ms: VecDeque::new(),
            parked: Parked::default(),
            genesis: Arc::new(genesis),
        }
    }

    /// The current slot.
    pub fn slot(&self, now: Timestamp) -> Slot {
        self.clock.slot_at(now)
    }

    /// What this device signed.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// The same, to sign more.
    pub(super) fn signing_mut(&mut self) -> &mut Signing {
        &mut self.signing
    }

    /// New operator keys: what the old ones signed is somebody else's.
    pub(super) fn forget_signing(&mut self) {
        self.signing = Signing::default();
    }

    /// What people are told.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// The same, to tell more.
    pub(super) fn told_mut(&mut self) -> &mut Told {
        &mut self.told
    }

    /// The state of the chosen chain's tip.
    pub fn head_state(&self) -> Option<&BranchState> {
        self.tree.head_node().map(|(_, state)| state)
    }

    /// The chosen chain's tip.
    pub fn head(&self) -> Option<&Node> {
        self.tree.head_node().map(|(node, _)| node)
    }

    /// What a child of `parent` is executed in.
    pub fn surroundings<'a>(
        &'a self,
        branch: &'a crate::consensus::tree::BranchView<'a>,
        parent: &'a Node,
    ) -> Option<Surroundings<'a, crate::consensus::tree::BranchView<'a>>> {
        Some(Surroundings {
            branch,
            parent: parent.as_parent(),
            state: parent.state()?,
            network: self.id,
            rules: &self.genesis.rules,
        })
    }

    /// Checks a header against its parent in the tree, before its body is looked for.
    pub(in crate::peer) fn has_valid_header(&self, header: &Header) -> bool {
        let parent = self.tree.header_chain(&header.content.parent);
        parent.is_some_and(|parent| self.tree.check_next(&parent, header).is_ok())
    }

    /// Verifies, executes and adds a block that nobody asked for. See [`Self::import_as`].
    ///
    /// # Errors
    /// As [`Self::import_as`].
    pub fn import(
        &mut self,
        block: Block,
        verified: Verified,
        now: Timestamp,
    ) -> Result<BlockHash, ImportError> {
        self.import_as(Standing::Unasked, block, verified, now)
    }

    /// Verifies, executes and adds a block, and counts the votes in it. Call [`Self::settle`] afterwards.
    ///
    /// # Errors
    /// [`ImportError`] says why it was not taken; nothing changed (a block from the future is kept aside).
    pub fn import_as(
        &mut self,
        standing: Standing,
        block: Block,
        verified: Verified,
        now: Timestamp,
    ) -> Result<BlockHash, ImportError> {
        let hash = block.hash();
        self.tree.admits(&block, &hash, standing)?;
        if block.header.content.slot > self.slot(now).plus(1) {
            let is_proven =
                matches!(verified, Verified::Header { .. }) || self.has_valid_header(&block.header);
            if is_proven {
                self.parked.park(hash, block);
            }
            return Err(ImportError::Future);
        }
        let parent_hash = block.header.content.parent;
        self.tree.restore_states_for(&parent_hash);
        let executed = {
            let branch = self.tree.branch(parent_hash);
            let parent = self.tree.get(&parent_hash).ok_or(InsertError::UnknownParent)?;
            let around = self.surroundings(&branch, parent).ok_or(BlockError::TooOld)?;
            transition::execute(&around, &block, verified)?
        };
        let votes = block.votes.clone();
        self.pinned |= self.founded && is_of_others(&block, &self.me);
        self.tree.insert(block, executed, standing, now)?;
        let slot = self.slot(now);
        for vote in votes.iter() {
            // Votes already known or below the final checkpoint are nothing new.
            let _ = self.pool.offer(vote, SignatureState::Verified, &self.tree, slot);
        }
        for vote in self.pool.take_waiting_for(&hash) {
            let _ = self
                .pool
                .offer(&vote, SignatureState::Unchecked, &self.tree, slot);
        }
        Ok(hash)
    }

    /// Adds a block that this peer made itself. Call [`Self::settle`] afterwards.
    ///
    /// # Errors
    /// [`ImportError`] if the tree does not admit it.
    pub fn add_own(
        &mut self,
        block: Block,
        executed: Executed,
        now: Timestamp,
    ) -> Result<BlockHash, ImportError> {
        let slot = block.header.content.slot;
        let hash = self.tree.insert(block, executed, Standing::Unasked, now)?;
        self.signing.bind_slot(slot);
        Ok(hash)
    }

    /// Offers a vote from gossip. Call [`Self::settle`] afterwards if it counts.
    ///
    /// # Errors
    /// [`PoolError`] says why it is not kept.
    pub fn offer_vote(&mut self, vote: &Vote, now: Timestamp) -> Result<Offered, PoolError> {
        let slot = self.slot(now);
        self.pool.offer(vote, SignatureState::Unchecked, &self.tree, slot)
    }

    /// Offers votes that were asked for; true if a quorum in them was news. Call [`Self::settle`] then.
    pub fn offer_certificate(&mut self, votes: &[Vote], now: Timestamp) -> bool {
        let slot = self.slot(now);
        self.pool.offer_quorums(votes, &self.tree, slot)
    }

    /// Draws all consequences of new blocks and votes: finality, the choice of the chain, read models and mempool.
    pub fn settle(&mut self, now: Timestamp) -> Outcome {
        let advances = self.pool.advance(&self.tree);
        let switch = self
            .tree
            .choose(&self.pool.justified_checkpoint(), &self.pool.final_checkpoint());
        let (reorg, arrivals) = self.follow(&switch, now);
        self.tree.finalize(&self.pool.final_checkpoint().block);
        if let Some((_, state)) = self.tree.head_node() {
            self.pool.record_final(&state.finality.final_checkpoint());
        }
        let final_height = self.tree.final_height();
        self.told.finalize_up_to(final_height);
        Outcome {
            advances,
            switch,
            reorg,
            arrivals,
        }
    }

    /// Remembers how long a final block took from the start of its slot, for the pulse.
    pub fn note_time_to_final(&mut self, checkpoint: &Checkpoint, now: Timestamp) {
        let Some(node) = self.tree.get(&checkpoint.block) else {
            return;
        };
        self.times_to_final_ms
            .push_back(now.ms_since(self.clock.start_of(node.slot)));
        if self.times_to_final_ms.len() > MAX_FINAL_TIMES {
            self.times_to_final_ms.pop_front();
        }
    }

    /// Median of the last times to final, in milliseconds.
    pub fn time_to_final_ms(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.times_to_final_ms.iter().copied().collect();
        sorting::sort(&mut times);
        times.get(times.len() / 2).copied()
    }

    /// Counts the own votes that were restored from storage: after a crash nobody else may have them.
    pub fn count_own_votes(&mut self, now: Timestamp) {
        let votes: Vec<Vote> = self.signing.votes().cloned().collect();
        for vote in votes {
            // One that is settled, or whose block is gone, is of no more use.
            let _ = self.offer_vote(&vote, now);
        }
    }

    /// The own votes that have come to nothing yet, for targets below `slot`.
    pub fn open_own_votes(&self, slot: Slot) -> Vec<Vote> {
        let last_final = self.pool.final_checkpoint().slot;
        let is_open = |vote: &&Vote| vote.target.slot > last_final && vote.target.slot < slot;
        self.signing.votes().filter(is_open).cloned().collect()
    }

    /// Goes on from a stored final checkpoint.
    pub fn restore_final(&mut self, checkpoint: Checkpoint) {
        if self.tree.get(&checkpoint.block).is_some() {
            self.pool.restore_final(checkpoint);
        }
    }

    /// Takes parked blocks whose time has come.
    pub fn unpark(&mut self, now: Timestamp) -> Vec<Block> {
        let open = self.slot(now).plus(1);
        self.parked.take_until(open)
    }

    /// Leads read models and mempool from the old chain to the new one.
    fn follow(&mut self, switch: &Switch, now: Timestamp) -> (Option<ReorgView>, Vec<Arrival>) {
        if switch.applied.is_empty() && switch.undone.is_empty() {
            return (None, Vec::new());
        }
        let mut undone: Vec<VerifiedTransaction> = Vec::new();
        for block in self.blocks(&switch.undone) {
            self.told.undo_block(&block, now);
            undone.extend(VerifiedTransaction::of_executed(&block));
        }
        let mut arrivals = Vec::new();
        for block in self.blocks(&switch.applied) {
            arrivals.extend(self.told.apply_block(&block));
            self.mempool.remove_included(transaction_ids(&block.transactions));
        }
        let returned = self.refresh_mempool(undone, now);
        (self.log_reorg(switch, returned, now), arrivals)
    }

    fn blocks(&self, hashes: &[BlockHash]) -> Vec<Arc<Block>> {
        hashes
            .iter()
            .filter_map(|hash| self.tree.get(hash)?.block.clone())
            .collect()
    }

    /// Gives undone transactions another chance, and drops what the new chain rules out. Returns how many went back.
    fn refresh_mempool(&mut self, undone: Vec<VerifiedTransaction>, now: Timestamp) -> u32 {
        let slot = self.slot(now);
        let Some(tip) = tip_of(&self.tree, slot) else {
            return 0;
        };
        let before = self.mempool.len();
        let outcomes = self.mempool.reinsert(undone, tip, Some(&self.me));
        let returned = self.mempool.len().saturating_sub(before);
        for (id, outcome) in outcomes {
            match outcome {
                Ok(inserted) => self.told.let_go_of_departed(&inserted),
                Err(_) => self.told.let_go(&id, Dropped::Refused),
            }
        }
        self.prune_mempool(slot);
        u32::try_from(returned).unwrap_or(u32::MAX)
    }

    /// Drops waiting transactions that the chosen chain or the time rules out.
    pub fn prune_mempool(&mut self, slot: Slot) {
        let Some(tip) = tip_of(&self.tree, slot) else {
            return;
        };
        for dropped in self.mempool.prune(tip) {
            self.told.let_go(&dropped.transaction.id(), Dropped::Refused);
        }
    }

    fn log_reorg(&mut self, switch: &Switch, returned: u32, now: Timestamp) -> Option<ReorgView> {
        let old_head = switch.undone.first()?;
        let entry = ReorgView {
            time_ms: now.0,
            old_head: old_head.0,
            new_head: self.tree.head().0,
            common_height: self.tree.height().saturating_sub(switch.applied.len() as u64),
            undone: u32::try_from(switch.undone.len()).unwrap_or(u32::MAX),
            applied: u32::try_from(switch.applied.len()).unwrap_or(u32::MAX),
            returned,
        };
        self.reorgs.insert(0, entry.clone());
        self.reorgs.truncate(MAX_REORG_LOG);
        Some(entry)
    }
}

/// Somebody else made this block, or is in it.
fn is_of_others(block: &Block, me: &Address) -> bool {
    let mut accounts = block.transactions.iter().map(|transaction| transaction.account);
    block.header.content.proposer != *me || accounts.any(|account| account != *me)
}

/// What waiting transactions are checked against.
pub(super) fn tip_of(tree: &BlockTree, slot: Slot) -> Option<Tip<'_>> {
    let (_, state) = tree.head_node()?;
    Some(Tip {
        ledger: &state.ledger,
        anchors: state.finality.anchors(),
        slot,
    })
}

impl ChainReader for BlockTree {
    fn head_height(&self) -> u64 {
        self.height()
    }

    fn hash_at(&self, height: u64) -> Option<BlockHash> {
        self.at_height(height)
    }

    fn position(&self, hash: &BlockHash) -> Option<Position> {
        self.get(hash).map(|node| Position {
            height: node.height,
            slot: node.slot,
        })
    }

    fn block(&self, hash: &BlockHash) -> Option<&Block> {
        self.get(hash)?.block.as_deref()
    }

    fn head_weight(&self) -> Weight {
        self.head_node()
            .map_or(Weight::default(), |(node, _)| node.weight)
    }

    fn header_chain(&self, block: &BlockHash) -> Option<HeaderChain> {
        BlockTree::header_chain(self, block)
    }

    fn check_next(&self, chain: &HeaderChain, header: &Header) -> Result<HeaderChain, Unproven> {
        BlockTree::check_next(self, chain, header)
    }

    fn admits_unasked(&self, header: &Header) -> bool {
        BlockTree::admits_unasked(self, &header.content).is_ok()
    }
}
