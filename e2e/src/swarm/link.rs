//! One link of a native peer: a WebSocket that is opened again whenever it breaks.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use ting_core::peer::io::{ConnectionId, Input, LinkId};
use ting_frame::{Control, RelayFrame};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// Frames that wait for a slow relay; more are lost, as gossip may be.
const QUEUE: usize = 1_024;
/// Silence after which a link is taken for dead. The relay pings every fifteen seconds.
const SILENCE: Duration = Duration::from_secs(20);
/// Shortest pause before another attempt; a random part of as much again comes on top.
const PAUSE_MS: u64 = 500;

/// A link; it closes when dropped.
pub(super) struct Link {
    frames: mpsc::Sender<Vec<u8>>,
    task: JoinHandle<()>,
}

impl Link {
    /// Opens a link, and again after each break. What it hears goes to `inputs`.
    pub(super) fn open(link: LinkId, url: String, inputs: mpsc::Sender<Input>) -> Self {
        let (frames, mut outgoing) = mpsc::channel(QUEUE);
        let task = tokio::spawn(async move {
            loop {
                let _ = run(link, &url, &inputs, &mut outgoing).await;
                if inputs.send(Input::LinkDown { link }).await.is_err() {
                    return;
                }
                while outgoing.try_recv().is_ok() {}
                tokio::time::sleep(Duration::from_millis(PAUSE_MS + random_below(PAUSE_MS))).await;
            }
        });
        Self { frames, task }
    }

    /// Sends a frame, if the link is up and not choked.
    pub(super) fn send(&self, frame: Vec<u8>) {
        let _ = self.frames.try_send(frame);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection from its opening to its end.
async fn run(
    link: LinkId,
    url: &str,
    inputs: &mpsc::Sender<Input>,
    outgoing: &mut mpsc::Receiver<Vec<u8>>,
) -> anyhow::Result<()> {
    let (socket, _) = timeout(SILENCE, connect_async(url)).await??;
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            message = timeout(SILENCE, stream.next()) => match message? {
                Some(Ok(Message::Binary(bytes))) => {
                    if let Some(input) = input_of(link, &bytes) {
                        inputs.send(input).await?;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => {}
            },
            Some(frame) = outgoing.recv() => sink.send(Message::Binary(frame.into())).await?,
        }
    }
}

fn input_of(link: LinkId, bytes: &[u8]) -> Option<Input> {
    match RelayFrame::decode(bytes).ok()? {
        RelayFrame::Peer { source, payload } => Some(Input::Frame {
            link,
            from: ConnectionId(source.get()),
            bytes: payload.to_vec(),
        }),
        RelayFrame::Control(Control::Welcome(welcome)) => Some(Input::LinkUp {
            link,
            own: ConnectionId(welcome.your_id.get()),
            others: welcome.member_count.saturating_sub(1),
        }),
        RelayFrame::Control(Control::Joined(id)) => Some(Input::Joined {
            link,
            connection: ConnectionId(id.get()),
        }),
        RelayFrame::Control(Control::Left(id)) => Some(Input::Left {
            link,
            connection: ConnectionId(id.get()),
        }),
        RelayFrame::Control(Control::Notice(_)) => None,
    }
}

/// The standard library's hasher is keyed at random for each call.
fn random_below(bound: u64) -> u64 {
    RandomState::new().hash_one(0) % bound
}
