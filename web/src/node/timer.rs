//! One timer for everything that is due.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::{
    host::global_function,
    inbox::{HostEvent, Inbox},
};

/// Browsers take delays of at most 31 bits; who wakes early just sleeps again.
const MAX_DELAY_MS: u64 = 3_600_000;

/// Puts [`HostEvent::Timer`] into the inbox when its time has come.
pub(crate) struct Timer {
    set_timeout: Function,
    clear_timeout: Function,
    ring: Function,
    armed: Option<(u64, JsValue)>,
}

impl Timer {
    /// A timer that is not set yet.
    ///
    /// # Errors
    /// When the global object has no timers.
    pub(crate) fn new(inbox: Inbox) -> Result<Self, JsValue> {
        let ring = Closure::<dyn Fn()>::new(move || inbox.push(HostEvent::Timer))
            .into_js_value()
            .unchecked_into();
        Ok(Self {
            set_timeout: global_function("setTimeout")?,
            clear_timeout: global_function("clearTimeout")?,
            ring,
            armed: None,
        })
    }

    /// Rings once at this time, instead of any other time that was set.
    pub(crate) fn set(&mut self, at_ms: Option<u64>, now_ms: u64) {
        if self.armed.as_ref().map(|(armed_at_ms, _)| *armed_at_ms) == at_ms {
            return;
        }
        if let Some((_, timer)) = self.armed.take() {
            let _ = self.clear_timeout.call1(&JsValue::UNDEFINED, &timer);
        }
        let Some(at_ms) = at_ms else { return };
        let delay_ms = at_ms.saturating_sub(now_ms).min(MAX_DELAY_MS) as u32;
        if let Ok(timer) = self
            .set_timeout
            .call2(&JsValue::UNDEFINED, &self.ring, &delay_ms.into())
        {
            self.armed = Some((at_ms, timer));
        }
    }

    /// The timer rang: nothing is set any more.
    pub(crate) fn rang(&mut self) {
        self.armed = None;
    }
}
