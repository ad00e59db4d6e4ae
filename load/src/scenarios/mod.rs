//! What is measured, one kind in each file.

pub mod ceiling;
pub mod comeback;
pub mod fan_out;
pub mod idle;
pub mod joins;
pub mod stalled;

use std::{rc::Rc, time::Duration};

use anyhow::Result;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::time::sleep;

use crate::{
    client::Client,
    server::{Program, Server},
    tally::Tally,
};

/// After the last join, what joining set off is over by then.
const SETTLE: Duration = Duration::from_millis(300);

/// Clients that join at the same time: some servers take a while for each.
const JOINING: usize = 64;

/// Clients of one server, spread evenly over rooms: client `n` is in room `n % rooms`.
async fn join_all(
    program: &Program<'_>,
    server: &Server,
    connections: u64,
    rooms: u64,
    tally: &Rc<Tally>,
) -> Result<Vec<Client>> {
    let joining =
        (0..connections).map(|number| Client::join(&program.peer, server.address, number % rooms, tally));
    let clients = stream::iter(joining).buffered(JOINING).try_collect().await;
    sleep(SETTLE).await;
    clients
}
