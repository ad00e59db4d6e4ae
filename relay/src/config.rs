//! What a relay is told at its start.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

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
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub allowed_origins: Vec<String>,
    /// Longest time that connections get to end after the signal to stop
    #[arg(long, value_name = "MS", default_value_t = 5_000)]
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
            drain_deadline_ms: 5_000,
            #[cfg(feature = "nats")]
            backplane: BackplaneSettings::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    pub(crate) fn drain_deadline(&self) -> Duration {
        Duration::from_millis(self.drain_deadline_ms)
    }
}
