//! One person on two devices, in a room that short partitions cut again and again.
//!
//! The room is small, and the person has so much stake that each device and those on its side would be two thirds of all, were the account
//! counted on both sides. The account is told to sign on one of the devices, or on the other one, at any moment: before, during and after
//! handovers and partitions.

use std::collections::BTreeMap;

use ting_core::{ledger::genesis::MICRO_PER_COIN, peer::command::Command};

use super::Scenario;
use crate::{
    action::Action,
    clock::Moment,
    host::HostConfig,
    hub::{HubId, PeerId},
    random::Random,
};

/// Everybody is there and has coins by then.
const SETTLED_MS: u64 = 60_000;
/// Everybody may have become a voter by then.
const CALM_MS: u64 = 100_000;
/// The stake that a grant comes with, in coins.
const GRANT_BOND: u64 = 200;

/// The two devices of one person.
struct Devices([PeerId; 2]);

impl Devices {
    fn one(&self, random: &mut Random) -> PeerId {
        let [first, second] = self.0;
        if random.chance(500) { first } else { second }
    }
}

impl Scenario {
    /// Three to five people, as far as there are `peers` for them, and one device more.
    pub(super) fn draw_twins(&mut self, random: &mut Random, peers: usize) {
        let people = random.within(3..=5).min(peers.saturating_sub(1).max(3) as u64);
        let person = PeerId(usize::try_from(random.below(people)).unwrap_or_default());
        let mut add = |at: u64, twin_of| {
            let peer = PeerId(self.hosts.len());
            self.hosts.push(HostConfig {
                hubs: vec![(0, random.within(5..=100))],
                invited: peer.0 > 0,
                twin_of,
                ..HostConfig::default()
            });
            self.actions.push((Moment(at), Action::Join(peer)));
            peer
        };
        for index in 0..people {
            add(index * 5_000, None);
        }
        let twin = add(people * 5_000 + 10_000, Some(person));
        let bond = Command::Bond {
            amount_micro: bond_micro(people),
        };
        self.actions
            .push((Moment(SETTLED_MS), Action::Wish(person, bond)));
        self.draw_partitions(random, &Devices([person, twin]));
    }

    fn draw_partitions(&mut self, random: &mut Random, devices: &Devices) {
        let hub = HubId(0);
        let mut whole_since = Moment(CALM_MS);
        loop {
            let cut_at = whole_since.plus_ms(random.within(3_000..=28_000));
            let heals_at = cut_at.plus_ms(random.within(6_000..=26_000));
            if heals_at >= self.healed_at {
                return;
            }
            for _ in 0..random.within(0..=2) {
                let at = whole_since.plus_ms(random.within(0..=heals_at.ms_since(whole_since)));
                let wish = Action::Wish(devices.one(random), Command::SignHere);
                self.actions.push((at, wish));
            }
            let groups = self.sides(random, devices);
            self.actions.push((cut_at, Action::Partition(hub, groups)));
            let reconnect = random.chance(500);
            self.actions.push((heals_at, Action::Heal { hub, reconnect }));
            whole_since = heals_at;
        }
    }

    /// Mostly the two devices are on different sides, and the others on either, half of them each.
    fn sides(&self, random: &mut Random, devices: &Devices) -> BTreeMap<PeerId, u8> {
        let peers = (0..self.hosts.len()).map(PeerId);
        if random.chance(100) {
            return peers.map(|peer| (peer, u8::from(random.chance(500)))).collect();
        }
        let [first, second] = devices.0;
        let others: Vec<PeerId> = peers.filter(|peer| !devices.0.contains(peer)).collect();
        let start = usize::try_from(random.below(others.len() as u64)).unwrap_or_default();
        let in_turn = others.iter().cycle().skip(start).take(others.len());
        let alternating = in_turn.zip([0, 1].into_iter().cycle());
        let mut groups: BTreeMap<PeerId, u8> = alternating.map(|(peer, side)| (*peer, side)).collect();
        let side = u8::from(random.chance(500));
        groups.extend([(first, side), (second, 1 - side)]);
        groups
    }
}

/// What the person bonds, so that with half of the others (rounded down) the account would be two thirds of all.
fn bond_micro(people: u64) -> u64 {
    let others = people - 1;
    let grants = (2 * others).saturating_sub(3 * (others / 2)).max(1);
    // A little more, for others may bond too.
    ((grants - 1) * GRANT_BOND + 50) * MICRO_PER_COIN
}
