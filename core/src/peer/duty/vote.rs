//! Voting: links half a slot after a checkpoint slot, acknowledgements upon justified checkpoints (docs/protocol.md, section 6).
//!
//! The raised watermark is persisted before the vote goes out: the host makes records durable before later effects.

use crate::{
    chain::checkpoint::{Checkpoint, Pair},
    consensus::stake::grid::{is_checkpoint_slot, patience_slots},
    params::MAX_CHECKPOINT_PATIENCE_SLOTS,
    peer::{
        Peer,
        io::{Deadline, Why},
        network::Network,
    },
    time::Slot,
};

impl Peer {
    pub(super) fn vote_if_due(&mut self) {
        let Some(network) = &self.network else { return };
        // A hidden tab wakes once a second, perhaps always in the first half of a slot: then it votes on the slot before.
        let current = network.slot(self.now);
        let has_middle_passed = self.now >= network.clock().middle_of(current);
        let slot = if has_middle_passed {
            current
        } else {
            current.minus(1)
        };
        if slot <= self.timers.voted_slot || !self.may_sign() {
            return;
        }
        self.timers.voted_slot = slot;
        let (late, link) = (network.late_acknowledgement(), network.link_due(slot));
        let mut any = false;
        for pair in late.into_iter().chain(link) {
            any |= self.sign_vote(pair);
        }
        if any {
            self.settle();
        }
    }

    pub(super) fn vote_deadline(&self) -> Option<Deadline> {
        let network = self.network.as_ref()?;
        let slot = network.slot(self.now);
        let next = if slot > self.timers.voted_slot && self.now < network.clock().middle_of(slot) {
            slot
        } else {
            slot.plus(1)
        };
        Some(Deadline {
            at: network.clock().middle_of(next),
            why: Why::Vote,
        })
    }
}

impl Network {
    /// An acknowledgement that I owe: when the checkpoint became justified I could not sign yet.
    fn late_acknowledgement(&self) -> Option<Pair> {
        let justified = self.chain().justified_checkpoint();
        let pair = Pair {
            source: justified,
            target: justified,
        };
        let is_owed =
            justified.slot > self.chain().final_checkpoint().slot && !self.signing().has_voted(&pair);
        is_owed.then_some(pair)
    }

    /// The slot up to which there is nothing to vote on: that before the first block which is not final. Empty slots are no sign of slow links.
    fn settled_until(&self) -> Option<Slot> {
        let first_open = self
            .chain()
            .at_height(self.chain().final_height().saturating_add(1))?;
        Some(first_open.slot.minus(1).max(self.chain().final_checkpoint().slot))
    }

    /// The link that voters should sign half a slot after `slot`, if any: to that slot, or to one before that had to wait.
    fn link_due(&self, slot: Slot) -> Option<Pair> {
        let settled = self.settled_until()?;
        let has_waited = |waited: &u64| patience_slots(slot.minus(*waited), settled) == *waited;
        let waited = (0..=MAX_CHECKPOINT_PATIENCE_SLOTS).filter(has_waited);
        waited
            .filter_map(|waited| self.link_for(slot.minus(waited)))
            .next()
    }

    /// The link to a slot, if voters should sign one.
    fn link_for(&self, slot: Slot) -> Option<Pair> {
        let block = self.chain().block_at(&self.chain().head(), slot)?;
        let voters = self.head_state()?.term().voters.len();
        if self.chain().is_justified(&block) || !is_checkpoint_slot(slot, self.settled_until()?, voters) {
            return None;
        }
        Some(Pair {
            source: self.chain().justified_checkpoint(),
            target: Checkpoint { slot, block },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::{
            block::BlockHash,
            checkpoint::Vote,
            samples::{block_after, genesis, secret},
        },
        consensus::{
            branch::BranchState,
            engine::Proof,
            stake::{
                lottery::{Draw, Level},
                ticket::Ticket,
            },
            transition::Executed,
        },
        crypto::vrf::VrfOutput,
        peer::network::Origin,
        time::Timestamp,
    };

    /// A network of one founder, who is this peer, with a block in each of these slots.
    fn network(slots: &[u64]) -> (Network, Vec<BlockHash>) {
        let mut network = Network::new(genesis(), secret(1).address(), Origin::Founded);
        let mut parent = network.chain().head();
        let mut blocks = vec![parent];
        for (height, slot) in (1..).zip(slots) {
            let executed = Executed {
                state: BranchState::genesis(&genesis()),
                proof: Proof::Stake(Ticket {
                    draw: Draw { y: 0, tie: 0 },
                    level: Level(0),
                    output: VrfOutput([0; 64]),
                }),
            };
            let block = block_after(parent, height, *slot, vec![], vec![]);
            parent = network.add_own(block, executed, Timestamp(0)).unwrap();
            blocks.push(parent);
        }
        let _ = network.settle(Timestamp(0));
        (network, blocks)
    }

    #[test]
    fn the_grid_counts_from_the_first_block_that_is_not_final() {
        let (network, blocks) = network(&[100, 139]);
        let target = |slot| network.link_for(Slot(slot)).map(|pair| pair.target.block);
        assert_eq!(target(99), None, "genesis is justified");
        assert_eq!((target(100), target(101)), (Some(blocks[1]), Some(blocks[1])));
        assert_eq!((target(140), target(144)), (None, Some(blocks[2])));
    }

    #[test]
    fn far_from_finality_a_slot_is_voted_on_once_its_branches_had_time_to_settle() {
        let (network, _) = network(&[100, 139]);
        let due = |slot| network.link_due(Slot(slot)).map(|pair| pair.target.slot);
        assert_eq!(due(100), Some(Slot(100)));
        assert_eq!((due(144), due(147), due(148)), (None, None, Some(Slot(144))));
    }

    #[test]
    fn a_restored_vote_binds_and_is_repeated_until_its_target_is_final() {
        let (mut network, blocks) = network(&[5, 6]);
        let pair = Pair {
            source: network.chain().justified_checkpoint(),
            target: Checkpoint {
                slot: Slot(5),
                block: blocks[1],
            },
        };
        let vote = Vote::sign(pair, 0, secret(1).address(), &network.id(), &secret(2));
        network.signing_mut().restore_vote(vote.clone());
        let other_block = Pair {
            target: Checkpoint {
                slot: Slot(5),
                block: blocks[0],
            },
            ..pair
        };
        assert!(network.signing().has_voted(&pair) && !network.signing().watermark().allows(&other_block));
        assert_eq!(network.open_own_votes(Slot(9)), [vote]);
        assert_eq!(network.open_own_votes(Slot(5)), [], "it may still be under way");
        network.restore_final(pair.target);
        assert_eq!(network.open_own_votes(Slot(9)), []);
    }
}
