//! What a relay's faults do to a network of peers: nothing that gossip does not repair.
//!
//! Native peers, the core that tabs run, talk through real relays while something breaks. After each fault every line that
//! was said before, during and after it is final at every peer, and all have one history.
#![allow(
    clippy::indexing_slicing,
    reason = "an index out of range fails the test, as it should"
)]

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use ting_core::crypto::seal::RoomSecret;
use ting_e2e::swarm::Swarm;
use ting_e2e::{Cable, Nats, Relay, eventually};
use ting_frame::RoomName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How long a swarm may take for anything, on a machine that does other work too.
const LIMIT: Duration = Duration::from_secs(120);
const PEERS: usize = 5;
/// A frame for everybody else with garbage in it, masked with zeros.
const GARBAGE: [u8; 20] = [
    0x82, 0x8e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'b', b'o', b'g', b'u', b's', b'!',
];

#[tokio::test(flavor = "multi_thread")]
async fn swarm_loses_nothing_when_its_relay_is_killed_and_comes_back() -> Result<()> {
    let mut relay = Relay::start().await?;
    let swarm = Swarm::gather(1, &vec![vec![url(relay.address())]; PEERS], LIMIT).await?;
    let mut lines = swarm.everybody_says("before").await?;
    swarm.converges_on(&lines, LIMIT).await?;
    relay.kill().await?;
    lines.extend(swarm.everybody_says("while it was dead").await?);
    relay.restart().await?;
    lines.extend(swarm.everybody_says("after").await?);
    tell("relay killed and restarted", &swarm, &lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_takes_back_a_peer_whose_connection_was_half_open() -> Result<()> {
    let relay = Relay::start().await?;
    let cable = Cable::lay(relay.address()).await?;
    let mut links = vec![vec![url(relay.address())]; PEERS - 1];
    links.push(vec![cable.url()]);
    let swarm = Swarm::gather(2, &links, LIMIT).await?;
    cable.silence();
    let mut lines = swarm.everybody_says("while one heard nothing").await?;
    let (_, others) = lines.split_last().context("somebody spoke")?;
    let deaf_line = lines.last().cloned();
    swarm.some_converge_on(PEERS - 1, others, LIMIT).await?;
    cable.cut();
    cable.heal();
    lines.extend(swarm.everybody_says("after").await?);
    println!("the deaf one had said {deaf_line:?}");
    tell("half-open connection", &swarm, &lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_does_not_notice_that_one_of_its_two_relays_is_gone() -> Result<()> {
    let (mut first, second) = (Relay::start().await?, Relay::start().await?);
    let both = vec![url(first.address()), url(second.address())];
    let swarm = Swarm::gather(3, &vec![both; PEERS], LIMIT).await?;
    first.kill().await?;
    let lines = swarm.everybody_says("on the other relay").await?;
    tell("one of two relays killed", &swarm, &lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_goes_on_under_a_flood_of_garbage_from_readers_that_never_read() -> Result<()> {
    // A small part of the default rates: the attackers and all their victims share this machine's cores.
    let relay = Relay::start_with(&["--frames-per-s", "60", "--burst-frames", "120"]).await?;
    let swarm = Swarm::gather(4, &vec![vec![url(relay.address())]; PEERS], LIMIT).await?;
    let mut hostile = Vec::new();
    for number in 1..=50 {
        let source = SocketAddr::from(([127, 0, 1, number], 0));
        hostile.push(tokio::spawn(misbehave(relay.address(), source, 4)));
    }
    let lines = swarm.everybody_says("under attack").await?;
    tell(
        "flood of garbage from 50 addresses that never read",
        &swarm,
        &lines,
    )
    .await?;
    hostile.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_on_two_relays_survives_the_death_of_what_joins_them() -> Result<()> {
    let mut nats = Nats::start().await?;
    let (first, second) = (joined(&nats.url()).await?, joined(&nats.url()).await?);
    let swarm = Swarm::gather(5, &split(&first, &second), LIMIT).await?;
    nats.kill().await?;
    let mut lines = swarm.everybody_says("while NATS was dead").await?;
    eventually("both relays to notice", LIMIT, async || {
        Ok(
            (first.log()?.contains("backplane lost") && second.log()?.contains("backplane lost"))
                .then_some(()),
        )
    })
    .await?;
    nats.restart().await?;
    lines.extend(swarm.everybody_says("after").await?);
    tell("NATS killed and restarted", &swarm, &lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_on_two_relays_survives_one_that_is_cut_off_from_the_other() -> Result<()> {
    let nats = Nats::start().await?;
    let cable = Cable::lay(nats.address()).await?;
    let cut_off = joined(&cable.url().replace("ws://", "nats://")).await?;
    let other = joined(&nats.url()).await?;
    let swarm = Swarm::gather(6, &split(&cut_off, &other), LIMIT).await?;
    cable.silence();
    let mut lines = swarm.everybody_says("while the relays were apart").await?;
    eventually("the relay to notice", LIMIT, async || {
        Ok(cut_off.log()?.contains("backplane lost").then_some(()))
    })
    .await?;
    cable.heal();
    lines.extend(swarm.everybody_says("after").await?);
    tell("one relay cut off from the other", &swarm, &lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_on_two_relays_survives_the_death_of_one() -> Result<()> {
    let nats = Nats::start().await?;
    let (mut dies, lives) = (joined(&nats.url()).await?, joined(&nats.url()).await?);
    let swarm = Swarm::gather(7, &split(&dies, &lives), LIMIT).await?;
    dies.kill().await?;
    let mut lines = swarm.everybody_says("while one relay was dead").await?;
    dies.restart().await?;
    lines.extend(swarm.everybody_says("after").await?);
    tell("one of two joined relays killed and restarted", &swarm, &lines).await
}

async fn joined(backplane: &str) -> Result<Relay> {
    Relay::start_with(&["--backplane", backplane]).await
}

/// Every peer on one of two relays.
fn split(first: &Relay, second: &Relay) -> Vec<Vec<String>> {
    let turns = [first, second].into_iter().cycle();
    turns
        .take(PEERS)
        .map(|relay| vec![url(relay.address())])
        .collect()
}

async fn tell(fault: &str, swarm: &Swarm, lines: &[String]) -> Result<()> {
    let took = swarm.converges_on(lines, LIMIT).await?;
    println!(
        "{fault}: {} lines of {} peers final everywhere, one history, {:.1} s after the fault",
        lines.len(),
        swarm.peers().len(),
        took.as_secs_f64()
    );
    Ok(())
}

fn url(relay: SocketAddr) -> String {
    format!("ws://{relay}")
}

/// Joins the swarm's room from an address of its own and sends garbage as fast as the relay takes it, without ever reading;
/// comes back each time it is cut.
async fn misbehave(relay: SocketAddr, source: SocketAddr, room: u8) {
    loop {
        let _ = flood(relay, source, room).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn flood(relay: SocketAddr, source: SocketAddr, room: u8) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(source)?;
    let mut stream: TcpStream = socket.connect(relay).await?;
    let room = RoomName::from_bytes(RoomSecret::new([room; 32]).room_name());
    let request = format!(
        "GET /room/{room} HTTP/1.1\r\nHost: {relay}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await?;
    loop {
        stream.write_all(&GARBAGE.repeat(20)).await?;
    }
}
