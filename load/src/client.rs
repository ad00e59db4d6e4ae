//! One client: a socket, what it sends, and a task that counts what it hears.

use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    mem::MaybeUninit,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    rc::Rc,
    task::{Poll, ready},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    net::{
        TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{AbortHandle, spawn_local},
    time::{sleep, timeout},
};

use crate::{
    peers::{Heard, Peer},
    tally::{Tally, now_us},
    wire,
};

/// A server that has not answered by then never will.
const DEADLINE: Duration = Duration::from_secs(20);
/// A server that still feeds a member after so long has not cut it.
const END_DEADLINE: Duration = Duration::from_secs(3);
/// Most bytes that a client reads at once.
const READ_BYTES: usize = 64 * 1024;
/// What the kernel keeps for a client that never reads.
const STALLED_BUFFER_BYTES: u32 = 16 * 1024;

/// A client that is a member of one room.
pub struct Client {
    writer: Rc<OwnedWriteHalf>,
    listener: AbortHandle,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Client {
    /// Connects, joins a room and listens, telling `tally` all that it hears.
    pub async fn join(
        peer: &Rc<dyn Peer>,
        address: SocketAddr,
        room: u64,
        tally: &Rc<Tally>,
    ) -> Result<Self> {
        let stream = connect(address, None).await?;
        let (reader, writer, unread) = enter(peer.as_ref(), stream, room).await?;
        let writer = Rc::new(writer);
        let listening = listen(reader, writer.clone(), peer.clone(), tally.clone(), unread);
        let listener = spawn_local(listening).abort_handle();
        Ok(Self { writer, listener })
    }

    /// Writes the wire bytes of one frame.
    ///
    /// # Errors
    /// When the server ended the connection, or takes nothing for long.
    pub async fn send(&self, mut wire: &[u8]) -> Result<()> {
        while !wire.is_empty() {
            match self.writer.try_write(wire) {
                Ok(written) => wire = wire.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let writable = timeout(DEADLINE, self.writer.writable()).await;
                    writable.context("the server takes nothing any more")??;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// A member that never reads, until it is asked what became of it.
pub struct Stalled {
    reader: OwnedReadHalf,
    /// Kept open: a closed half would say that the client is gone.
    _writer: OwnedWriteHalf,
}

/// How a connection that was not read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The server still sends to it.
    Open,
    /// The server cut it without a word.
    Cut,
    /// The server cut it with this close code.
    Closed(u16),
}

impl Stalled {
    /// Joins a room and then takes nothing from the socket.
    pub async fn join(peer: &Rc<dyn Peer>, address: SocketAddr, room: u64) -> Result<Self> {
        let stream = connect(address, Some(STALLED_BUFFER_BYTES)).await?;
        let (reader, writer, _) = enter(peer.as_ref(), stream, room).await?;
        Ok(Self {
            reader,
            _writer: writer,
        })
    }

    /// Reads all that is left, to learn how the connection stands.
    pub async fn end(self) -> End {
        timeout(END_DEADLINE, self.read_to_end())
            .await
            .unwrap_or(End::Open)
    }

    async fn read_to_end(mut self) -> End {
        let mut unread = Vec::new();
        loop {
            match timeout(Duration::from_millis(500), self.reader.read_buf(&mut unread)).await {
                Err(_) => return End::Open,
                Ok(Ok(0) | Err(_)) => return End::Cut,
                Ok(Ok(_)) => {}
            }
            let mut done = 0;
            while let Some((first, payload, length)) =
                wire::next_frame(unread.get(done..).unwrap_or_default())
            {
                if first == wire::CLOSE {
                    return payload
                        .first_chunk()
                        .map_or(End::Cut, |code| End::Closed(u16::from_be_bytes(*code)));
                }
                done += length;
            }
            unread.drain(..done);
        }
    }
}

/// Connects to a server that may be just starting.
async fn connect(address: SocketAddr, receive_buffer_bytes: Option<u32>) -> Result<TcpStream> {
    let start = Instant::now();
    loop {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = receive_buffer_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        match socket.connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) if start.elapsed() > DEADLINE => {
                return Err(error).context("the server does not listen");
            }
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Upgrades and joins; returns both halves and what was read too far.
pub async fn enter(
    peer: &dyn Peer,
    stream: TcpStream,
    room: u64,
) -> Result<(OwnedReadHalf, OwnedWriteHalf, Vec<u8>)> {
    timeout(DEADLINE, enter_now(peer, stream, room))
        .await
        .context("the server does not answer")?
}

async fn enter_now(
    peer: &dyn Peer,
    mut stream: TcpStream,
    room: u64,
) -> Result<(OwnedReadHalf, OwnedWriteHalf, Vec<u8>)> {
    let request = wire::upgrade(&peer.path(room), peer.subprotocol());
    stream.write_all(request.as_bytes()).await?;
    let mut unread = Vec::new();
    let head = loop {
        if let Some(at) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(&mut stream, &mut unread).await?;
    };
    if !unread.starts_with(b"HTTP/1.1 101") {
        bail!("no upgrade: {}", String::from_utf8_lossy(&unread));
    }
    unread.drain(..head);
    for step in peer.greetings(room) {
        stream.write_all(&step.say).await?;
        while let Some(awaited) = step.until {
            let frame = loop {
                match wire::next_frame(&unread) {
                    Some((_, payload, length)) => break (payload.to_vec(), length),
                    None => read_more(&mut stream, &mut unread).await?,
                }
            };
            unread.drain(..frame.1);
            if frame.0.windows(awaited.len()).any(|window| window == awaited) {
                break;
            }
        }
    }
    let (reader, writer) = stream.into_split();
    Ok((reader, writer, unread))
}

async fn read_more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Result<()> {
    match stream.read_buf(unread).await? {
        0 => bail!("the server hung up: {}", String::from_utf8_lossy(unread)),
        _ => Ok(()),
    }
}

/// A stranger that connects and leaves its socket, as [`connect`] but once.
pub async fn connect_once(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await
}

/// Counts what a member hears, and answers what the server asks, until the connection ends.
async fn listen(
    mut reader: OwnedReadHalf,
    writer: Rc<OwnedWriteHalf>,
    peer: Rc<dyn Peer>,
    tally: Rc<Tally>,
    mut unread: Vec<u8>,
) {
    let mut heard = Heard::default();
    loop {
        let read = read_some(&mut reader, |bytes| {
            let now = now_us();
            if unread.is_empty() {
                let rest = hear_all(peer.as_ref(), bytes, &mut heard);
                unread.extend_from_slice(rest);
            } else {
                unread.extend_from_slice(bytes);
                let kept = hear_all(peer.as_ref(), &unread, &mut heard).len();
                unread.drain(..unread.len() - kept);
            }
            for sent in heard.stamps.drain(..) {
                tally.delivered(sent, now);
            }
            tally.read(bytes.len());
        });
        let is_over = !read.await.is_ok_and(|bytes| bytes > 0) || heard.closed;
        if is_over {
            return tally.closed();
        }
        if !heard.replies.is_empty() {
            // A reply that does not fit now is not worth waiting for: servers ask again.
            let _ = writer.try_write(&heard.replies);
            heard.replies.clear();
        }
    }
}

/// Hears all whole frames; what is left is part of the next one.
fn hear_all<'a>(peer: &dyn Peer, mut bytes: &'a [u8], heard: &mut Heard) -> &'a [u8] {
    while let Some((first, payload, length)) = wire::next_frame(bytes) {
        match first {
            wire::PING => heard.replies.extend(wire::frame(wire::PONG, payload)),
            wire::CLOSE => heard.closed = true,
            _ => peer.hear(payload, heard),
        }
        bytes = bytes.get(length..).unwrap_or_default();
    }
    bytes
}

/// Reads once through space on the stack, so that ten thousand idle clients need no buffers.
async fn read_some(reader: &mut OwnedReadHalf, mut take: impl FnMut(&[u8])) -> io::Result<usize> {
    poll_fn(|context| {
        let mut space = [MaybeUninit::uninit(); READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer))?;
        take(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
    .await
}
