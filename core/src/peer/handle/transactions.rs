//! Upon gossiped transactions: verify, offer to the mempool, pass on what was new.

use crate::{
    gossip::{
        Source,
        message::{Message, TransactionList},
    },
    ledger::transaction::Transaction,
    mempool::VerifiedTransaction,
    peer::{
        Peer,
        not_taken::{Kind, Reason},
    },
};

impl Peer {
    pub(in crate::peer) fn on_transactions(&mut self, source: Source, transactions: TransactionList) -> bool {
        let mut news = Vec::new();
        for transaction in transactions.into_vec() {
            if self.penalties.is_ignored(&transaction.account, self.now) {
                self.not_taken.count(Kind::Transaction, Reason::Penalized);
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
        if network.mempool().get(&transaction.id()).is_some() {
            self.not_taken.count(Kind::Transaction, Reason::Known);
            return false;
        }
        let Ok(verified) = VerifiedTransaction::verify(transaction.clone()) else {
            self.not_taken.count(Kind::Transaction, Reason::BadSignature);
            return false;
        };
        let mine = transaction.account == self.identity.address();
        let arrival = match network.offer(verified, mine, now) {
            Ok(arrival) => arrival,
            Err(error) => {
                self.not_taken.count(Kind::Transaction, &error);
                return false;
            }
        };
        self.note_company(&transaction.account);
        if let Some(arrival) = arrival {
            self.report_arrival(arrival);
        }
        true
    }
}
