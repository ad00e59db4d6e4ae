//! Web Locks: one holder per name in all tabs and workers of a browser, released when the holder ends, however it ends.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::host::navigator_object;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        holder: &Function,
    ) -> Result<Promise, JsValue>;
}

/// How long a caller is ready to wait for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Only if it is free and nobody queues for it.
    None,
    /// In the queue, so many milliseconds.
    Ms(u32),
    /// In the queue, until it is there.
    Forever,
}

/// A lock that is held until this is dropped or the worker ends; then the next in the queue has it.
#[derive(Debug)]
pub(crate) struct HeldLock {
    release: Function,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// Whether this browser has locks here: only secure contexts do.
pub(crate) fn supported() -> bool {
    navigator_object("locks").is_some()
}

/// Takes the lock of this name; `None` if it was not to be had with this patience, or not at all in this browser.
pub(crate) async fn acquire(name: &str, patience: Patience) -> Option<HeldLock> {
    let manager: LockManager = navigator_object("locks")?.unchecked_into();
    let (held, release) = open_promise()?;
    let (answered, answer) = open_promise()?;
    let holder = {
        let answer = answer.clone();
        Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let granted = !lock.is_null();
            let _ = answer.call1(&JsValue::UNDEFINED, &granted.into());
            if granted { held.into() } else { JsValue::UNDEFINED }
        })
    };
    let request = manager
        .request(name, &options(patience), holder.unchecked_ref())
        .ok()?;
    let refused = Closure::once_into_js(move |_: JsValue| {
        let _ = answer.call1(&JsValue::UNDEFINED, &false.into());
    });
    let _ = call_method(&request, "catch", &refused);
    let granted = JsFuture::from(answered)
        .await
        .is_ok_and(|granted| granted.is_truthy());
    granted.then_some(HeldLock { release })
}

/// A promise and the function that fulfils it. (`Function::default()` would evaluate a string, which the page's
/// Content-Security-Policy forbids.)
fn open_promise() -> Option<(Promise, Function)> {
    let mut resolve = None;
    let promise = Promise::new(&mut |fulfil, _| resolve = Some(fulfil));
    resolve.map(|resolve| (promise, resolve))
}

fn options(patience: Patience) -> JsValue {
    let options = Object::new();
    let set = |name: &str, value: &JsValue| Reflect::set(&options, &name.into(), value);
    let _ = match patience {
        Patience::None => set("ifAvailable", &true.into()),
        Patience::Ms(limit_ms) => set("signal", &AbortSignal::timeout_with_u32(limit_ms)),
        Patience::Forever => Ok(true),
    };
    options.into()
}

fn call_method(object: &JsValue, method: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    method.call1(object, argument)
}
