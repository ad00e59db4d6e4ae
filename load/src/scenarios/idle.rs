//! Connections that say nothing: what each keeps of the server's memory, and what all cost in processor time.

use std::{rc::Rc, time::Duration};

use anyhow::Result;
use serde::Serialize;
use tokio::time::sleep;

use super::join_all;
use crate::{
    client::Client,
    server::{Program, Server},
    tally::Tally,
};

/// Members of one room, so that joining is cheap for servers that tell everybody of it.
const MEMBERS: u64 = 10;

/// What silent connections cost the server.
#[derive(Serialize)]
pub struct Idle {
    kind: &'static str,
    connections: u64,
    bytes_per_connection: f64,
    cpu_share: f64,
    rss_kib: u64,
    closed: u64,
}

/// Connects, waits, and looks at the server.
pub async fn run(program: &Program<'_>, connections: u64, duration: Duration) -> Result<Idle> {
    let server = Server::start(program)?;
    let tally = Rc::new(Tally::default());
    // What a server sets up for its first client is no cost of each.
    drop(Client::join(&program.peer, server.address, 0, &tally).await?);
    sleep(Duration::from_millis(500)).await;
    let empty_kib = server.rss_kib()?;
    let closed_before = tally.closed_count();
    let rooms = (connections / MEMBERS).max(1);
    let _clients = join_all(program, &server, connections, rooms, &tally).await?;
    sleep(Duration::from_secs(1)).await;
    let rss_kib = server.rss_kib()?;
    let cpu_before = server.cpu()?;
    sleep(duration).await;
    Ok(Idle {
        kind: "idle",
        connections,
        bytes_per_connection: rss_kib.saturating_sub(empty_kib) as f64 * 1024.0 / connections as f64,
        cpu_share: (server.cpu()? - cpu_before).total_s() / duration.as_secs_f64(),
        rss_kib,
        closed: tally.closed_count() - closed_before,
    })
}
