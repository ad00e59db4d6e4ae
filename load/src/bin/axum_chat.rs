//! The chat example of axum, for comparison: every message goes into one broadcast channel that every connection reads.

use axum::{
    Router,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::any,
    serve::ListenerExt,
};
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpListener, sync::broadcast};

/// Messages that a slow reader may be behind before it silently loses some, as in the example.
const CHANNEL_MESSAGES: usize = 100;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let (sender, _) = broadcast::channel(CHANNEL_MESSAGES);
    let router = Router::new().fallback(any(join)).with_state(sender);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    // Without this, the kernel holds small messages back for tens of milliseconds.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn join(upgrade: WebSocketUpgrade, State(sender): State<broadcast::Sender<Message>>) -> Response {
    upgrade.on_upgrade(|socket| chat(socket, sender))
}

async fn chat(socket: WebSocket, sender: broadcast::Sender<Message>) {
    let (mut writer, mut reader) = socket.split();
    let mut messages = sender.subscribe();
    let mut sending = tokio::spawn(async move {
        loop {
            match messages.recv().await {
                Ok(message) => {
                    if writer.send(message).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    let mut receiving = tokio::spawn(async move {
        while let Some(Ok(message @ Message::Binary(_))) = reader.next().await {
            let _ = sender.send(message);
        }
    });
    tokio::select! {
        _ = &mut sending => receiving.abort(),
        _ = &mut receiving => sending.abort(),
    }
}
