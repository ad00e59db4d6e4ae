//! How much of a bounded thing each address holds, and what its connections may still send together.
//!
//! An address is remembered while it holds something or has sent more than is forgiven yet, so whoever reconnects does
//! not get a new budget. What is spent is forgiven within the time of one burst; the map is swept of such addresses
//! whenever it has doubled, so its size follows what is held.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::rate::{Budget, Rates};

/// Fewest remembered addresses at which a sweep is worth its while.
const SWEEP_AT_LEAST: usize = 1_024;

/// Counts and budgets by address, each with the same limits.
#[derive(Debug)]
pub(crate) struct Addresses {
    limit: u32,
    rates: Rates,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    addresses: HashMap<IpAddr, Held>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Held {
    places: u32,
    budget: Arc<Mutex<Budget>>,
}

/// One of the places of an address; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    addresses: Arc<Addresses>,
    network: IpAddr,
    budget: Arc<Mutex<Budget>>,
}

impl Addresses {
    pub(crate) fn new(limit: u32, rates: Rates) -> Arc<Self> {
        let known = Known {
            addresses: HashMap::new(),
            sweep_at: SWEEP_AT_LEAST,
        };
        Arc::new(Self {
            limit,
            rates,
            known: Mutex::new(known),
        })
    }

    /// A place for this address; `None` when it holds as many as it may.
    pub(crate) fn take_place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let now = Instant::now();
        let network = network_of(address);
        let mut known = self.lock();
        known.sweep(now);
        let held = known.addresses.entry(network).or_insert_with(|| Held {
            places: 0,
            budget: Arc::new(Mutex::new(Budget::new(self.rates, now))),
        });
        if held.places >= self.limit {
            return None;
        }
        held.places += 1;
        Some(Place {
            addresses: self.clone(),
            network,
            budget: held.budget.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Forgets who holds nothing and is forgiven all, if there may be many of them.
    fn sweep(&mut self, now: Instant) {
        if self.addresses.len() >= self.sweep_at {
            self.addresses
                .retain(|_, held| held.places > 0 || !is_whole(&held.budget, now));
            self.sweep_at = SWEEP_AT_LEAST.max(2 * self.addresses.len());
        }
    }
}

impl Place {
    /// Spends one frame of so many bytes from what all connections of the address may send; false when it is too much.
    #[must_use]
    pub(crate) fn spend(&self, bytes: u32, now: Instant) -> bool {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget.spend(bytes, now)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut known = self.addresses.lock();
        let Some(held) = known.addresses.get_mut(&self.network) else {
            return;
        };
        held.places = held.places.saturating_sub(1);
        if held.places == 0 && is_whole(&held.budget, Instant::now()) {
            known.addresses.remove(&self.network);
        }
    }
}

fn is_whole(budget: &Mutex<Budget>, now: Instant) -> bool {
    budget
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .is_whole(now)
}

/// The unit that addresses are counted by: an IPv4 address, or the /64 that one IPv6 customer gets.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn addresses(limit: u32) -> Arc<Addresses> {
        Addresses::new(limit, Limits::default().rates_per_address())
    }

    fn take(addresses: &Arc<Addresses>, address: &str) -> Option<Place> {
        addresses.take_place(address.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_places_and_gets_them_back() {
        let addresses = addresses(1);
        let first = take(&addresses, "10.0.0.1");
        assert!(first.is_some());
        assert!(take(&addresses, "10.0.0.1").is_none());
        assert!(take(&addresses, "10.0.0.2").is_some());
        drop(first);
        assert!(take(&addresses, "10.0.0.1").is_some());
        assert!(addresses.lock().addresses.is_empty());
    }

    #[test]
    fn an_ipv6_network_and_a_mapped_ipv4_address_count_as_one() {
        let addresses = addresses(1);
        let _v6 = take(&addresses, "2001:db8::1");
        assert!(take(&addresses, "2001:db8::ffff:2").is_none());
        assert!(take(&addresses, "2001:db8:0:1::1").is_some());
        let _v4 = take(&addresses, "10.0.0.1");
        assert!(take(&addresses, "::ffff:10.0.0.1").is_none());
    }

    #[test]
    fn the_places_of_an_address_share_its_budget_and_reconnecting_renews_nothing() {
        let rates = Rates {
            frames_per_s: 1,
            burst_frames: 2,
            bytes_per_s: 1_000,
            burst_bytes: 1_000,
        };
        let addresses = Addresses::new(2, rates);
        let (first, second) = (
            take(&addresses, "10.0.0.1").unwrap(),
            take(&addresses, "10.0.0.1").unwrap(),
        );
        let now = Instant::now();
        assert!(first.spend(1, now) && second.spend(1, now));
        assert!(!first.spend(1, now));
        drop((first, second));
        assert!(!take(&addresses, "10.0.0.1").unwrap().spend(1, now));
        assert!(take(&addresses, "10.0.0.2").unwrap().spend(1, Instant::now()));
    }

    #[test]
    fn addresses_that_are_forgiven_all_are_forgotten() {
        let addresses = addresses(1);
        for last in 0..SWEEP_AT_LEAST as u32 {
            let address = IpAddr::from(std::net::Ipv4Addr::from_bits(0x0a00_0000 + last));
            let place = addresses.take_place(address).unwrap();
            assert!(place.spend(1_000_000, Instant::now()));
        }
        let mut known = addresses.lock();
        assert_eq!(known.addresses.len(), SWEEP_AT_LEAST);
        known.sweep(Instant::now() + std::time::Duration::from_secs(60));
        assert!(known.addresses.is_empty());
    }
}
