//! Saying again what was lost: messages that no block can hold any more, and those of a network that gave way.

use crate::peer::Peer;

impl Peer {
    /// Messages of mine that can be in no block any more, since they expired in blocks of a chain that was lost or another device of mine took
    /// their nonce, are said again as the mempool takes them.
    pub(super) fn renew_lost_messages(&mut self) {
        let Some(network) = &mut self.network else { return };
        let settled = network.settled_nonces();
        network.told_mut().forget_settled(&settled);
        let slot = network.slot(self.now);
        let lost = network
            .told()
            .own()
            .to_renew(&network.own_nonces(), &settled, slot);
        for message in lost {
            // The old nonce, if it is free, is the one that is taken. What finds no room yet is tried again in the next slot.
            if self.sign_anew(&message).is_err() {
                return;
            }
        }
    }

    /// Says what is left to say, as soon as the new network lets me.
    pub(super) fn say_unsaid(&mut self) {
        let mut left = std::mem::take(&mut self.unsaid).into_iter();
        for action in left.by_ref() {
            if self.submit_action(action.clone(), None).is_err() {
                self.unsaid.push(action);
                break;
            }
        }
        self.unsaid.extend(left);
    }
}
