//! Frames from all members in turn to all others: how many arrive, how late, and what a delivery costs the server.
//!
//! How to read a saturated run: up to 20,000 deliveries are under way at once, so each socket write carries many frames and
//! a delivery is cheap. It shows the ceiling of a server whose clients wait for it, not what one frame costs on its own.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::Serialize;

use super::join_all;
use crate::{
    client::Client,
    pacer::Pacer,
    peers::{self, Peer, Source},
    server::{Program, Server},
    tally::{Tally, now_us},
};

/// Deliveries under way at most in the run that goes as fast as it can.
const WINDOW_DELIVERIES: u64 = 20_000;

/// What the clients of a run do.
#[derive(Clone)]
pub struct Load {
    /// Number of clients.
    pub connections: u64,
    /// Number of rooms that they are spread over.
    pub rooms: u64,
    /// Bytes of payload in each frame.
    pub frame_bytes: usize,
    /// Time for which they send.
    pub duration: Duration,
    /// Rate at which they send.
    pub pace: Pace,
}

/// Rate at which clients send.
#[derive(Clone, Copy)]
pub enum Pace {
    /// So many deliveries per second in all.
    Steady(f64),
    /// As fast as deliveries come back, with a bounded number under way.
    Saturated,
}

/// What one run has shown.
#[derive(Debug, Serialize)]
pub struct Figures {
    kind: &'static str,
    connections: u64,
    rooms: u64,
    /// Deliveries per second that the pace asked for; none if it was as fast as possible.
    offered_per_s: Option<f64>,
    pub delivered_per_s: f64,
    pub lost: u64,
    /// Number of connections that the server ended.
    pub closed: u64,
    p50_us: u32,
    pub p99_us: u32,
    max_us: u32,
    cpu_us_per_delivery: f64,
    /// What of it the server's own code took, without the kernel's.
    user_us_per_delivery: f64,
    cpu_share: f64,
    rss_kib: u64,
}

/// Measures several times, each time with a new server. What else goes on in a machine only ever adds to what a delivery costs,
/// so the cheapest run is shown, with all that was lost or closed in any.
pub async fn rounds(program: &Program<'_>, load: &Load, rounds: u32) -> Result<Figures> {
    let mut runs = Vec::new();
    for _ in 0..rounds {
        runs.push(run(program, load).await?);
    }
    let lost = runs.iter().map(|run| run.lost).sum();
    let closed = runs.iter().map(|run| run.closed).sum();
    let cheapest = runs
        .into_iter()
        .min_by(|first, second| first.cpu_us_per_delivery.total_cmp(&second.cpu_us_per_delivery));
    let cheapest = cheapest.context("no rounds, no figures")?;
    Ok(Figures {
        lost,
        closed,
        ..cheapest
    })
}

/// Starts a server, fills it, and measures once.
pub async fn run(program: &Program<'_>, load: &Load) -> Result<Figures> {
    let server = Server::start(program)?;
    let tally = Rc::new(Tally::default());
    let clients = join_all(program, &server, load.connections, load.rooms, &tally).await?;
    measure(program, load, &server, &clients, &tally).await
}

/// Measures with clients that are there already.
pub async fn measure(
    program: &Program<'_>,
    load: &Load,
    server: &Server,
    clients: &[Client],
    tally: &Tally,
) -> Result<Figures> {
    let readers = readers(program.peer.as_ref(), load);
    let cpu_before = server.cpu()?;
    let start = Instant::now();
    let sent = send(program.peer.as_ref(), load, clients, tally).await?;
    let all_came = tally.wait_for(sent * readers).await;
    // When deliveries are missing, the wait for them is no part of the run.
    let elapsed_s = if all_came {
        start.elapsed().as_secs_f64()
    } else {
        load.duration.as_secs_f64()
    };
    let cpu = server.cpu()? - cpu_before;
    let latencies_us = tally.latencies_us();
    let delivered = latencies_us.total();
    let (kind, offered_per_s) = match load.pace {
        Pace::Steady(rate) => ("steady", Some(rate)),
        Pace::Saturated => ("saturated", None),
    };
    Ok(Figures {
        kind,
        connections: load.connections,
        rooms: load.rooms,
        offered_per_s,
        delivered_per_s: delivered as f64 / elapsed_s,
        lost: (sent * readers).saturating_sub(delivered),
        closed: tally.closed_count(),
        p50_us: latencies_us.percentile(0.5),
        p99_us: latencies_us.percentile(0.99),
        max_us: latencies_us.max(),
        cpu_us_per_delivery: cpu.total_s() * 1e6 / delivered.max(1) as f64,
        user_us_per_delivery: cpu.user_s * 1e6 / delivered.max(1) as f64,
        cpu_share: cpu.total_s() / elapsed_s,
        rss_kib: server.rss_kib()?,
    })
}

/// Number of members that hear a frame.
fn readers(peer: &dyn Peer, load: &Load) -> u64 {
    let members = load.connections / load.rooms;
    if peer.echoes() {
        members
    } else {
        members.saturating_sub(1).max(1)
    }
}

/// Sends from all members in turn until the time is over; the number of frames sent.
async fn send(peer: &dyn Peer, load: &Load, clients: &[Client], tally: &Tally) -> Result<u64> {
    let readers = readers(peer, load);
    let pacer = Pacer::new()?;
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < load.duration {
        for (client, sender) in clients.iter().enumerate() {
            match load.pace {
                Pace::Steady(rate) => {
                    let due_s = (number * readers) as f64 / rate;
                    pacer.wait_until(start + Duration::from_secs_f64(due_s)).await?;
                }
                Pace::Saturated => {
                    let due = (number * readers).saturating_sub(WINDOW_DELIVERIES);
                    if !tally.wait_for(due).await {
                        return Ok(number);
                    }
                }
            }
            if start.elapsed() >= load.duration {
                break;
            }
            let client = client as u64;
            let payload = peers::payload(load.frame_bytes, now_us());
            let source = Source { client, number };
            sender
                .send(&peer.frame(client % load.rooms, source, &payload))
                .await?;
            number += 1;
        }
    }
    Ok(number)
}
