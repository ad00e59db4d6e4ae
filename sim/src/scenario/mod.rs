//! A whole run's set-up, drawn from one seed: who is there, how links and clocks behave, and what goes wrong when.
//!
//! Faults come in a first phase; then everything is healed and the network has to work again. What this version of the protocol has no rule for
//! is not drawn: more than a third of the voters gone for good, or observing because their clocks are off by more than three seconds. Most
//! clocks are within three seconds of each other, and a few are so far off that their peers must only observe.

mod twins;

use std::{collections::BTreeMap, fmt};

use ting_core::ledger::genesis::{AbsenceRule, Rules};

use crate::{
    action::{Action, Conditions},
    byzantine::{VICES, Vice},
    clock::{Moment, PeerClock},
    host::HostConfig,
    hub::{HubId, PeerId},
    random::Random,
};

/// Kinds of faults that a scenario draws from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    /// None: perfect clocks and short links.
    None,
    /// Crashes, cuts, partitions, bad links and clocks, and Byzantine hosts.
    All,
    /// One person on two devices, on either of which the account is to sign from now on again and again; short partitions, most of which part the two.
    Twins,
}

/// The whole set-up of a run: who is there, and what happens when.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it was drawn from; the world's chance comes from it too.
    pub seed: u64,
    /// Number of hubs, each a relay.
    pub hubs: usize,
    /// Hosts that are there, by number.
    pub hosts: Vec<HostConfig>,
    /// When the network that is founded goes on without voters. Never where hosts break the rules: a room that promises to bear a third of them waits for the others.
    pub absence: Option<AbsenceRule>,
    /// How links behave at the beginning.
    pub conditions: Conditions,
    /// Actions, and the true time of each.
    pub actions: Vec<(Moment, Action)>,
    /// Average time between two wishes of users, in milliseconds.
    pub wish_every_ms: u64,
    /// True time at which faults end and everything is healed.
    pub healed_at: Moment,
    /// Users wish nothing more from then on; what they sent before must be in the chain at the end.
    pub quiet_at: Moment,
    /// True time at which the run ends.
    pub ends_at: Moment,
}

/// Time to found a network and let some people in, before faults begin.
const CALM_MS: u64 = 20_000;
/// Clocks of peers that have to take part are off by this much at most: the median that they are compared with may itself be a second off.
const MAX_SIGNING_OFFSET_MS: u64 = 1_900;
/// Average time between two faults.
const FAULT_EVERY_MS: u64 = 25_000;

impl Scenario {
    /// Draws a set-up for so many peers and slots of a second.
    pub fn draw(seed: u64, peers: usize, slots: u64, faults: Faults) -> Self {
        let mut random = Random::new(seed, 0);
        let ends_at = Moment(slots * 1_000);
        let healing_ms = (slots * 250).clamp(60_000, 200_000).min(ends_at.0 / 2);
        let healed_at = Moment(ends_at.0 - healing_ms);
        let mut scenario = Self {
            seed,
            hubs: 1,
            hosts: Vec::new(),
            absence: Rules::default().absence,
            conditions: Conditions {
                jitter_ms: 20,
                ..Conditions::default()
            },
            actions: Vec::new(),
            wish_every_ms: random.within(1_000..=6_000),
            healed_at,
            quiet_at: Moment(ends_at.0 - healing_ms / 2),
            ends_at,
        };
        if faults == Faults::Twins {
            scenario.draw_twins(&mut random, peers);
            return scenario;
        }
        if faults == Faults::All {
            scenario.hubs = if random.chance(700) { 1 } else { 2 };
            scenario.conditions = draw_conditions(&mut random);
        }
        scenario.draw_hosts(&mut random, peers, faults);
        if faults == Faults::All {
            scenario.draw_vices(&mut Random::new(seed, 4));
            if scenario.byzantine_hosts() > 0 {
                scenario.absence = None;
            }
        }
        scenario.draw_joins(&mut random, faults);
        if faults == Faults::All {
            scenario.draw_faults(&mut random);
        }
        scenario
    }

    fn draw_hosts(&mut self, random: &mut Random, peers: usize, faults: Faults) {
        let mut observers = peers / 6;
        for peer in 0..peers {
            let mut config = HostConfig {
                hubs: vec![(0, 5)],
                ..HostConfig::default()
            };
            if faults == Faults::All {
                config.clock = PeerClock {
                    offset_ms: draw_offset_ms(random, peer, &mut observers),
                    drift_ppm: random.around_zero(100),
                };
                config.hidden = random.chance(200);
                // The first three connect the hubs.
                let home = usize::try_from(random.below(self.hubs as u64)).unwrap_or_default();
                let on_all = peer < 3 || random.chance(300);
                let hubs = (0..self.hubs).filter(|hub| on_all || *hub == home);
                config.hubs = hubs.map(|hub| (hub, random.within(5..=150))).collect();
            }
            self.hosts.push(config);
        }
    }

    /// In half of the seeds some hosts, at most a fifth, break the rules; not the first one, and none that only observes: it would have no stake.
    fn draw_vices(&mut self, random: &mut Random) {
        let most = (self.hosts.len() as u64 / 5).max(1);
        let wanted = if random.chance(500) {
            random.within(1..=most)
        } else {
            0
        };
        for _ in 0..wanted {
            let may = |host: &&mut HostConfig| host.vices.is_empty() && !host.clock.must_observe();
            let mut candidates: Vec<&mut HostConfig> = self.hosts.iter_mut().skip(1).filter(may).collect();
            let index = usize::try_from(random.below(candidates.len() as u64)).unwrap_or_default();
            if let Some(host) = candidates.get_mut(index) {
                host.vices = draw_some_vices(random);
            }
        }
    }

    /// How many hosts break the rules.
    pub fn byzantine_hosts(&self) -> usize {
        self.hosts.iter().filter(|host| !host.vices.is_empty()).count()
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        let is_partition = |(_, action): &&(Moment, Action)| matches!(action, Action::Partition(..));
        self.actions.iter().filter(is_partition).count()
    }

    /// The first host founds; some open the bare room at about the same time; the others come by invitation, a few of them late.
    fn draw_joins(&mut self, random: &mut Random, faults: Faults) {
        let latest = self.healed_at.0 * 6 / 10;
        for (index, config) in self.hosts.iter_mut().enumerate() {
            let bare = index == 0 || (faults == Faults::All && index < 3 && random.chance(300));
            config.invited = !bare;
            let at = match (index, bare) {
                (0, _) => 0,
                (_, true) => random.within(0..=6_000),
                (_, false) if random.chance(150) => random.within(10_000..=latest.max(10_001)),
                (_, false) => random.within(7_000..=CALM_MS),
            };
            self.actions.push((Moment(at), Action::Join(PeerId(index))));
        }
    }

    fn draw_faults(&mut self, random: &mut Random) {
        let mut at = Moment(CALM_MS + 10_000);
        let observers = self.hosts.iter().filter(|host| host.clock.must_observe()).count();
        let mut may_leave = (self.hosts.len() / 4).saturating_sub(observers + self.byzantine_hosts());
        loop {
            at = at.plus_ms(random.within(1_000..=2 * FAULT_EVERY_MS));
            if at >= self.healed_at {
                return;
            }
            self.draw_fault(random, at, &mut may_leave);
        }
    }

    fn draw_fault(&mut self, random: &mut Random, at: Moment, may_leave: &mut usize) {
        let peer = PeerId(usize::try_from(random.below(self.hosts.len() as u64)).unwrap_or_default());
        let hub = HubId(usize::try_from(random.below(self.hubs as u64)).unwrap_or_default());
        let mut plan = |at, action| self.actions.push((at, action));
        match random.below(100) {
            0..25 => {
                let closes = random.chance(500);
                let ends = if closes { Action::Close } else { Action::Crash };
                plan(at, ends(peer));
                plan(at.plus_ms(random.within(100..=60_000)), Action::Restart(peer));
            }
            25..40 => {
                plan(at, Action::CrashMidway(peer));
                plan(at.plus_ms(random.within(3_000..=60_000)), Action::Restart(peer));
            }
            40..55 => plan(at, Action::Cut(peer, random.within(100..=30_000))),
            55..70 => {
                let groups = self
                    .hosts
                    .iter()
                    .enumerate()
                    .map(|(index, _)| (PeerId(index), u8::from(random.chance(500))));
                let groups: BTreeMap<PeerId, u8> = groups.collect();
                let heals_at = at.plus_ms(random.within(5_000..=90_000));
                self.actions.push((at, Action::Partition(hub, groups)));
                self.actions.push((
                    heals_at,
                    Action::Heal {
                        hub,
                        reconnect: random.chance(500),
                    },
                ));
            }
            70..80 => plan(at, Action::Silence(hub, random.within(1_000..=20_000))),
            80..90 => plan(at, Action::Freeze(peer, random.within(500..=40_000))),
            90..95 if *may_leave > 0 => {
                *may_leave -= 1;
                plan(at, Action::Leave(peer));
            }
            _ => {
                let storm = Conditions {
                    loss_per_mille: 300,
                    ..draw_conditions(random)
                };
                plan(at, Action::Conditions(storm));
                let after = self.conditions;
                self.actions.push((
                    at.plus_ms(random.within(5_000..=30_000)),
                    Action::Conditions(after),
                ));
            }
        }
    }
}

/// The first three set the time: voters are few at first, and their median is what others are compared with.
fn draw_offset_ms(random: &mut Random, peer: usize, observers: &mut usize) -> i64 {
    match random.below(100) {
        0..20 if peer >= 3 => random.around_zero(MAX_SIGNING_OFFSET_MS),
        20..35 if peer >= 3 && *observers > 0 => {
            *observers -= 1;
            let far = i64::try_from(random.within(5_000..=15_000)).unwrap_or_default();
            if random.chance(500) { far } else { -far }
        }
        _ => random.around_zero(1_000),
    }
}

/// One at least, several mostly.
fn draw_some_vices(random: &mut Random) -> Vec<Vice> {
    let mut vices: Vec<Vice> = VICES.into_iter().filter(|_| random.chance(350)).collect();
    if vices.is_empty() {
        vices.extend(random.pick(&VICES));
    }
    vices
}

fn draw_conditions(random: &mut Random) -> Conditions {
    Conditions {
        jitter_ms: random.within(0..=200),
        loss_per_mille: random.within(0..=50),
        duplicate_per_mille: random.within(0..=20),
        reorder: random.chance(500),
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        writeln!(
            formatter,
            "seed {}: {} hubs, {:?}, {:?}",
            self.seed, self.hubs, self.absence, self.conditions
        )?;
        for (index, host) in self.hosts.iter().enumerate() {
            writeln!(formatter, "  peer {index}: {host:?}")?;
        }
        let mut actions = self.actions.clone();
        actions.sort_by_key(|(at, _)| *at);
        for (at, action) in actions {
            writeln!(formatter, "  {:>8} ms: {action:?}", at.0)?;
        }
        writeln!(
            formatter,
            "  {:>8} ms: healed; quiet at {}, end at {}",
            self.healed_at.0, self.quiet_at.0, self.ends_at.0
        )
    }
}
