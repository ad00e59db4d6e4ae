//! Own transactions, offered to the mempool and to everybody again.

use crate::{params::MAX_MEMPOOL_PER_ACCOUNT, peer::Peer};

impl Peer {
    /// Puts own transactions back into the mempool and gossips them, after a start or a new link.
    pub(in crate::peer) fn offer_own_transactions(&mut self) {
        let now = self.now;
        let Some(network) = &mut self.network else { return };
        let slot = network.slot(now);
        let mut waiting = network.told().own().in_order();
        for own in &waiting {
            network.told_mut().add_waiting(own, now);
        }
        // Of more than a mempool takes the others have their turn later.
        waiting.truncate(MAX_MEMPOOL_PER_ACCOUNT);
        let offered = network.offer_own(waiting, now);
        network.told_mut().expire(slot);
        self.broadcast_transactions(&offered);
    }
}
