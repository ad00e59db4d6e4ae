//! A real relay on a free loopback port, and clients that speak to it through `tokio-tungstenite`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use ting_frame::{ClientFrame, CloseReason, ConnectionId, Control, Destination, RelayFrame, Welcome};
use ting_relay::{Config, Limits, Relay};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// How long anything in a test may take before it counts as never.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub const ROOM: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Fails the test when the future takes longer than [`DEADLINE`].
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("took too long")
}

pub struct TestRelay {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

impl TestRelay {
    pub async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let relay = Arc::new(Relay::new(config).unwrap());
        let served = tokio::spawn(async move { relay.serve(listener, shutdown).await });
        Self {
            address,
            stop: Some(stop),
            served,
        }
    }

    pub async fn with_limits(limits: Limits) -> Self {
        Self::start(Config {
            limits,
            ..Config::default()
        })
        .await
    }

    /// Gives the signal to stop, as SIGTERM would.
    pub fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub async fn stopped(self) {
        soon(self.served).await.unwrap().unwrap();
    }

    pub async fn join(&self) -> Client {
        self.join_room(ROOM).await
    }

    pub async fn join_room(&self, room: &str) -> Client {
        join_at(self.address, room).await
    }

    /// Opens a WebSocket and waits for nothing.
    pub async fn connect(&self, room: &str, origin: Option<&str>) -> Result<Socket, Error> {
        let headers: Vec<_> = origin.iter().map(|origin| ("origin", *origin)).collect();
        connect_with(self.address, Ipv4Addr::LOCALHOST, room, &headers).await
    }

    /// The same from another loopback address.
    pub async fn connect_from(&self, source: Ipv4Addr, room: &str) -> Result<Socket, Error> {
        connect_with(self.address, source, room, &[]).await
    }
}

/// Joins a room of the relay at this address.
pub async fn join_at(relay: SocketAddr, room: &str) -> Client {
    let socket = connect_with(relay, Ipv4Addr::LOCALHOST, room, &[]).await.unwrap();
    welcomed(socket).await
}

/// A member, once it was welcomed.
pub async fn welcomed(mut socket: Socket) -> Client {
    let message = soon(socket.next()).await.unwrap().unwrap();
    match RelayFrame::decode(&message.into_data()).unwrap() {
        RelayFrame::Control(Control::Welcome(welcome)) => Client { socket, welcome },
        other => panic!("the first frame is {other:?}"),
    }
}

/// Opens a WebSocket from a loopback address, with more headers, and waits for nothing.
pub async fn connect_with(
    relay: SocketAddr,
    source: Ipv4Addr,
    room: &str,
    headers: &[(&'static str, &str)],
) -> Result<Socket, Error> {
    let mut request = format!("ws://{relay}/room/{room}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    let from = TcpSocket::new_v4().unwrap();
    from.bind((IpAddr::from(source), 0).into()).unwrap();
    let stream = soon(from.connect(relay)).await.unwrap();
    let connected = soon(client_async(request, MaybeTlsStream::Plain(stream))).await;
    connected.map(|(socket, _)| socket)
}

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a client heard from the relay.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Peer(ConnectionId, Vec<u8>),
    Control(Control),
    Closed(Option<CloseReason>),
}

pub struct Client {
    pub socket: Socket,
    pub welcome: Welcome,
}

impl Client {
    pub fn id(&self) -> ConnectionId {
        self.welcome.your_id
    }

    pub async fn send(&mut self, destination: Destination, payload: &[u8]) {
        let frame = ClientFrame { destination, payload }.encode();
        self.send_message(Message::binary(frame)).await.unwrap();
    }

    pub async fn send_to_all(&mut self, payload: &[u8]) {
        self.send(Destination::EverybodyElse, payload).await;
    }

    pub async fn send_message(&mut self, message: Message) -> Result<(), Error> {
        soon(self.socket.send(message)).await
    }

    /// The next thing heard.
    pub async fn hear(&mut self) -> Heard {
        soon(next_heard(&mut self.socket)).await
    }

    /// The next payload from a peer, skipping joins and leaves.
    pub async fn hear_payload(&mut self) -> (ConnectionId, Vec<u8>) {
        loop {
            match self.hear().await {
                Heard::Peer(source, payload) => return (source, payload),
                Heard::Control(_) => {}
                Heard::Closed(reason) => panic!("closed by {reason:?}"),
            }
        }
    }

    /// The reason of the close, skipping all before it.
    pub async fn hear_close(&mut self) -> Option<CloseReason> {
        soon(close_reason(&mut self.socket)).await
    }
}

pub async fn close_reason<Io: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<Io>,
) -> Option<CloseReason> {
    loop {
        if let Heard::Closed(reason) = next_heard(socket).await {
            return reason;
        }
    }
}

/// The next thing heard on any stream.
pub async fn next_heard<Io: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<Io>) -> Heard {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                return match RelayFrame::decode(&bytes).unwrap() {
                    RelayFrame::Peer { source, payload } => Heard::Peer(source, payload.to_vec()),
                    RelayFrame::Control(control) => Heard::Control(control),
                };
            }
            Some(Ok(Message::Close(close))) => {
                let reason = close.and_then(|close| {
                    let reason = CloseReason::from_code(close.code.into());
                    assert_eq!(reason.map(CloseReason::sentence), Some(close.reason.as_str()));
                    reason
                });
                return Heard::Closed(reason);
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Heard::Closed(None),
        }
    }
}
