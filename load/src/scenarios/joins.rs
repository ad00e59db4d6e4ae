//! Joining one room, some dozens at a time: what the server pays, and what everybody hears of it.

use std::{rc::Rc, time::Instant};

use anyhow::Result;
use serde::Serialize;

use super::join_all;
use crate::{
    server::{Program, Server},
    tally::Tally,
};

/// What all joins cost together.
#[derive(Serialize)]
pub struct Joins {
    kind: &'static str,
    connections: u64,
    cpu_s: f64,
    elapsed_s: f64,
    /// Bytes that all members heard after their own join.
    bytes: u64,
}

/// Lets all clients join one room, and counts what that costs.
pub async fn run(program: &Program<'_>, connections: u64) -> Result<Joins> {
    let server = Server::start(program)?;
    let tally = Rc::new(Tally::default());
    drop(join_all(program, &server, 1, 1, &tally).await?);
    let (cpu_before, bytes_before) = (server.cpu()?, tally.bytes());
    let start = Instant::now();
    let _clients = join_all(program, &server, connections, 1, &tally).await?;
    Ok(Joins {
        kind: "joins",
        connections,
        cpu_s: (server.cpu()? - cpu_before).total_s(),
        elapsed_s: start.elapsed().as_secs_f64(),
        bytes: tally.bytes() - bytes_before,
    })
}
