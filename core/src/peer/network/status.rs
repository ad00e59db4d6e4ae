//! What this peer tells others about its chain, and whether what they tell of theirs is worth following.

use super::Network;
use crate::{
    gossip::{
        Source,
        greeting::{ChainStatus, Head},
    },
    params::UNASKED_WINDOW_SLOTS,
    sync::{Cause, Target},
    time::Timestamp,
};

impl Network {
    /// Operators of the head's term, or more once others have registered.
    pub fn operators(&self) -> u32 {
        let count = self.head_state().map_or(1, |state| state.ledger.operator_count());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What to tell others about the chain.
    pub fn status(&self) -> Option<ChainStatus> {
        let node = self.head()?;
        let head = Head {
            block: node.hash,
            slot: node.slot,
            height: node.height,
            weight: node.merit.weight.0,
        };
        Some(ChainStatus {
            head,
            justified: self.chain.justified_checkpoint(),
            finalized: self.chain.final_checkpoint(),
        })
    }

    /// Follows a chain that somebody says is there, if it may be worth it.
    pub(in crate::peer) fn follow_if_worth(&mut self, source: Source, chain: &ChainStatus, now: Timestamp) {
        let open = self.slot(now).plus(1);
        // To a clock that is far behind, all heads are from the future: what it has reached itself is fetched from time to time.
        let lags = self
            .head()
            .is_some_and(|head| open.since(head.slot) > UNASKED_WINDOW_SLOTS);
        let in_time = chain.head.slot <= open || lags;
        if let Some(cause) = self.cause_to_follow(chain).filter(|_| in_time) {
            let target = Target {
                head: chain.head.block,
                height: chain.head.height,
                cause,
            };
            self.sync.hear_target(source, target, now);
        }
    }

    /// Why a chain with this status may be worth following, as far as its author tells the truth: more than a claim it is not before its headers
    /// were checked.
    fn cause_to_follow(&self, theirs: &ChainStatus) -> Option<Cause> {
        if self.chain.get(&theirs.head.block).is_some() {
            return None;
        }
        let Some(mine) = self.status() else {
            return Some(Cause::Weight);
        };
        if theirs.justified.slot > mine.justified.slot && self.chain.get(&theirs.justified.block).is_none() {
            return Some(Cause::Justified);
        }
        (theirs.head.weight >= mine.head.weight).then_some(Cause::Weight)
    }
}
