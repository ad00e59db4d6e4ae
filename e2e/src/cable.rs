//! A cable between some tabs and the relay: a TCP proxy that can be cut, silenced and healed.
//!
//! A tab is led through it by the page's `?relay=` parameter: `format!("{}?relay={}", relay.page(), cable.url())`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Bytes flow.
    Whole,
    /// Connections stand, but no byte passes: a network that went silent.
    Silent,
    /// Connections are closed, new ones refused.
    Cut,
}

/// A cable; it is cut when dropped.
pub struct Cable {
    address: SocketAddr,
    state: watch::Sender<State>,
    carried: Arc<AtomicU64>,
    listener: JoinHandle<()>,
}

impl Cable {
    /// Lays a cable to a relay.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn lay(relay: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State::Whole);
        let carried = Arc::new(AtomicU64::new(0));
        let listener = tokio::spawn(accept(listener, relay, watched, Arc::clone(&carried)));
        Ok(Self {
            address,
            state,
            carried,
            listener,
        })
    }

    /// What to give the page as the relay's address.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Closes every connection through the cable and refuses new ones.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Lets connections stand but holds every byte back.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Makes the cable whole again; what was held back flows on.
    pub fn heal(&self) {
        self.state.send_replace(State::Whole);
    }

    /// Bytes carried so far, both ways.
    pub fn carried_bytes(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.cut();
        self.listener.abort();
    }
}

async fn accept(
    listener: TcpListener,
    relay: SocketAddr,
    state: watch::Receiver<State>,
    carried: Arc<AtomicU64>,
) {
    while let Ok((tab, _)) = listener.accept().await {
        if *state.borrow() == State::Cut {
            continue;
        }
        let Ok(server) = TcpStream::connect(relay).await else {
            continue;
        };
        let (tab_reads, tab_writes) = tab.into_split();
        let (server_reads, server_writes) = server.into_split();
        tokio::spawn(carry(
            tab_reads,
            server_writes,
            state.clone(),
            Arc::clone(&carried),
        ));
        tokio::spawn(carry(
            server_reads,
            tab_writes,
            state.clone(),
            Arc::clone(&carried),
        ));
    }
}

/// Carries one direction until an end closes or the cable is cut; dropping the halves closes the connection.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    carried: Arc<AtomicU64>,
) {
    let mut cut = state.clone();
    let flow = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let Some(bytes) = buffer.get(..length) else { return };
            if state.wait_for(|state| *state != State::Silent).await.is_err() {
                return;
            }
            if to.write_all(bytes).await.is_err() {
                return;
            }
            carried.fetch_add(length as u64, Ordering::Relaxed);
        }
    };
    tokio::select! {
        () = flow => {}
        _ = cut.wait_for(|state| *state == State::Cut) => {}
    }
}
