//! Members that never read: what becomes of the others, of the server's memory, and of themselves.

use std::rc::Rc;

use anyhow::Result;
use serde::Serialize;

use super::{
    fan_out::{self, Figures, Load},
    join_all,
};
use crate::{
    client::{End, Stalled},
    server::{Program, Server},
    tally::Tally,
};

/// What a stalled member did to the room.
#[derive(Serialize)]
pub struct StalledFigures {
    kind: &'static str,
    stalled: u64,
    /// Figures of the members that do read.
    healthy: Figures,
    peak_kib: u64,
    /// Stalled members that the server cut.
    cut: u64,
    /// The close codes that they found behind what they had not read.
    close_codes: Vec<u16>,
}

/// Runs the load with members beside it that never read.
pub async fn run(program: &Program<'_>, load: &Load, count: u64) -> Result<StalledFigures> {
    let server = Server::start(program)?;
    let tally = Rc::new(Tally::default());
    let clients = join_all(program, &server, load.connections, load.rooms, &tally).await?;
    let mut stalled = Vec::new();
    for _ in 0..count {
        stalled.push(Stalled::join(&program.peer, server.address, 0).await?);
    }
    let healthy = fan_out::measure(program, load, &server, &clients, &tally).await?;
    let peak_kib = server.peak_kib()?;
    let mut cut = 0;
    let mut close_codes = Vec::new();
    for member in stalled {
        match member.end().await {
            End::Open => {}
            End::Cut => cut += 1,
            End::Closed(code) => {
                cut += 1;
                close_codes.push(code);
            }
        }
    }
    Ok(StalledFigures {
        kind: "stalled",
        stalled: count,
        healthy,
        peak_kib,
        cut,
        close_codes,
    })
}
