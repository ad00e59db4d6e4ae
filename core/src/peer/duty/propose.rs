//! Proposing blocks (docs/protocol.md, section 8).
//!
//! One block per slot and key: the slot is persisted before the block goes out. A light winner waits a little, so that a heavier block can come.

use crate::{
    chain::block::BlockHash,
    consensus::{
        branch::BranchState,
        engine::Plan,
        stake::ticket::Drawer,
        transition::{self, Proposer},
    },
    gossip::{compact::CompactBlock, message::Message},
    mempool::VerifiedTransaction,
    params::IDLE_BLOCK_SLOTS,
    peer::{
        Peer,
        identity::Identity,
        io::{Deadline, Why},
        network::Network,
        record::Record,
        timers::{Due, Turn},
    },
    time::Slot,
};

impl Peer {
    pub(super) fn propose_if_due(&mut self) {
        let Some(network) = &self.network else { return };
        let slot = network.slot(self.now);
        if !self.may_sign() || slot <= network.signing().last_slot() || slot == Slot::GENESIS {
            return;
        }
        if self.timers.turn.as_ref().is_none_or(|turn| turn.slot != slot) {
            let due = network.plan_turn(&self.identity, slot);
            self.timers.turn = Some(Turn { slot, due });
        }
        let due = |turn: &mut Turn| turn.due.take_if(|due| due.at <= self.now);
        if let Some(due) = self.timers.turn.as_mut().and_then(due) {
            self.propose(slot, due.plan);
        }
    }

    fn propose(&mut self, slot: Slot, plan: Plan) {
        let (now, account) = (self.now, self.identity.address());
        let Some(network) = &mut self.network else { return };
        let Some(parent) = network.parent_for(slot, &plan) else {
            return;
        };
        if network.is_idle(&parent, slot) {
            return;
        }
        network.restore_state(&parent);
        let branch = network.chain().branch(parent);
        let Some(around) = network
            .chain()
            .get(&parent)
            .and_then(|node| network.chain().surroundings(&branch, node))
        else {
            return;
        };
        let gap = slot.since(around.parent.slot);
        // The chain may have gone on to other makers since: with them the plan is nothing worth.
        if !around.makers(slot).admit(&plan, gap) {
            return;
        }
        let proposer = Proposer {
            account,
            signing_key: self.identity.signing_key(),
            plan,
        };
        let waiting = network
            .mempool()
            .candidates()
            .map(VerifiedTransaction::transaction);
        let heard = (
            network.chain().statements().iter(),
            network.chain().recent_votes(),
        );
        let (block, executed) = transition::propose(&around, slot, proposer, heard, waiting);
        let compact = CompactBlock::of(&block);
        if network.add_own(block.clone(), executed, now).is_err() {
            return;
        }
        self.persist(Record::LastSlot(slot));
        self.persist(Record::Block(Box::new(block)));
        self.broadcast(&Message::Block(Box::new(compact)));
        self.settle();
    }

    pub(super) fn turn_deadline(&self) -> Option<Deadline> {
        let due = self.timers.turn.as_ref()?.due.as_ref()?;
        Some(Deadline {
            at: due.at,
            why: Why::LightTicket,
        })
        .filter(|_| self.may_sign())
    }
}

impl Network {
    /// My right to make a block in a slot, if I have one, and when to use it.
    fn plan_turn(&self, identity: &Identity, slot: Slot) -> Option<Due> {
        let (node, _) = self.chain().head_node()?;
        let makers = self.chain().makers(node, slot);
        let keys = Drawer {
            account: identity.address(),
            signing_key: identity.signing_public(),
            vrf_key: identity.vrf_key(),
        };
        let plan = makers.plan(&keys, &self.id(), slot)?;
        Some(Due {
            at: self.clock().start_of(slot).plus_ms(plan.delay_ms()),
            plan,
        })
    }

    /// The block to build on in `slot`: the head, or what is below it if the head is of the same slot and worse than mine would be.
    fn parent_for(&self, slot: Slot, plan: &Plan) -> Option<BlockHash> {
        let head = self.head()?;
        if head.slot < slot {
            return Some(head.hash);
        }
        let parent = self
            .chain()
            .get(&self.chain().block_at(&head.hash, slot.minus(1))?)?;
        let mine = plan.proof().merit().on(parent.merit.weight);
        (mine > head.merit).then_some(parent.hash)
    }

    /// True if a leader may skip: nothing waits, all is final, nobody is on the way in or out or back, no key is, and the parent is young.
    fn is_idle(&self, parent: &BlockHash, slot: Slot) -> bool {
        let Some(node) = self.chain().get(parent) else {
            return false;
        };
        let all_final = node.height <= self.chain().final_height();
        let young = slot.since(node.slot) < IDLE_BLOCK_SLOTS;
        young
            && all_final
            && self.mempool().is_empty()
            && node.height > 0
            && !node
                .state()
                .is_some_and(|state| self.has_comings_and_goings(state))
    }

    /// True if it takes blocks for somebody to come or go.
    fn has_comings_and_goings(&self, state: &BranchState) -> bool {
        let statements = self.chain().statements();
        state.membership_changes()
            || state.stake().rests().has_returns()
            || statements.due(state).next().is_some()
    }
}
