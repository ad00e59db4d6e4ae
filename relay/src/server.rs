//! The relay's life: accept, serve, drain, stop.
//!
//! Sockets are bounded, in all and by address, before anything is read from them, and the head of a request has to
//! come within the handshake time-out, so slow or silent clients cannot use up the relay.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::addresses::Addresses;
use crate::backplane;
use crate::config::Config;
use crate::http::{self, Client};
use crate::rooms::Rooms;

/// Sockets beyond the limit of connections: for the web app's files and for refusals with a reason.
const SPARE_SOCKETS: u32 = 1_024;
/// The same for one address.
const SPARE_SOCKETS_PER_ADDRESS: u32 = 64;
/// Largest head of a request.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Pause after the system refused a socket, for example because no file descriptors are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves rooms and the web app until `shutdown` resolves, then drains: members are told and closed, and this returns
/// when all are gone or the deadline has passed.
///
/// # Errors
/// When the listener has no address, which the system decides, or the backplane cannot be joined.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let backplane = backplane::start(&config).await.map_err(io::Error::other)?;
    tracing::info!(address = %listener.local_addr()?, "relay listens");
    let plane = backplane.as_ref().map(|running| running.backplane());
    let rooms = Arc::new(Rooms::new(config.limits.clone(), plane));
    let tasks = TaskTracker::new();
    let stopping = CancellationToken::new();
    let router = http::router(rooms.clone(), &config, tasks.clone());
    let accepting = accept(listener, router, &config, &tasks, &stopping);
    tokio::select! {
        () = accepting => {}
        () = shutdown => {}
    }
    tracing::info!("relay drains");
    rooms.drain();
    stopping.cancel();
    tasks.close();
    if tokio::time::timeout(config.drain_deadline(), tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!(left = tasks.len(), "connections outlived the deadline");
    }
    if let Some(backplane) = backplane {
        backplane.stop().await;
    }
    Ok(())
}

async fn accept(
    listener: TcpListener,
    router: Router,
    config: &Config,
    tasks: &TaskTracker,
    stopping: &CancellationToken,
) {
    let limits = &config.limits;
    let most = limits.max_connections.saturating_add(SPARE_SOCKETS);
    let sockets = Arc::new(Semaphore::new(most as usize));
    let addresses = Addresses::new(
        limits
            .max_connections_per_address
            .saturating_add(SPARE_SOCKETS_PER_ADDRESS),
    );
    loop {
        let Ok(socket) = sockets.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, address)) => {
                if let Some(place) = addresses.take_place(address.ip()) {
                    let client = Client {
                        address,
                        socket: Arc::new((socket, place)),
                    };
                    let timeout = limits.handshake_timeout();
                    tasks.spawn(serve_http(
                        stream,
                        client,
                        router.clone(),
                        timeout,
                        stopping.clone(),
                    ));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "socket refused");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves requests on one socket until it closes, upgrades or the relay stops.
async fn serve_http(
    stream: TcpStream,
    client: Client,
    router: Router,
    handshake_timeout: Duration,
    stopping: CancellationToken,
) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(client.clone());
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(handshake_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "request failed");
    }
}
