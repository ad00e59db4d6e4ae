//! Taking a block into the tree: check it, store it, settle, and penalize a proposer who signed nonsense.

use crate::{
    chain::block::{Block, BlockHash},
    consensus::{
        transition::{BlockError, Verified, batch_entropy},
        tree::{InsertError, Standing},
    },
    peer::{Peer, network::ImportError, not_taken::Kind, record::Record},
};

impl Peer {
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
                self.heed_own_votes(&block.testimony.votes);
                self.heed_own_statements(&block.testimony.statements);
                self.heed_own_block(hash);
                self.persist(Record::Block(Box::new(block)));
                self.settle();
            }
            Err(error) => {
                self.not_taken.count(Kind::Block, error);
                if was_signed(error) {
                    self.penalties.penalize(proposer, now);
                }
            }
        }
        result
    }
}

/// True if the proposer's own signature stands under what is wrong, so that the proposer is to blame and not who passed it on.
fn was_signed(error: &ImportError) -> bool {
    match error {
        ImportError::Tree(_)
        | ImportError::Future
        | ImportError::Block(BlockError::Header(_) | BlockError::Body(_) | BlockError::TooOld) => false,
        ImportError::Block(
            BlockError::Testimony(_) | BlockError::Transaction { .. } | BlockError::WrongStateRoot,
        ) => true,
    }
}
