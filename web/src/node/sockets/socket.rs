//! One WebSocket of the browser, its callbacks turned into events.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use crate::node::host::reason;
use crate::node::inbox::{HostEvent, Inbox};

/// Something that a socket did.
#[derive(Debug)]
pub(crate) struct SocketEvent {
    /// The socket's number.
    pub(super) socket: u64,
    /// What it did.
    pub(super) what: What,
}

/// What a socket does.
#[derive(Debug)]
pub(super) enum What {
    /// A message came.
    Message(Vec<u8>),
    /// It is closed, or never opened.
    Closed {
        /// Code of RFC 6455, 1006 without a closing handshake.
        code: u16,
    },
}

impl SocketEvent {
    /// Bytes that the event holds in memory.
    pub(crate) fn frame_bytes(&self) -> usize {
        match &self.what {
            What::Message(bytes) => bytes.len(),
            What::Closed { .. } => 0,
        }
    }
}

/// An open or opening socket; closed and silent when dropped.
pub(super) struct Socket {
    number: u64,
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

/// Opens a socket whose events go into the inbox under this number.
///
/// # Errors
/// Why the browser does not even try.
pub(super) fn open(url: &str, number: u64, inbox: &Inbox) -> Result<Socket, String> {
    let socket = WebSocket::new(url).map_err(|error: JsValue| reason(&error))?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let events = inbox.clone();
    let on_message = Closure::new(move |event: MessageEvent| {
        // Text is no frame; an empty message decodes to an error and is ignored like any other garbage.
        let bytes = event
            .data()
            .dyn_into::<ArrayBuffer>()
            .map_or_else(|_| Vec::new(), |data| Uint8Array::new(&data).to_vec());
        events.push(HostEvent::Socket(SocketEvent {
            socket: number,
            what: What::Message(bytes),
        }));
    });
    let events = inbox.clone();
    let on_close = Closure::new(move |event: CloseEvent| {
        events.push(HostEvent::Socket(SocketEvent {
            socket: number,
            what: What::Closed { code: event.code() },
        }));
    });
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    Ok(Socket {
        number,
        socket,
        _on_message: on_message,
        _on_close: on_close,
    })
}

impl Socket {
    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Hands a message to the browser.
    pub(super) fn send(&self, bytes: &[u8]) {
        // Throws only while connecting, when nothing is sent, and is silent on a closed socket, which reports itself.
        let _ = self.socket.send_with_u8_array(bytes);
    }

    /// Bytes that the browser has not yet handed to the network.
    pub(super) fn buffered_bytes(&self) -> u32 {
        self.socket.buffered_amount()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
