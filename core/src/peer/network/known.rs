//! What this peer verified before: the mempool's transactions, and the votes that it counted.

use crate::{
    chain::checkpoint::Vote,
    consensus::{heard::Heard, known::Known, tree::BlockTree},
    crypto::keys::PublicKey,
    ledger::transaction::TransactionId,
    mempool::Mempool,
};

/// What waits and what was counted. Nothing enters either without its signature being verified, by this run or one that stored it.
pub(super) struct KnownHere<'a> {
    pub(super) mempool: &'a Mempool,
    pub(super) heard: &'a Heard,
    pub(super) tree: &'a BlockTree,
}

impl Known for KnownHere<'_> {
    fn has_transaction(&self, id: &TransactionId) -> bool {
        self.mempool.get(id).is_some()
    }

    fn has_vote(&self, vote: &Vote, key: &PublicKey) -> bool {
        self.heard.has_verified(vote, key, self.tree)
    }
}
