//! What a relay's faults do to a network of peers: nothing that gossip does not repair.
//!
//! Native peers, the core that tabs run, talk through real relays while something breaks. After each fault every line that
//! was said before, during and after it is final at every peer, and all have one history.
#![allow(
    clippy::indexing_slicing,
    reason = "an index out of range fails the test, as it should"
)]

mod hostile;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use hostile::{Attack, Crowd};
use ting_core::crypto::seal::RoomSecret;
use ting_e2e::{Cable, Nats, Relay, eventually, swarm::Swarm};
use ting_frame::RoomName;

/// How long a swarm may take for anything, on a machine that does other work too.
const LIMIT: Duration = Duration::from_secs(120);
const PEERS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn swarm_loses_nothing_when_its_relay_is_killed_and_comes_back() -> Result<()> {
    let mut relay = Relay::start().await?;
    let swarm = Swarm::gather(1, &all_on(&relay), LIMIT).await?;
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
    let swarm = Swarm::gather(4, &all_on(&relay), LIMIT).await?;
    let hostile = Crowd::attack(50, relay.address(), room(4), Attack::Garbage);
    let lines = swarm.everybody_says("under attack").await?;
    tell(
        "flood of garbage from 50 addresses that never read",
        &swarm,
        &lines,
    )
    .await?;
    hostile.is_cut_off(LIMIT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_goes_on_beside_handshakes_that_never_end_and_frames_that_are_too_large() -> Result<()> {
    let relay = Relay::start_with(&["--handshake-timeout-ms", "1000"]).await?;
    let swarm = Swarm::gather(8, &all_on(&relay), LIMIT).await?;
    let slow = Crowd::attack(50, relay.address(), room(8), Attack::SlowHandshake);
    let large = Crowd::attack(50, relay.address(), room(8), Attack::OversizedFrame);
    let lines = swarm.everybody_says("beside them").await?;
    tell(
        "slow handshakes and oversized frames, 50 addresses each",
        &swarm,
        &lines,
    )
    .await?;
    slow.is_cut_off(LIMIT).await?;
    large.is_cut_off(LIMIT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn swarm_goes_on_beside_ten_thousand_connections() -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let relay = Relay::start_with(&["--max-connections", "11000"]).await?;
    let swarm = Swarm::gather(9, &all_on(&relay), LIMIT).await?;
    let idle = hostile::ten_thousand_connections(relay.address()).await?;
    let lines = swarm.everybody_says("in a crowd").await?;
    let fault = format!("{} other connections", idle.len());
    tell(&fault, &swarm, &lines).await
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

/// Every peer on this relay.
fn all_on(relay: &Relay) -> Vec<Vec<String>> {
    vec![vec![url(relay.address())]; PEERS]
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

/// The name of the room of the swarm with this number.
fn room(number: u8) -> RoomName {
    RoomName::from_bytes(RoomSecret::new([number; 32]).room_name())
}

fn url(relay: SocketAddr) -> String {
    format!("ws://{relay}")
}
