//! The relay's life: check, accept, drain, stop.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    accept::Acceptor,
    backplane::{self, Backplane},
    config::Config,
    drain,
    http::{self, Publicity},
    proxies::Proxies,
    rooms::Rooms,
    tls::{Tls, TlsError},
};

/// Time for requests under way to end when all members are gone.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// A relay that has read all it needs and can serve.
pub struct Relay {
    config: Config,
    tls: Option<Arc<Tls>>,
    backplane: Option<Arc<Backplane>>,
    rooms: Arc<Rooms>,
}

/// Why a relay cannot start with this configuration.
#[derive(Debug, Error)]
pub enum StartError {
    /// A certificate without its key, or a key without its certificate.
    #[error("`tls_cert` and `tls_key` must be given together")]
    HalfTls,
    /// The certificate or its key is of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no web app where it should be.
    #[error("`web_root`: there is no {}", .0.display())]
    NoWebApp(PathBuf),
    /// Connections would be closed before their first ping.
    #[error("`idle_timeout_ms` must be longer than `ping_interval_ms`")]
    IdleBeforePing,
    /// No frame of the largest size would fit the queue of a reader.
    #[error("`max_queued_bytes` must be larger than `max_frame_bytes`")]
    QueueBelowFrame,
}

impl Relay {
    /// Reads the certificate and looks for the web app.
    ///
    /// # Errors
    /// [`StartError`] names the first thing that is wrong.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let limits = &config.limits;
        if limits.idle_timeout_ms <= limits.ping_interval_ms {
            return Err(StartError::IdleBeforePing);
        }
        if limits.max_queued_bytes <= limits.max_frame_bytes {
            return Err(StartError::QueueBelowFrame);
        }
        if let Some(index) = config.web_root.as_ref().map(|root| root.join("index.html"))
            && !index.is_file()
        {
            return Err(StartError::NoWebApp(index));
        }
        let tls = match (&config.tls_cert, &config.tls_key) {
            (Some(cert), Some(key)) => Some(Arc::new(Tls::load(cert, key)?)),
            (None, None) => None,
            _ => return Err(StartError::HalfTls),
        };
        let backplane = Backplane::wanted(&config);
        Ok(Self {
            rooms: Arc::new(Rooms::new(limits.clone(), backplane.clone())),
            backplane,
            tls,
            config,
        })
    }

    /// Reads the certificate again, for new connections. If it is no good, the old one stays.
    pub fn reload_tls(&self) {
        let Some(tls) = &self.tls else {
            return tracing::info!("there is no TLS certificate to read again");
        };
        let reloaded = tls.reload();
        self.rooms.metrics().count_tls_reload(reloaded.is_ok());
        match reloaded {
            Ok(()) => tracing::info!("TLS certificate read again"),
            Err(error) => tracing::error!(%error, "TLS certificate not read; the old one stays"),
        }
    }

    /// Serves rooms and the web app until `shutdown` resolves, then drains: members are told and closed one after the
    /// other, while requests are still answered; returns when all are gone or the deadline has passed.
    ///
    /// # Errors
    /// When a listener has no address, the address for metrics cannot be had, or the siblings cannot be joined.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let backplane = match &self.backplane {
            Some(backplane) => Some(
                backplane::start(backplane, &self.config)
                    .await
                    .map_err(io::Error::other)?,
            ),
            None => None,
        };
        tracing::info!(address = %listener.local_addr()?, tls = self.tls.is_some(), "relay listens");
        let members = TaskTracker::new();
        let requests = TaskTracker::new();
        let stopping = CancellationToken::new();
        let accepting = async {
            let publicity = match (self.config.metrics_public, self.config.metrics_listen) {
                (true, _) => Publicity::Everybody,
                (false, None) => Publicity::Loopback,
                (false, Some(_)) => Publicity::Nobody,
            };
            let router = http::router(self.rooms.clone(), &self.config, members.clone(), publicity);
            let acceptor = self.acceptor(router, self.tls.clone(), &requests, &stopping);
            acceptor.run(listener).await;
        };
        let metrics = self.metrics_listener().await?;
        let accepting_for_metrics = async {
            match metrics {
                Some(listener) => {
                    let router = http::metrics_router(self.rooms.clone());
                    let acceptor = self.acceptor(router, None, &requests, &stopping);
                    acceptor.run(listener).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = accepting => {}
            () = accepting_for_metrics => {}
            () = async { shutdown.await; self.drain(&members).await } => {}
        }
        stopping.cancel();
        requests.close();
        if tokio::time::timeout(LAST_REQUESTS, requests.wait())
            .await
            .is_err()
        {
            tracing::info!(left = requests.len(), "requests outlived the relay");
        }
        if let Some(backplane) = backplane {
            backplane.stop().await;
        }
        Ok(())
    }

    async fn metrics_listener(&self) -> io::Result<Option<TcpListener>> {
        let Some(address) = self.config.metrics_listen else {
            return Ok(None);
        };
        let listener = TcpListener::bind(address).await?;
        tracing::info!(address = %listener.local_addr()?, "metrics listen");
        Ok(Some(listener))
    }

    fn acceptor(
        &self,
        router: axum::Router,
        tls: Option<Arc<Tls>>,
        requests: &TaskTracker,
        stopping: &CancellationToken,
    ) -> Acceptor {
        Acceptor {
            router,
            tls,
            proxies: Arc::new(Proxies::new(self.config.trusted_proxies.clone())),
            rooms: self.rooms.clone(),
            tasks: requests.clone(),
            stopping: stopping.clone(),
        }
    }

    async fn drain(&self, members: &TaskTracker) {
        let to_close = self.rooms.drain();
        tracing::info!(members = to_close.len(), "relay drains");
        drain::close_all(to_close, self.config.drain_spread()).await;
        members.close();
        let gone = tokio::time::timeout(self.config.drain_deadline(), members.wait()).await;
        if gone.is_err() {
            tracing::warn!(left = members.len(), "connections outlived the deadline");
        }
    }
}

/// [`Relay::new`] and [`Relay::serve`] in one.
///
/// # Errors
/// As both; a [`StartError`] comes inside the `io::Error`.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let relay = Relay::new(config).map_err(io::Error::other)?;
    relay.serve(listener, shutdown).await
}
