//! One WebSocket, from its upgrade to its close frame, as one task.
//!
//! Reading and writing go on side by side, so a client that is slow to read can still be heard, and one that floods
//! cannot keep its own answers from being written. However a connection ends, it leaves the room first; then its close
//! frame is written and what the client still sends is thrown away for a moment, because a socket closed on unread
//! bytes is reset and the close frame with it lost.
//!
//! Why a malicious client cannot hurt the relay: reading stops at its first broken limit, an idle connection holds no
//! buffers, and no connection outlives its ending by more than [`CLOSE_GRACE`].

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    mem::MaybeUninit,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use ting_frame::{ClientFrame, CloseReason, Destination, RoomName};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::{MissedTickBehavior, interval_at},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    limits::Limits,
    metrics::{Metrics, SAMPLED_FRAMES, Undelivered},
    outbox::{Ending, Outbox},
    rate::Budget,
    rooms::{Membership, Rooms},
    tags::Tag,
    websocket::{self, Decoder, Incoming},
};

/// How long a client gets to take its close frame and hang up.
const CLOSE_GRACE: Duration = Duration::from_secs(2);
/// Most bytes taken from a socket at once.
const READ_BYTES: usize = 16 * 1024;
/// Most frames handed to the kernel at once.
const WRITE_FRAMES: usize = 64;

/// Serves one upgraded connection until it ends.
pub(crate) async fn run<Io>(io: Io, name: RoomName, address: IpAddr, rooms: Arc<Rooms>)
where
    Io: AsyncRead + AsyncWrite + Send + 'static,
{
    let outbox = Arc::new(Outbox::new(rooms.limits()));
    let visit = rooms.visit(name).await;
    let membership = rooms.join(name, address, &outbox);
    drop(visit);
    let report = Report {
        room: rooms.tags().tag(name),
        client: rooms.tags().tag(address),
        outbox: &outbox,
        metrics: rooms.metrics(),
    };
    report.log_opening(membership.is_ok());
    let (reader, writer) = tokio::io::split(io);
    // A task of its own: a frame for this reader wakes its writer and nothing else.
    let writing = AbortOnDropHandle::new(tokio::spawn(write_all(writer, outbox.clone(), rooms.clone())));
    let writing = async { writing.await.unwrap_or_else(|error| Err(io::Error::other(error))) };
    let reading = read_all(reader, membership, &outbox, &rooms);
    let overdue = async {
        outbox.until_ended().await;
        drop(report);
        tokio::time::sleep(CLOSE_GRACE).await;
    };
    tokio::select! {
        _ = async { tokio::try_join!(writing, reading) } => {}
        () = overdue => {}
    }
}

/// What logs and metrics hear of a connection; its end when this is dropped.
struct Report<'a> {
    room: Tag,
    client: Tag,
    outbox: &'a Outbox,
    metrics: &'a Metrics,
}

impl Report<'_> {
    fn log_opening(&self, joined: bool) {
        tracing::debug!(room = %self.room, client = %self.client, joined, "connection opened");
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        let ending = self.outbox.ending().unwrap_or(Ending::Lost);
        self.metrics.count_closed(ending);
        self.metrics
            .count_undelivered(Undelivered::ReaderCut, self.outbox.lost_frames() as u64);
        if let Ending::Closed(reason) = ending {
            let reason = reason.name();
            tracing::info!(room = %self.room, client = %self.client, reason, "connection closed");
        }
    }
}

/// Receives until the connection ends, leaves the room, then throws away what still comes.
async fn read_all(
    mut reader: impl AsyncRead + Unpin,
    membership: Result<Membership, CloseReason>,
    outbox: &Outbox,
    rooms: &Rooms,
) -> io::Result<()> {
    let ending = match membership {
        Ok(membership) => {
            Receiver::new(membership, outbox, rooms)
                .receive(&mut reader)
                .await
        }
        Err(reason) => Ending::Closed(reason),
    };
    outbox.end(ending);
    while read_some(&mut reader, |_| ()).await? > 0 {}
    Ok(())
}

/// What one member says, and what of it is allowed.
struct Receiver<'a> {
    membership: Membership,
    outbox: &'a Outbox,
    limits: &'a Limits,
    metrics: &'a Metrics,
    decoder: Decoder,
    budget: Budget,
    forwarded: u64,
}

impl<'a> Receiver<'a> {
    fn new(membership: Membership, outbox: &'a Outbox, rooms: &'a Rooms) -> Self {
        let limits = rooms.limits();
        Self {
            membership,
            outbox,
            limits,
            metrics: rooms.metrics(),
            decoder: Decoder::new(limits.max_frame_bytes as usize),
            budget: Budget::new(limits.rates(), Instant::now()),
            forwarded: 0,
        }
    }

    /// Forwards what the client sends until there is a reason to stop.
    async fn receive(&mut self, reader: &mut (impl AsyncRead + Unpin)) -> Ending {
        let ping_interval = self.limits.ping_interval();
        let mut pings = interval_at(tokio::time::Instant::now() + ping_interval, ping_interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_heard = Instant::now();
        let mut ended = pin!(self.outbox.until_ended());
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
            self.metrics.frames_in.inc();
            self.metrics.bytes_in.inc_by(length as u64);
            // A message fits in `u32` because the frame limit does.
            let length = length as u32;
            if !self.budget.spend(length, now) {
                return Err(Ending::Closed(CloseReason::RateExceeded));
            }
            if !self.membership.spend(length, now) {
                return Err(Ending::Closed(CloseReason::AddressRateExceeded));
            }
            match incoming {
                Incoming::Binary(bytes) => self.forward(&bytes, now)?,
                Incoming::Ping(payload) => self.outbox.push(websocket::pong(&payload)),
                Incoming::Pong => {}
                Incoming::Close(code) => return Err(Ending::Goodbye(code)),
            }
        }
        Ok(())
    }

    /// Hands a frame on. One for an id that is not in the room is dropped: ids go stale when members leave.
    fn forward(&mut self, bytes: &[u8], read_at: Instant) -> Result<(), Ending> {
        let frame = ClientFrame::decode(bytes).map_err(|_| Ending::Closed(CloseReason::BadFrame))?;
        let id = self.membership.id();
        let wire = websocket::peer_message(id, frame.payload);
        let room = self.membership.room();
        let is_here = match frame.destination {
            Destination::EverybodyElse if self.forwarded.is_multiple_of(SAMPLED_FRAMES) => {
                room.send_sample_to_others(id, &wire, read_at);
                false
            }
            Destination::EverybodyElse => {
                room.send_to_others(id, &wire);
                false
            }
            Destination::One(destination) => room.send_to_one(destination, wire),
        };
        let is_found = is_here || room.send_to_siblings(id, frame.destination, frame.payload);
        if !is_found && frame.destination != Destination::EverybodyElse {
            self.metrics.count_undelivered(Undelivered::ToNobody, 1);
        }
        self.forwarded += 1;
        Ok(())
    }
}

/// Writes what is in the outbox until the close frame is written, then says that nothing follows.
async fn write_all(
    mut writer: impl AsyncWrite + Unpin,
    outbox: Arc<Outbox>,
    rooms: Arc<Rooms>,
) -> io::Result<()> {
    let metrics = rooms.metrics();
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
            let frames = before - batch.len();
            metrics.frames_out.inc_by(frames as u64);
            metrics.bytes_out.inc_by(bytes as u64);
            if let Some(read_at) = outbox.note_written(frames, bytes) {
                metrics.latency.observe(read_at.elapsed());
            }
        }
        writer.flush().await?;
        if batch.capacity() > WRITE_FRAMES {
            // The outbox gets this list back; after a burst it would keep its size for ever.
            batch = VecDeque::new();
        }
    }
}

/// Hands as much of the batch to the kernel as it takes, in one call.
fn write_some(
    writer: Pin<&mut impl AsyncWrite>,
    batch: &VecDeque<Bytes>,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let written = if let (Some(only), 1) = (batch.front(), batch.len()) {
        // The kernel takes one buffer by a shorter way than a list.
        writer.poll_write(context, only)
    } else {
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
        for (slice, bytes) in slices.iter_mut().zip(batch) {
            *slice = IoSlice::new(bytes);
        }
        let filled = slices.get(..batch.len().min(WRITE_FRAMES)).unwrap_or_default();
        writer.poll_write_vectored(context, filled)
    };
    match ready!(written) {
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
