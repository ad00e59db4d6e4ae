//! From a socket to requests: TLS if there is any, then HTTP/1.1.
//!
//! Sockets are bounded, in all and by address, before anything is read from them; TLS and the head of the first request
//! have to come within the handshake time-out together. So slow or silent clients cannot use up the relay.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    addresses::Addresses,
    client::{Client, Places},
    limits::Limits,
    metrics::Refusal,
    proxies::{self, Proxies},
    rooms::Rooms,
    tls::Tls,
};

/// Sockets beyond the limit of connections: for the web app's files and for refusals with a reason.
const SPARE_SOCKETS: u32 = 1_024;
/// Such sockets that one address may hold.
const SPARE_SOCKETS_PER_ADDRESS: u32 = 64;
/// Largest head of an HTTP request.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// Pause after the system refused a socket, for example because no file descriptors are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one listening address needs for its sockets.
pub(crate) struct Acceptor {
    pub(crate) router: Router,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) proxies: Arc<Proxies>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
}

impl Acceptor {
    /// Takes sockets for as long as it is polled.
    pub(crate) async fn run(self, listener: TcpListener) {
        let acceptor = Arc::new(self);
        let limits = acceptor.rooms.limits();
        let most = limits.max_connections.saturating_add(SPARE_SOCKETS);
        let sockets = Arc::new(Semaphore::new(most as usize));
        let addresses = spare_addresses(limits);
        loop {
            let Ok(socket) = sockets.clone().acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let address = match acceptor.proxies.is_trusted(peer.ip()) {
                        true => None,
                        false => match addresses.take_place(peer.ip()) {
                            None => {
                                acceptor
                                    .rooms
                                    .metrics()
                                    .count_refused(Refusal::TooManyFromAddress);
                                continue;
                            }
                            place => place,
                        },
                    };
                    let places = Places::of(socket, address);
                    let serving = serve_socket(acceptor.clone(), stream, peer, places);
                    acceptor.tasks.spawn(serving);
                }
                Err(error) => {
                    acceptor.rooms.metrics().count_refused(Refusal::System);
                    tracing::warn!(%error, "socket refused");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn spare_addresses(limits: &Limits) -> Arc<Addresses> {
    let most = limits.max_connections_per_address;
    Addresses::new(
        most.saturating_add(SPARE_SOCKETS_PER_ADDRESS),
        limits.rates_per_address(),
    )
}

/// Serves one socket from its first byte on.
async fn serve_socket(acceptor: Arc<Acceptor>, stream: TcpStream, peer: SocketAddr, places: Places) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let timeout = acceptor.rooms.limits().handshake_timeout();
    let Some(tls) = &acceptor.tls else {
        return serve_http(&acceptor, stream, peer, places, timeout).await;
    };
    let start = Instant::now();
    match tokio::time::timeout(timeout, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => {
            let left = timeout
                .saturating_sub(start.elapsed())
                .max(Duration::from_millis(1));
            serve_http(&acceptor, stream, peer, places, left).await;
        }
        _ => acceptor.rooms.metrics().count_refused(Refusal::Tls),
    }
}

/// Serves requests on one stream until it closes, upgrades or the relay stops.
async fn serve_http(
    acceptor: &Acceptor,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    places: Places,
    head_timeout: Duration,
) {
    let places = Arc::new(places);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let headers = request.headers();
        let client = Client {
            address: acceptor.proxies.client_of(peer.ip(), headers),
            is_local: peer.ip().is_loopback() && !proxies::is_forwarded(headers),
            places: places.clone(),
        };
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(client);
        acceptor.router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        () = acceptor.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        acceptor.rooms.metrics().count_refused(Refusal::Request);
        tracing::debug!(%error, "request failed");
    }
}
