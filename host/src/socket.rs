//! Sockets as the platform has them: opened by address, closed when dropped, and telling what happens to them by number.

/// Opens a platform's sockets.
pub trait Dial {
    /// Kind of socket that it opens.
    type Socket: Socket;

    /// Begins to open a socket. Whatever happens to it comes back as a [`SocketEvent`] of this number; a failure to connect, as its end.
    ///
    /// # Errors
    /// Why the platform does not even try.
    fn dial(&mut self, url: &str, number: SocketId) -> Result<Self::Socket, String>;
}

/// An open or opening socket; closed and silent when dropped.
pub trait Socket {
    /// Sends one binary message. Nothing happens on a closed socket, which reports itself.
    fn send(&self, bytes: &[u8]);

    /// Bytes that were sent and did not leave this machine yet.
    fn buffered_bytes(&self) -> u32;
}

/// Tells a host's sockets apart, from first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketId(pub(crate) u64);

/// Something that happened to one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketEvent {
    /// Number of the socket.
    pub socket: SocketId,
    /// What happened to it.
    pub news: SocketNews,
}

/// What can happen to a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketNews {
    /// A binary message came.
    Message(Vec<u8>),
    /// It is closed, or never opened.
    Closed {
        /// Code of RFC 6455, 1006 without a closing handshake.
        code: u16,
    },
}

impl SocketEvent {
    /// Bytes that the event holds in memory.
    pub fn frame_bytes(&self) -> usize {
        match &self.news {
            SocketNews::Message(bytes) => bytes.len(),
            SocketNews::Closed { .. } => 0,
        }
    }
}
