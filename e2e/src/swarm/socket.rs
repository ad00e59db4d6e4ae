//! WebSockets of native peers, each in a task of its own, its ends turned into events.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use ting_host::{Dial, Socket, SocketEvent, SocketId, SocketNews};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// How long a connection may take to open.
const PATIENCE: Duration = Duration::from_secs(20);
/// The close code of a socket that ended without one.
const NO_HANDSHAKE: u16 = 1006;

/// Opens sockets whose events go down one channel.
pub(super) struct Sockets(pub(super) mpsc::Sender<SocketEvent>);

/// A socket; it closes when dropped.
pub(super) struct TokioSocket {
    frames: mpsc::UnboundedSender<Vec<u8>>,
    buffered_bytes: Arc<AtomicU32>,
    task: JoinHandle<()>,
}

impl Dial for Sockets {
    type Socket = TokioSocket;

    fn dial(&mut self, url: &str, socket: SocketId) -> Result<TokioSocket, String> {
        // The host stops sending while much is buffered, so the queue is bounded by it.
        let (frames, outgoing) = mpsc::unbounded_channel();
        let buffered_bytes = Arc::new(AtomicU32::new(0));
        let (url, left) = (url.to_owned(), buffered_bytes.clone());
        let teller = Teller {
            socket,
            events: self.0.clone(),
        };
        let task = tokio::spawn(async move {
            let code = run(&url, outgoing, &left, &teller).await;
            let code = code.unwrap_or(NO_HANDSHAKE);
            // A host that is gone need not hear it.
            let _ = teller.tell(SocketNews::Closed { code }).await;
        });
        Ok(TokioSocket {
            frames,
            buffered_bytes,
            task,
        })
    }
}

impl Socket for TokioSocket {
    fn send(&self, bytes: &[u8]) {
        self.buffered_bytes
            .fetch_add(bytes.len() as u32, Ordering::Relaxed);
        // A task that ended has said so.
        let _ = self.frames.send(bytes.to_vec());
    }

    fn buffered_bytes(&self) -> u32 {
        self.buffered_bytes.load(Ordering::Relaxed)
    }
}

impl Drop for TokioSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Tells the host what one socket does.
struct Teller {
    socket: SocketId,
    events: mpsc::Sender<SocketEvent>,
}

impl Teller {
    async fn tell(&self, news: SocketNews) -> anyhow::Result<()> {
        let socket = self.socket;
        Ok(self.events.send(SocketEvent { socket, news }).await?)
    }
}

/// One connection from its opening to its end; the code it was closed with.
async fn run(
    url: &str,
    mut outgoing: mpsc::UnboundedReceiver<Vec<u8>>,
    left: &AtomicU32,
    teller: &Teller,
) -> anyhow::Result<u16> {
    let (socket, _) = timeout(PATIENCE, connect_async(url)).await??;
    let (mut sink, mut stream) = socket.split();
    let receiving = async {
        while let Some(message) = stream.next().await {
            match message? {
                Message::Binary(bytes) => teller.tell(SocketNews::Message(bytes.to_vec())).await?,
                Message::Close(Some(frame)) => return Ok(frame.code.into()),
                Message::Close(None) => break,
                Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        Ok(NO_HANDSHAKE)
    };
    let sending = async {
        while let Some(frame) = outgoing.recv().await {
            let bytes = frame.len() as u32;
            sink.send(Message::Binary(frame.into())).await?;
            left.fetch_sub(bytes, Ordering::Relaxed);
        }
        Ok(NO_HANDSHAKE)
    };
    tokio::select! {
        ended = receiving => ended,
        ended = sending => ended,
    }
}
