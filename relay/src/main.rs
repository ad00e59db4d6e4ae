//! The relay binary: settings in, signals in, exit code out.

use std::{error::Error, io, process::ExitCode};

use ting_relay::{LogFormat, Relay, Settings, SettingsError};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Settings::read(std::env::args_os()) {
        Ok(settings) => settings,
        Err(SettingsError::Flags(error)) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
        Err(error) => return refuse(&error),
    };
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(error.as_ref()),
    }
}

fn refuse(error: &dyn Error) -> ExitCode {
    eprintln!("ting-relay: {error}");
    ExitCode::FAILURE
}

async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let max_connections = settings.relay.limits.max_connections;
    let relay = Relay::new(settings.relay)?;
    if settings.check {
        print!("{}", settings.in_force);
        return Ok(());
    }
    start_log(settings.log_format);
    allow_sockets(max_connections);
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let reloading = async {
        while hang_up.recv().await.is_some() {
            relay.reload_tls();
        }
        std::future::pending().await
    };
    tokio::select! {
        served = relay.serve(listener, stop) => Ok(served?),
        () = reloading => Ok(()),
    }
}

/// Each connection is a file descriptor, and the system's soft limit is often a thousand.
fn allow_sockets(max_connections: u32) {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(allowed) if allowed <= max_connections.into() => {
            tracing::warn!(
                allowed,
                max_connections,
                "fewer file descriptors than connections"
            );
        }
        Ok(allowed) => tracing::debug!(allowed, "file descriptors"),
        Err(error) => tracing::warn!(%error, "the limit of file descriptors stays"),
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
