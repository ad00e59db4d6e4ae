//! How much of a bounded thing each address holds.
//!
//! An address is remembered only while it holds something, so the map is no larger than what is held in all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by address, each up to the same limit.
#[derive(Debug)]
pub(crate) struct Addresses {
    limit: u32,
    counts: Mutex<HashMap<IpAddr, u32>>,
}

/// One of the places of an address; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    addresses: Arc<Addresses>,
    network: IpAddr,
}

impl Addresses {
    pub(crate) fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self {
            limit,
            counts: Mutex::default(),
        })
    }

    /// A place for this address; `None` when it holds as many as it may.
    pub(crate) fn take_place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = network_of(address);
        let mut counts = self.lock();
        let held = counts.get(&network).copied().unwrap_or_default();
        if held >= self.limit {
            return None;
        }
        counts.insert(network, held + 1);
        Some(Place {
            addresses: self.clone(),
            network,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.addresses.lock();
        match counts.get_mut(&self.network) {
            Some(held) if *held > 1 => *held -= 1,
            _ => {
                counts.remove(&self.network);
            }
        }
    }
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

    fn take(addresses: &Arc<Addresses>, address: &str) -> Option<Place> {
        addresses.take_place(address.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_places_and_gets_them_back() {
        let addresses = Addresses::new(1);
        let first = take(&addresses, "10.0.0.1");
        assert!(first.is_some());
        assert!(take(&addresses, "10.0.0.1").is_none());
        assert!(take(&addresses, "10.0.0.2").is_some());
        drop(first);
        assert!(take(&addresses, "10.0.0.1").is_some());
        assert!(addresses.lock().is_empty());
    }

    #[test]
    fn an_ipv6_network_and_a_mapped_ipv4_address_count_as_one() {
        let addresses = Addresses::new(1);
        let _v6 = take(&addresses, "2001:db8::1");
        assert!(take(&addresses, "2001:db8::ffff:2").is_none());
        assert!(take(&addresses, "2001:db8:0:1::1").is_some());
        let _v4 = take(&addresses, "10.0.0.1");
        assert!(take(&addresses, "::ffff:10.0.0.1").is_none());
    }
}
