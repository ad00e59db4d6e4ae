//! Proposing blocks (docs/protocol.md, section 8).
//!
//! One block per slot and key: the slot is persisted before the block goes out. A light winner waits a little, so that a heavier block can come.

use crate::{
    chain::block::BlockHash,
    consensus::{
        branch::BranchState,
        header::{Ticket, draw_ticket},
        stake::{lottery::ticket_alpha, term::Term},
        transition::{self, Proposer},
    },
    crypto::vrf::VrfProof,
    gossip::{compact::CompactBlock, message::Message},
    mempool::VerifiedTransaction,
    params::{IDLE_BLOCK_SLOTS, MAX_LIGHT_DELAY_MS},
    peer::{
        Peer,
        identity::Identity,
        io::{Deadline, Why},
        network::Network,
        record::Record,
        timers::{Plan, Turn},
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
            let plan = network.plan_turn(&self.identity, slot);
            self.timers.turn = Some(Turn { slot, plan });
        }
        let due = |turn: &mut Turn| turn.plan.take_if(|plan| plan.at <= self.now);
        if let Some(plan) = self.timers.turn.as_mut().and_then(due) {
            self.propose(slot, plan);
        }
    }

    fn propose(&mut self, slot: Slot, plan: Plan) {
        let (now, account) = (self.now, self.identity.address());
        let Some(network) = &mut self.network else { return };
        let Some(parent) = network.parent_for(slot, &plan.ticket) else {
            return;
        };
        if network.is_idle(&parent, slot) {
            return;
        }
        network.restore_states_for(&parent);
        let branch = network.chain().branch(parent);
        let Some(around) = network
            .chain()
            .get(&parent)
            .and_then(|node| network.chain().surroundings(&branch, node))
        else {
            return;
        };
        let gap = slot.since(around.parent.slot);
        let term = around
            .state
            .term_of_child(&branch, slot, network.genesis().rules.term_slots);
        // The chain may have gone on to another term since the ticket was drawn: there it is nothing worth.
        if !plan.ticket.level.is_allowed_after(gap) || term.is_none_or(|term| term.nonce != plan.nonce) {
            return;
        }
        let proposer = Proposer {
            account,
            signing_key: self.identity.signing_key(),
            proof: plan.proof,
            ticket: plan.ticket,
        };
        let waiting = network
            .mempool()
            .candidates()
            .map(VerifiedTransaction::transaction);
        let proposed = transition::propose(&around, slot, proposer, network.chain().recent_votes(), waiting);
        let Some((block, executed)) = proposed else { return };
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
        let plan = self.timers.turn.as_ref()?.plan.as_ref()?;
        Some(Deadline {
            at: plan.at,
            why: Why::LightTicket,
        })
        .filter(|_| self.may_sign())
    }
}

impl Network {
    /// Draws my ticket for a slot.
    fn plan_turn(&self, identity: &Identity, slot: Slot) -> Option<Plan> {
        let (node, state) = self.chain().head_node()?;
        let branch = self.chain().branch(node.hash);
        let term = state.term_of_child(&branch, slot, self.genesis().rules.term_slots)?;
        let (ticket, proof) = self.draw(identity, &term, slot)?;
        let start = self.clock().start_of(slot);
        let delay_ms = if ticket.level.0 == 0 {
            0
        } else {
            // The ratio of y to the whole range, in 64 steps of precision: fairness among light winners needs no more.
            (ticket.draw.y >> 58) * MAX_LIGHT_DELAY_MS / 64
        };
        Some(Plan {
            ticket,
            proof,
            nonce: term.nonce,
            at: start.plus_ms(delay_ms),
        })
    }

    fn draw(&self, identity: &Identity, term: &Term, slot: Slot) -> Option<(Ticket, VrfProof)> {
        let account = identity.address();
        let operator = term.operators.get(&account)?;
        if operator.signing_key != identity.signing_public() || operator.vrf_key != identity.vrf_public() {
            return None;
        }
        let alpha = ticket_alpha(&self.id(), &term.nonce, slot, &account);
        let (output, proof) = identity.vrf_key().prove(alpha.as_bytes());
        Some((draw_ticket(output, operator, term).ok()?, proof))
    }

    /// The block to build on in `slot`: the head, or what is below it if the head is of the same slot and worse than mine would be.
    fn parent_for(&self, slot: Slot, ticket: &Ticket) -> Option<BlockHash> {
        let head = self.head()?;
        if head.slot < slot {
            return Some(head.hash);
        }
        let parent = self
            .chain()
            .get(&self.chain().block_at(&head.hash, slot.minus(1))?)?;
        let mine = parent.weight.plus(ticket.level.weight());
        let better = (mine, std::cmp::Reverse(ticket.draw.tie)) > (head.weight, std::cmp::Reverse(head.tie));
        better.then_some(parent.hash)
    }

    /// True if a leader may skip: nothing waits, all is final, nobody is on the way in or out, no key is, and the parent is young.
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
            && !node.state().is_some_and(BranchState::membership_changes)
    }
}
