//! Whether this peer may sign (docs/protocol.md, section 8).

use crate::{consensus::readiness::Readiness, gossip::clock::ClockEstimate, peer::Peer};

impl Peer {
    /// True if it knows what others know, is not catching up, and its clock agrees with those of the operators.
    pub(in crate::peer) fn may_sign(&self) -> bool {
        let ready = self.gate.readiness() == Readiness::Ready;
        let clock_fits = self
            .clock_estimate()
            .is_none_or(|estimate| !estimate.forbids_signing);
        let syncing = self
            .network
            .as_ref()
            .is_some_and(|network| network.sync().is_catching_up());
        ready && clock_fits && !syncing
    }

    /// What the clocks of the term's operators say of mine, as of the last second; none if none was sampled.
    pub(in crate::peer) fn clock_estimate(&self) -> Option<ClockEstimate> {
        self.timers.clocks
    }
}
