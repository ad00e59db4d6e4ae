//! What a user interface draws, computed from the peer's state on demand. Nothing here changes anything.

mod chain;
mod chat;
mod invites;
mod network;
mod pulse;
mod wallet;

use super::{
    Peer,
    network::Network,
    view::{BlockStatus, BlockView, Delivery, TransactionView},
};
use crate::{
    chain::block::BlockHash,
    consensus::tree::Node,
    crypto::keys::Address,
    ledger::transaction::{Action, Transaction},
};

impl Peer {
    /// The name that an account goes by: on the chain, else as announced, else as it waits for a block, else empty.
    fn name_of(&self, account: &Address) -> String {
        let on_chain = || {
            let name = self
                .network
                .as_ref()?
                .head_state()?
                .ledger
                .account(account)?
                .name?;
            Some(name.as_str().to_owned())
        };
        let announced = || {
            let mut sessions = self.roster.iter().filter(|member| member.account == *account);
            let named = sessions.find(|member| !member.name.is_empty())?;
            Some(named.name.as_str().to_owned())
        };
        let waiting = || {
            let pending = self.network.as_ref()?.mempool().pending_of(account);
            let names = pending.filter_map(|waiting| match &waiting.transaction().action {
                Action::Profile { name } => Some(name.as_str().to_owned()),
                _ => None,
            });
            names.last()
        };
        let own = || (*account == self.identity.address()).then(|| self.identity.name().as_str().to_owned());
        on_chain()
            .or_else(own)
            .or_else(announced)
            .or_else(waiting)
            .unwrap_or_default()
    }
}

impl Network {
    fn block_view(&self, node: &Node) -> BlockView {
        let block = node.block.as_deref();
        BlockView {
            hash: node.hash.0,
            parent: node.parent.0,
            height: node.height,
            slot: node.slot.0,
            time_ms: self.clock().start_of(node.slot).0,
            proposer: node.proposer,
            level: node.level,
            transactions: count(block.map_or(0, |block| block.transactions.len())),
            votes: count(block.map_or(0, |block| block.testimony.votes.len())),
            bytes: count(node.bytes),
            status: self.status_of(node),
        }
    }

    fn status_of(&self, node: &Node) -> BlockStatus {
        if !self.chain().is_chosen(&node.hash) {
            return BlockStatus::Side;
        }
        if node.height <= self.chain().final_height() {
            return BlockStatus::Final;
        }
        let justified = self
            .chain()
            .get(&self.chain().justified_checkpoint().block)
            .map_or(0, |justified| justified.height);
        if node.height <= justified {
            BlockStatus::Justified
        } else {
            BlockStatus::Chain
        }
    }

    /// How far a transaction of the block has come.
    fn delivery_in(&self, node: &Node) -> Delivery {
        if self.chain().is_chosen(&node.hash) {
            Delivery::at(node.height, self.chain().final_height())
        } else {
            Delivery::Sent
        }
    }
}

fn transaction_view(
    transaction: &Transaction,
    delivery: Delivery,
    block: Option<BlockHash>,
) -> TransactionView {
    TransactionView {
        id: transaction.id().0,
        account: transaction.account,
        nonce: transaction.nonce,
        action: (&transaction.action).into(),
        fee_micro: transaction.fee_micro,
        bytes: count(transaction.encoded_len()),
        valid_until: transaction.valid_until.0,
        delivery,
        block: block.map(|block| block.0),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
