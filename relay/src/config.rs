//! The configuration of a relay, fixed at its start.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgAction, Args};
use ipnet::IpNet;

#[cfg(feature = "nats")]
use crate::backplane::BackplaneSettings;
use crate::limits::Limits;

/// Everything that can be chosen about a relay but its address.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Folder of the built web app to serve at `/`
    #[arg(long, value_name = "DIR")]
    pub web_root: Option<PathBuf>,
    /// Origin of pages that may connect, besides the relay's own and loopback ones (repeatable)
    #[arg(long = "allow-origin", value_name = "ORIGIN", value_delimiter = ',')]
    pub allowed_origins: Vec<String>,
    /// Network of a proxy whose X-Forwarded-For is believed (repeatable)
    #[arg(long = "trusted-proxy", value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,
    /// Certificate chain in PEM; with a key, the relay speaks TLS only
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Second address, for /metrics, /healthz and /readyz only, without TLS
    #[arg(long, value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// Serve /metrics to everybody on the main address, not to loopback only
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub metrics_public: bool,
    /// Longest time over which closes are spread after the signal to stop
    #[arg(long, value_name = "MS", default_value_t = Self::default().drain_spread_ms)]
    pub drain_spread_ms: u64,
    /// Longest time that closed connections get to end after that
    #[arg(long, value_name = "MS", default_value_t = Self::default().drain_deadline_ms)]
    pub drain_deadline_ms: u64,
    #[cfg(feature = "nats")]
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace the help text of the program"
    )]
    pub backplane: BackplaneSettings,
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace the help text of the program"
    )]
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            web_root: None,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
            metrics_listen: None,
            metrics_public: false,
            drain_spread_ms: 5_000,
            drain_deadline_ms: 5_000,
            #[cfg(feature = "nats")]
            backplane: BackplaneSettings::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    pub(crate) fn drain_spread(&self) -> Duration {
        Duration::from_millis(self.drain_spread_ms)
    }

    pub(crate) fn drain_deadline(&self) -> Duration {
        Duration::from_millis(self.drain_deadline_ms)
    }
}
