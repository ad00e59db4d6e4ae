//! Upon Get: if this peer is meant, the question waits for its turn ([`answers`](crate::peer::answers)). A question for somebody else is not answered:
//! what was sent to everybody would be answered by everybody.

use crate::{
    gossip::{
        Source,
        message::{Get, RequestId},
    },
    peer::{Peer, answers::Question},
};

impl Peer {
    pub(in crate::peer) fn on_get(&mut self, source: Source, to: u64, request_id: RequestId, what: Get) {
        let at = self.now;
        if self.links.is_own(source.link, to) {
            self.answers.ask(Question {
                source,
                request_id,
                what,
                at,
            });
        }
    }
}
