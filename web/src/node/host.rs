//! What the worker takes from its browser besides sockets and storage: time, randomness, timers, other objects by name.
//!
//! Every call into JavaScript may fail; nothing here panics. Errors become sentences by [`reason`].

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The worker's global object, as something that has timers.
pub(crate) fn global_function(name: &str) -> Result<Function, JsValue> {
    Reflect::get(&js_sys::global(), &name.into())?.dyn_into()
}

/// `navigator.<name>`, or nothing where the browser does not have it (or hides it from insecure pages).
pub(crate) fn navigator_object(name: &str) -> Option<JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let object = Reflect::get(&navigator, &name.into()).ok()?;
    object.is_object().then_some(object)
}

/// Milliseconds since the Unix epoch, as the system's clock says.
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now().max(0.0) as u64
}

/// Bytes from the browser's cryptographic generator.
///
/// # Errors
/// A sentence, where there is no such generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let crypto: web_sys::Crypto = Reflect::get(&js_sys::global(), &"crypto".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| "this browser has no source of randomness".to_owned())?;
    crypto
        .get_random_values_with_u8_array(&mut bytes)
        .map_err(|error| reason(&error))?;
    Ok(bytes)
}

/// Waits so many milliseconds.
pub(crate) async fn sleep_ms(delay_ms: u32) {
    let wait = Promise::new(&mut |resolve, _| {
        let started = global_function("setTimeout")
            .and_then(|set_timeout| set_timeout.call2(&JsValue::UNDEFINED, &resolve, &delay_ms.into()));
        if started.is_err() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(wait).await;
}

/// What a thrown JavaScript value says, for people.
pub(crate) fn reason(thrown: &JsValue) -> String {
    let part = |name: &str| {
        Reflect::get(thrown, &name.into())
            .ok()
            .and_then(|value| value.as_string())
    };
    match (part("name"), part("message")) {
        (Some(name), Some(message)) if !message.is_empty() => format!("{name}: {message}"),
        (Some(name), _) => name,
        _ => thrown
            .as_string()
            .unwrap_or_else(|| "an unknown error of the browser".to_owned()),
    }
}
