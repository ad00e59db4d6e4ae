//! The worker's end of the bridge: postcard in transferred buffers, both ways.
//!
//! The page is ours, so what it says is trusted as far as it decodes; what does not decode is ignored.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::{
    host::global_function,
    inbox::{HostEvent, Inbox},
};
use crate::bridge::{FarewellAnswer, FromWorker, ToWorker};

/// Hears the page, what it answers about the farewell apart, and the browser's word that the network is back. For the worker's whole life.
///
/// # Errors
/// When the global object is none of a worker.
pub(crate) fn listen(inbox: &Inbox, answered: impl Fn(FarewellAnswer) + 'static) -> Result<(), JsValue> {
    let events = inbox.clone();
    on("onmessage", move |event| {
        let data = Reflect::get(&event, &"data".into()).unwrap_or_default();
        let message = if data.is_object() {
            postcard::from_bytes::<ToWorker>(&Uint8Array::new(&data).to_vec()).ok()
        } else {
            None
        };
        match message {
            // The driver waits for it and takes nothing out of the inbox meanwhile.
            Some(ToWorker::Farewell(answer)) => answered(answer),
            Some(message) => events.push(HostEvent::Page(message)),
            None => {}
        }
    })?;
    let events = inbox.clone();
    on("ononline", move |_| events.push(HostEvent::Online))
}

fn on(handler: &str, act: impl Fn(JsValue) + 'static) -> Result<(), JsValue> {
    let act: Function = Closure::<dyn Fn(JsValue)>::new(act)
        .into_js_value()
        .unchecked_into();
    Reflect::set(&js_sys::global(), &handler.into(), &act).map(|_| ())
}

/// Encodes what goes to the page.
pub(crate) fn encode(message: &FromWorker) -> Vec<u8> {
    // Postcard to memory fails for no type of the bridge: none has a length that it does not know.
    postcard::to_allocvec(message).unwrap_or_default()
}

/// Sends a message to the page.
pub(crate) fn post(message: &FromWorker) {
    post_bytes(&encode(message));
}

/// Tells the page something that is encoded already.
pub(crate) fn post_bytes(bytes: &[u8]) {
    let buffer = Uint8Array::from(bytes).buffer();
    if let Ok(post_message) = global_function("postMessage") {
        // A page that is gone hears nothing, and its worker ends with it.
        let _ = post_message.call2(&js_sys::global(), &buffer, &Array::of1(&buffer));
    }
}

/// Ends the worker once this turn of the event loop is over.
pub(crate) fn close_worker() {
    if let Ok(close) = global_function("close") {
        let _ = close.call0(&js_sys::global());
    }
}
