//! Storing a snapshot of what is final from time to time, so that the next start executes only what came after (`peer/snapshot.rs`).

use crate::peer::{Peer, record::Record};

impl Peer {
    /// Stores one part at a time, so that no input waits for more than one: blocks and votes go on in between.
    pub(super) fn store_snapshot(&mut self) {
        if let Some(part) = self.snapshots.next_part() {
            self.persist(Record::Snapshot(Box::new(part)));
            return;
        }
        let Some(network) = &self.network else { return };
        let height = network.chain().lowest_state_height();
        if !self.snapshots.is_due(height) {
            return;
        }
        // Who forgets may lack the headers that it takes, until it has seen more.
        if let Some((checkpoint, snapshot)) = network.chain().snapshot() {
            self.snapshots.begin(height, checkpoint, &snapshot.encode());
        }
    }
}
