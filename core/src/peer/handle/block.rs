//! Upon a block: check its header, rebuild it, import it, and tell the user what changed.

use crate::{
    chain::{
        block::{Block, BlockHash, Header},
        checkpoint::Checkpoint,
    },
    consensus::{
        pool::Advance,
        transition::{BlockError, Verified, batch_entropy},
        tree::{InsertError, Standing},
    },
    gossip::{
        Source,
        compact::{CompactBlock, IdPrefix, PartialBlock, Rebuild},
        message::{Get, Message},
    },
    ledger::transaction::Action,
    params::UNASKED_WINDOW_SLOTS,
    peer::{
        Peer,
        event::{Event, Warning},
        network::{ImportError, Network},
        record::Record,
        requests::Asked,
    },
    sync::{Cause, Target},
};

impl Peer {
    /// Takes a new block, or asks its source for what is missing; true if it need not be looked at again.
    pub(in crate::peer) fn on_compact_block(&mut self, source: Source, compact: CompactBlock) -> bool {
        let (now, hash) = (self.now, compact.hash());
        let content = &compact.header.content;
        self.candidates.heard_block(source, hash, content, now);
        let Some(network) = &mut self.network else {
            return false;
        };
        if network.tree.get(&hash).is_some() {
            return true;
        }
        let slot = network.slot(now);
        let is_old = content.slot < slot.minus(UNASKED_WINDOW_SLOTS);
        if content.network != network.id || is_old || self.penalties.is_ignored(&content.proposer, now) {
            return false;
        }
        let target = Target {
            head: hash,
            height: content.height,
            cause: Cause::Child,
        };
        if network.tree.get(&content.parent).is_none() {
            if content.slot <= slot.plus(1) {
                network.sync.target_heard(source, target, now);
            }
            return false;
        }
        if network.tree.admits_unasked(content).is_err() || !network.has_valid_header(&compact.header) {
            return false;
        }
        let waiting = |prefix: &IdPrefix| Some(network.mempool.by_prefix(&prefix.0)?.transaction().clone());
        match Rebuild::of(compact.clone(), waiting) {
            Rebuild::Complete(block) => {
                let taken = self.take_completed(*block);
                if taken {
                    self.forward(source, &Message::Block(Box::new(compact)));
                }
                return taken;
            }
            Rebuild::Missing(partial) => self.ask_for_missing(source, partial),
            // Prefixes may collide or have been swapped on the way: nobody to blame, the whole block will tell.
            Rebuild::Mismatch(_) => network.sync.target_heard(source, target, now),
        }
        false
    }

    /// Asks for the transactions that a block lacks. Its header was checked.
    fn ask_for_missing(&mut self, source: Source, partial: Box<PartialBlock>) {
        if self.requests.awaits_block(&partial.hash()) {
            return;
        }
        let what = Get::Transactions {
            block: partial.hash(),
            indices: partial.missing(),
        };
        self.request(source, Asked::Missing(partial), what);
    }

    /// Imports a block that nobody asked for and settles; true if it joined the tree.
    pub(in crate::peer) fn take_block(&mut self, block: Block) -> bool {
        self.import_as(Standing::Unasked, block).is_ok()
    }

    /// Takes a block whose header was checked before its transactions were looked for; true if it joined the tree.
    pub(in crate::peer) fn take_completed(&mut self, block: Block) -> bool {
        let entropy = self.entropy_for(&block);
        self.import_verified(Standing::Unasked, block, Verified::Header { entropy })
            .is_ok()
    }

    /// Imports a block, stores it, settles, and penalizes a proposer who signed nonsense.
    ///
    /// # Errors
    /// [`ImportError`] says why it was not taken.
    pub(in crate::peer) fn import_as(
        &mut self,
        standing: Standing,
        block: Block,
    ) -> Result<BlockHash, ImportError> {
        let entropy = self.entropy_for(&block);
        self.import_verified(standing, block, Verified::Nothing { entropy })
    }

    fn entropy_for(&self, block: &Block) -> [u8; 32] {
        batch_entropy(&self.batch_secret, &block.hash().0)
    }

    fn import_verified(
        &mut self,
        standing: Standing,
        block: Block,
        verified: Verified,
    ) -> Result<BlockHash, ImportError> {
        let (now, proposer) = (self.now, block.header.content.proposer);
        let Some(network) = &mut self.network else {
            return Err(InsertError::UnknownParent.into());
        };
        let result = network.import_as(standing, block.clone(), verified, now);
        match &result {
            Ok(hash) => {
                self.heed_own_votes(&block.votes);
                self.heed_own_block(hash);
                self.persist(Record::Block(Box::new(block)));
                self.settle();
            }
            Err(ImportError::Block(error)) if was_signed(error) => self.penalties.penalize(proposer, now),
            Err(_) => {}
        }
        result
    }

    /// Draws all consequences of new blocks and votes, until acknowledging leads to nothing new.
    pub(in crate::peer) fn settle(&mut self) {
        loop {
            let now = self.now;
            let Some(network) = &mut self.network else { return };
            let outcome = network.settle(now);
            let justified = self.report(outcome);
            if !self.acknowledge(&justified) {
                return;
            }
        }
    }

    /// Stores and tells what came of settling; gives newly justified checkpoints.
    fn report(&mut self, outcome: crate::peer::network::Outcome) -> Vec<Checkpoint> {
        let mut justified = Vec::new();
        for advance in &outcome.advances {
            match advance {
                Advance::Justified(checkpoint) => {
                    justified.push(*checkpoint);
                    self.outbox.event(Event::Justified {
                        block: checkpoint.block.0,
                        slot: checkpoint.slot,
                    });
                }
                Advance::Final(checkpoint) => self.report_final(checkpoint),
                Advance::Conflict(checkpoint) => {
                    let ours = self
                        .network
                        .as_ref()
                        .map(|network| network.pool.final_checkpoint().block.0);
                    self.outbox.event(Event::Warning(Warning::ConflictingFinality {
                        ours: ours.unwrap_or_default(),
                        theirs: checkpoint.block.0,
                    }));
                }
            }
        }
        if let Some(reorg) = outcome.reorg {
            self.outbox.event(Event::Reorganised(reorg));
        }
        if !outcome.switch.applied.is_empty() {
            self.report_applied(&outcome.switch.applied, outcome.arrivals);
        }
        justified
    }

    fn report_final(&mut self, checkpoint: &Checkpoint) {
        self.persist(Record::Final(*checkpoint));
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        let Some(height) = network.tree.get(&checkpoint.block).map(|node| node.height) else {
            return;
        };
        network.note_time_to_final(checkpoint, now);
        self.outbox.event(Event::Final {
            block: checkpoint.block.0,
            slot: checkpoint.slot,
            height,
        });
    }

    fn report_applied(&mut self, applied: &[BlockHash], arrivals: Vec<crate::chat::room::Arrival>) {
        for arrival in arrivals {
            self.outbox.event(Event::Message {
                id: arrival.id.0,
                channel: arrival.channel,
                author: arrival.author,
                mentions_me: arrival.mentions_me,
            });
        }
        let me = self.identity.address();
        let Some(network) = &self.network else { return };
        let blocks = applied
            .iter()
            .filter_map(|hash| network.tree.get(hash)?.block.clone());
        for transaction in blocks.flat_map(|block| block.transactions.to_vec()) {
            if let Action::Transfer { to, amount_micro, .. } = &transaction.action
                && *to == me
            {
                self.outbox.event(Event::Received {
                    id: transaction.id().0,
                    from: transaction.account,
                    amount_micro: *amount_micro,
                });
            }
        }
        if let Some(head) = network.head() {
            self.outbox.event(Event::NewHead {
                block: head.hash.0,
                height: head.height,
                slot: head.slot,
            });
        }
        self.notice_signing_device();
    }
}

/// True if the proposer's own signature stands under what is wrong, so that the proposer is to blame and not who passed it on.
fn was_signed(error: &BlockError) -> bool {
    match error {
        BlockError::Header(_) | BlockError::Body(_) | BlockError::TooOld => false,
        BlockError::Vote { .. } | BlockError::Transaction { .. } | BlockError::WrongStateRoot => true,
    }
}

impl Network {
    /// Checks a header against its parent in the tree, before its body is looked for.
    pub(in crate::peer) fn has_valid_header(&self, header: &Header) -> bool {
        let parent = self.tree.header_chain(&header.content.parent);
        parent.is_some_and(|parent| self.tree.check_next(&parent, header).is_ok())
    }
}
