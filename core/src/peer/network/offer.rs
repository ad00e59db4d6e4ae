//! Offering transactions to the mempool, and telling of what was taken and what had to go for it.

use super::Network;
use crate::{
    chat::room::Arrival,
    delivery::Dropped,
    ledger::transaction::Transaction,
    mempool::{MempoolError, VerifiedTransaction},
    time::Timestamp,
};

impl Network {
    /// Offers a transaction to the mempool, and tells of it if it was taken. Gives it if it is a text of somebody else that was never seen before.
    ///
    /// # Errors
    /// [`MempoolError`] says why it was not taken; nothing changes then.
    pub fn offer(
        &mut self,
        verified: VerifiedTransaction,
        mine: bool,
        now: Timestamp,
    ) -> Result<Option<Arrival>, MempoolError> {
        let Some(tip) = self.chain.tip(self.slot(now)) else {
            return Ok(None);
        };
        let transaction = verified.transaction().clone();
        let inserted = self.mempool.insert(verified, tip, mine)?;
        self.told.let_go_of_departed(&inserted);
        Ok(self.told.add_waiting(&transaction, now))
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
        if !taken {
            self.told.let_go(&id, Dropped::Refused);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::samples::{genesis, secret},
        chat::body::ChatBody,
        delivery::Delivery,
        ledger::transaction::Action,
        mempool::Inserted,
        peer::network::Origin,
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
        Network::new(genesis(), secret(1).address(), Origin::Founded)
    }

    #[test]
    fn what_the_mempool_evicts_is_shown_as_sent_no_longer() {
        let mut network = network();
        let (theirs, mine) = (say(&network, 7, 1, "theirs"), say(&network, 1, 1, "mine"));
        network.told.add_waiting(&theirs, now());
        network.told.add_waiting(&mine, now());
        assert_eq!(network.told.chat().delivery(&theirs.id()), Some(Delivery::Sent));
        network.told.let_go_of_departed(&Inserted {
            new: true,
            replaced: None,
            evicted: vec![theirs.id(), mine.id()],
        });
        assert_eq!(network.told.chat().delivery(&theirs.id()), None);
        assert_eq!(network.told.chat().delivery(&mine.id()), Some(Delivery::Expired));
        assert_eq!(network.told.wallet().entries()[0].delivery, Delivery::Expired);
    }

    #[test]
    fn an_own_transaction_that_the_mempool_lost_or_refused_is_offered_again() {
        let mut network = network();
        let (first, rival) = (say(&network, 1, 1, "first"), say(&network, 1, 1, "rival"));
        for own in [&first, &rival] {
            network.told.keep_own(own.clone(), now()).unwrap();
        }
        let offered = network.offer_own(vec![first.clone(), rival.clone()], now());
        assert_eq!(offered, std::slice::from_ref(&first));
        let delivery = |network: &Network, of: &Transaction| network.told.chat().delivery(&of.id());
        assert_eq!(delivery(&network, &first), Some(Delivery::Sent));
        network.mempool.remove_included([first.id()]);
        let offered = network.offer_own(vec![rival.clone(), first.clone()], now());
        assert_eq!(offered, std::slice::from_ref(&rival));
        assert_eq!(delivery(&network, &rival), Some(Delivery::Sent));
        assert_eq!(delivery(&network, &first), Some(Delivery::Expired));
    }
}
