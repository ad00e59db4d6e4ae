//! The least that a fan-out by tokio-tungstenite can be, for comparison: no rooms, no limits, no bound on what waits.
//!
//! Every message goes into the queue of every other connection; a queue is written whole before it is flushed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use tokio_tungstenite::{
    accept_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

type Connections = Arc<RwLock<HashMap<usize, UnboundedSender<Message>>>>;

/// The default of 128 KiB would be allocated for each connection.
const READ_BUFFER_BYTES: usize = 4 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let connections = Connections::default();
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    for id in 0.. {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(id, stream, connections.clone()));
    }
    Ok(())
}

async fn serve(id: usize, stream: TcpStream, connections: Connections) {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
    let Ok(socket) = accept_async_with_config(stream, Some(config)).await else {
        return;
    };
    let (mut writer, mut reader) = socket.split();
    let (sender, mut queue) = unbounded_channel();
    connections
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id, sender);
    let writing = async {
        while let Some(message) = queue.recv().await {
            if writer.feed(message).await.is_err() {
                return;
            }
            while let Ok(message) = queue.try_recv() {
                if writer.feed(message).await.is_err() {
                    return;
                }
            }
            if writer.flush().await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        while let Some(Ok(message @ Message::Binary(_))) = reader.next().await {
            for (other, queue) in connections.read().unwrap_or_else(PoisonError::into_inner).iter() {
                if *other != id {
                    let _ = queue.send(message.clone());
                }
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
    connections
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&id);
}
