//! A first page: one text box, one button, and the list of what arrived.
//!
//! Bytes from the relay are shown as text content, never as markup, so a peer can write nothing but words here.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::{BinaryType, Document, Event, HtmlInputElement, MessageEvent, UrlSearchParams, WebSocket};

/// Where a frame to everybody else is addressed; the relay writes the sender's number into the same bytes.
const TO_ALL: [u8; 8] = [0; 8];

/// Draws the page and joins the room named in the link's fragment.
pub fn show() -> Result<(), JsValue> {
    let window = web_sys::window().ok_or("no window")?;
    let document = window.document().ok_or("no document")?;
    let body = document.body().ok_or("no body")?;
    body.set_inner_html(
        "<h1>Ting</h1><p role=status>connecting</p><form><label>Message <input></label> \
         <button>Send</button></form><ul aria-label=Messages></ul>",
    );
    let socket = WebSocket::new(&room_url(&window.location())?)?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    show_status(&document, &socket);
    show_arrivals(&document, &socket);
    send_on_submit(&document, &socket)
}

fn room_url(location: &web_sys::Location) -> Result<String, JsValue> {
    let query = UrlSearchParams::new_with_str(&location.search()?)?;
    let relay = match query.get("relay") {
        Some(relay) => relay,
        None => format!("ws://{}", location.host()?),
    };
    let room = location.hash()?.trim_start_matches('#').to_owned();
    let room = if room.is_empty() { "0".repeat(64) } else { room };
    Ok(format!("{relay}/room/{room}"))
}

fn show_status(document: &Document, socket: &WebSocket) {
    for (event, text) in [("open", "connected"), ("close", "relay unreachable")] {
        let document = document.clone();
        let shown = Closure::<dyn Fn()>::new(move || {
            if let Ok(Some(status)) = document.query_selector("[role=status]") {
                status.set_text_content(Some(text));
            }
        });
        let _ = socket.add_event_listener_with_callback(event, shown.as_ref().unchecked_ref());
        shown.forget();
    }
}

fn show_arrivals(document: &Document, socket: &WebSocket) {
    let document = document.clone();
    let arrived = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() else {
            return;
        };
        let frame = Uint8Array::new(&buffer).to_vec();
        let Some((source, payload)) = frame.split_first_chunk::<8>() else {
            return;
        };
        if *source == TO_ALL {
            return;
        }
        let Ok(Some(list)) = document.query_selector("ul") else {
            return;
        };
        let Ok(line) = document.create_element("li") else {
            return;
        };
        line.set_text_content(Some(&String::from_utf8_lossy(payload)));
        let _ = list.append_child(&line);
    });
    socket.set_onmessage(Some(arrived.as_ref().unchecked_ref()));
    arrived.forget();
}

fn send_on_submit(document: &Document, socket: &WebSocket) -> Result<(), JsValue> {
    let form = document.query_selector("form")?.ok_or("no form")?;
    let input: HtmlInputElement = document.query_selector("input")?.ok_or("no input")?.dyn_into()?;
    let socket = socket.clone();
    let submitted = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        event.prevent_default();
        let frame = [&TO_ALL[..], input.value().as_bytes()].concat();
        if socket.send_with_u8_array(&frame).is_ok() {
            input.set_value("");
        }
    });
    form.add_event_listener_with_callback("submit", submitted.as_ref().unchecked_ref())?;
    submitted.forget();
    Ok(())
}
