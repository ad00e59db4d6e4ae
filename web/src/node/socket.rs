//! One WebSocket of the browser, its callbacks turned into events.

use js_sys::{ArrayBuffer, Uint8Array};
use ting_host::{Dial, Socket, SocketEvent, SocketId, SocketNews};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::{
    host::reason,
    inbox::{HostEvent, Inbox},
};

/// Opens sockets whose events go into the inbox.
pub(crate) struct Sockets(pub(crate) Inbox);

/// An open or opening socket; closed and silent when dropped.
pub(crate) struct BrowserSocket {
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Dial for Sockets {
    type Socket = BrowserSocket;

    fn dial(&mut self, url: &str, number: SocketId) -> Result<BrowserSocket, String> {
        let socket = WebSocket::new(url).map_err(|error: JsValue| reason(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let tell = move |inbox: &Inbox, news| {
            inbox.push(HostEvent::Socket(SocketEvent { socket: number, news }));
        };
        let inbox = self.0.clone();
        let on_message = Closure::new(move |event: MessageEvent| {
            // Text is no frame; an empty message decodes to an error and is ignored like any other garbage.
            let bytes = event
                .data()
                .dyn_into::<ArrayBuffer>()
                .map_or_else(|_| Vec::new(), |data| Uint8Array::new(&data).to_vec());
            tell(&inbox, SocketNews::Message(bytes));
        });
        let inbox = self.0.clone();
        let on_close = Closure::new(move |event: CloseEvent| {
            tell(&inbox, SocketNews::Closed { code: event.code() });
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(BrowserSocket {
            socket,
            _on_message: on_message,
            _on_close: on_close,
        })
    }
}

impl Socket for BrowserSocket {
    fn send(&self, bytes: &[u8]) {
        // Throws only while connecting, when nothing is sent, and is silent on a closed socket, which reports itself.
        let _ = self.socket.send_with_u8_array(bytes);
    }

    fn buffered_bytes(&self) -> u32 {
        self.socket.buffered_amount()
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
