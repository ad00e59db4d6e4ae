//! One WebSocket, from its upgrade to its close frame, as one task.
//!
//! Reading and writing go on side by side, so a client that is slow to read can still be heard, and one that floods
//! cannot keep its own answers from being written. However a connection ends, it leaves the room first; then its close
//! frame is written and what the client still sends is thrown away for a moment, because a socket closed on unread
//! bytes is reset and the close frame with it lost.
//!
//! Why a malicious client cannot hurt the relay: reading stops at its first broken limit, an idle connection holds no
//! buffers, and no connection outlives its ending by more than [`CLOSE_GRACE`].

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use ting_frame::{ClientFrame, CloseReason, Destination, RoomName};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{MissedTickBehavior, interval_at};

use crate::limits::Limits;
use crate::outbox::{Ending, Outbox};
use crate::rate::Bucket;
use crate::rooms::{Membership, Rooms};
use crate::websocket::{self, Decoder, Incoming};

/// How long a client gets to take its close frame and hang up.
const CLOSE_GRACE: Duration = Duration::from_secs(2);
/// Most bytes taken from a socket at once.
const READ_BYTES: usize = 16 * 1024;
/// Most frames handed to the kernel at once.
const WRITE_FRAMES: usize = 64;

/// Serves one upgraded connection until it ends.
pub(crate) async fn run<Io>(io: Io, name: RoomName, address: IpAddr, rooms: Arc<Rooms>)
where
    Io: AsyncRead + AsyncWrite,
{
    let outbox = Arc::new(Outbox::new(rooms.limits()));
    let visit = rooms.visit(name).await;
    let membership = rooms.join(name, address, &outbox);
    drop(visit);
    let (reader, writer) = tokio::io::split(io);
    let writing = write_all(writer, &outbox);
    let reading = read_all(reader, &name, membership, &outbox, rooms.limits());
    let overdue = async {
        outbox.ended().await;
        tokio::time::sleep(CLOSE_GRACE).await;
    };
    tokio::select! {
        _ = async { tokio::try_join!(writing, reading) } => {}
        () = overdue => {}
    }
}

/// Receives until the connection ends, leaves the room, then throws away what still comes.
async fn read_all(
    mut reader: impl AsyncRead + Unpin,
    name: &RoomName,
    membership: Result<Membership, CloseReason>,
    outbox: &Outbox,
    limits: &Limits,
) -> io::Result<()> {
    let ending = match membership {
        Ok(membership) => {
            let mut receiver = Receiver::new(membership, outbox, limits);
            let ending = receiver.receive(&mut reader).await;
            let Counts { forwarded, to_nobody } = receiver.counts;
            tracing::debug!(room = name.short(), forwarded, to_nobody, "member left");
            ending
        }
        Err(reason) => Ending::Closed(reason),
    };
    if let Ending::Closed(reason) = ending {
        tracing::info!(room = name.short(), reason = reason.name(), "connection closed");
    }
    outbox.end(ending);
    while read_some(&mut reader, |_| ()).await? > 0 {}
    Ok(())
}

/// What one member says, and what of it is allowed.
struct Receiver<'a> {
    membership: Membership,
    outbox: &'a Outbox,
    limits: &'a Limits,
    decoder: Decoder,
    frames: Bucket,
    bytes: Bucket,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    forwarded: u64,
    /// Frames for an id that is not in the room: dropped, since ids go stale when members leave.
    to_nobody: u64,
}

impl<'a> Receiver<'a> {
    fn new(membership: Membership, outbox: &'a Outbox, limits: &'a Limits) -> Self {
        let now = Instant::now();
        let burst_bytes = limits.burst_bytes.max(limits.max_frame_bytes);
        Self {
            membership,
            outbox,
            limits,
            decoder: Decoder::new(limits.max_frame_bytes as usize),
            frames: Bucket::new(limits.frames_per_s, limits.burst_frames, now),
            bytes: Bucket::new(limits.bytes_per_s, burst_bytes, now),
            counts: Counts::default(),
        }
    }

    /// Forwards what the client sends until there is a reason to stop.
    async fn receive(&mut self, reader: &mut (impl AsyncRead + Unpin)) -> Ending {
        let ping_interval = self.limits.ping_interval();
        let mut pings = interval_at(tokio::time::Instant::now() + ping_interval, ping_interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_heard = Instant::now();
        let mut ended = pin!(self.outbox.ended());
        loop {
            tokio::select! {
                biased;
                () = &mut ended => return self.outbox.ending().unwrap_or(Ending::Lost),
                _ = pings.tick() => {
                    if last_heard.elapsed() >= self.limits.idle_timeout() {
                        return Ending::Closed(CloseReason::IdleTimeout);
                    }
                    self.outbox.push(websocket::ping());
                }
                read = read_some(reader, |bytes| self.decoder.extend(bytes)) => {
                    if !read.is_ok_and(|length| length > 0) {
                        return Ending::Lost;
                    }
                    last_heard = Instant::now();
                    if let Err(ending) = self.handle_messages(last_heard) {
                        return ending;
                    }
                }
            }
        }
    }

    fn handle_messages(&mut self, now: Instant) -> Result<(), Ending> {
        while let Some(incoming) = self.decoder.next().map_err(Ending::Closed)? {
            let length = match &incoming {
                Incoming::Binary(bytes) | Incoming::Ping(bytes) => bytes.len(),
                Incoming::Pong | Incoming::Close(_) => 0,
            };
            // A message fits in `u32` because the frame limit does.
            if !self.frames.spend(1, now) || !self.bytes.spend(length as u32, now) {
                return Err(Ending::Closed(CloseReason::RateExceeded));
            }
            match incoming {
                Incoming::Binary(bytes) => self.forward(&bytes)?,
                Incoming::Ping(payload) => self.outbox.push(websocket::pong(&payload)),
                Incoming::Pong => {}
                Incoming::Close(code) => return Err(Ending::Goodbye(code)),
            }
        }
        Ok(())
    }

    fn forward(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let frame = ClientFrame::decode(bytes).map_err(|_| Ending::Closed(CloseReason::BadFrame))?;
        let wire = websocket::peer_message(self.membership.id(), frame.payload);
        self.counts.forwarded += 1;
        let (room, source) = (self.membership.room(), self.membership.id());
        let is_elsewhere = match frame.destination {
            Destination::EverybodyElse => {
                room.send_to_others(source, &wire);
                let _is_heard = room.send_to_siblings(source, frame.destination, frame.payload);
                return Ok(());
            }
            Destination::One(id) => !room.send_to_one(id, wire),
        };
        if is_elsewhere && !room.send_to_siblings(source, frame.destination, frame.payload) {
            self.counts.to_nobody += 1;
        }
        Ok(())
    }
}

/// Writes what is in the outbox until the close frame is written, then says that nothing follows.
async fn write_all(mut writer: impl AsyncWrite + Unpin, outbox: &Outbox) -> io::Result<()> {
    let mut batch = VecDeque::new();
    loop {
        outbox.take(&mut batch).await;
        if batch.is_empty() {
            return writer.shutdown().await;
        }
        while !batch.is_empty() {
            let before = batch.len();
            let bytes = poll_fn(|context| write_some(Pin::new(&mut writer), &batch, context)).await;
            let bytes = bytes.inspect_err(|_| outbox.end(Ending::Lost))?;
            advance(&mut batch, bytes);
            outbox.written(before - batch.len(), bytes);
        }
        writer.flush().await?;
    }
}

/// Hands as much of the batch to the kernel as it takes, in one call.
fn write_some(
    writer: Pin<&mut impl AsyncWrite>,
    batch: &VecDeque<Bytes>,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
    for (slice, bytes) in slices.iter_mut().zip(batch) {
        *slice = IoSlice::new(bytes);
    }
    let filled = slices.get(..batch.len().min(WRITE_FRAMES)).unwrap_or_default();
    match ready!(writer.poll_write_vectored(context, filled)) {
        Ok(0) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        written => Poll::Ready(written),
    }
}

/// Removes written bytes from the front of the batch.
fn advance(batch: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(front) = batch.front_mut() {
        if front.len() > written {
            front.advance(written);
            return;
        }
        written -= front.len();
        batch.pop_front();
    }
}

/// Reads once, through space that is borrowed from the stack only while there are bytes to take.
async fn read_some(reader: &mut (impl AsyncRead + Unpin), mut take: impl FnMut(&[u8])) -> io::Result<usize> {
    poll_fn(|context| {
        let mut space = [MaybeUninit::uninit(); READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer))?;
        take(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
    .await
}
