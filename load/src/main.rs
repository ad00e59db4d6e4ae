//! The load tool: starts a server as a process of its own, fills it with clients, and tells what that cost.
//!
//! One invocation runs one kind of scenario against one server, once for each number of connections, and prints a line
//! of JSON for each run; `cargo xtask bench relay` calls it for the relay and its peers and makes the tables.
//!
//! ```text
//! main -> scenarios -> client -> wire
//!              \-> server     \-> peers (one file for each kind of server)
//! ```
//!
//! Invariants: server and clients each have a core of their own where `taskset` can give it; every server meets the same
//! client, one thread with hand-written frames, so what the client costs is the same for all; processor time and memory
//! are the server's own, as the kernel counts them.
//!
//! It trusts the servers it starts, on loopback, and is never part of what ships.

mod client;
mod histogram;
mod pacer;
mod peers;
mod scenarios;
mod server;
mod tally;
mod wire;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use peers::PeerName;
use scenarios::{ceiling, comeback, fan_out, idle, joins, stalled};
use serde::Serialize;
use server::Program;
use tokio::{task::LocalSet, time::timeout};

/// Longest time of one round of an invocation.
const DEADLINE: Duration = Duration::from_secs(75);

/// Starts a server, fills it with clients, and tells what that cost.
#[derive(Parser)]
struct Arguments {
    /// Kind of server
    #[arg(long, value_enum, default_value_t = PeerName::Relay)]
    peer: PeerName,
    /// The server's program, or its script for Node.js
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Connections in all, one run for each number
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100])]
    connections: Vec<u64>,
    /// Rooms that the connections are spread over
    #[arg(long, default_value_t = 1)]
    rooms: u64,
    /// Deliveries per second in all
    #[arg(long, default_value_t = 50_000)]
    rate: u64,
    /// Time of each run
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Runs of each number of connections; the cheapest one is shown
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Payload of each frame
    #[arg(long, default_value_t = 256)]
    frame_bytes: usize,
    /// As fast as frames arrive, with 20,000 deliveries under way, instead of a given rate
    #[arg(long, group = "kind")]
    saturated: bool,
    /// Finds the highest rate without loss
    #[arg(long, group = "kind")]
    ceiling: bool,
    /// So many members more that never read
    #[arg(long, group = "kind", value_name = "N")]
    stalled: Option<u64>,
    /// So many connections that stay silent
    #[arg(long, group = "kind", value_name = "N")]
    idle: Option<u64>,
    /// So many members join one room, some dozens at a time
    #[arg(long, group = "kind", value_name = "N")]
    joins: Option<u64>,
    /// So many clients connect again at once after the server was restarted
    #[arg(long = "return", group = "kind", value_name = "N")]
    comeback: Option<u64>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(
        arguments.frame_bytes >= peers::STAMP_BYTES,
        "a frame holds at least its time"
    );
    server::pin_to_core(std::process::id(), 1);
    // Sockets by the thousand, here and in the server, which inherits the limit.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let peer = arguments.peer.peer()?;
    let program = Program {
        peer,
        file: &arguments.program,
    };
    let seconds = Duration::from_secs(arguments.seconds);
    let run = async {
        if let Some(connections) = arguments.idle {
            return print(&arguments, &idle::run(&program, connections, seconds).await?);
        }
        if let Some(connections) = arguments.joins {
            return print(&arguments, &joins::run(&program, connections).await?);
        }
        if let Some(connections) = arguments.comeback {
            return print(&arguments, &comeback::run(&program, connections).await?);
        }
        for &connections in &arguments.connections {
            let load = fan_out::Load {
                connections,
                rooms: arguments.rooms,
                frame_bytes: arguments.frame_bytes,
                duration: seconds,
                pace: match arguments.saturated {
                    true => fan_out::Pace::Saturated,
                    false => fan_out::Pace::Steady(arguments.rate as f64),
                },
            };
            if let Some(stalled) = arguments.stalled {
                print(&arguments, &stalled::run(&program, &load, stalled).await?)?;
            } else if arguments.ceiling {
                print(&arguments, &ceiling::run(&program, load).await?)?;
            } else {
                print(
                    &arguments,
                    &fan_out::rounds(&program, &load, arguments.rounds).await?,
                )?;
            }
        }
        Ok(())
    };
    // A server that hangs must not take the other measurements with it.
    let deadline = DEADLINE * arguments.rounds;
    let run = async { timeout(deadline, run).await.context("the server took too long")? };
    LocalSet::new().block_on(&runtime, run)
}

/// What a run showed, with the server that it was about.
#[derive(Serialize)]
struct Line<'a, F> {
    peer: PeerName,
    #[serde(flatten)]
    figures: &'a F,
}

fn print(arguments: &Arguments, figures: &impl Serialize) -> Result<()> {
    let line = Line {
        peer: arguments.peer,
        figures,
    };
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}
