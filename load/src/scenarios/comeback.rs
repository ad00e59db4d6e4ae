//! A server that restarts under its clients: how long until all are back, each by the web app's own rule.
//!
//! The clock starts when the new server starts.

use std::{
    cell::Cell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde::Serialize;
use tokio::{
    net::tcp::{OwnedReadHalf, OwnedWriteHalf},
    task::JoinSet,
    time::sleep,
};

use super::join_all;
use crate::{
    client,
    peers::Peer,
    server::{Program, Server},
    tally::Tally,
};

#[path = "../../../host/src/links/backoff.rs"]
mod backoff;

use backoff::Backoff;

/// Number of members of each room.
const MEMBERS: u64 = 10;
/// Of whom each client heard, which the rule asks for.
const OTHERS: u32 = MEMBERS as u32 - 1;
/// Time for which the server is gone.
const OUTAGE: Duration = Duration::from_secs(2);
/// How long a link was up before, which the rule asks for.
const WAS_UP_MS: u64 = 60_000;
/// Whoever is not back by then counts as lost.
const DEADLINE: Duration = Duration::from_secs(90);

/// What a restart of the server cost.
#[derive(Serialize)]
pub struct Comeback {
    kind: &'static str,
    connections: u64,
    back: u64,
    /// Seconds from the start of the new server until half of all clients were back.
    half_back_s: f64,
    all_back_s: f64,
    /// Attempts that failed while the server was there.
    failures: u64,
    cpu_s: f64,
}

/// Fills the server, kills it, starts it again, and waits for all.
pub async fn run(program: &Program<'_>, connections: u64) -> Result<Comeback> {
    let server = Server::start(program)?;
    let address = server.address;
    let rooms = (connections / MEMBERS).max(1);
    let tally = Rc::new(Tally::default());
    let clients = join_all(program, &server, connections, rooms, &tally).await?;
    drop(server);
    drop(clients);
    let is_up = Rc::new(Cell::new(false));
    let failures = Rc::new(Cell::new(0));
    let mut returning = JoinSet::new();
    for number in 0..connections {
        let (peer, is_up, failures) = (program.peer.clone(), is_up.clone(), failures.clone());
        returning
            .spawn_local(async move { come_back(peer, address, number % rooms, &is_up, &failures).await });
    }
    sleep(OUTAGE).await;
    let server = Server::start_at(program, address)?;
    let start = Instant::now();
    is_up.set(true);
    let mut times_s = Vec::new();
    let mut connected = Vec::new();
    let waiting = async {
        while let Some(back) = returning.join_next().await {
            if let Ok(Some(stream)) = back {
                times_s.push(start.elapsed().as_secs_f64());
                connected.push(stream);
            }
        }
    };
    let _ = tokio::time::timeout(DEADLINE, waiting).await;
    let half = times_s.get(times_s.len() / 2);
    Ok(Comeback {
        kind: "return",
        connections,
        back: times_s.len() as u64,
        half_back_s: half.copied().unwrap_or_default(),
        all_back_s: times_s.last().copied().unwrap_or_default(),
        failures: failures.get(),
        cpu_s: server.cpu()?.total_s(),
    })
}

/// Tries again by the rule until it is in its room.
async fn come_back(
    peer: Rc<dyn Peer>,
    address: SocketAddr,
    room: u64,
    is_up: &Cell<bool>,
    failures: &Cell<u64>,
) -> Option<(OwnedReadHalf, OwnedWriteHalf, Vec<u8>)> {
    let mut backoff = Backoff::default();
    let mut was_up_ms = WAS_UP_MS;
    loop {
        let pause_ms = backoff.next_pause_ms(was_up_ms, OTHERS, random_below);
        was_up_ms = 0;
        sleep(Duration::from_millis(pause_ms.into())).await;
        let began_up = is_up.get();
        if let Ok(stream) = client::connect_once(address.port()).await
            && let Ok(entered) = client::enter(peer.as_ref(), stream, room).await
        {
            return Some(entered);
        }
        if began_up {
            failures.set(failures.get() + 1);
        }
    }
}

fn random_below(bound: u32) -> u32 {
    getrandom::u32().unwrap_or_default() % bound.max(1)
}
