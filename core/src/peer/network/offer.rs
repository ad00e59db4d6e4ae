//! Offering transactions to the mempool, and showing what became of those that are in no block.

use super::{Network, tip_of};
use crate::{
    chain::delivery::Dropped,
    ledger::transaction::{Transaction, TransactionId},
    mempool::{Inserted, MempoolError, VerifiedTransaction},
    time::Timestamp,
};

impl Network {
    /// Offers a transaction to the mempool and shows it, if taken, in the wallet.
    ///
    /// # Errors
    /// [`MempoolError`] says why it was not taken; nothing changes then.
    pub fn offer(
        &mut self,
        verified: VerifiedTransaction,
        mine: bool,
        now: Timestamp,
    ) -> Result<(), MempoolError> {
        let Some(tip) = tip_of(&self.tree, self.slot(now)) else {
            return Ok(());
        };
        let transaction = verified.transaction().clone();
        let inserted = self.mempool.insert(verified, tip, mine)?;
        self.show_departed(&inserted);
        self.wallet.pending(&transaction, now);
        Ok(())
    }

    /// Offers own transactions that are in no block to the mempool, which may have had to let them go while another chain was chosen; gives
    /// those that wait there now. One that is refused is shown as expired, and offered again later: it may fit once the chain has changed.
    pub fn offer_own(&mut self, transactions: Vec<Transaction>, now: Timestamp) -> Vec<Transaction> {
        transactions
            .into_iter()
            .filter(|transaction| self.is_waiting_after_offer(transaction, now))
            .collect()
    }

    fn is_waiting_after_offer(&mut self, transaction: &Transaction, now: Timestamp) -> bool {
        let id = transaction.id();
        if self.mempool.get(&id).is_some() {
            return true;
        }
        let verified = VerifiedTransaction::verify(transaction.clone());
        let taken = verified.is_ok_and(|verified| self.offer(verified, true, now).is_ok());
        if taken {
            self.show_waiting(transaction, now);
        } else {
            self.show_dropped(&id, Dropped::Refused);
        }
        taken
    }

    /// Shows an own transaction as waiting, also when the mempool does not hold it.
    pub fn show_waiting(&mut self, transaction: &Transaction, now: Timestamp) {
        self.chat.pending(transaction, now);
        self.wallet.pending(transaction, now);
    }

    /// Shows what had to leave the mempool for another transaction.
    pub fn show_departed(&mut self, inserted: &Inserted) {
        if let Some(replaced) = &inserted.replaced {
            // Its person still waits for what this device signed, whatever another one of the account does.
            let reason = match self.own.get(replaced) {
                Some(_) => Dropped::Refused,
                None => Dropped::Replaced,
            };
            self.show_dropped(replaced, reason);
        }
        for evicted in &inserted.evicted {
            self.show_dropped(evicted, Dropped::Refused);
        }
    }

    /// Shows that a transaction waits no longer.
    pub fn show_dropped(&mut self, id: &TransactionId, reason: Dropped) {
        self.chat.dropped(id, reason);
        self.wallet.dropped(id, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::delivery::Delivery,
        chain::samples::{genesis, secret},
        chat::body::ChatBody,
        ledger::transaction::Action,
    };

    fn say(network: &Network, by: u8, nonce: u64, text: &str) -> Transaction {
        let body = ChatBody::text(text, None, Vec::new()).unwrap().encode();
        let action = Action::post("hall", body).unwrap();
        let valid_until = network.slot(now()).plus(100);
        Transaction::sign(&secret(by), network.id, nonce, valid_until, 50_000, action)
    }

    fn now() -> Timestamp {
        genesis().founded_at.plus_ms(5_000)
    }

    fn network() -> Network {
        Network::new(genesis(), secret(1).address(), true, true)
    }

    #[test]
    fn what_the_mempool_evicts_is_shown_as_sent_no_longer() {
        let mut network = network();
        let (theirs, mine) = (say(&network, 7, 1, "theirs"), say(&network, 1, 1, "mine"));
        network.show_waiting(&theirs, now());
        network.show_waiting(&mine, now());
        assert_eq!(network.chat.delivery(&theirs.id()), Some(Delivery::Sent));
        network.show_departed(&Inserted {
            new: true,
            replaced: None,
            evicted: vec![theirs.id(), mine.id()],
        });
        assert_eq!(network.chat.delivery(&theirs.id()), None);
        assert_eq!(network.chat.delivery(&mine.id()), Some(Delivery::Expired));
        assert_eq!(network.wallet.entries()[0].delivery, Delivery::Expired);
    }

    #[test]
    fn an_own_transaction_that_the_mempool_lost_or_refused_is_offered_again() {
        let mut network = network();
        let (first, rival) = (say(&network, 1, 1, "first"), say(&network, 1, 1, "rival"));
        for own in [&first, &rival] {
            network
                .own
                .insert(own.clone(), now(), network.slot(now()))
                .unwrap();
        }
        let offered = network.offer_own(vec![first.clone(), rival.clone()], now());
        assert_eq!(offered, std::slice::from_ref(&first));
        let delivery = |network: &Network, of: &Transaction| network.chat.delivery(&of.id());
        assert_eq!(delivery(&network, &first), Some(Delivery::Sent));
        network.mempool.remove_included([first.id()]);
        let offered = network.offer_own(vec![rival.clone(), first.clone()], now());
        assert_eq!(offered, std::slice::from_ref(&rival));
        assert_eq!(delivery(&network, &rival), Some(Delivery::Sent));
        assert_eq!(delivery(&network, &first), Some(Delivery::Expired));
    }
}
