//! One network as this peer knows it: chain, votes, mempool and read models, kept in step.
//!
//! Invariant: after [`Network::settle`] the read models and the mempool reflect exactly the chosen chain. Three groups, each with a door of its own: the
//! chain ([`Chain`]), what people are told ([`Told`]) and what this device signed ([`Signing`]). Everything here is bounded by its parts.

pub mod chain;
mod fetch;
mod known;
mod offer;
mod parked;
mod settled;
mod status;

use std::{collections::VecDeque, sync::Arc};

use self::chain::Chain;
pub use self::chain::ImportError;
use super::{reorg::ReorgView, signing::Signing, told::Told};
use crate::{
    chain::{
        block::{Block, BlockHash, transaction_ids},
        checkpoint::{Checkpoint, Vote},
        statement::Statement,
    },
    chat::room::Arrival,
    consensus::{
        branch::BranchState,
        heard::{Advance, Offered, PoolError, SignatureState, Stated, StatementError},
        transition::{Executed, Verified},
        tree::{History, Node, Standing, Switch, root::Root},
    },
    crypto::keys::{Address, NetworkId},
    delivery::Dropped,
    ledger::{genesis::Genesis, transaction::TransactionId},
    mempool::{Mempool, VerifiedTransaction},
    params::{MAX_FINAL_TIMES, MAX_REORG_LOG},
    sorting,
    sync::SyncSession,
    time::{Slot, SlotClock, Timestamp},
};

/// How this peer came to a network, and with that for what it gives it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Founded by this peer.
    Founded,
    /// Heard of in a room of which the invite names no network.
    Met,
    /// Named by the invite that this peer came with.
    Named,
}

/// One network: its chain, what waits, what people are told, and what this device signed.
pub struct Network {
    id: NetworkId,
    me: Address,
    genesis: Genesis,
    clock: SlotClock,
    is_founded: bool,
    is_pinned: bool,
    chain: Chain,
    mempool: Mempool,
    told: Told,
    signing: Signing,
    /// The last reorganisations, newest first.
    reorgs: Vec<ReorgView>,
    sync: SyncSession,
    times_to_final_ms: VecDeque<u64>,
}

/// What an import or a vote led to, for the peer to tell others and to store.
#[derive(Debug, Default)]
#[must_use = "others are to be told of it"]
pub struct Outcome {
    /// Steps of heard finality, in order.
    pub advances: Vec<Advance>,
    /// How the chosen chain changed.
    pub switch: Switch,
    /// The reorganisation, if blocks were undone.
    pub reorg: Option<ReorgView>,
    /// Texts of others that arrived in blocks before they were seen waiting.
    pub arrivals: Vec<Arrival>,
}

impl Network {
    /// A network at genesis, which has been validated, as the account `me` sees it.
    pub fn new(genesis: Genesis, me: Address, origin: Origin) -> Self {
        let root = Root::genesis(&genesis, BranchState::genesis(&genesis));
        Self::rooted(genesis, me, origin, root)
    }

    /// The same, from a later block on. Nothing is told of what was before it.
    pub fn rooted(genesis: Genesis, me: Address, origin: Origin, root: Root) -> Self {
        let told = Told::new(&genesis, root.height(), me);
        Self::begin(genesis, me, origin, root, told)
    }

    /// The same network, which has nothing but its genesis yet, from a root that own storage says is final. Nobody is told less for it: all blocks
    /// below follow, in order ([`Self::take_settled`]).
    pub(super) fn resumed(&self, root: Root) -> Self {
        let origin = if self.is_founded {
            Origin::Founded
        } else {
            Origin::Met
        };
        let told = Told::new(&self.genesis, 0, self.me);
        let mut resumed = Self::begin(self.genesis.clone(), self.me, origin, root, told);
        resumed.is_pinned = self.is_pinned;
        resumed.chain.await_settled();
        resumed
    }

    fn begin(genesis: Genesis, me: Address, origin: Origin, root: Root, told: Told) -> Self {
        let id = genesis.network_id();
        Self {
            id,
            me,
            clock: genesis.clock(),
            is_founded: origin == Origin::Founded,
            is_pinned: origin == Origin::Named,
            told,
            chain: Chain::new(root, &genesis),
            mempool: Mempool::new(id, genesis.rules.clone()),
            signing: Signing::default(),
            reorgs: Vec::new(),
            sync: SyncSession::new(id),
            times_to_final_ms: VecDeque::new(),
            genesis,
        }
    }

    /// From the next final block on so much of what is final is kept.
    pub fn keep(&mut self, history: History) {
        self.chain.keep(history);
    }

    /// Id of the network: the hash of its genesis.
    pub fn id(&self) -> NetworkId {
        self.id
    }

    /// Account that this peer acts for.
    pub fn me(&self) -> Address {
        self.me
    }

    /// What it began with: its rules and its founder.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Clock that turns times into slots of this network.
    pub fn clock(&self) -> SlotClock {
        self.clock
    }

    /// True if this peer founded it.
    pub fn is_founded(&self) -> bool {
        self.is_founded
    }

    /// Named by an invite, or founded here and entered by somebody else: never given up for another.
    pub fn is_pinned(&self) -> bool {
        self.is_pinned
    }

    /// Never gives it up for another one from now on.
    pub(super) fn pin(&mut self) {
        self.is_pinned = true;
    }

    /// Slot that `now` lies in.
    pub fn slot(&self, now: Timestamp) -> Slot {
        self.clock.slot_at(now)
    }

    /// Blocks and votes that this device signed.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// What this device signed, for signing more.
    pub(super) fn signing_mut(&mut self) -> &mut Signing {
        &mut self.signing
    }

    /// New operator keys: what the old ones signed is somebody else's.
    pub(super) fn forget_signing(&mut self) {
        self.signing = Signing::default();
    }

    /// Chat, history and own transactions, as people are told of them.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// What people are told, for telling more.
    pub(super) fn told_mut(&mut self) -> &mut Told {
        &mut self.told
    }

    /// The tree of blocks, and the votes heard.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Computes the states again that executing children of `parent` takes; true if they are at hand then.
    pub fn restore_state(&mut self, parent: &BlockHash) -> bool {
        self.chain.restore_state(parent)
    }

    /// Transactions that wait for a block.
    pub fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    /// The last reorganisations, newest first.
    pub fn reorgs(&self) -> &[ReorgView] {
        &self.reorgs
    }

    /// The state of the chosen chain's tip.
    pub fn head_state(&self) -> Option<&BranchState> {
        self.chain.head_node().map(|(_, state)| state)
    }

    /// The chosen chain's tip.
    pub fn head(&self) -> Option<&Node> {
        self.chain.head_node().map(|(node, _)| node)
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
        let is_entered = is_of_others(&block, &self.me);
        let at = (self.slot(now), now);
        let hash = self.chain.import(standing, block, verified, at, &self.mempool)?;
        self.is_pinned |= self.is_founded && is_entered;
        Ok(hash)
    }

    /// Takes the next block below the root out of own storage: it is told and kept, not executed. What is not the next one is left out.
    pub(super) fn take_settled(&mut self, block: Block) {
        let is_entered = is_of_others(&block, &self.me);
        let Some(block) = self.chain.take_settled(block) else {
            return;
        };
        // What came of it was told when it happened.
        let _ = self.told.apply_block(block);
        self.is_pinned |= self.is_founded && is_entered;
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
        let hash = self.chain.add_own(block, executed, now)?;
        self.signing.bind_slot(slot);
        Ok(hash)
    }

    /// Offers a vote from gossip. Call [`Self::settle`] afterwards if it counts.
    ///
    /// # Errors
    /// [`PoolError`] says why it is not kept.
    pub fn offer_vote(&mut self, vote: &Vote, now: Timestamp) -> Result<Offered, PoolError> {
        let slot = self.slot(now);
        self.chain.offer_vote(vote, SignatureState::Unchecked, slot)
    }

    /// Takes a voter's statement.
    ///
    /// # Errors
    /// [`StatementError`] says why it is of no use.
    pub fn offer_statement(&mut self, statement: &Statement) -> Result<Stated, StatementError> {
        self.chain.offer_statement(statement)
    }

    /// Counts a vote that this peer signed. Call [`Self::settle`] afterwards.
    ///
    /// # Errors
    /// [`PoolError`] says why it is not kept.
    pub(super) fn add_own_vote(&mut self, vote: &Vote, now: Timestamp) -> Result<Offered, PoolError> {
        let slot = self.slot(now);
        self.chain.offer_vote(vote, SignatureState::Verified, slot)
    }

    /// Offers votes that were asked for; true if a quorum in them was news. Call [`Self::settle`] then.
    pub fn offer_certificate(&mut self, votes: &[Vote], now: Timestamp) -> bool {
        let slot = self.slot(now);
        self.chain.offer_certificate(votes, slot)
    }

    /// Draws all consequences of new blocks and votes: finality, the choice of the chain, read models and mempool.
    pub fn settle(&mut self, now: Timestamp) -> Outcome {
        let (advances, switch) = self.chain.choose();
        let (reorg, arrivals) = self.follow(&switch, now);
        self.chain.finalize();
        self.told.finalize_up_to(self.chain.final_height());
        Outcome {
            advances,
            switch,
            reorg,
            arrivals,
        }
    }

    /// Remembers how long a final block took from the start of its slot, for the pulse.
    pub fn note_time_to_final(&mut self, checkpoint: &Checkpoint, now: Timestamp) {
        let Some(node) = self.chain.get(&checkpoint.block) else {
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
        let last_final = self.chain.final_checkpoint().slot;
        let is_open = |vote: &&Vote| vote.target.slot > last_final && vote.target.slot < slot;
        self.signing.votes().filter(is_open).cloned().collect()
    }

    /// Goes on from a stored final checkpoint.
    pub fn restore_final(&mut self, checkpoint: Checkpoint) {
        self.chain.restore_final(checkpoint);
    }

    /// Takes parked blocks whose time has come.
    pub fn unpark(&mut self, now: Timestamp) -> Vec<Block> {
        let open = self.slot(now).plus(1);
        self.chain.unpark_until(open)
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
            .filter_map(|hash| self.chain.get(hash)?.block.clone())
            .collect()
    }

    /// Gives undone transactions another chance, and drops what the new chain rules out. Returns how many went back.
    fn refresh_mempool(&mut self, undone: Vec<VerifiedTransaction>, now: Timestamp) -> u32 {
        let slot = self.slot(now);
        let Some(tip) = self.chain.tip(slot) else {
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

    /// Takes back an own transaction that waits: it is not offered again.
    pub(super) fn take_back(&mut self, id: &TransactionId) {
        self.mempool.remove_included([*id]);
        self.told.forget_resent(id);
    }

    /// Drops waiting transactions that the chosen chain or the time rules out.
    pub fn prune_mempool(&mut self, slot: Slot) {
        let Some(tip) = self.chain.tip(slot) else {
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
            new_head: self.chain.head().0,
            common_height: self.chain.height().saturating_sub(switch.applied.len() as u64),
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
