//! A cable between some tabs and the relay: a TCP proxy that can be cut, silenced and healed, and that keeps what it
//! carries if it is asked to. It can also speak in the tab's place, to show what a relay does with a tab gone bad.
//!
//! A tab is led through it by the page's `?relay=` parameter: `format!("{}?relay={}", relay.page(), cable.url())`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{broadcast, watch},
    task::JoinHandle,
};

use crate::wire::{Direction, Recording};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Bytes flow both ways.
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
    injected: broadcast::Sender<Vec<u8>>,
    carried: Arc<Carried>,
    listener: JoinHandle<()>,
}

/// What a cable has carried.
#[derive(Default)]
struct Carried {
    bytes: AtomicU64,
    /// One per connection, if the cable records.
    recordings: Option<Mutex<Vec<Recording>>>,
}

impl Cable {
    /// Lays a cable to a relay, which passes bytes on until told otherwise.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn lay(relay: SocketAddr) -> Result<Self> {
        Self::lay_with(relay, Carried::default()).await
    }

    /// Lays a cable that keeps all that it carries.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn lay_recording(relay: SocketAddr) -> Result<Self> {
        let carried = Carried {
            recordings: Some(Mutex::default()),
            ..Carried::default()
        };
        Self::lay_with(relay, carried).await
    }

    async fn lay_with(relay: SocketAddr, carried: Carried) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State::Whole);
        let (injected, _) = broadcast::channel(16);
        let carried = Arc::new(carried);
        let listener = tokio::spawn(accept(
            listener,
            relay,
            watched,
            injected.clone(),
            Arc::clone(&carried),
        ));
        Ok(Self {
            address,
            state,
            injected,
            carried,
            listener,
        })
    }

    /// What to give the page as the relay's address.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The web app, seen through the cable.
    pub fn page(&self) -> String {
        format!("http://{}/", self.address)
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

    /// Sends bytes to the relay on every connection, as if the tab had sent them after what it sent last.
    pub fn inject(&self, bytes: Vec<u8>) {
        // No receiver: no connection that could carry them.
        let _ = self.injected.send(bytes);
    }

    /// Bytes carried so far, both ways.
    pub fn carried_bytes(&self) -> u64 {
        self.carried.bytes.load(Ordering::Relaxed)
    }

    /// All connections so far, if the cable records.
    pub fn recordings(&self) -> Vec<Recording> {
        let recordings = self.carried.recordings.as_ref();
        recordings.map_or_else(Vec::new, |recordings| {
            recordings.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }
}

impl Carried {
    /// Opens a recording and returns its number.
    fn begin(&self) -> usize {
        let Some(recordings) = &self.recordings else {
            return 0;
        };
        let mut recordings = recordings.lock().unwrap_or_else(PoisonError::into_inner);
        recordings.push(Recording::default());
        recordings.len() - 1
    }

    fn add(&self, recording: usize, direction: Direction, bytes: &[u8]) {
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let Some(recordings) = &self.recordings else {
            return;
        };
        let mut recordings = recordings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recording) = recordings.get_mut(recording) {
            match direction {
                Direction::ToRelay => recording.to_relay.extend_from_slice(bytes),
                Direction::FromRelay => recording.from_relay.extend_from_slice(bytes),
            }
        }
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
    injected: broadcast::Sender<Vec<u8>>,
    carried: Arc<Carried>,
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
        let recording = carried.begin();
        for (direction, from, to) in [
            (Direction::ToRelay, tab_reads, server_writes),
            (Direction::FromRelay, server_reads, tab_writes),
        ] {
            let carried = Arc::clone(&carried);
            let kept = move |bytes: &[u8]| carried.add(recording, direction, bytes);
            let injected = match direction {
                Direction::ToRelay => injected.subscribe(),
                Direction::FromRelay => broadcast::channel(1).1,
            };
            tokio::spawn(carry(from, to, state.clone(), injected, kept));
        }
    }
}

/// Carries one direction until an end closes or the cable is cut; dropping the halves closes the connection.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    mut injected: broadcast::Receiver<Vec<u8>>,
    kept: impl Fn(&[u8]),
) {
    let mut cut = state.clone();
    let flow = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = tokio::select! {
                read = from.read(&mut buffer) => read,
                Ok(bytes) = injected.recv() => match to.write_all(&bytes).await {
                    Ok(()) => continue,
                    Err(_) => return,
                },
            };
            let Some(bytes) = read.ok().and_then(|length| buffer.get(..length)) else {
                return;
            };
            if bytes.is_empty() {
                return;
            }
            if state.wait_for(|state| *state != State::Silent).await.is_err() {
                return;
            }
            kept(bytes);
            if to.write_all(bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = flow => {}
        _ = cut.wait_for(|state| *state == State::Cut) => {}
    }
}
