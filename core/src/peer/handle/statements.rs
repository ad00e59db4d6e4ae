//! Upon voters' statements and farewells: keep them for blocks, pass on what was new.

use crate::{
    chain::statement::Statement,
    consensus::heard::Stated,
    gossip::{
        Source,
        message::{FarewellVotes, Message, StatementList},
    },
    peer::{Peer, not_taken::Kind},
};

impl Peer {
    /// Somebody leaves. Its votes first: that it rests is said beyond them.
    pub(in crate::peer) fn on_farewell(
        &mut self,
        source: Source,
        rest: Statement,
        votes: FarewellVotes,
    ) -> bool {
        let counted = self.count_votes(Some(source), &votes);
        let is_news = !self.take_statements(std::slice::from_ref(&rest)).is_empty();
        if is_news || !counted.is_empty() {
            self.forward(source, &Message::Farewell { rest, votes });
        }
        is_news
    }

    pub(in crate::peer) fn on_statements(&mut self, source: Source, statements: &StatementList) -> bool {
        let news = self.take_statements(statements);
        if let (false, Ok(list)) = (news.is_empty(), StatementList::try_from(news)) {
            self.forward(source, &Message::Statements(list));
            return true;
        }
        false
    }

    /// Keeps statements for blocks; gives those that were new.
    fn take_statements(&mut self, statements: &[Statement]) -> Vec<Statement> {
        self.heed_own_statements(statements);
        let Some(network) = &mut self.network else {
            return Vec::new();
        };
        let mut news = Vec::new();
        for statement in statements {
            match network.offer_statement(statement) {
                Ok(Stated::News) => news.push(statement.clone()),
                Ok(Stated::Known) => {}
                Err(error) => self.not_taken.count(Kind::Statement, &error),
            }
        }
        news
    }
}
