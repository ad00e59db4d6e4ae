//! Upon voters' statements: keep them for blocks, pass on what was new.

use crate::{
    consensus::heard::Stated,
    gossip::{
        Source,
        message::{Message, StatementList},
    },
    peer::{Peer, not_taken::Kind},
};

impl Peer {
    pub(in crate::peer) fn on_statements(&mut self, source: Source, statements: &StatementList) -> bool {
        self.heed_own_statements(statements);
        let Some(network) = &mut self.network else {
            return false;
        };
        let mut news = Vec::new();
        for statement in statements {
            match network.offer_statement(statement) {
                Ok(Stated::News) => news.push(statement.clone()),
                Ok(Stated::Known) => {}
                Err(error) => self.not_taken.count(Kind::Statement, &error),
            }
        }
        if let (false, Ok(list)) = (news.is_empty(), StatementList::try_from(news)) {
            self.forward(source, &Message::Statements(list));
            return true;
        }
        false
    }
}
