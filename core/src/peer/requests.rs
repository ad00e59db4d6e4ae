//! Open requests of this peer, so that only what was asked for is taken.
//!
//! At most `MAX_OPEN_REQUESTS`; each is forgotten when answered or after `REQUEST_TIMEOUT_MS`. Requests of a sync session are kept by it.

use std::collections::BTreeMap;

use crate::{
    chain::block::BlockHash,
    gossip::{Source, compact::PartialBlock, message::RequestId},
    params::{MAX_CERTIFICATE_REQUESTS, MAX_OPEN_REQUESTS, REQUEST_TIMEOUT_MS},
    time::Timestamp,
};

/// What an open request, outside of sync, has asked for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The genesis of the network that the link names.
    Genesis,
    /// Transactions that a compact block was missing.
    Missing(Box<PartialBlock>),
    /// Votes for what is justified and final.
    Certificate,
    /// Transactions that wait in the other's mempool.
    Mempool,
}

struct Open {
    source: Source,
    asked: Asked,
    at: Timestamp,
}

/// Open requests outside of sync, at most `MAX_OPEN_REQUESTS`.
#[derive(Default)]
pub struct Requests {
    open: BTreeMap<RequestId, Open>,
    next: u64,
}

impl Requests {
    /// Gives an id that no open request has; never 0.
    pub fn fresh_id(&mut self) -> RequestId {
        self.next = self.next.wrapping_add(1);
        RequestId(self.next)
    }

    /// Notes a request to one source; none if too many are open.
    pub fn open(&mut self, source: Source, asked: Asked, now: Timestamp) -> Option<RequestId> {
        if self.open.len() >= MAX_OPEN_REQUESTS {
            return None;
        }
        let id = self.fresh_id();
        self.open.insert(
            id,
            Open {
                source,
                asked,
                at: now,
            },
        );
        Some(id)
    }

    /// True if the missing parts of this block were asked for already.
    pub fn awaits_block(&self, block: &BlockHash) -> bool {
        self.open
            .values()
            .any(|open| matches!(&open.asked, Asked::Missing(partial) if partial.hash() == *block))
    }

    /// True if this source, or enough others, were asked for votes and have not answered yet.
    pub fn is_asking_certificate(&self, source: Source) -> bool {
        let asked = |open: &&Open| matches!(open.asked, Asked::Certificate);
        let mut count = 0;
        for open in self.open.values().filter(asked) {
            count += 1;
            if open.source == source {
                return true;
            }
        }
        count >= MAX_CERTIFICATE_REQUESTS
    }

    /// What a Give answers, if that source was asked.
    pub fn close(&mut self, id: RequestId, source: Source) -> Option<Asked> {
        let answered = self.open.get(&id)?.source == source;
        if answered {
            self.open.remove(&id).map(|open| open.asked)
        } else {
            None
        }
    }

    /// Forgets requests that nobody answered.
    pub fn expire(&mut self, now: Timestamp) {
        self.open
            .retain(|_, open| now.ms_since(open.at) < REQUEST_TIMEOUT_MS);
    }
}
