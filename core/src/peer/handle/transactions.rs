//! Upon gossiped transactions: verify, offer to the mempool, pass on what was new.

use crate::{
    gossip::{
        Source,
        message::{Message, TransactionList},
    },
    ledger::transaction::Transaction,
    mempool::VerifiedTransaction,
    peer::{Peer, event::Event, network::Network},
    time::Timestamp,
};

impl Peer {
    pub(in crate::peer) fn on_transactions(&mut self, source: Source, transactions: TransactionList) -> bool {
        let mut news = Vec::new();
        for transaction in transactions.into_vec() {
            if self.penalties.is_ignored(&transaction.account, self.now) {
                continue;
            }
            if self.take_transaction(&transaction) {
                news.push(transaction);
            }
        }
        if let (false, Ok(list)) = (news.is_empty(), TransactionList::try_from(news)) {
            self.forward(source, &Message::Transactions(list));
            return true;
        }
        false
    }

    /// Takes one transaction of somebody; true if it was new and is waiting now.
    pub(in crate::peer) fn take_transaction(&mut self, transaction: &Transaction) -> bool {
        let now = self.now;
        let Some(network) = &mut self.network else {
            return false;
        };
        if network.mempool.get(&transaction.id()).is_some() {
            return false;
        }
        let Ok(verified) = VerifiedTransaction::verify(transaction.clone()) else {
            return false;
        };
        let mine = transaction.account == self.identity.address();
        if network.offer(verified, mine, now).is_err() {
            return false;
        }
        if let Some(arrival) = network.chat.pending(transaction, now) {
            self.outbox.event(Event::Message {
                id: arrival.id.0,
                channel: arrival.channel,
                author: arrival.author,
                mentions_me: arrival.mentions_me,
            });
        }
        true
    }

    /// Puts own transactions back into the mempool and gossips them, after a start or a new link.
    pub(in crate::peer) fn offer_own_transactions(&mut self) {
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        let slot = network.slot(now);
        let mut offered = Vec::new();
        for transaction in network.own.waiting() {
            network.show_waiting(&transaction, now);
            if transaction.valid_until < slot {
                continue;
            }
            let Ok(verified) = VerifiedTransaction::verify(transaction.clone()) else {
                continue;
            };
            // One that is known already, or not valid any more, is shown as such by the read models.
            let _ = network.offer(verified, true, now);
            offered.push(transaction);
        }
        network.chat.expire(slot);
        network.wallet.expire(slot);
        self.broadcast_transactions(&offered);
    }
}

impl Network {
    /// Offers a transaction to the mempool and shows it, if taken, in the wallet.
    pub fn offer(
        &mut self,
        verified: VerifiedTransaction,
        mine: bool,
        now: Timestamp,
    ) -> Result<(), crate::mempool::MempoolError> {
        let slot = self.slot(now);
        let Some((_, state)) = self.tree.head_node() else {
            return Ok(());
        };
        let transaction = verified.transaction().clone();
        let inserted = self.mempool.insert(verified, &state.ledger, slot, mine)?;
        if let Some(replaced) = inserted.replaced {
            self.chat
                .dropped(&replaced, crate::chain::delivery::Dropped::Replaced);
            self.wallet
                .dropped(&replaced, crate::chain::delivery::Dropped::Replaced);
        }
        self.wallet.pending(&transaction, now);
        Ok(())
    }

    /// Shows an own transaction as waiting, also when the mempool does not hold it.
    pub fn show_waiting(&mut self, transaction: &Transaction, now: Timestamp) {
        self.chat.pending(transaction, now);
        self.wallet.pending(transaction, now);
    }
}
