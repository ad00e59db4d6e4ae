//! Drawing all consequences of new blocks and votes, and telling the host what they are.

use crate::{
    chain::{block::BlockHash, checkpoint::Checkpoint},
    chat::room::Arrival,
    consensus::heard::Advance,
    ledger::transaction::Action,
    peer::{
        Peer,
        event::{Event, Warning},
        network::Outcome,
        record::Record,
    },
};

impl Peer {
    /// Draws all consequences of new blocks and votes, until acknowledging leads to nothing new.
    pub(in crate::peer) fn settle(&mut self) {
        loop {
            let now = self.now;
            let Some(network) = &mut self.network else { return };
            let outcome = network.settle(now);
            let justified = self.report(outcome);
            if !self.acknowledge(&justified) {
                return;
            }
        }
    }

    /// Stores and tells what came of settling; gives newly justified checkpoints.
    fn report(&mut self, outcome: Outcome) -> Vec<Checkpoint> {
        let mut justified = Vec::new();
        for advance in &outcome.advances {
            match advance {
                Advance::Justified(checkpoint) => {
                    justified.push(*checkpoint);
                    self.to_host.event(Event::Justified {
                        block: checkpoint.block.0,
                        slot: checkpoint.slot,
                    });
                }
                Advance::Final(checkpoint) => self.report_final(checkpoint),
                Advance::Conflict(checkpoint) => {
                    let ours = self
                        .network
                        .as_ref()
                        .map(|network| network.chain().final_checkpoint().block.0);
                    self.to_host.event(Event::Warning(Warning::ConflictingFinality {
                        ours: ours.unwrap_or_default(),
                        theirs: checkpoint.block.0,
                    }));
                }
            }
        }
        if let Some(reorg) = outcome.reorg {
            self.to_host.event(Event::Reorganised(reorg));
        }
        if !outcome.switch.applied.is_empty() {
            self.report_applied(&outcome.switch.applied, outcome.arrivals);
        }
        justified
    }

    fn report_final(&mut self, checkpoint: &Checkpoint) {
        self.persist(Record::Final(*checkpoint));
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        let Some(height) = network.chain().get(&checkpoint.block).map(|node| node.height) else {
            return;
        };
        network.note_time_to_final(checkpoint, now);
        self.to_host.event(Event::Final {
            block: checkpoint.block.0,
            slot: checkpoint.slot,
            height,
        });
    }

    /// Tells of a text of somebody else that was never seen before.
    pub(in crate::peer) fn report_arrival(&mut self, arrival: Arrival) {
        self.to_host.event(Event::Message {
            id: arrival.id.0,
            channel: arrival.channel,
            author: arrival.author,
            mentions_me: arrival.mentions_me,
        });
    }

    fn report_applied(&mut self, applied: &[BlockHash], arrivals: Vec<Arrival>) {
        for arrival in arrivals {
            self.report_arrival(arrival);
        }
        let me = self.identity.address();
        let Some(network) = &self.network else { return };
        let blocks = applied
            .iter()
            .filter_map(|hash| network.chain().get(hash)?.block.clone());
        for transaction in blocks.flat_map(|block| block.transactions.to_vec()) {
            if let Action::Transfer { to, amount_micro, .. } = &transaction.action
                && *to == me
            {
                self.to_host.event(Event::Received {
                    id: transaction.id().0,
                    from: transaction.account,
                    amount_micro: *amount_micro,
                });
            }
        }
        if let Some(head) = network.head() {
            self.to_host.event(Event::NewHead {
                block: head.hash.0,
                height: head.height,
                slot: head.slot,
            });
        }
        self.heed_reached_life();
        self.notice_signing_device();
    }
}
