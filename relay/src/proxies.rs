//! Finds the address that a request really comes from, behind proxies that the operator trusts.
//!
//! Anybody can write an `X-Forwarded-For`, so it counts only from the proxies that the operator named, and of its
//! entries only those that such a proxy wrote: read from the right, the first that is no trusted proxy is the client.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The networks whose word is believed.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    pub(crate) fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    pub(crate) fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind a socket's peer; the last address that is certain where an entry is no address.
    pub(crate) fn client_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values = headers.get_all(FORWARDED_FOR).iter();
        let texts = values.map(|value| value.to_str().unwrap_or_default());
        let entries: Vec<_> = texts.flat_map(|text| text.split(',')).collect();
        let mut client = peer;
        for entry in entries.iter().rev() {
            if !self.is_trusted(client) {
                break;
            }
            match parse(entry.trim()) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }
}

/// Whether somebody says that the request was forwarded for another.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR) || headers.contains_key("forwarded")
}

/// An address, or one with a port as some proxies write it.
fn parse(entry: &str) -> Option<IpAddr> {
    let with_port = |entry: &str| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    entry.parse().ok().or_else(|| with_port(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        proxies.client_of(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client_of("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn the_rightmost_untrusted_entry_is_the_client() {
        assert_eq!(client_of("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client_of("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(
            client_of("fd00::1", &["1.1.1.1", "2001:db8::7 ,10.0.0.2"]),
            "2001:db8::7"
        );
        assert_eq!(client_of("::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn entries_with_ports_are_understood() {
        assert_eq!(client_of("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client_of("10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
    }

    #[test]
    fn what_is_no_address_ends_the_search() {
        assert_eq!(client_of("10.0.0.1", &["1.1.1.1, unknown"]), "10.0.0.1");
        assert_eq!(client_of("10.0.0.1", &["1.1.1.1, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client_of("10.0.0.1", &[]), "10.0.0.1");
    }
}
