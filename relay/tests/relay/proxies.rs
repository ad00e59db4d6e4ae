//! Whose address counts when a proxy stands between.

use std::net::Ipv4Addr;

use ting_frame::CloseReason;
use ting_relay::{Config, Limits};

use crate::support::{ROOM, Socket, TestRelay, close_reason, connect_with, soon, welcomed};

const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// A relay that allows one connection to an address and believes one proxy.
async fn relay() -> TestRelay {
    TestRelay::start(Config {
        trusted_proxies: vec!["127.0.0.9/32".parse().unwrap()],
        limits: Limits {
            max_connections_per_address: 1,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await
}

async fn forwarded(relay: &TestRelay, peer: Ipv4Addr, client: &str) -> Socket {
    let headers = [("x-forwarded-for", client)];
    connect_with(relay.address, peer, ROOM, &headers).await.unwrap()
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_count_by_their_own_address() {
    let relay = relay().await;
    let _a = welcomed(forwarded(&relay, PROXY, "198.51.100.1").await).await;
    let _b = welcomed(forwarded(&relay, PROXY, "203.0.113.9, 198.51.100.2").await).await;
    let mut again = forwarded(&relay, PROXY, "203.0.113.8, 198.51.100.2").await;
    assert_eq!(
        soon(close_reason(&mut again)).await,
        Some(CloseReason::TooManyFromAddress)
    );
}

#[tokio::test]
async fn what_a_stranger_says_of_its_address_is_not_believed() {
    let relay = relay().await;
    let stranger = Ipv4Addr::new(127, 0, 0, 8);
    let _a = welcomed(forwarded(&relay, stranger, "198.51.100.1").await).await;
    let mut again = forwarded(&relay, stranger, "198.51.100.2").await;
    assert_eq!(
        soon(close_reason(&mut again)).await,
        Some(CloseReason::TooManyFromAddress)
    );
}

#[tokio::test]
async fn a_trusted_proxy_may_have_more_sockets_than_one_client() {
    let relay = relay().await;
    let mut members = Vec::new();
    for client in 0..100 {
        let socket = forwarded(&relay, PROXY, &format!("198.51.100.{client}")).await;
        members.push(welcomed(socket).await);
    }
}
