//! Computes the pulse: a strip on every page that shows whether the network lives.

use crate::{
    consensus::readiness::Readiness,
    params::{CLOCK_WARNING_MS, MAX_PULSE_BEADS, STALL_SLOTS},
    peer::{
        Peer,
        network::Network,
        view::{BlockView, Condition, PulseView, SigningDevice},
    },
    time::Timestamp,
};

impl Peer {
    /// The pulse, at a time of the host's clock.
    pub fn pulse_view(&self, now: Timestamp) -> PulseView {
        let network = self.network.as_ref();
        let slot = network.map(|network| network.slot(now)).unwrap_or_default();
        let rules = network.map_or(&self.rules, |network| &network.genesis().rules);
        PulseView {
            network: network.map(|network| network.id()),
            beads: network.map(Network::beads).unwrap_or_default(),
            slot: slot.0,
            slot_started_ms: network.map_or(now, |network| network.clock().start_of(slot)).0,
            slot_ms: u64::from(rules.slot_ms),
            height: network.map_or(0, |network| network.chain().height()),
            final_height: network.map_or(0, |network| network.chain().final_height()),
            peers: super::count(self.roster.online(now, self.online_ms()).count()),
            time_to_final_ms: network.and_then(Network::time_to_final_ms),
            condition: self.condition(now),
            signing_device: self.signing_device(),
        }
    }

    fn condition(&self, now: Timestamp) -> Condition {
        match self.gate.readiness() {
            Readiness::NoLink => return Condition::RelayGone,
            Readiness::AskingUntil(_) => return Condition::Joining,
            Readiness::Ready => {}
        }
        let Some(network) = &self.network else {
            if self.is_of_other_version {
                return Condition::OtherVersion;
            }
            return Condition::WaitingForNetwork;
        };
        if let Some(progress) = network
            .sync()
            .progress()
            .filter(|progress| progress.remaining > 2)
        {
            return Condition::Syncing {
                behind: progress.remaining,
            };
        }
        let estimate = self
            .clock_estimate()
            .filter(|estimate| estimate.offset_ms.abs() > CLOCK_WARNING_MS);
        if let Some(estimate) = estimate {
            return Condition::ClockOff {
                offset_ms: estimate.offset_ms,
                observing: estimate.forbids_signing,
            };
        }
        if self.foreign_network.is_some() {
            return Condition::SplitRoom;
        }
        let slots = network.slot(now).since(network.chain().final_checkpoint().slot);
        let unfinal = network.chain().height() > network.chain().final_height();
        if unfinal && slots > STALL_SLOTS {
            return Condition::FinalityStalled { slots };
        }
        if self.signing_device() == SigningDevice::Elsewhere {
            return Condition::OtherDeviceSigns;
        }
        Condition::Healthy
    }
}

impl Network {
    /// The newest blocks of the chosen chain, with the side blocks among them, oldest first.
    fn beads(&self) -> Vec<BlockView> {
        let from = self.chain().height().saturating_sub(MAX_PULSE_BEADS - 1);
        let mut beads: Vec<BlockView> = Vec::new();
        for node in self.chain().chosen_from(from) {
            beads.push(self.block_view(node));
            let side = node
                .children
                .iter()
                .filter(|child| !self.chain().is_chosen(child));
            beads.extend(side.filter_map(|child| Some(self.block_view(self.chain().get(child)?))));
        }
        beads
    }
}
