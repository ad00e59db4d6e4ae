//! Upon a block that nobody asked for: check its header, rebuild it or ask for what is missing, and pass it on once it joined the tree.

use crate::{
    gossip::{
        Source,
        compact::{CompactBlock, IdPrefix, PartialBlock, Rebuild},
        message::{Get, Message},
    },
    params::UNASKED_WINDOW_SLOTS,
    peer::{
        Peer,
        not_taken::{Kind, Reason},
        requests::Asked,
    },
    sync::{Cause, Target},
};

impl Peer {
    /// Takes a new block, or asks its source for what is missing; true if it need not be looked at again.
    pub(in crate::peer) fn on_compact_block(&mut self, source: Source, compact: CompactBlock) -> bool {
        let (now, hash) = (self.now, compact.hash());
        let content = &compact.header.content;
        self.candidates.hear_block(source, hash, content, now);
        let Some(network) = &mut self.network else {
            return false;
        };
        if network.chain().get(&hash).is_some() {
            self.not_taken.count(Kind::Block, Reason::Known);
            return true;
        }
        let slot = network.slot(now);
        let is_old = content.slot < slot.minus(UNASKED_WINDOW_SLOTS);
        let refusal = if content.network != network.id() {
            Some(Reason::OtherNetwork)
        } else if is_old {
            Some(Reason::OutOfTime)
        } else if self.penalties.is_ignored(&content.proposer, now) {
            Some(Reason::Penalized)
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.not_taken.count(Kind::Block, reason);
            return false;
        }
        let target = Target {
            head: hash,
            height: content.height,
            cause: Cause::Child,
        };
        if network.chain().get(&content.parent).is_none() {
            if content.slot <= slot.plus(1) {
                network.hear_target(source, target, now);
            }
            self.not_taken.count(Kind::Block, Reason::Unconnected);
            return false;
        }
        if let Err(error) = network.chain().admits_unasked(content) {
            self.not_taken.count(Kind::Block, &error);
            return false;
        }
        if !network.chain().has_valid_header(&compact.header) {
            self.not_taken.count(Kind::Block, Reason::AgainstRules);
            return false;
        }
        let waiting = |prefix: &IdPrefix| Some(network.mempool().by_prefix(&prefix.0)?.transaction().clone());
        match Rebuild::of(compact.clone(), waiting) {
            Rebuild::Complete(block) => {
                let taken = self.take_completed(*block);
                if taken {
                    self.forward(source, &Message::Block(Box::new(compact)));
                }
                return taken;
            }
            Rebuild::Missing(partial) => self.ask_for_missing(source, partial),
            // Prefixes may collide or have been swapped on the way: nobody to blame, the whole block will tell.
            Rebuild::Mismatch(_) => network.hear_target(source, target, now),
        }
        false
    }

    /// Asks for the transactions that a block lacks. Its header was checked.
    fn ask_for_missing(&mut self, source: Source, partial: Box<PartialBlock>) {
        if self.requests.awaits_block(&partial.hash()) {
            return;
        }
        let what = Get::Transactions {
            block: partial.hash(),
            indices: partial.missing(),
        };
        self.request(source, Asked::Missing(partial), what);
    }
}
